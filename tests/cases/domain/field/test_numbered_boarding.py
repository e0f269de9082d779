"""Each household of a frozen list has a number in which it boards at its stop, and keeps it."""

import pytest

from cases.domain import evacuation
from cases.domain import field as ground
from cases.models import Case, FieldDevice
from cases.queries import field as read
from on_the_ground import a_day, walk_up
from ways_out import a_family

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(manifest):
    """Reference → number, in the order of the list."""
    return {line["ref"]: line["turn"] for line in manifest.lines}


def test_a_household_has_one_number_and_stretchers_board_first():
    walking, lying = a_family("18-59", "5-11"), a_family("18-59", "70+")
    lying.travellers.filter(person__age_band="70+").update(kind="stretcher")
    day = a_day(walking, lying, seats=20, stretchers=2)
    assert numbers(day.convoy.manifests.get()) == {lying.case.ref: 1, walking.case.ref: 2}


def test_a_number_once_given_is_kept_and_never_given_to_another():
    first, second = a_family("18-59"), a_family("18-59")
    day = a_day(first, second, seats=20)
    before = numbers(day.convoy.manifests.get())
    assert before == {first.case.ref: 1, second.case.ref: 2}

    evacuation.release(second, by=day.plan.dmytro)
    day.send(day.phone(), walk_up(day, "18-59"))
    newcomer = Case.objects.exclude(pk__in=[first.case_id, second.case_id]).get()
    assert numbers(ground.freeze(day.convoy, by=day.plan.dmytro)) == {first.case.ref: 1, newcomer.ref: 3}

    day.send(day.phone(), walk_up(day, "18-59"))
    last = Case.objects.latest("pk")
    again = ground.freeze(day.convoy, by=day.plan.dmytro)
    assert numbers(again) == {first.case.ref: 1, newcomer.ref: 3, last.ref: 4}
    assert again.number == 3


def test_a_phone_knows_the_number_and_none_where_the_list_has_none_yet():
    family = a_family("18-59")
    day = a_day(family, seats=20)
    day.send(day.phone(), walk_up(day, "18-59"))
    late = Case.objects.exclude(pk=family.case_id).get()
    listed = read.bundle(FieldDevice.objects.get(), by=day.roman)["households"]
    assert {home["ref"]: home["turn"] for home in listed} == {family.case.spoken: 1, late.spoken: 0}
