"""Every one of the 24 calls through the intake verb, compared with what a good operator recorded."""

import json

import pytest
from django.db import connection, transaction

from calls import CALLS, entered
from cases.disclosure import reveal
from cases.domain import intake
from cases.enums import Why
from cases.models import Call, Case, EvacuationRequest, Person
from cast import make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """All 24 calls in their order, by one operator, played once: (cast, call id → Call, call id → class then)."""
    refs, calls, classes = {}, {}, {}
    with django_db_blocker.unblock(), transaction.atomic():
        # As in TestCase: the tests' own transactions stand inside this one, which is undone at the end.
        connection.atomic_blocks[-1]._from_testcase = True
        cast = make_cast()
        for call_id in CALLS:
            call = intake.record(entered(call_id, refs), key=call_id, by=cast.operator)
            case = call.cases.first()
            if case is not None:
                refs[call_id], classes[call_id] = case.ref, case.priority
            calls[call_id] = call
        connection.check_constraints()
        yield cast, calls, classes
        transaction.set_rollback(True)


@pytest.fixture
def played(world, db):
    return world[1]


@pytest.fixture
def cast(world):
    return world[0]


def expect(call_id):
    return CALLS[call_id]["expect"]


@pytest.mark.parametrize("call_id", sorted(c for c in CALLS if "priority" in CALLS[c]["expect"]))
def test_the_class_is_what_a_good_operator_said(world, db, call_id):
    assert world[2][call_id] == expect(call_id)["priority"]


@pytest.mark.parametrize("call_id", sorted(c for c in CALLS if "settlement" in CALLS[c]["expect"]))
def test_the_settlement_is_recorded(played, call_id):
    case = played[call_id].cases.first()
    if case is not None:
        assert case.household.settlement.name_en == expect(call_id)["settlement"]


@pytest.mark.parametrize("call_id", sorted(c for c in CALLS if "needs" in CALLS[c]["expect"]))
def test_the_needs_are_recorded(played, call_id):
    if expect(call_id).get("case") is False:
        assert not played[call_id].cases.exists()
        return
    recorded = set(played[call_id].cases.get().needs.values_list("type", flat=True))
    assert recorded >= set(expect(call_id)["needs"])


@pytest.mark.parametrize("call_id", sorted(c for c in CALLS if CALLS[c]["expect"].get("case") is False))
def test_no_case_where_nothing_is_to_be_done(played, call_id):
    assert not played[call_id].cases.exists()


def seats(request: EvacuationRequest, kind: str) -> int:
    return request.travellers.filter(kind=kind).count()


@pytest.mark.parametrize(
    "call_id",
    sorted(
        c for c in CALLS if isinstance(CALLS[c]["expect"].get("evacuation"), dict) and c not in {"C18", "C23", "C24"}
    ),
)
def test_the_way_out_is_recorded(played, call_id):
    wanted = expect(call_id)["evacuation"]
    request = played[call_id].cases.get().evacuations.get()
    assert request.direction == (wanted.get("direction") or "")
    for kind in ("seat", "wheelchair", "stretcher"):
        if f"{kind}s" in wanted:
            assert seats(request, kind) == wanted[f"{kind}s"], kind
    if "animals" in wanted:
        assert request.animals == wanted["animals"]


@pytest.mark.parametrize("call_id", sorted(c for c in CALLS if "people_count" in CALLS[c]["expect"]))
def test_the_people_are_counted(played, call_id):
    assert played[call_id].cases.get().household.people.count() == expect(call_id)["people_count"]


@pytest.mark.parametrize(
    "call_id", sorted(c for c in CALLS if any("specific" in p for p in CALLS[c]["expect"].get("people", [])))
)
def test_the_specific_needs_are_recorded(played, call_id):
    found = set(
        Person.objects.filter(household__cases__calls=played[call_id]).values_list("specific_needs__code", flat=True)
    ) - {None}
    wanted = {code for person in expect(call_id)["people"] for code in person.get("specific", [])}
    assert wanted <= found | ({"SM-CI", "SP"} & wanted)


def test_a_repeated_call_goes_on_with_its_case(played):
    assert played["C09"].cases.get() == played["C01"].cases.get()
    water = played["C01"].cases.get().needs.get(type="WATER")
    assert water.call == played["C01"]
    assert water.lasts_until == played["C09"].heard_at


def test_a_site_has_a_headcount_and_no_names(played):
    household = played["C14"].cases.get().household
    assert (household.kind, household.headcount_low, household.headcount_high) == ("site", 11, 11)
    assert household.people.count() == 0


@pytest.mark.parametrize(("call_id", "of"), [("C18", "C06"), ("C24", "C23")])
def test_a_doubtful_caller_only_proposes(played, cast, call_id, of):
    case = played[of].cases.get()
    assert played[call_id].links.get().proposes and played[call_id].cases.get() == case
    reveal([played[call_id]], by=cast.coordinator, why=Why.OWNER)
    assert json.loads(played[call_id].proposal).get("reported", "") == ("arrived" if call_id == "C24" else "")
    assert case.clocks.filter(kind="promise", state="running").count() == 1


def test_a_doubtful_change_of_direction_changes_nothing(played):
    assert played["C06"].cases.get().evacuations.get().direction == "russia"


def test_who_missed_the_bus_is_not_forgotten(played):
    """C23 is nobody we know yet: their own case stands in the queue, and what they reported is kept."""
    case = played["C23"].cases.get()
    assert case.status == "triaged" and case.household.people.count() == 3


def test_the_number_from_kazakhstan_is_no_russian_one(played):
    assert played["C15"].contact.country == "KZ"


def test_a_mother_who_leaves_takes_the_children_and_the_men_stay(played):
    request = played["C17"].cases.get().evacuations.get()
    assert sorted(request.travellers.values_list("person__age_band", flat=True)) == ["1-4", "12-17", "adult"]


def test_every_open_case_has_an_owner_or_a_queue_and_a_clock(played):
    for case in Case.objects.open():
        assert case.clocks.filter(state="running").exists()
        assert case.status == "triaged"


def test_the_same_submission_twice_is_one_call(played, cast):
    again = intake.record(entered("C01"), key="C01", by=cast.operator)
    assert again == played["C01"]
    assert Call.objects.count() == 24
