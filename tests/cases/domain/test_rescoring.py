"""Time changes the facts: water runs out by itself, and the case is scored again when it does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.actors import System
from cases.domain import assignment, follow_up, triage
from cases.enums import PriorityClass
from cases.models import Case, Job, Need, Observation, Score
from cases.planning.triage import Facts, score
from cases.queries.triage import facts_of, rules_in_force
from families import called
from rounds import fresh, run

pytestmark = pytest.mark.django_db(transaction=True)


def earlier(case: Case, hours: float) -> None:
    """Everything was told so many hours ago."""
    past = timedelta(hours=hours)
    for need in Need.objects.filter(case=case):
        Need.objects.filter(pk=need.pk).update(lasts_until=need.lasts_until - past, observed_at=need.observed_at - past)
    for seen in Observation.objects.filter(case=case):
        Observation.objects.filter(pk=seen.pk).update(observed_at=seen.observed_at - past)


def looks_again(case: Case) -> Job:
    return Job.objects.get(key=f"rescore:{case.uid}", state="waiting")


def test_a_new_case_is_looked_at_again_when_its_water_runs_out_or_after_six_hours(cast):
    case = called(cast.olena, "ж 40", needs=("HYG",))
    soon = looks_again(case).due_at - timezone.now()
    assert timedelta(hours=5, minutes=59) < soon <= timedelta(hours=6)
    running_out = called(cast.olena, "ж 41", observations={"insulin_days": 1.1})
    soon = looks_again(running_out).due_at - timezone.now()
    assert timedelta(hours=2) < soon < timedelta(hours=3)


def test_insulin_that_ran_down_makes_the_case_immediate_and_restarts_its_clocks(cast):
    case = called(cast.olena, "ж 40", needs=("HYG",), observations={"insulin_days": 2.5})
    assert fresh(case).priority == "P2"
    earlier(case, 40)
    assert run("rescore") == 1
    assert fresh(case).priority == "P1"
    due = case.clocks.get(kind="acknowledge", state="running").due_at
    assert due - timezone.now() <= timedelta(minutes=2)
    assert [score.priority for score in case.scores.order_by("pk")] == ["P2", "P1"]


def test_points_follow_the_time_without_another_score(cast):
    case = called(cast.olena, "ж 40", needs=("HYG",))
    before, scores = fresh(case).points, case.scores.count()
    Case.objects.filter(pk=case.pk).update(opened_at=timezone.now() - timedelta(hours=24))
    run("rescore")
    assert fresh(case).points > before
    assert case.scores.count() == scores


def test_every_score_can_be_replayed(cast):
    case = called(cast.olena, "ж 40", needs=("WATER",), observations={"insulin_days": 2.5})
    facts = facts_of(case, by=System("triage"))
    row = Score.objects.get(case=case)
    replayed = score(Facts.from_json(facts.to_json()), rules_in_force()[1])
    assert (replayed.cls, replayed.points) == (row.priority, row.points)
    assert [reason.code for reason in replayed.reasons] == [reason["code"] for reason in row.reasons]


def test_a_class_set_by_hand_rises_with_the_facts_and_does_not_fall(cast):
    case = called(cast.olena, "ж 40", needs=("HYG",), observations={"insulin_days": 2.5})
    triage.override(case, priority=PriorityClass.P3, note="Слышала сама.", by=cast.taras)
    run("rescore")
    assert (fresh(case).priority, fresh(case).overridden) == ("P3", True)
    earlier(case, 40)
    run("rescore")
    assert (fresh(case).priority, fresh(case).overridden) == ("P1", False)


def test_a_case_that_is_resolved_is_not_scored_again(cast):
    case = called(cast.olena, "ж 40", observations={"insulin_days": 2.5})
    assignment.claim(case, by=cast.taras)
    follow_up.start(case, by=cast.taras)
    follow_up.resolve(case, by=cast.taras)
    assert run("rescore") == 1
    assert not Job.objects.filter(kind="rescore", state="waiting").exists()
