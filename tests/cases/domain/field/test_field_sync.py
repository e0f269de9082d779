"""What phones say is counted once, in any order, and what does not fit waits for somebody."""

import itertools
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import field as ground
from cases.models import Alarm, Case, Clock, Convoy, Decision, EvacuationRequest, FieldEntry, Incident, Job, Seat
from cast import hire
from on_the_ground import a_day, freely, place_of
from refusals import refused
from rounds import run
from ways_out import a_family, fresh, seats, taken

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(answer):
    return [(line["outcome"], line["code"]) for line in answer["results"]]


def test_a_family_boards_arrives_and_the_convoy_is_closed(cast):
    family = a_family("18-59", "5-11")
    day = a_day(family)
    phone = day.phone()
    adult, child = place_of(family), place_of(family, 1)

    day.send(phone, day.line("boarded", adult, data=freely()), day.line("boarded", child))
    assert seats(family) == ["boarded", "boarded"]
    assert fresh(family).status == "boarded"
    assert Decision.objects.filter(request=family, person=adult.person).last().could_speak_freely == "yes"
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    assert day.status() == "departed"
    day.send(phone, day.line("came"), day.line("arrived", adult), day.line("arrived", child))

    assert day.status() == "arrived"
    assert fresh(family).status == "arrived"
    assert ground.reconcile(day.convoy, by=day.plan.dmytro).status == "reconciled"


