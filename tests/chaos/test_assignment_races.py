"""Twenty workers and twenty coordinators on the same two thousand cases: one owner each, and fair shares."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from cases.domain import assignment, jobs, keys
from cases.enums import OWNED_CASE, DeclineReason
from cases.errors import Refusal
from cases.models import Assignment, Case, Clock, Household, Job, User
from cases.models.staff import PostRows
from cases.queries import chosen, forgotten, owners
from cast import hire
from factories import a_reference
from rounds import tasks
from together import together

pytestmark = pytest.mark.django_db(transaction=True)
assert tasks.HANDLERS
FAR = timedelta(hours=1)


def queued(count: int, *classes: str) -> list[Case]:
    """So many triaged cases with a clock, each asking for an owner."""
    now = timezone.now()
    with transaction.atomic():
        homes = Household.objects.bulk_create(Household(data_key=key) for key in keys.fresh(count))
        cases = Case.objects.bulk_create(
            Case(
                ref=a_reference(),
                household=home,
                status="triaged",
                opened_at=now,
                priority=classes[number % len(classes)],
            )
            for number, home in enumerate(homes)
        )
        Clock.objects.bulk_create(Clock(case=c, kind="recontact", started_at=now, due_at=now + FAR) for c in cases)
        Job.objects.bulk_create(Job(kind="assign", key=f"assign:{c.uid}", subject=c.pk, due_at=now) for c in cases)
    return cases


def work(until: str, place: int, *, seconds: float = 240) -> None:
    """One worker: assigns what is due until no job of the kind waits.

    Two and two want the same jobs, and all want the last ones. Did all twenty want the same from the start, nineteen of
    twenty attempts would find nothing to do, and take most of the time.
    """
    end = timezone.now() + timedelta(seconds=seconds)
    while timezone.now() < end and (due := list(jobs.due().filter(kind=until).values_list("key", flat=True)[:200])):
        mine = place // 2 * 20
        jobs.run(due[mine : mine + 20] or due[:20])


def loads() -> dict[int, int]:
    """Half cases by owner."""
    live = Assignment.objects.filter(ended_at__isnull=True)
    return dict(live.values_list("owner").annotate(load=Sum(owners.WEIGHT)))


def clicks(who: Any, cases: list[Case], seed: int) -> Iterator[Exception | None]:
    """One coordinator at the queue: takes, gives, hands back, declines, whatever others do meanwhile."""
    chance, user = Random(seed), User.objects.get(pk=who.user_id)
    for case in chance.sample(cases, 40):
        press = chance.choice(
            [
                lambda case=case: assignment.claim(case, by=who),
                lambda case=case: assignment.hand_back(case, by=who),
                lambda case=case: assignment.assign(case, owner=user, by=who),
                lambda case=case: assignment.decline(case, reason=DeclineReason.NO_TIME, by=who),
            ]
        )
        try:
            press()
        except Refusal:
            yield None


def test_two_thousand_cases_twenty_workers_twenty_coordinators():
    people = [hire(f"c{number:02}", "coordinator", on_duty=True, capacity=500) for number in range(20)]
    first = queued(1600, "P2", "P3", "P4", "P1")

    def both(number: int) -> None:
        if number < 20:
            work("assign", number)
        else:
            list(clicks(people[number - 20], first, number))

    found = together(40, both)
    assert [error for error in found if error is not None] == []
    second = queued(400, "P3")
    Job.objects.filter(kind="assign", state="waiting").update(due_at=timezone.now())
    found = together(20, lambda number: work("assign", number))
    assert [error for error in found if error is not None] == []

    assert Case.objects.filter(status__in=OWNED_CASE).count() == len(first) + len(second)
    live = Assignment.objects.filter(ended_at__isnull=True)
    assert live.count() == live.values("case").distinct().count() == len(first) + len(second)
    assert set(forgotten.counts().values()) == {0}
    shares = loads()
    mean = sum(shares.values()) / len(people)
    assert max(abs(share - mean) for share in shares.values()) <= 2, shares
    unexplained = [row.because for row in live if not chosen.why_given(row.because, {}, {})]
    assert unexplained == []


def filled(people: int, places: int, cases: int) -> int:
    """Twenty workers with more cases than places: how many are owned beyond them."""
    for number in range(people):
        hire(f"c{number:02}", "coordinator", on_duty=True, capacity=places)
    queued(cases, "P3")

    def one_round(number: int) -> None:
        due = Job.objects.filter(kind="assign", state="waiting", due_at__lte=timezone.now())
        jobs.run(due.order_by("pk").values_list("key", flat=True)[number::20])

    together(20, one_round)
    held = Assignment.objects.filter(ended_at__isnull=True).values_list("owner").annotate(held=Count("pk"))
    return sum(max(0, count - places) for _owner, count in held)


def test_nobody_is_given_more_than_they_can_hold():
    assert filled(people=5, places=6, cases=60) == 0
    assert Assignment.objects.filter(ended_at__isnull=True).count() == 30
    waiting = Case.objects.filter(status="triaged")
    assert waiting.count() == 30
    assert all(len(case.unassigned_why["full"]) == 5 for case in waiting if case.unassigned_why)


def test_without_the_locks_on_the_posts_people_are_overfilled(monkeypatch):
    """The negative control: the same round with that guard off."""
    monkeypatch.setattr(PostRows, "select_for_update", lambda rows, **how: rows)
    assert filled(people=5, places=6, cases=60) > 0
