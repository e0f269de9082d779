"""Another convoy for who has one: in one step, or not at all."""

import pytest

from cases.domain import evacuation
from cases.errors import Forbidden
from cases.models import Alarm, Event, Vehicle
from refusals import refused
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
    rounds,
    seats,
    taken,
    tie,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ways(both):
    return a_way(both.dmytro, hours=20, seats=4), a_way(both.dmytro, hours=40, seats=4)


def confirmed(cast, *bands):
    family = a_family(*bands)
    evacuation.hold(family, by=cast.olena)
    agreed(family, cast.olena)
    return evacuation.confirm(family, by=cast.taras)


def test_the_machine_finds_another_convoy(cast, ways):
    early, late = ways
    family = confirmed(cast)

    assert evacuation.rebook(family, by=cast.taras).status == "held"

    assert on(family) == {late.pk}
    assert (taken(early), taken(late)) == ([0], [2])
    assert seats(family) == ["released", "released", "held", "held"]


def test_a_convoy_asked_for_is_taken_and_asking_twice_is_once(cast, ways):
    _early, late = ways
    family = confirmed(cast)
    evacuation.rebook(family, to=late, by=cast.taras)
    lines = Event.objects.count()
    evacuation.rebook(family, to=late, by=cast.taras)
    assert on(family) == {late.pk}
    assert Event.objects.count() == lines


def test_without_room_elsewhere_they_keep_what_they_had(cast, ways):
    early, late = ways
    family = confirmed(cast)
    for _ in range(2):
        evacuation.move(confirmed(cast), to=late, by=planner(cast))

    assert refused(lambda: evacuation.rebook(family, by=cast.taras)) == "no_room"
    assert refused(lambda: evacuation.rebook(family, to=late, by=cast.taras)) == "no_room"
    assert on(family) == {early.pk}
    assert seats(family) == ["confirmed", "confirmed"]


def planner(cast):
    return cast.supervisor


def test_who_has_no_place_is_not_rebooked(cast, ways):
    assert refused(lambda: evacuation.rebook(a_family(), by=cast.taras)) == "nothing_held"


def test_a_planner_moves_a_household_and_what_was_confirmed_stays_so(cast, both, ways):
    early, late = ways
    family = confirmed(cast, "18-59", "5-11")

    evacuation.move(family, to=late, by=both.dmytro)
    evacuation.move(family, to=late, by=both.dmytro)

    assert fresh(family).status == "confirmed"
    assert seats(family) == ["released", "released", "confirmed", "confirmed"]
    assert (taken(early), taken(late)) == ([0], [2])


def test_a_move_frees_places_for_who_waits(cast, both, ways):
    early, late = ways
    family = confirmed(cast)
    confirmed(cast)
    for _ in range(2):
        evacuation.move(evacuation.hold(a_family(), by=cast.olena), to=late, by=both.dmytro)
    waits = a_family()
    assert evacuation.hold(waits, by=cast.olena).status == "waiting_list"
    extra = a_way(both.dmytro, hours=60, seats=2)
    rounds()
    assert on(waits) == {extra.pk}
    later = a_family()
    evacuation.hold(later, by=cast.olena)
    evacuation.release(waits, by=cast.taras)
    evacuation.move(family, to=extra, by=both.dmytro)
    rounds()
    assert on(later) == {early.pk}


@pytest.mark.parametrize("wrong", ["another way", "another day", "closed", "far away", "full"])
def test_the_rules_hold_for_a_planner_too(cast, both, ways, wrong):
    _early, late = ways
    family = confirmed(cast)
    codes = {"closed": "convoy_closed", "full": "no_room"}
    if wrong == "another way":
        late.window.__class__.objects.filter(pk=late.window_id).update(direction="russia")
    if wrong == "another day":
        type(family).objects.update(latest=late.created_at.date(), earliest=None)
    if wrong == "closed":
        type(late).objects.filter(pk=late.pk).update(status="departed")
    if wrong == "far away":
        late.window.corridor.stops.update(place=late.window.corridor.stops.last().place)
    if wrong == "full":
        Vehicle.objects.filter(convoy=late).update(seats=1)
        late.legs.update(seats=1)

    code = refused(lambda: evacuation.move(family, to=late, by=both.dmytro))

    assert code == codes.get(wrong, "convoy_does_not_suit")
    assert seats(family) == ["confirmed", "confirmed"]


def test_those_who_are_tied_move_together(cast, both, ways):
    early, late = ways
    one, other = a_family(), a_family()
    tie(one, other)
    evacuation.hold(one, by=cast.olena)
    assert on(other) == {early.pk}
    evacuation.move(other, to=late, by=both.dmytro)
    assert on(one) == on(other) == {late.pk}


def test_a_planner_seats_whom_the_machine_may_not(cast, both, ways):
    early, _late = ways
    family = a_family("70+", fit="with_medic", priority="P1")
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    assert refused(lambda: evacuation.move(family, to=early, by=both.dmytro)) == "needs_medic"
    a_vehicle(both.dmytro, early, kind="ambulance", stretchers=1)
    assert evacuation.move(family, to=early, by=both.dmytro).status == "held"


def test_a_planner_does_not_seat_who_is_not_fit(cast, both, ways):
    family = a_family(fit="not_fit")
    assert refused(lambda: evacuation.move(family, to=ways[0], by=both.dmytro)) == "not_fit_to_travel"


def test_unchecked_requests_are_not_moved_beyond_their_share(cast, both, ways):
    family = a_family(checked=False)
    assert refused(lambda: evacuation.move(family, to=ways[0], by=both.dmytro)) == "unverified_share_full"


def test_a_coordinator_does_not_plan(cast, ways):
    with pytest.raises(Forbidden):
        evacuation.move(a_family(), to=ways[0], by=cast.taras)


def test_who_is_aboard_is_not_moved_from_here(cast, both, ways):
    family = confirmed(cast)
    family.travellers.model.objects.get(pk=family.travellers.first().pk).places.update(status="boarded")
    for work in (
        lambda: evacuation.move(family, to=ways[1], by=both.dmytro),
        lambda: evacuation.release(family, by=cast.taras),
        lambda: evacuation.hold(family, by=cast.olena),
    ):
        assert refused(work) in {"aboard", "request_not_seeking"}


def test_another_convoy_of_the_same_window(cast, both):
    window = a_slot(both.dmytro, a_corridor(both.dmytro))
    first, second = (a_column(both.dmytro, window, number=n, minutes=20 * n, seats=2) for n in (1, 2))
    family = a_family()
    evacuation.hold(family, by=cast.olena)
    assert on(family) == {first.pk}
    evacuation.rebook(family, by=cast.taras)
    assert on(family) == {second.pk}


def test_moving_people_away_ends_the_alarm(cast, both, ways):
    early, late = ways
    first = confirmed(cast)
    confirmed(cast)
    small = a_vehicle(both.dmytro, early, kind="van", seats=2)
    evacuation.drop_out(Vehicle.objects.get(convoy=early, kind="bus"), by=both.dmytro)
    assert Alarm.objects.live().get().convoy_id == early.pk
    evacuation.move(first, to=late, by=both.dmytro)
    assert not Alarm.objects.live().exists()
    assert small.seats == 2
