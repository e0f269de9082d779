"""What phones say is counted once, in any order, and what does not fit waits for somebody."""

import itertools
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import alarms
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


# --- nobody is forgotten, and nothing jams ----------------------------------------------------------------------------


def test_a_child_whose_mother_is_in_hospital_is_looked_for(cast):
    family = a_family("18-59", "5-11")
    day = a_day(family)
    phone, (adult, child) = day.phone(), (place_of(family), place_of(family, 1))
    day.send(phone, day.line("boarded", adult, data=freely()), day.line("boarded", child))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("hospitalised", adult))
    day.send(phone, day.line("halted"))
    assert run("roll_call") == 1
    assert Seat.objects.get(pk=child.pk).missing is True


def test_a_child_that_boards_without_its_adult_waits_for_a_decision_and_jams_nobody(cast):
    family, other = a_family("18-59", "5-11"), a_family()
    day = a_day(family, other)
    phone, (adult, child) = day.phone(), (place_of(family), place_of(family, 1))
    answer = day.send(
        phone,
        day.line("refused", adult),
        day.line("boarded", child),
        day.line("boarded", place_of(other), data=freely()),
    )
    assert ("waiting", "child_alone") in outcomes(answer)
    assert seats(other)[0] == "boarded"
    assert Seat.objects.get(pk=child.pk).contested is True


def test_who_arrived_by_a_slip_is_put_back(cast):
    family = a_family("18-59")
    day = a_day(family)
    phone = day.phone()
    said = day.line("arrived", place_of(family))
    day.send(phone, said)
    day.send(phone, day.line("taken_back", takes_back=said["uid"]))
    assert (seats(family), fresh(family).status) == (["confirmed"], "confirmed")


@pytest.mark.parametrize("status", ["postponed", "declined", "cancelled", "reported_safe", "lost_contact"])
def test_who_had_given_up_and_comes_after_all_is_aboard(cast, status):
    family = a_family("18-59")
    day = a_day(family)
    phone = day.phone()
    Seat.objects.filter(traveller__request=family).update(status="released")
    EvacuationRequest.objects.filter(pk=family.pk).update(status=status)
    day.send(phone, day.line("boarded", place_of(family), data=freely()))
    assert (seats(family), fresh(family).status) == (["boarded"], "boarded")


def test_who_is_left_behind_by_their_own_family_is_called(cast):
    family = a_family("18-59", "60-69")
    day = a_day(family)
    day.send(day.phone(), day.line("boarded", place_of(family), data=freely()))
    day.send(day.phone(), day.line("no_show", place_of(family, 1)))
    assert fresh(family).status == "boarded"
    assert run("welfare") == 1
    assert Clock.objects.filter(case=family.case, kind="welfare", state="running").count() == 1


def test_a_walk_up_heard_from_a_lost_phone_is_known_all_the_same(cast):
    day = a_day()
    phone = day.phone()
    ground.revoke(phone, by=day.plan.dmytro)
    answer = day.send(phone, walk_up(day, "18-59"))
    assert outcomes(answer) == [("waiting", "device_revoked")]
    assert EvacuationRequest.objects.get().status == "waiting_list"


def test_who_went_off_the_crew_still_brings_what_was_not_sent(cast):
    family = a_family("18-59")
    day = a_day(family)
    phone = day.phone()
    ground.dismiss(day.convoy.crew.get(), by=day.plan.dmytro)
    answer = day.send(phone, day.line("boarded", place_of(family), data=freely()))
    assert outcomes(answer) == [("waiting", "device_revoked")]
    assert (answer["revoked"], answer["people"]) == (True, [])


def test_a_roll_call_stays_open_until_the_phone_that_boarded_was_heard(cast):
    family = a_family("18-59")
    day = a_day(family)
    boarding, escort = day.phone(), day.phone()
    said = day.line("boarded", place_of(family), data=freely())
    day.send(escort, day.line("stop_left", data={"stop": 0, "count": 1}), day.line("halted"))
    assert Incident.objects.get().rolled_at is None
    day.send(boarding, said)
    assert run("roll_call") == 1
    assert Seat.objects.get(convoy=day.convoy).missing is True


def test_a_slip_about_the_whole_convoy_is_taken_back(cast):
    day = a_day()
    phone = day.phone()
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 0}))
    came = day.line("came")
    day.send(phone, came)
    assert day.status() == "arrived"
    day.send(phone, day.line("taken_back", takes_back=came["uid"]))
    assert day.status() == "departed"


@pytest.mark.parametrize("odd", ["a\0b", "\ud83d", "x" * 5_000, 7, None, ["a"]])
def test_an_odd_name_or_code_stops_nobody(cast, odd):
    day = a_day()
    line = walk_up(day, "18-59")
    line["data"]["people"][0] |= {"name": odd, "band": odd, "kind": odd, "freely": odd}
    assert outcomes(day.send(day.phone(), line)) == [("applied", "")]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00+00:00"])
def test_a_time_no_clock_shows_is_not_read(cast, at):
    day = a_day()
    answer = day.send(day.phone(), day.line("came") | {"at": at})
    assert outcomes(answer) == [("refused", "malformed")]


def test_a_stop_that_the_corridor_does_not_have_is_not_read(cast):
    family = a_family()
    day = a_day(family)
    answer = day.send(day.phone(), day.line("stop_left", data={"stop": 40_000, "count": 0}))
    assert outcomes(answer) == [("refused", "malformed")]
    assert seats(family) == ["confirmed", "confirmed"]


def test_a_closed_convoy_gives_no_list_any_more(cast):
    day = a_day()
    phone = day.phone()
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 0}), day.line("came"))
    ground.reconcile(day.convoy, by=day.plan.dmytro)
    assert refused(lambda: ground.take(day.convoy, by=day.roman)) == "manifest_not_frozen"
    assert refused(lambda: ground.bundle(phone, by=day.roman)) == "device_expired"


def test_an_alarm_that_was_answered_does_not_sound_again_for_the_same_count(cast):
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    alarms.answer(Alarm.objects.live().get(), by=cast.supervisor)
    day.send(phone)
    assert not Alarm.objects.live().exists()
