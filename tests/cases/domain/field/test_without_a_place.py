"""Whoever is aboard is in the books: people without a place are asked for, and placed when there is room."""

import pytest
from django.utils import timezone

from cases.domain import evacuation
from cases.domain import field as ground
from cases.domain.evacuation import VehicleFacts
from cases.enums import JoinedWhy, VehicleKind
from cases.models import Alarm, Clock, EvacuationRequest, Event, FieldEntry, Leg, Manifest, Seat, Vehicle
from cases.queries import convoy_day, live, seating
from on_the_ground import a_day, crowded, freed_on_the_road, freely, joined, place_of, walk_up
from refusals import refused
from rounds import run
from ways_out import a_family, a_vehicle, fresh, seats, taken

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(answer):
    return [(line["outcome"], line["code"]) for line in answer["results"]]


def page(day):
    return convoy_day.day(day.convoy, by=day.plan.dmytro)


def flags(request, name):
    return list(Seat.objects.filter(traveller__request=request).order_by("pk").values_list(name, flat=True))


# --- in the books, without a place ------------------------------------------------------------------------------------


def test_who_has_no_place_takes_none_and_stands_on_the_page_the_phones_and_the_list(cast):
    day = a_day(seats=1)
    phone = day.phone()

    answer = day.send(phone, walk_up(day, "18-59", "18-59", luggage=3))

    assert outcomes(answer) == [("waiting", "no_room")]
    assert len(answer["waiting"]) == 1
    assert [(one["status"], one["unplaced"], one["contested"]) for one in answer["people"]] == [
        ("boarded", True, True)
    ] * 2
    assert taken(day.convoy) == [0]
    (household,) = ground.bundle(phone, by=day.roman)["households"]
    assert [(one["status"], one["unplaced"]) for one in household["people"]] == [("boarded", True)] * 2
    found = page(day)
    assert (found.boarded, found.ended, found.aboard, found.unplaced) == (2, 0, 2, 2)
    assert (found.needs["seats"], found.needs["luggage"]) == (2, 3)
    assert {seat.traveller.request.case.ref for seat in found.seats} == {EvacuationRequest.objects.get().case.ref}
    ground.freeze(day.convoy, by=day.plan.dmytro)
    assert [line["ref"] for line in Manifest.objects.latest("number").lines] == [
        seat.traveller.request.case.ref for seat in found.seats
    ]


def test_no_phone_shows_a_place_as_free_on_which_one_of_them_sits(cast):
    day = a_day(seats=3, animals=2, luggage=4)
    phone = day.phone()
    free = {"seq": 0, "seats": 3, "wheelchairs": 0, "stretchers": 0, "animals": 2, "luggage": 4}

    answer = day.send(phone, walk_up(day, "18-59", "18-59", animals=3, luggage=1))

    assert (outcomes(answer), taken(day.convoy)) == ([("waiting", "no_room")], [0])
    left = free | {"seats": 1, "animals": 0, "luggage": 3}
    assert answer["free"] == ground.bundle(phone, by=day.roman)["free"] == [left]
    one, other = Seat.objects.order_by("pk")
    assert day.send(phone, day.line("left_by_choice", other))["free"] == [left | {"seats": 2}]
    assert day.send(phone, day.line("arrived", one))["free"] == [free]


def test_whose_place_is_in_the_books_takes_no_second_one_from_the_free_ones(cast):
    family = a_family("18-59", "5-11")
    day = a_day(family, seats=3)
    answer = day.send(day.phone(), day.line("boarded", place_of(family, 1)), day.line("refused", place_of(family)))
    assert (outcomes(answer)[0], place_of(family, 1).status) == (("waiting", "child_alone"), "confirmed")
    assert [leg["seats"] for leg in answer["free"]] == [2]


def test_who_got_off_on_the_way_sits_nowhere_behind_that_stop(cast):
    day = a_day(stops=("Sudzha", "Guyevo", "Sumy"), seats=1)
    day.send(day.phone(), walk_up(day, "18-59", "18-59"))
    Seat.objects.update(to_seq=1)
    assert [leg["seats"] for leg in ground.bundle(day.phone(), by=day.roman)["free"]] == [0, 1]


def test_their_departure_count_waits_and_the_convoy_is_not_closed(cast):
    day, _phone, request = crowded(said=["came"])
    assert FieldEntry.objects.get(act="stop_left").code == "count_differs"
    assert refused(lambda: ground.reconcile(day.convoy, by=day.plan.dmytro)) == "words_do_not_fit"
    assert Alarm.objects.live().get().kind == "count"
    assert request.status == "waiting_list"


