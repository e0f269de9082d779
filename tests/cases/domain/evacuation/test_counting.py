"""A cellar or a school asks to leave: nobody there has to be named to be counted, held and sent in groups."""

import pytest
from django.utils import timezone

from cases.domain import evacuation, merging
from cases.domain.evacuation.refusals import HoldsPlaces, KnownByThemselves, NobodyTravels, NotSeeking
from cases.domain.intake import EvacuationFacts
from cases.domain.merging import CannotMerge, CannotPart
from cases.enums import Direction, FitToTravel, Group
from cases.errors import Forbidden, Invalid
from cases.models import Case, EvacuationRequest, Event, Household, Job, Person
from cases.queries import seating
from cases.queries.evacuation import board
from families import called
from rounds import run
from ways_out import a_way, fresh, on, rounds, said_yes, seats, taken

pytestmark = pytest.mark.django_db


def a_site(cast, *people, headcount=(80, 120), **facts):
    """A cellar of so many people, one of whom called: its request."""
    wanted = EvacuationFacts(direction="ukraine")
    facts = {"needs": ()} | facts
    case = called(cast.olena, *people, group=Group.SITE, headcount=headcount, evacuation=wanted, **facts)
    return case.evacuations.get()


def again(row):
    row.refresh_from_db()
    return row


def weighed_again(case):
    """Its class, when time has it weighed again."""
    Job.objects.filter(kind="rescore", subject=case.pk, state="waiting").update(due_at=timezone.now())
    assert run("rescore") >= 1
    return again(case).priority


def headcount(household):
    return again(household).headcount_low, household.headcount_high


def going(request):
    rows = list(seating.going([request.pk]).order_by("pk"))
    return [row.kind for row in rows]


def test_how_many_travel_is_said_and_they_hold_places(cast, both):
    convoy = a_way(both.dmytro, seats=40, wheelchairs=2)
    request = a_site(cast)
    with pytest.raises(NobodyTravels):
        evacuation.hold(request, by=cast.olena)

    evacuation.count(request, seats=10, wheelchairs=1, by=cast.olena)
    assert sorted(going(request)) == ["seat"] * 10 + ["wheelchair"]
    evacuation.verify(request, by=cast.taras)
    evacuation.hold(request, by=cast.olena)

    assert seats(request) == ["held"] * 11
    assert (taken(convoy)[0], taken(convoy, "wheelchairs")[0]) == (10, 1)


def test_the_same_numbers_twice_change_nothing(cast):
    request = a_site(cast)
    evacuation.count(request, seats=5, by=cast.olena)
    before = (Person.objects.count(), Event.objects.count(), going(request))

    evacuation.count(request, seats=5, by=cast.taras)

    assert (Person.objects.count(), Event.objects.count(), going(request)) == before


def test_fewer_and_then_more_again_are_the_same_people(cast):
    request = a_site(cast)
    evacuation.count(request, seats=6, stretchers=1, by=cast.olena)
    first = set(Person.objects.values_list("pk", flat=True))

    evacuation.count(request, seats=2, by=cast.olena)
    assert going(request) == ["seat"] * 2
    evacuation.count(request, seats=6, stretchers=1, by=cast.olena)

    assert sorted(going(request)) == ["seat"] * 6 + ["stretcher"]
    assert set(Person.objects.values_list("pk", flat=True)) == first


def test_who_is_known_by_name_or_decided_is_never_counted_away(cast):
    request = a_site(cast, "Ткач Ольга ж 34")
    evacuation.count(request, seats=3, by=cast.olena)
    spoke = request.travellers.order_by("pk").last().person
    said_yes(request, spoke, cast.taras)

    evacuation.count(request, seats=0, by=cast.olena)

    left = set(seating.going([request.pk]).values_list("person", flat=True))
    assert left == {request.travellers.order_by("pk")[0].person_id, spoke.pk}


def test_somebody_has_to_travel_and_a_mistyped_number_is_asked_back(cast):
    request = a_site(cast)
    with pytest.raises(NobodyTravels):
        evacuation.count(request, seats=0, by=cast.olena)
    for wrong in ({"seats": 501}, {"seats": -1}, {"seats": 1, "wheelchairs": -1}):
        with pytest.raises(Invalid):
            evacuation.count(request, **wrong, by=cast.olena)
    assert going(request) == []


