"""Who could own a case: those on duty first, with what they already carry."""

from dataclasses import dataclass

from django.db.models import Count

from cases.enums import Role
from cases.models import Assignment, Case, Post

MAY_OWN = (Role.COORDINATOR, Role.PROTECTION, Role.MEDIC)


@dataclass(frozen=True, slots=True)
class Candidate:
    user_id: int
    name: str
    role: str
    on_duty: bool
    load: int
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
        Assignment.objects.filter(owner__in=covering, ended_at__isnull=True).values_list("owner").annotate(Count("pk"))
    )
    return [
        Candidate(key, post.user.name, post.get_role_display(), post.on_duty, loads.get(key, 0), post.capacity)
        for key, post in covering.items()
    ]
