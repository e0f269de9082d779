"""Convoys and vehicles: places follow the vehicles in service, and nobody is left standing unseen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import evacuation
from cases.domain.evacuation import VehicleFacts
from cases.enums import VehicleKind
from cases.models import Alarm, Convoy, Leg, Vehicle
from cases.queries import overfull
from rawsql import refused as guard
from refusals import refused
from ways_out import (
    a_column,
    a_corridor,
    a_family,
    a_slot,
    a_vehicle,
    a_way,
    agreed,
    capacity,
    fresh,
    rounds,
    taken,
    vetted,
)

pytestmark = pytest.mark.django_db(transaction=True)
THREE = ("Sudzha", "Yunakivka", "Sumy")


def of(convoy, kind="seats"):
    return [leg[kind] for leg in capacity(convoy)]


def full(cast, count):
    families = [a_family() for _ in range(count)]
    for family in families:
        evacuation.hold(family, by=cast.olena)
    return families


def test_places_of_a_leg_are_those_of_the_vehicles_on_it(both):
    convoy = a_column(both.dmytro, a_slot(both.dmytro, a_corridor(both.dmytro, stops=THREE)), seats=30, luggage=20)
    a_vehicle(both.dmytro, convoy, kind="van", way=(1, 2), seats=8)
    a_vehicle(both.dmytro, convoy, kind="ambulance", way=(0, 1), stretchers=2)
    a_vehicle(both.dmytro, convoy, kind="escort", seats=0)
    assert (of(convoy), of(convoy, "stretchers"), of(convoy, "luggage")) == ([30, 38], [2, 0], [20, 20])


def test_the_same_vehicle_under_one_key_is_one(both):
    convoy = a_way(both.dmytro)
    facts = VehicleFacts(VehicleKind.VAN, 0, 1, seats=5)
    one, other = (evacuation.add_vehicle(convoy, facts=facts, key="k", by=both.dmytro) for _ in range(2))
    assert one.pk == other.pk
    assert of(convoy) == [15]


def test_a_convoy_is_planned_once_and_departs_in_its_window(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    at = slot.slot.lower + timedelta(hours=1)
    one, other = (evacuation.plan_convoy(slot, number=1, departs_at=at, by=both.dmytro) for _ in range(2))
    assert one.pk == other.pk

    def plan(number, departs_at):
        return lambda: evacuation.plan_convoy(slot, number=number, departs_at=departs_at, by=both.dmytro)

    assert refused(plan(1, at + timedelta(hours=1))) == "convoy_number_taken"
    assert refused(plan(2, slot.slot.upper)) == "invalid"
    assert refused(plan(2, timezone.now() - timedelta(hours=1))) == "invalid"
    assert Convoy.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "kind", "way", "places"),
    [
        ("stop_outside_corridor", "bus", (0, 3), {"seats": 5}),
        ("stop_outside_corridor", "bus", (2, 1), {"seats": 5}),
        ("stop_outside_corridor", "bus", (1, 1), {"seats": 5}),
        ("escort_carries_nobody", "escort", (0, 1), {"seats": 1}),
        ("private_car_not_vetted", "private", (0, 1), {"seats": 3}),
        ("vehicle_passes_a_change", "bus", (0, 2), {"seats": 5}),
        ("invalid", "bus", (0, 1), {"seats": 201}),
        ("invalid", "bus", (0, 1), {"seats": -1}),
        ("invalid", "tank", (0, 1), {"seats": 3}),
    ],
)
def test_a_vehicle_that_cannot_be_is_refused(both, code, kind, way, places):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro, stops=THREE, changes_at=1))
    convoy = evacuation.plan_convoy(slot, number=1, departs_at=slot.slot.lower, by=both.dmytro)
    facts = VehicleFacts(kind, *way, **places)
    assert refused(lambda: evacuation.add_vehicle(convoy, facts=facts, key="k", by=both.dmytro)) == code
    assert (Vehicle.objects.count(), of(convoy)) == (0, [0, 0])


@pytest.mark.parametrize(("days", "seats", "code"), [(5, 3, ""), (1, 3, "private_car_not_vetted"), (5, 5, "invalid")])
def test_a_private_car_carries_others_while_its_driver_is_vetted(cast, both, days, seats, code):
    convoy = a_way(both.dmytro, hours=30)
    offer = vetted(both.daria, days=days)
    facts = VehicleFacts(VehicleKind.PRIVATE, 0, 1, seats=seats, offer=offer)

    def add():
        return evacuation.add_vehicle(convoy, facts=facts, key="k", by=both.dmytro)

    if code:
        assert refused(add) == code
    else:
        add()
    assert of(convoy) == [10 if code else 13]


def test_a_private_car_with_its_own_people_only_joins_the_column(both):
    convoy = a_way(both.dmytro)
    a_vehicle(both.dmytro, convoy, kind="private", seats=0)
    assert of(convoy) == [10]


# --- fewer places ----------------------------------------------------------------------------------------------------


def test_fewer_places_than_are_taken_are_not_entered(cast, both):
    convoy = a_way(both.dmytro, seats=6)
    full(cast, 2)
    bus = convoy.vehicles.get()

    def change(places):
        facts = VehicleFacts(VehicleKind.BUS, 0, 1, seats=places)
        return lambda: evacuation.change_vehicle(bus, facts=facts, by=both.dmytro)

    assert refused(change(3)) == "capacity_below_taken"
    assert of(convoy) == [6]
    change(4)()
    change(4)()
    assert of(convoy) == [4]


def test_more_places_are_offered_to_who_waits(cast, both):
    convoy = a_way(both.dmytro, seats=2)
    _first, waits = full(cast, 2)
    facts = VehicleFacts(VehicleKind.BUS, 0, 1, seats=4)
    evacuation.change_vehicle(convoy.vehicles.get(), facts=facts, by=both.dmytro)
    rounds()
    assert fresh(waits).status == "held"


def test_a_vehicle_that_drops_out_leaves_its_leg_over_and_sounds(cast, both):
    convoy = a_way(both.dmytro, seats=2)
    van = a_vehicle(both.dmytro, convoy, kind="van", seats=2)
    full(cast, 2)

    for _ in range(2):
        evacuation.drop_out(van, by=both.dmytro)

    assert Leg.objects.get(convoy=convoy).over_since is not None
    assert (of(convoy), taken(convoy)) == ([2], [4])
    assert Alarm.objects.live().get().kind == "over"
    assert evacuation.hold(a_family("18-59"), by=cast.olena).status == "waiting_list"
    assert refused(lambda: evacuation.clear(convoy, by=both.dmytro)) == "convoy_over"
    Convoy.objects.filter(pk=convoy.pk).update(status="boarding")
    assert guard("UPDATE cases_convoy SET status = 'departed' WHERE id = %s", convoy.pk) == "convoy_departs_not_over"


def test_a_vehicle_that_comes_back_ends_the_alarm(cast, both):
    convoy = a_way(both.dmytro, seats=2)
    families = full(cast, 2)
    evacuation.drop_out(convoy.vehicles.get(), by=cast.field_team)
    for _ in range(2):
        evacuation.bring_back(convoy.vehicles.get(), by=both.dmytro)
    rounds()
    assert Leg.objects.get(convoy=convoy).over_since is None
    assert not Alarm.objects.live().exists()
    assert [fresh(family).status for family in families] == ["held", "waiting_list"]


def test_the_planner_sees_who_must_move_and_where_they_can(cast, both):
    convoy = a_way(both.dmytro, hours=10, seats=8)
    other = a_way(both.dmytro, hours=20, seats=2)
    sure = a_family()
    evacuation.hold(sure, by=cast.olena)
    agreed(sure, cast.olena)
    evacuation.confirm(sure, by=cast.taras)
    three = evacuation.hold(a_family("18-59", "18-59", "18-59"), by=cast.olena)
    two = evacuation.hold(a_family(), by=cast.olena)
    evacuation.drop_out(convoy.vehicles.get(), by=both.dmytro)

    found = overfull.to_move(convoy)

    assert [(one.requests, one.people, one.status, one.convoys) for one in found] == [
        ({three.pk}, 3, "held", ()),
        ({two.pk}, 2, "held", (other.pk,)),
        ({sure.pk}, 2, "confirmed", (other.pk,)),
    ]
    assert overfull.missing(convoy).seats == 7
    assert overfull.to_move(other) == []


@pytest.mark.parametrize("rows", [1, 3])
def test_who_must_move_costs_the_same_whatever_their_number(cast, both, rows, django_assert_num_queries):
    convoy = a_way(both.dmytro, seats=10)
    full(cast, rows)
    evacuation.drop_out(convoy.vehicles.get(), by=both.dmytro)
    with django_assert_num_queries(13):
        overfull.to_move(convoy)


# --- clearing --------------------------------------------------------------------------------------------------------


def test_a_convoy_is_cleared_once_it_has_vehicles(both):
    slot = a_slot(both.dmytro, a_corridor(both.dmytro))
    convoy = evacuation.plan_convoy(slot, number=1, departs_at=slot.slot.lower, by=both.dmytro)
    assert refused(lambda: evacuation.clear(convoy, by=both.dmytro)) == "convoy_without_vehicles"
    a_vehicle(both.dmytro, convoy)
    for _ in range(2):
        assert evacuation.clear(convoy, by=both.dmytro).status == "cleared"


def test_people_are_seated_on_a_cleared_convoy(cast, both):
    convoy = a_way(both.dmytro)
    evacuation.clear(convoy, by=both.dmytro)
    assert evacuation.hold(a_family(), by=cast.olena).status == "held"


def test_no_vehicle_is_added_to_a_convoy_under_way(both):
    convoy = a_way(both.dmytro)
    Convoy.objects.filter(pk=convoy.pk).update(status="departed")
    assert refused(lambda: a_vehicle(both.dmytro, convoy)) == "convoy_closed"