def test_places_are_given_back_before_the_number_changes(cast, both):
    a_way(both.dmytro, seats=40)
    request = a_site(cast)
    evacuation.count(request, seats=4, by=cast.olena)
    evacuation.hold(request, by=cast.olena)

    with pytest.raises(HoldsPlaces):
        evacuation.count(request, seats=3, by=cast.olena)
    evacuation.release(request, by=cast.taras)
    evacuation.count(request, seats=3, by=cast.olena)
    assert going(request) == ["seat"] * 3


def test_a_request_that_is_over_is_not_counted(cast):
    request = a_site(cast)
    type(request).objects.filter(pk=request.pk).update(status="declined")
    with pytest.raises(NotSeeking):
        evacuation.count(request, seats=4, by=cast.olena)
    with pytest.raises(Forbidden):
        evacuation.count(request, seats=4, by=cast.medic)


def test_a_site_of_a_known_number_that_calls_to_leave_can_be_held_during_the_call(cast, both):
    a_way(both.dmytro, seats=100)  # of which unchecked people may hold a fifth
    request = a_site(cast, "Ткач Ольга ж 34", headcount=(14, 14))
    assert len(going(request)) == 14

    evacuation.hold(request, by=cast.olena)

    assert seats(request) == ["held"] * 14


def test_a_site_that_does_not_leave_is_only_a_number(cast):
    case = called(cast.olena, group=Group.SITE, headcount=(14, 14))
    assert not case.household.people.exists()
    assert not a_site(cast, headcount=(900, 900), number="+380501112299").case.household.people.exists()


def test_the_headcount_is_no_less_than_those_who_are_counted(cast):
    request = a_site(cast, headcount=(5, 8))
    evacuation.count(request, seats=20, by=cast.olena)
    household = Household.objects.get(pk=request.case.household_id)
    assert (household.headcount_low, household.headcount_high) == (5, 20)


def test_who_lies_makes_it_more_urgent(cast):
    request = a_site(cast)
    before = Case.objects.get(pk=request.case_id).priority
    evacuation.count(request, seats=5, stretchers=1, by=cast.olena)
    assert Case.objects.get(pk=request.case_id).priority < before


# --- groups ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_site_that_no_convoy_takes_whole_goes_in_groups(cast, both):
    one, other = a_way(both.dmytro, seats=30, hours=30), a_way(both.dmytro, seats=30, hours=54)
    request = a_site(cast)
    evacuation.count(request, seats=50, by=cast.olena)
    evacuation.verify(request, by=cast.taras)
    evacuation.hold(request, by=cast.taras)
    assert fresh(request).status == "waiting_list"

    case = merging.group(request.case, of=50, seats=25, by=cast.taras)
    rounds()

    own = case.evacuations.get()
    assert (own.direction, own.waiting_since, own.verified_at) == (
        "ukraine", fresh(request).waiting_since, fresh(request).verified_at
    )  # fmt: skip
    evacuation.hold(own, by=cast.taras)
    assert on(request) | on(own) == {one.pk, other.pk} and on(request) != on(own)
    assert len(seats(request)) == len(seats(own)) == 25
    assert {person.household_id for person in Person.objects.filter(journeys__request=own)} == {case.household_id}


