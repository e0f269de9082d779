"""Who could own a case: those on duty first, with what they already carry."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Case as Switch
from django.db.models import IntegerField, Sum, Value, When

from cases.enums import CaseStatus, Role
from cases.models import Assignment, Case, Post
from cases.planning import assignment as plan
from cases.queries import chosen

MAY_OWN: Final = (Role.COORDINATOR, Role.PROTECTION, Role.MEDIC)
RESTING: Final = (
    *(CaseStatus.WAITING_CALLER, CaseStatus.WAITING_PARTNER, CaseStatus.WAITING_ACCESS, CaseStatus.WAITING_STOCK),
    CaseStatus.RESOLVED,
)
# What an assignment weighs in half cases: the machine and people see the same number.
WEIGHT: Final = Switch(
    When(case__status__in=RESTING, then=Value(plan.RESTING)),
    *(When(case__priority=name, then=Value(weight)) for name, weight in plan.WEIGHTS.items()),
    default=Value(plan.HALVES),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`load` as people count it (3½), by the weights of cases; `capacity` in cases."""

    user_id: int
    name: str
    role: str
    on_duty: bool
    load: str
    capacity: int


def candidates(case: Case) -> list[Candidate]:
    """Everybody whose post covers the place of the case (two statements)."""
    settlement = case.household.settlement
    path = settlement.path if settlement else ""
    posts = (
        Post.objects.held().filter(role__in=MAY_OWN).select_related("user", "area").order_by("-on_duty", "user__name")
    )
    covering: dict[int, Post] = {}
    for post in posts:
        if post.area is None or not path or path.startswith(post.area.path):
            covering.setdefault(post.user_id, post)
    loads = dict(
        Assignment.objects.filter(owner__in=covering, ended_at__isnull=True)
        .values_list("owner")
        .annotate(load=Sum(WEIGHT))
    )
    return [
        Candidate(
            user_id=key,
            name=post.user.name,
            role=post.get_role_display(),
            on_duty=post.on_duty,
            load=chosen.cases(loads.get(key, 0)),
            capacity=post.capacity,
        )
        for key, post in covering.items()
    ]
