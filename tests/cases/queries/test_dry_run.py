"""What a draft would have made of last week's cases."""

import copy
from datetime import timedelta

import pytest
from django.utils import timezone

from calls import entered
from cases.domain import erasure, intake, triage
from cases.models import Case, Disclosure
from cases.planning.triage import Rules
from cases.queries import dry_run as module
from cases.queries.dry_run import dry_run
from cases.queries.triage import rules_in_force

pytestmark = pytest.mark.django_db
INSULIN = {"insulin_days": 2.0}


def case(cast, key, **facts):
    """A case opened by a call, with these observations."""
    call = entered("C05")
    facts = intake.Intake(
        number=f"+38050123456{key}",
        settlement=call.settlement,
        dispositions=("case_opened",),
        observations=facts.pop("observations", {}),
        needs=(intake.NeedFacts("PETS", None),),
        notes="-",
        **facts,
    )
    return intake.record(facts, key=key, by=cast.operator).cases.get()


def draft(**classes):
    """The rules in force with other classes for some floors."""
    body = copy.deepcopy(rules_in_force()[0].body)
    for floor in body["floors"]:
        floor["class"] = classes.get(floor["code"], floor["class"])
    return Rules.load({**body, "version": body["version"] + 1})


def tried(cast, rules, by=None, language="en"):
    who = by or cast.supervisor
    return dry_run(Case.objects.visible_to(who), rules, by=who, language=language)


def counts(run):
    return {(move.old, move.new): move.count for move in run.moves}


def test_the_same_rules_move_nobody(cast):
    case(cast, "1", observations=INSULIN)
    run = tried(cast, draft())
    assert (run.looked_at, run.unchanged, counts(run), run.against) == (1, 1, {}, rules_in_force()[1].version)


def test_a_case_that_would_move_is_shown_with_both_reasons(cast):
    moved, _same = case(cast, "1", observations=INSULIN), case(cast, "2")

    run = tried(cast, draft(insulin_3_days="P1"))

    assert (counts(run), run.unchanged) == ({("P2", "P1"): 1}, 1)
    (move,) = run.moves
    assert move.words == "1 case would move from P2 to P1."
    assert [(shown.case, shown.before, shown.after) for shown in move.examples] == [
        (moved, ["Insulin, 2 days left"], ["Insulin, 2 days left"])
    ]


def test_reasons_are_said_in_the_readers_language(cast):
    case(cast, "1", observations=INSULIN)
    run = tried(cast, draft(insulin_3_days="P1"), language="uk")
    assert run.moves[0].examples[0].after == ["Інсуліну лишилося на 2 дні"]


def test_it_compares_with_the_rules_in_force_and_not_with_the_class_of_then(cast):
    """Facts may have changed since, by hand or by time: what differs must come from the rules alone."""
    opened = case(cast, "1", observations=INSULIN)
    Case.objects.filter(pk=opened.pk).update(priority="P4")
    assert counts(tried(cast, draft(insulin_3_days="P1"))) == {("P2", "P1"): 1}


def test_the_matrix_tells_every_way_from_class_to_class(cast):
    case(cast, "1", observations=INSULIN)
    case(cast, "2", observations={"insulin_days": 5.0})
    case(cast, "3", observations={"insulin_days": 6.0})
    run = tried(cast, draft(insulin_3_days="P1", insulin_7_days="P2"))
    assert run.matrix == [
        ("P1", [("P1", None), ("P2", 0), ("P3", 0), ("P4", 0)]),
        ("P2", [("P1", 1), ("P2", None), ("P3", 0), ("P4", 0)]),
        ("P3", [("P1", 0), ("P2", 2), ("P3", None), ("P4", 0)]),
        ("P4", [("P1", 0), ("P2", 0), ("P3", 0), ("P4", None)]),
    ]