def test_the_same_caller_speaks_for_each_group(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    case = merging.group(request.case, of=10, seats=4, by=cast.taras)
    ties = [
        list(home.ties.values_list("caller", "relation", "may_decide", "verified_how"))
        for home in (request.case.household, case.household)
    ]
    assert ties[0] == ties[1] != []
    assert (case.household.protected, case.household.kind, case.is_open) == (False, "site", True)
    assert case.clocks.filter(state="running").exists()


def test_asking_twice_for_a_group_makes_one(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    merging.group(request.case, of=10, seats=4, by=cast.taras)
    with pytest.raises(CannotPart):
        merging.group(request.case, of=10, seats=4, by=cast.taras)
    assert Case.objects.count() == 2
    assert len(going(request)) == 6


@pytest.mark.parametrize("numbers", [{"seats": 0}, {"seats": 10}, {"seats": 11}, {"seats": 2, "wheelchairs": 1}])
def test_a_group_is_some_of_those_who_are_counted(cast, numbers):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    with pytest.raises(CannotPart):
        merging.group(request.case, of=10, **numbers, by=cast.taras)
    assert len(going(request)) == 10


def test_a_family_never_goes_in_groups_and_who_holds_places_gives_them_back_first(cast, both):
    a_way(both.dmytro, seats=100)
    wanted = EvacuationFacts(direction="ukraine")
    family = called(cast.olena, "Ткач Ольга ж 34", headcount=(4, 4), evacuation=wanted)
    with pytest.raises(CannotPart):
        merging.group(family, of=3, seats=1, by=cast.taras)
    request = a_site(cast, number="+380501112299")
    evacuation.count(request, seats=10, by=cast.olena)
    evacuation.hold(request, by=cast.olena)
    with pytest.raises(CannotPart):
        merging.group(request.case, of=10, seats=4, by=cast.taras)


def test_a_group_goes_with_the_others_again_and_may_part_once_more(cast, both):
    request = a_site(cast, headcount=(40, 60))
    evacuation.count(request, seats=8, wheelchairs=2, by=cast.olena)
    home = request.case.household
    for _ in range(2):
        case = merging.group(request.case, of=10, seats=3, wheelchairs=1, by=cast.taras)
        assert headcount(home) == (36, 56)

        merging.merge(home, case.household, by=cast.taras)

        assert sorted(going(request)) == ["seat"] * 8 + ["wheelchair"] * 2
        assert headcount(home) == (40, 60)
        assert (again(home).split_from_id, again(case).status, case.master_id) == (
            None, "duplicate", request.case_id
        )  # fmt: skip
    way = a_way(both.dmytro, seats=30, wheelchairs=4)
    evacuation.verify(request, by=cast.taras)
    evacuation.hold(request, by=cast.taras)
    assert (on(request), len(seats(request))) == ({way.pk}, 10)


def test_a_group_is_itself_again_when_going_together_is_taken_back(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    case = merging.group(request.case, of=10, seats=4, by=cast.taras)
    merging.undo(merging.merge(request.case.household, case.household, by=cast.taras), by=cast.taras)
    assert (len(going(request)), len(going(case.evacuations.get()))) == (6, 4)
    assert again(case).is_open and again(case.household).split_from_id == request.case.household_id


def test_a_group_of_a_group_goes_with_the_site_in_any_order(cast):
    request = a_site(cast, headcount=(40, 40))
    evacuation.count(request, seats=30, by=cast.olena)
    group = merging.group(request.case, of=30, seats=20, by=cast.taras)
    smaller = merging.group(group, of=20, seats=5, by=cast.taras)
    merging.merge(smaller.household, request.case.household, by=cast.taras)
    merging.merge(group.household, request.case.household, by=cast.taras)
    assert (headcount(request.case.household), request.case.household.split_from_id) == ((40, 40), None)
    assert len(going(request)) == 30


def test_going_together_makes_nobody_more_urgent(cast):
    request = a_site(cast, observations={"shelling_now": 1.0}, headcount=(40, 40))
    evacuation.count(request, seats=30, by=cast.olena)
    case = merging.group(request.case, of=30, seats=20, by=cast.taras)
    before = again(request.case).priority
    merging.merge(request.case.household, case.household, by=cast.taras)
    assert (again(request.case).priority, before) == ("P2", "P2")


def test_where_one_of_them_waits_they_wait_together(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    evacuation.verify(request, by=cast.taras)
    case = merging.group(request.case, of=10, seats=4, by=cast.taras)
    evacuation.hold(case.evacuations.get(), by=cast.taras)
    assert case.evacuations.get().status == "waiting_list"
    merging.merge(request.case.household, case.household, by=cast.taras)
    live = request.case.evacuations.get(status="waiting_list")
    assert len(going(live)) == 10


def test_a_group_with_places_gives_them_back_before_it_goes_with_the_others(cast, both):
    a_way(both.dmytro, seats=5)
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    case = merging.group(request.case, of=10, seats=4, by=cast.taras)
    own = case.evacuations.get()
    evacuation.verify(own, by=cast.taras)
    evacuation.hold(own, by=cast.taras)
    with pytest.raises(CannotMerge, match="Give the places back first"):
        merging.merge(request.case.household, case.household, by=cast.taras)


def test_a_family_that_left_a_site_on_purpose_is_never_joined_to_it(cast):
    request = a_site(cast, "Ткач Ольга ж 34", "Ткач Іван ч 4")
    family = merging.split(
        request.case.household, people=[request.case.household.people.first().pk], by=cast.protection
    )
    with pytest.raises(CannotMerge, match="on purpose"):
        merging.merge(request.case.household, family.household, by=cast.protection)


def test_groups_of_a_protected_site_are_the_protection_officers(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    Household.objects.filter(pk=request.case.household_id).update(protected=True)
    with pytest.raises(Forbidden):
        merging.group(request.case, of=10, seats=4, by=cast.taras)
    assert merging.group(request.case, of=10, seats=4, by=cast.protection).household.protected


def test_a_group_waits_where_its_site_waits_and_is_looked_at_too(cast, both):
    request = a_site(cast)
    evacuation.count(request, seats=50, by=cast.olena)
    evacuation.verify(request, by=cast.taras)
    evacuation.hold(request, by=cast.taras)
    assert fresh(request).status == "waiting_list"

    own = merging.group(request.case, of=50, seats=25, by=cast.taras).evacuations.get()

    assert own.status == "waiting_list"
    waits = Job.objects.filter(kind="waits", state="waiting").values_list("subject", flat=True)
    assert {request.pk, own.pk} <= set(waits)


@pytest.mark.django_db(transaction=True)
def test_a_group_is_in_the_same_danger_as_its_site(cast):
    request = a_site(cast, observations={"shelling_now": 1.0}, needs=("WATER",), headcount=(60, 60))
    evacuation.count(request, seats=50, by=cast.olena)
    case = merging.group(request.case, of=50, seats=25, by=cast.taras)
    assert [row.type_id for row in case.needs.all()] == ["WATER"]
    # Neither is as large as a site that goes one class up by its size; the site is, as long as both are open.
    assert (case.priority, weighed_again(request.case)) == ("P1", "P1")
    assert case.household.headcount_high == 25

    Case.objects.filter(pk=case.pk).update(status="closed", close_reason="helped")
    assert weighed_again(request.case) == "P2"


def test_events_of_a_group_lead_nobody_from_one_case_to_the_other(cast):
    request = a_site(cast)
    evacuation.count(request, seats=10, by=cast.olena)
    case = merging.group(request.case, of=10, seats=4, by=cast.taras)
    for one, other in ((request.case, case), (case, request.case)):
        said = str(list(Event.objects.filter(case=one).values_list("verb", "data")))
        assert other.ref not in said and str(other.uid) not in said


def test_a_family_of_whom_somebody_is_known_is_not_counted_away(cast):
    wanted = EvacuationFacts(direction="ukraine")
    family = called(cast.olena, "Ткач Ольга ж 34", headcount=(4, 4), evacuation=wanted).evacuations.get()
    with pytest.raises(KnownByThemselves):
        evacuation.count(family, seats=0, by=cast.olena)
    assert len(going(family)) == 4


def test_whom_a_medic_has_seen_is_not_folded_into_another(cast):
    request = a_site(cast)
    evacuation.count(request, seats=3, by=cast.olena)
    seen = request.travellers.order_by("pk").last().person
    evacuation.assess(seen, fit=FitToTravel.WITH_MEDIC, by=cast.medic)

    evacuation.count(request, seats=1, by=cast.olena)

    assert seen.pk in set(seating.going([request.pk]).values_list("person", flat=True))
    assert len(going(request)) == 2


def test_who_is_counted_no_longer_counts_on_no_board_and_for_no_partner(cast, both):
    request = a_site(cast)
    evacuation.count(request, seats=50, by=cast.olena)
    evacuation.count(request, seats=10, by=cast.olena)
    EvacuationRequest.objects.filter(pk=request.pk).update(status="waiting_list")
    (lane,) = [lane for lane in board(both.dmytro).lanes if lane.direction == Direction.UKRAINE]
    assert [line.people for line in lane.waiting] == [10]
