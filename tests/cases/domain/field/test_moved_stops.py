"""A stop that moves: who must hear it, who is called, and who waits at the old one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import field as ground
from cases.models import Callback, Crew, EvacuationRequest, Job, Person, StopAck, StopChange, Traveller, User
from factories import a_place, a_request
from families import called
from on_the_ground import a_day
from refusals import refused
from rounds import run
from ways_out import a_family, fresh

pytestmark = pytest.mark.django_db(transaction=True)


def moved(day, **more):
    marshal = User.objects.get(pk=day.roman.user_id)
    given = {"seq": 0, "place": a_place("Guyevo"), "landmark": "the school", "marshal": marshal} | more
    return ground.move_stop(day.convoy, **given, by=day.plan.dmytro)


def test_each_household_of_the_stop_has_to_acknowledge_and_a_marshal_waits(cast):
    families = [a_family(), a_family()]
    day = a_day(*families)

    change = moved(day)

    assert set(change.acks.values_list("case", flat=True)) == {family.case_id for family in families}
    assert Job.objects.filter(kind="write_household").count() == 2
    marshal = Crew.objects.get(duty="marshal")
    assert marshal.until == day.convoy.window.slot.upper + timedelta(hours=1)
    bundle = ground.bundle(day.phone(), by=day.roman)
    assert bundle["marshal"]["seq"] == 0
    assert bundle["stops"][0]["moved"] == {"name": str(change.place.name), "landmark": "the school"}


def test_the_same_change_twice_is_one_and_another_replaces_it(cast):
    day = a_day(a_family())
    assert moved(day).pk == moved(day).pk
    moved(day, landmark="the church")
    assert StopChange.objects.filter(replaced_at__isnull=True).get().landmark == "the church"


def a_called_family(cast, name):
    case = called(cast.olena, name)
    family = a_request(case)
    Person.objects.filter(household=case.household).update(fit_to_travel="seated")
    Traveller.objects.create(request=family, person=case.household.people.get())
    EvacuationRequest.objects.filter(pk=family.pk).update(status="verified", verified_at=timezone.now())
    return fresh(family)


def test_who_does_not_acknowledge_within_ten_minutes_is_to_be_called(cast):
    heard, unheard = a_called_family(cast, "Ткач Ольга ж 34"), a_called_family(cast, "Швець Анна ж 41")
    change = moved(a_day(heard, unheard))
    ack = StopAck.objects.get(change=change, case=heard.case)
    ground.acknowledge(ack, by=cast.olena)

    run("stop_unheard")

    assert list(Callback.objects.values_list("case", flat=True)) == [unheard.case_id]
    assert StopAck.objects.get(case=unheard.case).called_at is not None
    assert StopAck.objects.get(case=heard.case).acknowledged_by_id == cast.olena.user_id


def test_a_stop_outside_the_corridor_is_refused(cast):
    day = a_day()
    assert refused(lambda: moved(day, seq=7)) == "stop_outside_corridor"


def test_a_convoy_that_left_moves_no_stop(cast):
    day = a_day()
    day.send(day.phone(), day.line("stop_left", data={"stop": 0, "count": 0}))
    assert refused(lambda: moved(day)) == "convoy_closed"
