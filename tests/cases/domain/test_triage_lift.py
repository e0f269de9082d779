"""A class set by hand goes back to the rules: with a note, on record, and only where it was set by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls import entered
from cases.disclosure import reveal
from cases.domain import intake, triage
from cases.enums import Why
from cases.errors import Forbidden, IllegalMove, NoteNeeded
from cases.models import Case, Event, Note
from factories import a_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast):
    return intake.record(entered("C01"), key="k", by=cast.olena).cases.get()


def fresh(case):
    connection.check_constraints()
    return Case.objects.get(pk=case.pk)


def lifted():
    lines = Event.objects.filter(verb__in=["triage.override", "triage.lift"]).order_by("pk")
    return list(lines.values_list("verb", "actor", "data"))


def test_a_class_set_by_hand_goes_back_to_what_the_rules_say_now(case, cast):
    by_rules = case.priority
    triage.override(case, priority="P4", note="Соседи принесли воду.", by=cast.taras)

    triage.lift(case, note="Воды снова нет.", by=cast.iryna)

    row = fresh(case)
    assert (row.priority, row.overridden) == (by_rules, False)
    assert lifted() == [
        ("triage.override", cast.taras.code, {"from": by_rules, "to": "P4"}),
        ("triage.lift", cast.iryna.code, {"from": "P4", "to": by_rules}),
    ]
    score, note = row.scores.latest(), Note.objects.latest("pk")
    assert (score.overridden_by_id, score.priority, note.author_id) == (None, by_rules, cast.iryna.user_id)
    reveal([note], by=cast.iryna, why=Why.OWNER)
    assert note.text == "Воды снова нет."


def test_its_clocks_start_again_where_the_class_changes(case, cast):
    triage.override(case, priority="P1", note="x", by=cast.taras)
    of_class = case.clocks.filter(kind__in=["acknowledge", "recontact"], state="running")
    hand = set(of_class.values_list("pk", flat=True))
    triage.lift(case, note="y", by=cast.taras)
    assert hand.isdisjoint(of_class.all().values_list("pk", flat=True))
    assert of_class.all().exists()


def test_a_later_fact_then_moves_the_class_as_before(case, cast):
    triage.override(case, priority="P1", note="x", by=cast.taras)
    triage.lift(case, note="y", by=cast.taras)
    case.needs.filter(type="WATER").update(lasts_until=timezone.now() - timedelta(hours=1))
    triage.rescore(fresh(case), by=cast.taras)
    assert fresh(case).overridden is False
    assert fresh(case).priority == fresh(case).scores.latest().priority


def test_lifting_twice_or_what_was_never_set_changes_nothing(case, cast):
    before = fresh(case).scores.count()
    triage.lift(case, note="y", by=cast.taras)
    assert (fresh(case).scores.count(), lifted(), Note.objects.count()) == (before, [], 0)


@pytest.mark.parametrize(
    ("note", "who", "refusal"), [(" ", "taras", NoteNeeded), ("y", "olena", Forbidden), ("y", "medic", Forbidden)]
)
def test_who_lifts_says_why_and_may(case, cast, note, who, refusal):
    triage.override(case, priority="P1", note="x", by=cast.taras)
    with pytest.raises(refusal):
        triage.lift(case, note=note, by=getattr(cast, who))
    assert fresh(case).overridden is True
    assert [verb for verb, _, _ in lifted()] == ["triage.override"]


@pytest.mark.parametrize("state", ["merged", "closed"])
def test_a_case_that_was_merged_or_closed_meanwhile_keeps_its_class(case, cast, state):
    triage.override(case, priority="P1", note="x", by=cast.taras)
    if state == "merged":
        Case.objects.filter(pk=case.pk).update(master=a_case())
    else:
        Case.objects.filter(pk=case.pk).update(**{"status": "closed", "close_reason": "helped"})
    with pytest.raises(IllegalMove):
        triage.lift(case, note="y", by=cast.taras)
    assert fresh(case).overridden is True