def test_who_is_aboard_is_offered_no_other_place(cast):
    _day, _phone, request = crowded()
    assert not seating.waiting("ukraine").exists()
    Seat.objects.filter(traveller__request=request).update(contested=False)
    assert seating.waiting("ukraine").get() == request


def test_a_roll_call_asks_for_them_too(cast):
    day, phone, request = crowded(said=["halted"])
    here, gone = Seat.objects.filter(traveller__request=request).order_by("pk")
    day.send(phone, day.line("present", here))

    assert run("roll_call") == 1

    assert flags(request, "missing") == [False, True]
    assert Alarm.objects.live().filter(kind="missing", case=request.case).count() == 1
    assert Clock.objects.filter(case=request.case, kind="search", state="running").count() == 1
    assert page(day).missing == 1
    joined(day)
    assert (seats(request), flags(request, "missing")) == (["boarded", "boarded"], [False, True])
    day.send(phone, day.line("present", gone))
    assert flags(request, "missing") == [False, False]
    assert not Alarm.objects.live().exists()


def test_a_roll_call_is_not_complete_without_them(cast):
    day, phone, request = crowded()
    answer = day.send(phone, day.line("halted"))
    assert answer["open_incident"]["kind"] == "halted"
    lines = [day.line("present", seat) for seat in Seat.objects.filter(traveller__request=request)]
    assert day.send(phone, lines[0])["open_incident"] is not None
    assert day.send(phone, lines[1])["open_incident"] is None


def test_who_had_no_place_and_is_not_received_is_missing(cast):
    day, phone, request = crowded(said=["came"])
    assert run("arrival_watch") == 1
    assert flags(request, "missing") == [True, True]
    day.send(phone, *[day.line("arrived", seat) for seat in Seat.objects.filter(traveller__request=request)])
    assert not Alarm.objects.live().filter(kind="missing").exists()


def test_who_came_without_a_place_is_counted_as_come(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone = day.phone()
    day.send(phone, day.line("boarded", place_of(family), data=freely()), walk_up(day, "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came"))
    day.send(phone, day.line("arrived", place_of(request)))
    found = page(day)
    assert (seats(request), found.boarded, found.ended, found.aboard, found.unplaced) == (["released"], 2, 1, 1, 0)
    joined(day)
    found = page(day)
    assert (seats(request), found.boarded, found.ended, found.aboard) == (["arrived"], 2, 1, 1)


# --- a vehicle that joins ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [[], ["halted"], ["came"], ["turned_back"], ["dispersed"]])
def test_a_vehicle_that_joins_gives_them_places_at_once_and_all_that_waited_is_counted(cast, said):
    day, _phone, request = crowded(said=said)

    joined(day, seats=1)

    assert seats(request) == ["boarded", "boarded"]
    assert fresh(request).status == "boarded"
    assert taken(day.convoy) == [2]
    assert not FieldEntry.objects.exclude(outcome="applied").exists()
    assert not Alarm.objects.live().exists()
    assert (page(day).aboard, page(day).unplaced) == (2, 0)


def test_the_convoy_is_closed_when_they_have_come(cast):
    day, phone, request = crowded(said=["came"])
    joined(day)
    day.send(phone, *[day.line("arrived", seat) for seat in Seat.objects.filter(traveller__request=request)])
    assert fresh(request).status == "arrived"
    assert ground.reconcile(day.convoy, by=day.plan.dmytro).status == "reconciled"


def test_too_few_places_go_to_some_and_the_others_still_wait(cast):
    day = a_day(seats=1)
    day.send(day.phone(), walk_up(day, "18-59", "18-59", "5-11"))
    request = EvacuationRequest.objects.get()
    joined(day, seats=1)
    assert seats(request) == ["boarded", "boarded", "released"]
    assert flags(request, "contested") == [False, False, True]
    assert FieldEntry.objects.get(act="walk_up").code == "no_room"
    assert Alarm.objects.live().count() == 1
    joined(day, seats=1)
    assert seats(request) == ["boarded", "boarded", "boarded"]
    assert FieldEntry.objects.get(act="walk_up").outcome == "applied"


def test_who_gave_a_place_up_that_somebody_else_took_has_one_again(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone, (mine,) = day.phone(), Seat.objects.filter(traveller__request=family)
    Seat.objects.filter(pk=mine.pk).update(status="released")
    day.send(phone, walk_up(day, "18-59"))
    assert outcomes(day.send(phone, day.line("boarded", mine, data=freely()))) == [("waiting", "no_room")]
    assert page(day).unplaced == 1
    joined(day, seats=1)
    assert (seats(family), fresh(family).status) == (["boarded"], "boarded")
    assert not Alarm.objects.live().exists()


def test_a_vehicle_joins_once_a_key_and_its_reason_is_on_record(cast):
    day, _phone, _request = crowded()
    first = joined(day, key="one", reason=JoinedWhy.REPLACES, seats=2)
    assert joined(day, key="one", reason=JoinedWhy.REPLACES, seats=2) == first
    assert refused(lambda: joined(day, key="one", reason=JoinedWhy.LATE, seats=2)) == "idempotency_key_reused"
    assert list(Leg.objects.filter(convoy=day.convoy).values_list("seats", flat=True)) == [3]
    said = Event.objects.get(verb="convoys.join", subject="convoy", subject_uid=day.convoy.uid)
    assert said.data == {"vehicle": str(first.uid), "kind": "van", "reason": "replaces"}


def test_an_escort_takes_people_along_on_the_road_and_is_planned_for_nobody(cast):
    day, _phone, request = crowded()
    joined(day, kind="escort", reason=JoinedWhy.ESCORT, seats=1)
    assert seats(request) == ["boarded", "boarded"]
    other = a_day(like=day)
    planned = VehicleFacts(VehicleKind.ESCORT, 0, 1, seats=1)
    by = day.plan.dmytro
    assert (
        refused(lambda: evacuation.add_vehicle(other.convoy, facts=planned, key="e", by=by)) == "escort_carries_nobody"
    )


def test_a_private_car_joins_only_with_a_vetted_driver(cast):
    day, _phone, request = crowded()
    assert refused(lambda: joined(day, kind="private", seats=2)) == "private_car_not_vetted"
    assert seats(request) == ["released", "released"]


def test_nothing_joins_a_convoy_that_is_closed_or_only_planned(cast):
    day = a_day()
    phone = day.phone()
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 0}), day.line("came"))
    ground.reconcile(day.convoy, by=day.plan.dmytro)
    assert refused(lambda: joined(day)) == "convoy_closed"
    type(day.convoy).objects.filter(pk=day.convoy.pk).update(status="planned")
    assert refused(lambda: joined(day)) == "convoy_closed"
    assert Vehicle.objects.count() == 1


