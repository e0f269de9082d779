"""A later call about a case: danger is recorded whoever says it, what redirects people waits for a known caller."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from calls import entered
from cases.disclosure import reveal
from cases.domain import assignment, follow_up, intake, jobs, notifications, triage
from cases.domain.intake import EvacuationFacts, NeedFacts
from cases.enums import Identity, Why
from cases.errors import IllegalMove, Invalid, NobodyFits
from cases.models import Case, Household, Message, Reach, User
from cases.planning.person_line import parse
from cast import hire

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(cast):
    return intake.record(entered("C01"), key="1", by=cast.olena).cases.get()


def again(case, cast, key="2", **changes):
    facts = replace(
        entered("C01"),
        continues=case.ref,
        people=(),
        needs=(),
        evacuation=None,
        address="",
        settlement=None,
        notes="",
        dispositions=("case_updated",),
        consents=frozenset(),
    )
    return intake.record(replace(facts, **changes), key=key, by=cast.olena)


def fresh(case):
    connection.check_constraints()
    return Case.objects.select_related("household").get(pk=case.pk)


def test_a_doubtful_caller_who_reports_danger_is_heard(case, cast):
    again(
        case,
        cast,
        number="+7 905 555 00 00",
        identity=Identity.DOUBTFUL,
        observations={"severe_bleeding": 1.0},
        needs=(NeedFacts("BABY", 0),),
        people=parse("ж 30"),
        address="другая улица",
    )
    now = fresh(case)
    assert now.priority == "P1"
    assert now.needs.filter(type="BABY").exists()
    assert now.household.people.count() == 2
    call = now.calls.get(identity="doubtful")
    follow_up.settle_proposal(call, accept=True, by=cast.taras)
    household = Household.objects.get(pk=now.household_id)
    reveal([household], by=cast.taras, why=Why.OWNER)
    assert (household.address, household.people.count()) == ("другая улица", 3)


def test_a_doubtful_caller_lowers_nothing(case, cast):
    before = case.needs.get(type="WATER").lasts_until
    again(case, cast, identity=Identity.DOUBTFUL, needs=(NeedFacts("WATER", 300), NeedFacts("FOOD", 300)))
    assert fresh(case).priority == "P2"
    assert case.needs.get(type="WATER").lasts_until == before


@pytest.mark.parametrize("identity", [Identity.UNKNOWN, Identity.DOUBTFUL])
def test_a_changed_direction_waits_for_a_known_caller(case, cast, identity):
    call = again(case, cast, identity=identity, evacuation=EvacuationFacts(direction="russia"))
    assert case.evacuations.get().direction == "ukraine"
    assert call.links.get().proposes
    follow_up.settle_proposal(call, accept=True, by=cast.taras)
    assert case.evacuations.get().direction == "russia"


def test_a_known_callers_change_is_made_at_once(case, cast):
    again(
        case,
        cast,
        identity=Identity.CONFIRMED,
        address="в школе",
        headcount=(3, 3),
        group="family",
        evacuation=EvacuationFacts(direction="russia", destination="Рыльск"),
    )
    request = case.evacuations.get()
    household = Household.objects.get(pk=case.household_id)
    reveal([household], by=cast.taras, why=Why.OWNER)
    reveal([request], by=cast.taras, why=Why.OWNER)
    assert (request.direction, request.destination) == ("russia", "Рыльск")
    assert (household.address, household.headcount_low) == ("в школе", 3)


def test_every_proposal_keeps_its_clock_and_the_case_open(case, cast):
    first = again(case, cast, key="2", identity=Identity.DOUBTFUL, reported="arrived")
    due = case.clocks.get(kind="promise", state="running").due_at
    second = again(case, cast, key="3", identity=Identity.DOUBTFUL, address="x")
    assert case.clocks.get(kind="promise", state="running").due_at == due
    follow_up.settle_proposal(first, accept=False, by=cast.taras)
    assert case.clocks.filter(kind="promise", state="running").exists()
    assignment.claim(case, by=cast.taras)
    follow_up.start(case, by=cast.taras)
    follow_up.resolve(case, by=cast.taras)
    with pytest.raises(IllegalMove, match="proposal"):
        follow_up.close(case, reason="helped", by=cast.taras)
    follow_up.settle_proposal(second, accept=False, by=cast.taras)
    assert not case.clocks.filter(kind="promise", state="running").exists()


def test_a_call_about_a_case_that_closed_meanwhile_is_told_so(case, cast):
    Case.objects.filter(pk=case.pk).update(status="cancelled")
    with pytest.raises(Invalid):
        again(case, cast)


def test_a_new_number_is_tied_to_the_household(case, cast):
    call = again(case, cast, number="+7 905 555 00 00")
    tie = call.caller.ties.get()
    assert (tie.household_id, tie.may_decide) == (case.household_id, False)


def test_words_nobody_understood_are_kept_in_the_note(cast):
    facts = replace(entered("C05"), people=parse("Анна ж 81 одна собака"), notes="Слышно плохо.")
    call = intake.record(facts, key="r", by=cast.olena)
    call.refresh_from_db()
    reveal([call], by=cast.olena, why=Why.OWNER)
    assert call.notes.splitlines()[0] == "Слышно плохо." and "собака" in call.notes
    assert call.cases.get().observations.filter(code="alone").exists()


# --- how they may be reached ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_do_not_text_me_holds_at_once(case, cast):
    again(case, cast, contact_mode="none", text_ok=False)
    reach = Reach.objects.get()
    assert (reach.mode, reach.text_ok) == ("none", False)
    jobs.sweep()
    assert Message.objects.get(reach=reach).status == "suppressed"


def test_a_text_is_allowed_again_only_by_a_known_caller(case, cast):
    Reach.objects.update(text_ok=False)
    again(case, cast, key="2", text_ok=True)
    assert not Reach.objects.get().text_ok
    again(case, cast, key="3", text_ok=True, identity=Identity.CONFIRMED)
    assert Reach.objects.get().text_ok


@pytest.mark.parametrize(
    ("hours", "wait"),
    [
        ((20, 22), timedelta(hours=5)),
        ((14, 16), timedelta(0)),
        ((22, 7), timedelta(hours=7)),
        ((3, 15), timedelta(hours=12)),
    ],
)
def test_safe_hours_are_those_of_the_place(case, hours, wait):
    """Noon in Greenwich is three in the afternoon in Sudzha."""
    reach = Reach.objects.get()
    reach.safe_from, reach.safe_to = time(hours[0]), time(hours[1])
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert notifications.until_safe(reach, case, noon) == wait


@pytest.mark.django_db(transaction=True)
def test_a_text_waits_for_the_safe_hours(case, cast):
    Reach.objects.update(safe_from=time(20), safe_to=time(22))
    with time_machine.travel(timezone.now().replace(hour=9, minute=0), tick=True):
        jobs.sweep()
        assert Message.objects.get(reach__isnull=False).status == "queued"


# --- the class -----------------------------------------------------------------------------------------------------


def test_a_class_set_by_hand_rises_when_the_facts_ask_for_it(case, cast):
    triage.override(case, priority="P4", note="Соседи принесли воду.", by=cast.taras)
    again(case, cast, key="2")
    assert fresh(case).priority == "P4"
    again(case, cast, key="3", observations={"severe_bleeding": 1.0})
    assert (fresh(case).priority, fresh(case).overridden) == ("P1", False)


# --- protection ----------------------------------------------------------------------------------------------------


def test_a_protected_fact_makes_the_household_the_protection_officers(case, cast):
    again(case, cast, observations={"imminent_violence": 1.0})
    assert fresh(case).household.protected
    choice, considered = assignment.choose(fresh(case))
    assert choice is None and considered["on_duty"] == 0
    officer = hire("olha", "protection", on_duty=True)
    assert assignment.choose(fresh(case))[0].pk == officer.user_id


def test_a_protected_note_does_so_too(case, cast):
    follow_up.note(case, text="Боится мужа.", key="n", protected=True, by=cast.taras)
    assert fresh(case).household.protected


# --- owners --------------------------------------------------------------------------------------------------------


def test_a_case_is_given_only_to_who_covers_its_place(case, cast):
    with pytest.raises(NobodyFits):
        assignment.assign(case, owner=User.objects.get(pk=cast.outsider.user_id), by=cast.taras)


def test_who_handed_a_case_back_is_not_given_it_at_once(case, cast):
    assignment.claim(case, by=cast.taras)
    assignment.hand_back(case, by=cast.taras)
    oksana = hire("second", "coordinator", on_duty=True)
    assert assignment.choose(fresh(case))[0].pk == oksana.user_id


# --- one fingerprint -----------------------------------------------------------------------------------------------


def test_the_fingerprint_is_the_same_in_every_process():
    code = (
        "import django; django.setup(); from cases.domain.idempotency import fingerprint;"
        "print(fingerprint({'a': frozenset({'x', 'y', 'z', 'w'}), 'b': [frozenset({('p', ''), ('q', 'r')})]}).hex())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": "", "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "hotline.settings"},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in "123"
    }
    assert len(seen) == 1
