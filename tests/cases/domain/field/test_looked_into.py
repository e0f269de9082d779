"""A word about several people that was looked into is settled person by person: who has no place still waits."""

import pytest

from cases.domain import evacuation
from cases.domain import field as ground
from cases.models import Alarm, EvacuationRequest, FieldEntry, Seat, Vehicle
from cases.queries import convoy_day
from on_the_ground import a_day, crowded, joined, place_of, walk_up
from refusals import refused
from ways_out import seats

pytestmark = pytest.mark.django_db(transaction=True)


def turned_up():
    """The word about all who turned up: its outcome and why."""
    return FieldEntry.objects.values_list("outcome", "code").get(act="walk_up")


def brought(*bands, **places):
    """People whom a lost phone brought to a bus, and nobody has looked into it yet."""
    day = a_day(**places)
    phone = day.phone()
    ground.revoke(phone, by=day.plan.dmytro)
    day.send(phone, walk_up(day, *bands))
    return day, FieldEntry.objects.get(act="walk_up"), EvacuationRequest.objects.latest("pk")


def test_two_are_said_to_be_aboard_and_one_has_a_place(cast):
    day, _phone, request = crowded()
    for nth in (0, 1):
        ground.settle(place_of(request, nth), act="boarded", by=day.plan.dmytro)
    assert seats(request) == ["boarded", "released"]
    assert turned_up() == ("waiting", "no_room")
    assert refused(lambda: ground.settle_entry(FieldEntry.objects.get(act="walk_up"), by=day.plan.dmytro)) == (
        "no_place_yet"
    )

    joined(day, seats=1)

    assert seats(request) == ["boarded", "boarded"]
    assert turned_up() == ("applied", "")
    assert not FieldEntry.objects.filter(outcome="waiting").exists()


def test_what_the_dispatcher_says_of_who_has_no_place_ends_it(cast):
    day, _phone, request = crowded()
    for nth in (0, 1):
        ground.settle(place_of(request, nth), act="boarded", by=day.plan.dmytro)
    ground.settle(place_of(request, 1), act="turned_away", by=day.plan.dmytro)
    assert turned_up() == ("applied", "")
    assert convoy_day.day(day.convoy, by=day.plan.dmytro).unplaced == 0


@pytest.mark.parametrize("act", ["no_show", "refused"])
def test_who_has_no_place_may_not_have_come_after_all_though_the_bus_is_full(cast, act):
    day, _phone, request = crowded()
    ground.settle(place_of(request, 0), act="boarded", by=day.plan.dmytro)
    ground.settle(place_of(request, 1), act=act, by=day.plan.dmytro)
    assert seats(request) == ["boarded", act]
    assert turned_up() == ("applied", "")
    # What is left to look into: the heads that were counted when it left were two.
    assert list(FieldEntry.objects.filter(outcome="waiting").values_list("code", flat=True)) == ["count_differs"]


def test_of_three_whom_a_lost_phone_brought_who_has_a_place_is_settled_and_the_others_wait(cast):
    day, entry, request = brought("18-59", "18-59", "5-11", seats=2)

    answered = ground.settle_entry(entry, by=day.plan.dmytro)

    assert seats(request) == ["boarded", "boarded", "released"]
    assert (answered.outcome, answered.code, answered.settled_by_id) == ("waiting", "no_room", day.plan.dmytro.user_id)
    words = FieldEntry.objects.filter(act="boarded").order_by("seat")
    assert list(words.values_list("outcome", "code")) == [
        ("settled", "device_revoked"),
        ("settled", "device_revoked"),
        ("waiting", "no_room"),
    ]
    assert convoy_day.day(day.convoy, by=day.plan.dmytro).unplaced == 1
    assert Alarm.objects.live().get().kind == "count"
    assert refused(lambda: ground.settle_entry(entry, by=day.plan.dmytro)) == "no_place_yet"

    joined(day, seats=1)

    assert seats(request) == ["boarded"] * 3
    assert turned_up() == ("applied", "")
    assert not Alarm.objects.live().exists()


def test_who_was_settled_by_hand_before_without_a_place_is_not_forgotten(cast):
    day, entry, request = brought("18-59", "18-59", seats=1)
    bus = Vehicle.objects.get()
    evacuation.drop_out(bus, by=day.plan.dmytro)
    ground.settle(place_of(request), act="boarded", by=day.plan.dmytro)
    assert (seats(request), turned_up()) == (["released", "released"], ("waiting", "device_revoked"))
    ground.settle(place_of(request, 1), act="turned_away", by=day.plan.dmytro)

    ground.settle_entry(entry, by=day.plan.dmytro)

    assert turned_up() == ("waiting", "no_room")
    assert [seat.pk for seat in Seat.objects.filter(contested=True)] == [place_of(request).pk]


def test_all_who_have_a_place_are_settled_once(cast):
    day, entry, request = brought("18-59", "5-11", seats=2)
    for _twice in range(2):
        assert ground.settle_entry(entry, by=day.plan.dmytro).outcome == "settled"
    assert seats(request) == ["boarded", "boarded"]
    assert set(FieldEntry.objects.values_list("outcome", "code")) == {("settled", "device_revoked")}
    assert not Alarm.objects.live().exists()
