"""Places are held during the call: by whom, where, for how long, and when nobody may."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import evacuation
from cases.domain.evacuation import holding
from cases.errors import Forbidden
from cases.models import Clock, Event, Job, Seat
from factories import a_traveller
from refusals import refused
from rounds import run
from ways_out import (
    a_column,
    a_corridor,
    a_family,
    a_slot,
    a_vehicle,
    a_way,
    agreed,
    fresh,
    on,
    people_of,
    planners,
    rounds,
    seats,
    taken,
    tie,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def by(cast):
    return planners().dmytro


def test_a_household_is_held_whole_for_two_hours(cast, by):
    convoy, family = a_way(by), a_family("18-59", "5-11", animals=1, luggage=2)
    a_vehicle(by, convoy, seats=1, animals=3, luggage=5)

    found = evacuation.hold(family, by=cast.olena)

    assert found.status == fresh(family).status == "held"
    assert seats(family) == ["held", "held"]
    assert (taken(convoy), taken(convoy, "animals"), taken(convoy, "luggage")) == ([2], [1], [2])
    left = Seat.objects.get(animals=1).expires_at - timezone.now()
    assert timedelta(minutes=119) < left <= timedelta(hours=2)
    assert Job.objects.get(kind="hold", state="waiting").key == f"hold:{family.uid}"


def test_holding_twice_changes_nothing(cast, by):
    a_way(by)
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    lines = Event.objects.count()

    assert evacuation.hold(family, by=cast.oleh).status == "held"

    assert seats(family) == ["held", "held"]
    assert Event.objects.count() == lines


def test_no_consent_is_needed_and_an_outsider_may_not(cast, by):
    a_way(by)
    with pytest.raises(Forbidden):
        evacuation.hold(a_family(), by=cast.outsider)
    assert Seat.objects.count() == 0


def test_the_earliest_convoy_with_room_for_all_is_taken(cast, by):
    late, small = a_way(by, hours=50), a_way(by, hours=20, seats=1)
    family = a_family()

    evacuation.hold(family, by=cast.olena)

    assert on(family) == {late.pk}
    assert taken(small) == [0]


@pytest.mark.parametrize("kind", ["wheelchair", "stretcher"])
def test_each_kind_of_place_is_its_own(cast, by, kind):
    convoy, family = a_way(by, seats=10), a_family()
    family.travellers.filter(person=people_of(family)[0]).update(kind=kind)

    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"

    a_vehicle(by, convoy, kind="adapted", **{f"{kind}s": 1})
    rounds()
    assert fresh(family).status == "held"
    assert sorted(Seat.objects.values_list("kind", flat=True)) == sorted(["seat", kind])


def test_who_may_only_lie_lies(cast, by):
    a_way(by, seats=10, stretchers=1)
    family = a_family("70+", fit="stretcher")
    evacuation.hold(family, by=cast.olena)
    assert Seat.objects.get().kind == "stretcher"


def test_room_is_needed_on_every_leg(cast, by):
    convoy = a_column(by, a_slot(by, a_corridor(by, stops=("Sudzha", "Yunakivka", "Sumy"))), seats=2)
    near, far = a_family(place="Yunakivka"), a_family(place="Sudzha")

    evacuation.hold(near, by=cast.olena)
    assert taken(convoy) == [0, 2]
    assert evacuation.hold(far, by=cast.olena).status == "waiting_list"


@pytest.mark.parametrize(("name", "days"), [("latest", 1), ("earliest", 9)])
def test_who_may_not_leave_on_that_day_waits(cast, by, name, days):
    a_way(by, hours=96)
    family = a_family(**{name: timezone.localdate() + timedelta(days=days)})
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"


@pytest.mark.parametrize("closed", ["other direction", "not open", "departed", "full", "far away"])
def test_nothing_is_held_where_nobody_is_taken_on(cast, by, closed):
    if closed == "not open":
        a_column(by, a_slot(by, a_corridor(by, opened=False)))
    else:
        convoy = a_way(by)
    if closed == "departed":
        type(convoy).objects.update(departs_at=timezone.now() - timedelta(minutes=1))
    if closed == "full":
        for _ in range(5):
            evacuation.hold(a_family(), by=cast.olena)
    family = a_family(
        direction="russia" if closed == "other direction" else "ukraine",
        place="Seredyna-Buda" if closed == "far away" else "Sudzha",
    )

    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    assert seats(family) == []


@pytest.mark.parametrize(
    ("code", "broken"),
    [
        ("direction_missing", {"direction": ""}),
        ("settlement_missing", {"settlement": None}),
        ("nobody_travels", {"nobody": True}),
        ("request_not_seeking", {"status": "declined"}),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_lost(cast, by, code, broken):
    a_way(by)
    family = a_family(direction=broken.get("direction", "ukraine"))
    if "settlement" in broken:
        type(family.case.household).objects.update(settlement=None)
    if "nobody" in broken:
        type(people_of(family)[0]).objects.update(presence="missing")
    if "status" in broken:
        type(family).objects.update(status="declined")
    before = fresh(family).status

    assert refused(lambda: evacuation.hold(family, by=cast.olena)) == code
    assert fresh(family).status == before


# --- whom the machine never seats ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", ["with_medic", "not_fit"])
def test_whom_a_medic_must_accompany_or_keep_is_not_seated_by_the_machine(cast, by, fit):
    a_way(by)
    family = a_family(fit=fit)
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    rounds()
    assert seats(family) == []


def test_a_medical_p1_of_unknown_fitness_waits_for_a_medic(cast, by):
    a_way(by)
    family = a_family("18-59", priority="P1", fit="unknown")
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    rounds()
    assert seats(family) == []

    evacuation.assess(people_of(family)[0], fit="seated", by=cast.medic)
    rounds()
    assert seats(family) == ["held"]


def test_a_routine_case_of_unknown_fitness_is_seated(cast, by):
    a_way(by)
    assert evacuation.hold(a_family(fit="unknown"), by=cast.olena).status == "held"


def test_who_cannot_reach_the_stop_waits_for_a_planner(cast, by):
    a_way(by)
    family = a_family()
    type(family.case.household).objects.update(cannot_reach_point=True)
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"


# --- requests that nobody has checked --------------------------------------------------------------------------------


def test_unchecked_requests_hold_a_fifth_of_a_window(cast, by):
    convoy = a_way(by, seats=10)
    first, second = a_family(checked=False), a_family(checked=False)

    assert evacuation.hold(first, by=cast.olena).status == "held"
    assert evacuation.hold(second, by=cast.olena).status == "waiting_list"
    assert taken(convoy) == [2]

    evacuation.verify(first, by=cast.taras)
    rounds()
    assert fresh(second).status == "held"


def test_an_unchecked_hold_that_lapses_goes_back_to_registered(cast, by):
    a_way(by, seats=10)
    family = a_family(checked=False)
    evacuation.hold(family, by=cast.olena)
    expire(family)
    assert fresh(family).status == "registered"


# --- ties ------------------------------------------------------------------------------------------------------------


def test_those_who_are_tied_are_held_together_or_not_at_all(cast, by):
    small, large = a_way(by, hours=20, seats=3), a_way(by, hours=40, seats=4)
    one, other = a_family(), a_family()
    tie(one, other)

    evacuation.hold(one, by=cast.olena)

    assert on(one) == on(other) == {large.pk}
    assert taken(small) == [0]
    assert fresh(other).status == "held"


def test_those_who_are_tied_wait_together(cast, by):
    a_way(by, seats=3)
    one, other = a_family(), a_family()
    tie(one, other)
    evacuation.hold(one, by=cast.olena)
    assert [fresh(one).status, fresh(other).status] == ["waiting_list", "waiting_list"]


def test_those_who_are_tied_must_go_one_way(cast, by):
    a_way(by)
    one, other = a_family(), a_family(direction="russia")
    tie(one, other)
    assert refused(lambda: evacuation.hold(one, by=cast.olena)) == "tied_apart"


def test_a_tie_to_a_closed_case_keeps_no_place_from_others(cast, by):
    """A party that cannot be seated takes nothing from who waits behind it."""
    a_way(by, seats=2)
    one, other, behind = a_family("18-59"), a_family("18-59"), a_family()
    tie(one, other)
    type(one).objects.filter(pk__in=[one.pk, other.pk, behind.pk]).update(status="waiting_list")
    type(other.case).objects.filter(pk=other.case_id).update(status="cancelled")
    evacuation.hold(behind, by=cast.olena)
    rounds()
    assert (fresh(behind).status, seats(one)) == ("held", [])


# --- nobody sits twice -----------------------------------------------------------------------------------------------


def test_a_person_with_two_requests_sits_once(cast, by):
    a_way(by)
    one, other = a_family(), a_family("18-59")
    other.travellers.update(person=people_of(one)[0])
    evacuation.hold(one, by=cast.olena)

    assert refused(lambda: evacuation.hold(other, by=cast.olena)) == "seated_elsewhere"
    assert seats(other) == []


def test_the_unique_constraint_is_a_refusal_too(cast, by, monkeypatch):
    """As when the other hold commits between the look and the insert."""
    a_way(by)
    one, other = a_family(), a_family("18-59")
    other.travellers.update(person=people_of(one)[0])
    evacuation.hold(one, by=cast.olena)
    monkeypatch.delitem(holding.ASKED, "elsewhere")
    original = holding.seating.party_of

    def blind(request):
        party = original(request)
        load = type(party.load)(seats=1)
        part = type(party.parts[0])(request, party.parts[0].home, load, "ukraine")
        return type(party)((part,), party.rank)

    monkeypatch.setattr(holding.seating, "party_of", blind)
    assert refused(lambda: evacuation.hold(other, by=cast.olena)) == "seated_elsewhere"


# --- lapse, release, and who waits -----------------------------------------------------------------------------------


def expire(family):
    Seat.objects.filter(traveller__request=family, status="held").update(
        expires_at=timezone.now() - timedelta(minutes=1)
    )
    run("hold")


def test_a_hold_lapses_after_two_hours_and_the_owner_is_reminded(cast, by):
    convoy, family = a_way(by), a_family()
    evacuation.hold(family, by=cast.olena)

    run("hold")
    assert fresh(family).status == "held"
    expire(family)

    assert fresh(family).status == "verified"
    assert seats(family) == ["released", "released"]
    assert taken(convoy) == [0]
    assert Clock.objects.filter(case=family.case, kind="check_in", state="running").exists()
    expire(family)
    assert fresh(family).status == "verified"


def test_a_confirmed_place_does_not_lapse(cast, by):
    a_way(by)
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    evacuation.confirm(family, by=cast.taras)
    run("hold")
    assert fresh(family).status == "confirmed"


def test_what_comes_free_goes_to_the_most_urgent_then_to_who_waits_longest(cast, by):
    a_way(by, seats=2)
    first = a_family()
    evacuation.hold(first, by=cast.olena)
    now = timezone.now()
    lately, long_ago, urgent = (
        a_family(waiting_since=now),
        a_family(waiting_since=now - timedelta(days=2)),
        a_family(waiting_since=now, priority="P2"),
    )
    for family in (lately, long_ago, urgent):
        assert evacuation.hold(family, by=cast.olena).status == "waiting_list"

    order = []
    for sitting in (first, urgent, long_ago):
        evacuation.release(sitting, by=cast.taras)
        rounds()
        order += [family.pk for family in (lately, long_ago, urgent) if fresh(family).status == "held"]

    assert order == [urgent.pk, long_ago.pk, lately.pk]


def test_who_calls_at_the_right_moment_passes_nobody_who_waits(cast, by):
    a_way(by, seats=2)
    first, waits, calls = a_family(), a_family(), a_family()
    evacuation.hold(first, by=cast.olena)
    evacuation.hold(waits, by=cast.olena)
    evacuation.release(first, by=cast.taras)

    assert evacuation.hold(calls, by=cast.olena).status == "waiting_list"
    rounds()
    assert fresh(waits).status == "held"


def test_a_small_household_takes_what_a_large_one_cannot(cast, by):
    convoy = a_way(by, seats=2)
    first = a_family()
    evacuation.hold(first, by=cast.olena)
    large, small = a_family("18-59", "18-59", "5-11"), a_family()
    evacuation.hold(large, by=cast.olena)
    evacuation.hold(small, by=cast.olena)
    evacuation.release(first, by=cast.taras)
    rounds()
    assert [fresh(large).status, fresh(small).status] == ["waiting_list", "held"]
    assert taken(convoy) == [2]


def test_an_offered_household_is_called(cast, by):
    a_way(by, seats=2)
    first, waits = a_family(), a_family()
    evacuation.hold(first, by=cast.olena)
    evacuation.hold(waits, by=cast.olena)
    evacuation.release(first, by=cast.taras)
    rounds()
    assert Job.objects.filter(kind="call_household", subject=waits.case_id).exists()


def test_places_that_came_free_before_somebody_stood_on_the_list_are_found(cast, by):
    """The window had room again before this request's place on the list could be seen by who freed it."""
    convoy = a_way(by, seats=2)
    first, waits = a_family(), a_family()
    evacuation.hold(first, by=cast.olena)
    evacuation.hold(waits, by=cast.olena)
    Job.objects.filter(kind="waits").update(due_at=timezone.now() + timedelta(hours=1))
    evacuation.release(first, by=cast.taras)
    Job.objects.filter(kind="places").update(state="done", done_at=timezone.now())
    rounds()
    assert fresh(waits).status == "held"
    assert taken(convoy) == [2]


def test_releasing_twice_changes_nothing(cast, by):
    a_way(by)
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    evacuation.release(family, by=cast.taras)
    assert evacuation.release(family, by=cast.taras).status == "verified"
    assert seats(family) == ["released", "released"]


def test_somebody_named_later_is_seated_beside_the_others(cast, by):
    a_way(by, hours=10)
    family = a_family()
    convoy = a_way(by, hours=5)
    evacuation.hold(family, by=cast.olena)
    a_traveller(request=family, household=family.case.household)

    evacuation.hold(family, by=cast.olena)

    assert on(family) == {convoy.pk}
    assert taken(convoy) == [3]


def test_an_operator_does_not_confirm_or_release(cast, by):
    a_way(by)
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    for verb in (evacuation.confirm, evacuation.release):
        with pytest.raises(Forbidden):
            verb(family, by=cast.olena)
    assert fresh(family).status == "held"