def test_the_same_words_a_day_later_change_nothing(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    lines = [day.line("boarded", place_of(family), data=freely())]
    day.send(phone, *lines)

    answer = day.send(phone, *lines, sent_at=timezone.now() - timedelta(days=1))

    assert outcomes(answer) == [("repeated", "")]
    assert FieldEntry.objects.count() == 1
    assert taken(day.convoy) == [2]


def test_words_of_three_phones_in_any_order_give_the_same_places(cast):
    ends, day = set(), None
    for order in itertools.permutations(range(3)):
        family = a_family("18-59", "5-11")
        day = a_day(family, like=day)
        adult, child = place_of(family), place_of(family, 1)
        phones = [day.phone(), day.phone(), day.phone()]
        said = [
            [day.line("boarded", adult, data=freely()), day.line("boarded", child)],
            [day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came")],
            [day.line("arrived", adult), day.line("arrived", child)],
        ]
        for at in order:
            day.send(phones[at], *said[at])
        ends.add((tuple(seats(family)), fresh(family).status, day.status()))
        assert not Seat.objects.filter(traveller__request=family, contested=True).exists()
        ground.reconcile(day.convoy, by=day.plan.dmytro)
    assert ends == {(("arrived", "arrived"), "arrived", "arrived")}


def test_two_phones_that_contradict_each_other_wait_for_the_dispatcher(cast):
    family = a_family()
    day = a_day(family)
    first, second = day.phone(), day.phone()
    adult = place_of(family)
    day.send(first, day.line("boarded", adult, data=freely()))

    answer = day.send(second, day.line("refused", adult))

    assert outcomes(answer) == [("waiting", "contradiction")]
    assert Alarm.objects.live().get().kind == "count"
    ground.settle(adult, act="boarded", by=day.plan.dmytro)
    assert Seat.objects.get(pk=adult.pk).contested is False
    assert not Alarm.objects.live().exists()


def test_who_was_not_seen_and_then_was_is_aboard(cast):
    family = a_family()
    day = a_day(family)
    adult = place_of(family)
    day.send(day.phone(), day.line("no_show", adult))
    assert fresh(family).status == "held" or seats(family)[0] == "no_show"

    day.send(day.phone(), day.line("boarded", adult, data=freely()))

    assert seats(family)[0] == "boarded"
    assert Seat.objects.get(pk=adult.pk).contested is False


def test_a_slip_of_the_thumb_is_taken_back(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    said = day.line("boarded", place_of(family), data=freely())
    day.send(phone, said)

    day.send(phone, day.line("taken_back", takes_back=said["uid"]))

    assert seats(family) == ["confirmed", "confirmed"]


def test_a_word_about_somebody_on_another_convoy_is_kept_and_not_counted(cast):
    family = a_family()
    there = a_day(family)
    here = a_day(like=there)

    answer = here.send(here.phone(), here.line("boarded", place_of(family), data=freely()))

    assert outcomes(answer) == [("refused", "wrong_convoy")]
    assert FieldEntry.objects.get().outcome == "refused"
    assert seats(family) == ["confirmed", "confirmed"]


def test_a_word_about_nobody_is_kept_and_not_counted(cast):
    day = a_day()
    answer = day.send(day.phone(), day.line("boarded", seat=None))
    assert outcomes(answer) == [("refused", "unknown_person")]
    assert FieldEntry.objects.get().outcome == "refused"


@pytest.mark.parametrize(
    "line",
    [None, {}, "text", {"uid": "x"}, {"uid": str(uuid.uuid4()), "act": "flew", "at": "2026-01-01T00:00:00+00:00"}],
)
def test_a_line_that_cannot_be_read_says_so_and_stops_no_other(cast, line):
    family = a_family()
    day = a_day(family)
    answer = day.send(day.phone(), line, day.line("boarded", place_of(family), data=freely()))
    assert outcomes(answer)[0] == ("refused", "malformed")
    assert seats(family)[0] == "boarded"


def test_a_clock_three_hours_off_is_set_right(cast):
    family = a_family()
    day = a_day(family)
    off = timezone.now() - timedelta(hours=3)

    answer = day.send(day.phone(), day.line("boarded", place_of(family), at=off, data=freely()), sent_at=off)

    assert outcomes(answer) == [("applied", "")]
    assert abs(FieldEntry.objects.get().at - timezone.now()) < timedelta(minutes=1)


def test_a_clock_that_was_changed_in_between_waits_for_the_dispatcher(cast):
    family = a_family()
    day = a_day(family)
    long_ago = timezone.now() - timedelta(days=2)

    answer = day.send(day.phone(), day.line("boarded", place_of(family), at=long_ago, data=freely()))

    assert outcomes(answer) == [("waiting", "clock_wrong")]
    assert seats(family)[0] == "confirmed"


def test_a_count_that_differs_waits_until_another_phone_brings_who_was_missing(cast):
    family = a_family()
    day = a_day(family)
    first, second = day.phone(), day.phone()
    day.send(first, day.line("boarded", place_of(family), data=freely()))
    answer = day.send(first, day.line("stop_left", data={"stop": 0, "count": 2}))
    assert outcomes(answer) == [("waiting", "count_differs")]
    assert day.status() == "departed"
    assert seats(family) == ["boarded", "confirmed"]

    day.send(second, day.line("boarded", place_of(family, 1), data=freely()))

    assert FieldEntry.objects.get(act="stop_left").outcome == "applied"
    assert not Alarm.objects.live().exists()


def test_who_did_not_come_is_called(cast):
    family, others = a_family(), a_family()
    day = a_day(family, others)
    phone = day.phone()
    lines = [day.line("boarded", place_of(family, nth), data=freely()) for nth in (0, 1)]

    day.send(phone, *lines, day.line("stop_left", data={"stop": 0, "count": 2}))

    assert seats(others) == ["no_show", "no_show"]
    assert fresh(others).status == "no_show"
    assert run("welfare") == 1
    assert Clock.objects.filter(case=others.case, kind="welfare", state="running").count() == 1


def test_whoever_is_missing_raises_an_alarm_with_a_clock_and_keeps_the_convoy_open(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    adults = [place_of(family, nth) for nth in (0, 1)]
    day.send(phone, *[day.line("boarded", seat, data=freely()) for seat in adults])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came"))
    day.send(phone, day.line("arrived", adults[0]))

    assert run("arrival_watch") == 1

    assert Seat.objects.get(pk=adults[1].pk).missing is True
    assert Alarm.objects.live().get().kind == "missing"
    assert Clock.objects.filter(kind="search", state="running").count() == 1
    assert refused(lambda: ground.reconcile(day.convoy, by=day.plan.dmytro)) == "somebody_unaccounted"
    day.send(phone, day.line("arrived", adults[1]))
    assert not Alarm.objects.live().exists()
    assert not Clock.objects.filter(kind="search", state="running").exists()
    ground.reconcile(day.convoy, by=day.plan.dmytro)


def test_a_convoy_that_halts_has_an_incident_and_a_roll_call(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    adults = [place_of(family, nth) for nth in (0, 1)]
    day.send(phone, *[day.line("boarded", seat, data=freely()) for seat in adults])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))

    answer = day.send(phone, day.line("halted"))

    assert day.status() == "halted"
    incident = Incident.objects.get()
    assert answer["open_incident"]["uid"] == str(incident.uid)
    assert Job.objects.filter(kind="write_household", subject=family.case_id).exists()
    day.send(phone, day.line("present", adults[0], data={"incident": str(incident.uid)}))
    assert run("roll_call") == 1
    assert Seat.objects.get(pk=adults[1].pk).missing is True
    day.send(phone, day.line("present", adults[1], data={"incident": str(incident.uid)}), day.line("went_on"))
    assert Incident.objects.get().rolled_at is not None
    assert day.status() == "departed"


def test_who_was_brought_back_waits_for_another_place(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    adults = [place_of(family, nth) for nth in (0, 1)]
    day.send(phone, *[day.line("boarded", seat, data=freely()) for seat in adults])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("turned_back"))

    day.send(phone, *[day.line("returned", seat) for seat in adults])

    assert day.status() == "returned"
    assert fresh(family).status == "verified"
    ground.reconcile(day.convoy, by=day.plan.dmytro)


def walk_up(day, *bands, **more):
    people = [
        {"band": band, "sex": "f", "mobility": "", "kind": "seat", "name": "Olena", "freely": "yes"} for band in bands
    ]
    return day.line("walk_up", data={"stop": 0, "people": people, "animals": 0, "luggage": 0} | more)


def test_who_turned_up_has_a_case_and_a_place(cast):
    day = a_day()
    answer = day.send(day.phone(), walk_up(day, "18-59", "5-11"))
    assert outcomes(answer) == [("applied", "")]
    request = EvacuationRequest.objects.get()
    assert seats(request) == ["boarded", "boarded"]
    assert request.status == "boarded"
    assert Case.objects.get().status == "triaged"
    assert "Olena" not in str(FieldEntry.objects.values_list("data", flat=True))
    assert len(answer["people"]) == 2


def test_who_turned_up_where_no_place_is_left_is_known_and_waits(cast):
    day = a_day(seats=1)
    answer = day.send(day.phone(), walk_up(day, "18-59", "18-59"))
    assert outcomes(answer) == [("waiting", "no_room")]
    assert EvacuationRequest.objects.get().status == "waiting_list"
    assert taken(day.convoy) == [0]


def test_a_phone_that_was_lost_gets_no_list_and_what_it_says_waits(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    ground.revoke(phone, by=day.plan.dmytro)
    assert refused(lambda: ground.bundle(phone, by=day.roman)) == "device_revoked"
    answer = day.send(phone, day.line("boarded", place_of(family), data=freely()))
    assert answer["revoked"] is True
    assert outcomes(answer) == [("waiting", "device_revoked")]
    assert seats(family)[0] == "confirmed"


def test_who_is_not_of_the_crew_gets_nothing(cast):
    family = a_family()
    day = a_day(family)
    stranger = hire("ihor", "field")
    assert not Convoy.objects.visible_to(stranger).exists()
    assert refused(lambda: ground.take(day.convoy, by=stranger)) == "not_your_convoy"


def test_the_list_on_a_phone_has_names_and_codes(cast):
    family = a_family("18-59", "5-11")
    day = a_day(family)
    phone = day.phone()
    bundle = ground.bundle(phone, by=day.roman)
    (household,) = bundle["households"]
    assert [person["minor"] for person in household["people"]] == [False, True]
    assert household["token"].startswith(f"H1-{bundle['prefix']}-")
    assert bundle["free"] == [{"seq": 0, "seats": 8, "wheelchairs": 0, "stretchers": 0, "animals": 0, "luggage": 0}]
