"""Everybody on duty who could have a case, with what they carry: read under locks, weighed in `planning`."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q, Sum, Value
from django.utils import timezone

from cases.enums import Role, Skill
from cases.models import Assignment, CallCase, Case, Need, Observation, Post, Shift, SpecificNeed, User
from cases.planning import assignment as plan
from cases.queries.owners import WEIGHT

# Who returned a case is not given it again for so long: it stands in the queue, where everybody sees it.
NOT_AGAIN_FOR: Final = timedelta(minutes=30)
RETURNED: Final = ("handed_back", "declined", "expired")
MEDICAL_NEEDS: Final = ("MEDEVAC", "OXYGEN", "MEDS")
CHILDREN_ALONE: Final = ("child_alone", "child_with_strangers")
SEPARATED_CHILD: Final = "SC"


def choose(case: Case) -> tuple[User | None, dict[str, Any]]:
    """The owner for a locked case, and what was considered: codes and numbers that become words for people.

    Locks the post of everybody on duty in that role, in ascending order, so that two jobs never fill one place.
    """
    role = Role.PROTECTION if case.household.protected else Role.COORDINATOR
    posts = list(
        Post.objects.on_duty()
        .filter(role=role)
        .select_related("user", "area")
        .select_for_update(no_key=True, of=("self",))
        .order_by("pk")
    )
    now = timezone.now()
    choice = plan.choose(_candidates(case, posts, now), _wanted(case), now)
    owner = next((post.user for post in posts if post.user_id == choice.user), None)
    return owner, choice.because


def _wanted(case: Case) -> plan.Wanted:
    settlement = case.household.settlement
    last = CallCase.objects.filter(case=case).order_by("-call__heard_at", "-pk").values_list("call__language")
    return plan.Wanted(
        path=settlement.path if settlement else "",
        language=next((language for (language,) in last[:1]), ""),
        skills=frozenset(_skills(case)),
    )


def _skills(case: Case) -> list[str]:
    """What its owner should have learnt, from facts that are no protected ones: those go to the protection officer."""
    medical = Need.objects.filter(case=case, type__code__in=MEDICAL_NEEDS, status="open")
    alone = Observation.objects.filter(case=case, code__code__in=CHILDREN_ALONE, cleared_at__isnull=True, value__gt=0)
    separated = SpecificNeed.objects.filter(person__household=case.household_id).filter(
        Q(code__code=SEPARATED_CHILD) | Q(code__code__startswith=f"{SEPARATED_CHILD}-")
    )
    wanted = {Skill.MEDICAL: medical, Skill.CHILD_PROTECTION: alone}
    asked = [rows.annotate(skill=Value(skill.value)).values_list("skill")[:1] for skill, rows in wanted.items()]
    child = separated.annotate(skill=Value(Skill.CHILD_PROTECTION.value)).values_list("skill")[:1]
    return [skill for (skill,) in asked[0].union(asked[1], child)]


def _candidates(case: Case, posts: list[Post], now: datetime) -> list[plan.Candidate]:
    users = {post.user_id: post.user for post in posts}
    loads = _loads(users, min((post.on_since or now for post in posts), default=now))
    before = _before(case, users, now)
    off = dict(Shift.objects.at(now).filter(user__in=users).values_list("user", "ends_at"))
    settlement = case.household.settlement
    path = settlement.path if settlement else ""
    return [_candidate(post, loads, before, off) for post in _one_each(posts, path)]


def _one_each(posts: list[Post], path: str) -> list[Post]:
    """Of several posts of somebody in one role the one that covers the place, and of those the one that holds most."""

    def fits(post: Post) -> tuple[bool, int]:
        return not path or post.area is None or path.startswith(post.area.path), post.capacity

    best: dict[int, Post] = {}
    for post in posts:
        have = best.get(post.user_id)
        if have is None or fits(post) > fits(have):
            best[post.user_id] = post
    return list(best.values())


def _candidate(
    post: Post, loads: dict[int, tuple[int, int]], before: dict[int, tuple[bool, bool]], off: dict[int, datetime]
) -> plan.Candidate:
    user = post.user_id
    load, given = loads.get(user, (0, 0))
    knows, returned = before.get(user, (False, False))
    return plan.Candidate(
        user=user,
        area=post.area.path if post.area else "",
        area_id=post.area_id,
        speaks=frozenset(post.user.speaks),
        skills=frozenset(post.user.skills),
        load=load,
        capacity=post.capacity,
        given=given,
        off_at=off.get(user),
        knows=knows,
        returned=returned,
    )


def _loads(users: dict[int, User], since: datetime) -> dict[int, tuple[int, int]]:
    """By user: what they carry now, and what they were given since `since`, both in half cases (one statement)."""
    rows = (
        Assignment.objects.filter(owner__in=users)
        .filter(Q(ended_at__isnull=True) | Q(created_at__gte=since))
        .values_list("owner")
        .annotate(
            load=Sum(WEIGHT, filter=Q(ended_at__isnull=True), default=0),
            given=Sum(WEIGHT, filter=Q(created_at__gte=since), default=0),
        )
    )
    return {user: (load, given) for user, load, given in rows}


def _before(case: Case, users: dict[int, User], now: datetime) -> dict[int, tuple[bool, bool]]:
    """By user: whether they have worked with this household, and whether they just returned this very case."""
    rows = Assignment.objects.filter(owner__in=users, case__household=case.household_id, ended_at__isnull=False)
    found: dict[int, tuple[bool, bool]] = {}
    for user, of, why, ended in rows.values_list("owner", "case", "ended_because", "ended_at"):
        knows, returned = found.get(user, (False, False))
        gave = why in RETURNED and of == case.pk and now - ended < NOT_AGAIN_FOR
        found[user] = (knows or why not in RETURNED, returned or gave)
    return found
