"""What is wrong with a convoy sounds for who plans and who coordinates, until somebody has taken it on."""

import pytest
from django.test import Client

from cases.domain import alarms, evacuation
from cases.models import Alarm, User, Vehicle
from cases.queries import live
from on_the_ground import a_day, freely, place_of
from rounds import run
from ways_out import a_family

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(who):
    return [sound.kind for sound in live.sounds(who)]


@pytest.fixture
def lost(cast):
    """Of a family that was halted on the road, one does not answer the roll-call."""
    family = a_family("18-59")
    day = a_day(family)
    phone = day.phone()
    day.send(phone, day.line("boarded", place_of(family), data=freely()))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 1}), day.line("halted"))
    assert run("roll_call") == 1
    return day, family


def test_somebody_missing_sounds_for_dispatchers_coordinators_and_the_protection_officer(cast, lost):
    day, family = lost
    for who in (day.plan.dmytro, cast.taras, cast.protection, cast.supervisor):
        (sound,) = live.sounds(who)
        assert (sound.kind, sound.ref) == ("missing", family.case.spoken)
        assert day.convoy.window.corridor.name in sound.place
    for who in (cast.olena, cast.auditor, cast.field_team):
        assert kinds(who) == []


def test_a_dispatcher_takes_it_on_and_comes_to_the_page_of_the_day(cast, lost):
    day, _family = lost
    client = Client()
    client.force_login(User.objects.get(pk=day.plan.dmytro.user_id))
    alarm = Alarm.objects.live().get()

    answer = client.post(f"/alarm/{alarm.uid}/")

    assert answer["Location"] == f"/evacuation/convoy/{day.convoy.pk}/day/"
    assert kinds(day.plan.dmytro) == kinds(cast.taras) == []


def test_a_vehicle_that_drops_out_sounds_for_who_plans(cast):
    family = a_family()
    day = a_day(family)
    evacuation.drop_out(Vehicle.objects.get(), by=day.plan.dmytro)
    assert kinds(day.plan.daria) == kinds(cast.taras) == ["over"]
    evacuation.bring_back(Vehicle.objects.get(), by=day.plan.dmytro)
    assert kinds(day.plan.daria) == []


def test_every_alarm_sounds_on_somebodys_screen():
    assert set(alarms.TOPICS) == {*live.ROOM, *live.CONVOYS, *live.SUPERVISOR}
    topics = {"room": live.ROOM, "convoys": live.CONVOYS, "supervisor": live.SUPERVISOR}
    assert all(kind in topics[topic] for kind, topic in alarms.TOPICS.items())