def test_a_class_set_by_hand_is_not_moved_unless_the_draft_asks_for_more(cast):
    low, high = case(cast, "1", observations=INSULIN), case(cast, "2", observations=INSULIN)
    triage.override(low, priority="P4", note="Has got some.", by=cast.taras)
    triage.override(high, priority="P1", note="It is worse.", by=cast.taras)

    milder, graver = tried(cast, draft(insulin_3_days="P3")), tried(cast, draft(insulin_3_days="P1"))

    assert (counts(milder), milder.by_hand, milder.rising) == ({}, 2, 0)
    assert (counts(graver), graver.by_hand, graver.rising) == ({}, 1, 1)


def test_only_the_last_week_counts(cast):
    old = case(cast, "1", observations=INSULIN)
    Case.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=7, minutes=1))
    assert tried(cast, draft()).looked_at == 0


def test_no_more_than_the_newest_are_looked_at_and_it_says_so(cast, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    for key in ("1", "2"):
        case(cast, key)
    assert tried(cast, draft()).looked_words == "2 cases of the last 7 days were looked at: all that you see."
    case(cast, "3", observations=INSULIN)
    run = tried(cast, draft(insulin_3_days="P1"))
    assert run.looked_words == "The newest 2 cases of the last 7 days were looked at; there are more."
    assert counts(run) == {("P2", "P1"): 1}


def test_no_more_than_some_are_shown_by_reference(cast, monkeypatch):
    monkeypatch.setattr(module, "EXAMPLES", 1)
    for key in ("1", "2", "3"):
        case(cast, key, observations=INSULIN)
    (move,) = tried(cast, draft(insulin_3_days="P1")).moves
    assert (move.count, len(move.examples), move.more) == (3, 1, 2)


def test_only_cases_the_actor_sees_are_looked_at(cast):
    """Sudzha lies outside the outsider's area."""
    case(cast, "1", observations=INSULIN)
    run = tried(cast, draft(insulin_3_days="P1"), by=cast.outsider)
    assert (run.looked_at, counts(run)) == (0, {})


def test_what_was_erased_is_counted_and_not_opened(cast):
    opened = case(cast, "1", observations=INSULIN)
    erasure.destroy([opened.scores.latest().data_key_id])
    run = tried(cast, draft(insulin_3_days="P1"))
    assert (run.looked_at, run.not_replayed, counts(run)) == (1, 1, {})


@pytest.mark.parametrize("topic", ["imminent_violence", "fire"])
def test_a_case_with_a_protected_fact_is_counted_and_not_shown(cast, topic):
    """Moved by themselves, its floors would tell which of the protected facts it has; nor does a topic hide them."""
    case(cast, "1", observations={"imminent_violence": 1.0, "fire": 1.0})
    body = copy.deepcopy(rules_in_force()[0].body)
    for floor in body["floors"]:
        if floor["code"] in ("imminent_violence", "fire"):
            floor["class"], floor["topic"] = "P2", topic
    (move,) = tried(cast, Rules.load(body)).moves
    assert (move.old, move.new, move.count, move.kept_back, move.examples, move.more) == ("P1", "P2", 1, 1, [], 0)


def test_the_facts_are_opened_on_record(cast):
    scores = [case(cast, key).scores.latest() for key in ("1", "2")]
    before = Disclosure.objects.count()
    tried(cast, draft())
    line = Disclosure.objects.latest("pk")
    assert Disclosure.objects.count() == before + 1
    assert (line.actor, line.why, line.table, line.fields) == (cast.supervisor.code, "triage", "cases_score", ["facts"])
    assert sorted(line.rows) == sorted(str(score.uid) for score in scores)


@pytest.mark.parametrize("size", [1, 3])
def test_it_costs_the_same_at_one_case_and_at_three(cast, django_assert_num_queries, size):
    """The rules, the cases, their scores with keys, and the line of the opening."""
    for number in range(size):
        case(cast, str(number), observations=INSULIN)
    rules = draft(insulin_3_days="P1")
    rows = Case.objects.visible_to(cast.supervisor)
    with django_assert_num_queries(4):
        dry_run(rows, rules, by=cast.supervisor, language="en")