@pytest.mark.parametrize("who", ["field_team", "olena", "auditor"])
def test_who_does_not_plan_lets_nothing_join(cast, who):
    day, _phone, _request = crowded()
    facts, by = VehicleFacts(VehicleKind.VAN, 0, 1, seats=4), getattr(cast, who)
    assert refused(lambda: ground.join(day.convoy, facts=facts, reason=JoinedWhy.JOINED, key="k", by=by)) == "forbidden"
    assert Vehicle.objects.count() == 1


def test_a_convoy_that_could_not_be_said_to_have_left_has_left(cast):
    family = a_family()
    day = a_day(family, seats=2)
    phone = day.phone()
    day.send(phone, *[day.line("boarded", place_of(family, nth), data=freely()) for nth in (0, 1)])
    evacuation.drop_out(Vehicle.objects.get(), by=day.plan.dmytro)
    answer = day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    assert (outcomes(answer), day.status()) == ([("waiting", "convoy_over")], "boarding")

    joined(day, reason=JoinedWhy.REPLACES, seats=2)

    assert day.status() == "departed"
    assert not FieldEntry.objects.filter(outcome="waiting").exists()
    assert not Alarm.objects.live().exists()


# --- other ways in which places appear --------------------------------------------------------------------------------


def test_a_place_given_up_before_it_leaves_is_theirs(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone = day.phone()
    day.send(phone, walk_up(day, "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    assert seats(request) == ["released"]
    day.send(phone, day.line("refused", place_of(family)))
    assert (seats(request), fresh(request).status) == (["boarded"], "boarded")
    assert not FieldEntry.objects.filter(outcome="waiting").exists()


def test_a_place_that_came_free_on_the_road_hides_nobody(cast):
    day, phone, request = freed_on_the_road()
    assert seats(request) == ["released"]
    assert page(day).unplaced == 1
    day.send(phone, day.line("came"), day.line("arrived", place_of(request)))
    assert (seats(request), FieldEntry.objects.get(act="walk_up").code) == (["released"], "no_room")
    assert refused(lambda: ground.reconcile(day.convoy, by=day.plan.dmytro)) == "words_do_not_fit"
    ground.settle(place_of(request), act="arrived", by=day.plan.dmytro)
    assert seats(request) == ["arrived"]
    ground.reconcile(day.convoy, by=day.plan.dmytro)


def test_a_place_of_who_never_came_is_theirs_however_late_it_is_heard(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    boarding, escort = day.phone(), day.phone()
    day.send(escort, walk_up(day, "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    day.send(escort, day.line("stop_left", data={"stop": 0, "count": 1}))
    assert (seats(request), FieldEntry.objects.get(act="stop_left").code) == (["released"], "count_differs")
    day.send(boarding, day.line("no_show", place_of(family)))
    assert (seats(request), seats(family)) == (["boarded"], ["no_show"])
    assert not FieldEntry.objects.filter(outcome="waiting").exists()


def test_whose_place_the_dispatcher_finds_unused_makes_room(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone = day.phone()
    day.send(phone, walk_up(day, "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    ground.settle(place_of(family), act="no_show", by=day.plan.dmytro)
    assert seats(request) == ["boarded"]
    assert not Alarm.objects.live().exists()


def test_a_vehicle_that_comes_back_makes_room(cast):
    day = a_day(seats=2)
    bus = Vehicle.objects.get()
    evacuation.drop_out(bus, by=day.plan.dmytro)
    day.send(day.phone(), walk_up(day, "18-59", "18-59"))
    request = EvacuationRequest.objects.get()
    evacuation.bring_back(bus, by=day.plan.dmytro)
    assert run("room") == 1
    assert seats(request) == ["boarded", "boarded"]


def test_what_the_machine_made_fit_sounds_no_more_and_what_waits_anew_sounds_again(cast):
    day = a_day(seats=2)
    bus, phone = Vehicle.objects.get(), day.phone()
    evacuation.drop_out(bus, by=day.plan.dmytro)
    day.send(phone, walk_up(day, "18-59", "18-59"))
    other, _phone, _request = crowded(plan=day)
    Alarm.objects.filter(convoy=other.convoy).update(answered_at=timezone.now(), answered_by=day.roman.user_id)
    assert [sound.kind for sound in live.sounds(cast.taras)] == ["count"]

    evacuation.bring_back(bus, by=day.plan.dmytro)
    assert run("room") == 1

    assert Alarm.objects.live().filter(kind="count", convoy=day.convoy).exists()
    assert live.sounds(cast.taras) == []
    day.send(phone, walk_up(day, "18-59"))
    assert [sound.kind for sound in live.sounds(cast.taras)] == ["count"]


def test_a_vehicle_entered_while_it_boards_makes_room(cast):
    day = a_day(seats=1)
    day.send(day.phone(), walk_up(day, "18-59", "18-59"))
    a_vehicle(day.plan.dmytro, day.convoy, seats=1)
    assert run("room") == 1
    assert seats(EvacuationRequest.objects.get()) == ["boarded", "boarded"]


def test_a_family_that_gives_its_places_back_makes_room(cast):
    other = a_family()
    day = a_day(other, seats=2)
    day.send(day.phone(), walk_up(day, "18-59", "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    assert seats(request) == ["released", "released"]

    evacuation.release(other, by=cast.taras)

    assert run("room") == 1
    assert seats(request) == ["boarded", "boarded"]


# --- what somebody decides --------------------------------------------------------------------------------------------


def test_that_somebody_has_no_place_is_not_looked_away(cast):
    day, _phone, request = crowded()
    entry = FieldEntry.objects.get(act="walk_up")
    assert refused(lambda: ground.settle_entry(entry, by=day.plan.dmytro)) == "no_place_yet"
    for seat in Seat.objects.filter(traveller__request=request):
        ground.settle(seat, act="turned_away", by=day.plan.dmytro)
    assert FieldEntry.objects.get(act="walk_up").outcome == "applied"
    assert page(day).unplaced == 0


def test_whom_a_lost_phone_brought_is_counted_once_somebody_looked_into_it(cast):
    day = a_day()
    phone = day.phone()
    ground.revoke(phone, by=day.plan.dmytro)
    day.send(phone, walk_up(day, "18-59", "5-11"))
    request = EvacuationRequest.objects.get()
    assert (seats(request), page(day).unplaced) == (["released", "released"], 0)
    assert refused(lambda: ground.settle(place_of(request), act="boarded", by=cast.auditor)) == "forbidden"

    ground.settle_entry(FieldEntry.objects.get(act="walk_up"), by=day.plan.dmytro)

    assert (seats(request), fresh(request).status) == (["boarded", "boarded"], "boarded")
    assert not FieldEntry.objects.filter(outcome="waiting").exists()
    assert not Alarm.objects.live().exists()
