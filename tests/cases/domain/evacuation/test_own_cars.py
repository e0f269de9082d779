"""Private cars in the column carry their own people, and nobody else until they are vetted."""

import pytest

from cases.domain import evacuation
from cases.models import Vehicle
from refusals import refused
from ways_out import a_family, a_way, agreed, capacity, fresh, seats, taken

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def convoy(both):
    return a_way(both.dmytro, seats=1)


def joins(convoy, family, by, **more):
    return evacuation.add_own_car(convoy, request=family, from_seq=0, by=by, **more)


def test_a_family_drives_in_its_own_car_and_nobody_else_gets_on(cast, both, convoy):
    family, other = a_family(own_vehicle=True, luggage=2), a_family()
    car = joins(convoy, family, both.dmytro)
    assert joins(convoy, family, both.dmytro).pk == car.pk
    assert (capacity(convoy)[0]["seats"], taken(convoy)) == (3, [2])
    agreed(family, both.dmytro)
    assert evacuation.confirm(fresh(family), by=both.dmytro).status == "confirmed"
    assert evacuation.hold(other, by=both.dmytro).status == "waiting_list"


def test_who_gives_the_places_up_takes_the_car_with_them(cast, both, convoy):
    family = a_family(own_vehicle=True)
    joins(convoy, family, both.dmytro)
    evacuation.release(fresh(family), by=both.dmytro)
    assert seats(family) == ["released", "released"]
    assert (capacity(convoy)[0]["seats"], taken(convoy)) == (1, [0])
    assert Vehicle.objects.get(own_of=family).out_since is not None


def test_who_has_no_car_or_goes_another_way_does_not_join(cast, both, convoy):
    assert refused(lambda: joins(convoy, a_family(), both.dmytro)) == "invalid"
    away = a_family(own_vehicle=True, direction="russia")
    assert refused(lambda: joins(convoy, away, both.dmytro)) == "convoy_does_not_suit"
    here = a_family(own_vehicle=True)
    assert (
        refused(lambda: evacuation.add_own_car(convoy, request=here, from_seq=5, by=both.dmytro))
        == "stop_outside_corridor"
    )
