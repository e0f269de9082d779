"""A child alone and a woman alone with children get places only where there are enough that are not in private cars."""

from dataclasses import replace

import pytest
from django.utils import timezone

from cases.domain import evacuation
from cases.domain.evacuation import VehicleFacts
from cases.enums import VehicleKind
from cases.models import Leg, Person
from cases.queries import evacuation as read
from cases.queries import seating
from cases.queries.evacuation.stored import stored
from refusals import refused
from ways_out import a_column, a_corridor, a_family, a_slot, a_vehicle, a_way, fresh, on, rounds, seats, vetted

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "room in private cars alone, in which they must not ride"


def a_mother(*bands, sex="f", **more):
    """One adult with a child, unless told whom."""
    family = a_family(*(bands or ("18-59", "5-11")), **more)
    Person.objects.filter(household=family.case.household, age_band="18-59").update(sex=sex)
    return family


def with_a_car(by, convoy, *, way=(0, 1), places=4):
    facts = VehicleFacts(VehicleKind.PRIVATE, *way, seats=places, offer=vetted(by, seats=places))
    return evacuation.add_vehicle(convoy, facts=facts, key=f"{convoy.pk} {way}", by=by)


@pytest.fixture
def by(both):
    return both.dmytro


@pytest.fixture
def mixed(by):
    """A bus of two seats and a private car of four."""
    convoy = a_way(by, seats=2)
    with_a_car(by, convoy)
    return convoy


def held(family, by):
    return evacuation.hold(family, by=by).status


def test_only_so_many_are_seated_as_the_bus_holds_and_others_ride_in_the_car(cast, mixed):
    first, second = a_mother(), a_mother()
    assert (held(first, cast.olena), held(second, cast.olena)) == ("held", "waiting_list")
    assert (held(a_mother(sex="m"), cast.olena), held(a_family(), cast.olena)) == ("held", "held")


def test_a_child_alone_waits_where_only_a_car_has_room(cast, by):
    with_a_car(by, a_way(by, seats=0))
    assert held(a_family("5-11"), cast.olena) == "waiting_list"
    assert held(a_family("18-59"), cast.olena) == "held"


def test_places_are_pooled_so_others_in_the_bus_are_no_matter(cast, mixed):
    assert [held(family, cast.olena) for family in (a_family(), a_family(), a_mother())] == ["held"] * 3


def test_who_waits_is_offered_places_once_a_bus_has_them(cast, by, mixed):
    first, second = a_mother(), a_mother()
    for family in (first, second):
        held(family, cast.olena)
    rounds()
    assert seats(second) == []
    a_vehicle(by, mixed, kind="van", seats=2)
    rounds()
    assert seats(second) == ["held", "held"]


def test_a_planner_is_refused_in_words_and_they_keep_what_they_had(cast, by, mixed):
    held(a_mother(), cast.olena)
    other = a_column(by, mixed.window, number=2, minutes=60, seats=2)
    family = a_mother()
    assert held(family, cast.olena) == "held" and on(family) == {other.pk}
    for step in (evacuation.move, evacuation.rebook):
        assert refused(lambda step=step: step(fresh(family), to=mixed, by=by)) == "only_private_cars"
    assert refused(lambda: evacuation.rebook(fresh(family), by=by)) == "no_room"
    assert (on(family), seats(family)) == ({other.pk}, ["held", "held"])
    (line,) = read.choices(fresh(family), by=by).rest
    assert line.why == WORDS


def test_on_every_leg_of_their_way(cast, by):
    convoy = a_column(by, a_slot(by, a_corridor(by, stops=("Sudzha", "Yunakivka", "Sumy"))), seats=0)
    a_vehicle(by, convoy, way=(0, 1), seats=5)
    with_a_car(by, convoy, way=(1, 2))
    assert held(a_mother(), cast.olena) == "waiting_list"
    assert held(a_family(), cast.olena) == "held"


def test_a_car_that_comes_later_and_a_bus_that_drops_out_shed_nobody(cast, by):
    convoy = a_way(by, seats=4)
    first, second = a_mother(), a_mother()
    for family in (first, second):
        held(family, cast.olena)
    with_a_car(by, convoy)
    evacuation.drop_out(convoy.vehicles.get(kind="bus"), by=by)
    assert [seats(family) for family in (first, second)] == [["held", "held"]] * 2
    assert not Leg.objects.filter(over_since__isnull=False).exists()
    assert held(a_mother(), cast.olena) == "waiting_list"


def test_who_drives_their_own_car_takes_no_place_of_the_bus(cast, by, mixed):
    own = a_mother(own_vehicle=True)
    evacuation.add_own_car(mixed, request=own, from_seq=0, by=by)
    assert held(a_mother(), cast.olena) == "held"
    assert held(a_mother(), cast.olena) == "waiting_list"


def test_a_mother_who_sits_there_is_counted_with_the_children_who_follow_her(cast, by, mixed):
    family = a_mother()
    child = family.travellers.get(person__age_band="5-11")
    Person.objects.filter(pk=child.person_id).update(presence="separated")
    held(family, cast.olena)
    Person.objects.filter(pk=child.person_id).update(presence="with_household")
    (room,) = seating.rooms(seating.open_convoys())
    assert (room.left[0].seats, room.apart[0].seats) == (5, 1)


def test_a_plan_says_why_and_is_refused_where_the_bus_filled_meanwhile(cast, by, mixed):
    first, second = a_mother(priority="P2"), a_mother()
    why = "Only private cars have room for them, and a child or a woman alone with children rides in none."
    proposal = read.propose(by)
    (one,) = proposal.planned
    assert (one.request, [(line.case, line.why) for line in proposal.unseated]) == (first.pk, [(second.case, why)])
    done = evacuation.apply_plan([one, replace(one, request=second.pk)], by=by)
    assert (done.seated, {pk: said.code for pk, said in done.left.items()}) == (
        [first.pk],
        {second.pk: "only_private_cars"},
    )
    proposal = read.propose(by)
    assert (proposal.planned, [line.why for line in proposal.unseated]) == ([], [why])


def test_what_a_hold_would_give_back_counts_for_who_holds_it(cast, by, mixed):
    family = a_mother()
    held(family, cast.olena)
    found = stored(by)
    (convoy,) = found.instance(found.groups.held).convoys
    assert (found.instance(()).convoys[0].apart[0], convoy.apart[0], convoy.places[0]) == (0, 2, 6)


def test_without_private_cars_nothing_is_asked_of_who_sits_there(cast, by, django_assert_num_queries):
    convoy = a_way(by, seats=9)
    with django_assert_num_queries(4):
        assert seating.rooms(seating.open_convoys(timezone.now()))[0].apart == {}
    with_a_car(by, convoy)
    for _ in range(3):
        held(a_mother(), cast.olena)
        with django_assert_num_queries(7):
            assert seating.rooms(seating.open_convoys())[0].apart
