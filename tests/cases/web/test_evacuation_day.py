"""The page of a convoy's day: what is frozen, what waits, who is on the crew, and who may press what."""

import uuid

import pytest
from django.test import Client

from cases.domain import field as ground
from cases.models import Convoy, Crew, Disclosure, FieldEntry, Incident, Manifest, Seat, StopAck, StopChange
from cases.models.evacuation import PLACES
from factories import a_place
from on_the_ground import a_day, freely, place_of, walk_up
from ways_out import a_family, a_way, planners

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(who):
    client = Client()
    from cases.models import User

    client.force_login(User.objects.get(pk=who.user_id))
    return client


def test_a_cleared_convoy_is_frozen_and_boards(cast):
    from cases.domain import evacuation

    plan = planners()
    convoy = a_way(plan.dmytro)
    evacuation.clear(convoy, by=plan.dmytro)
    door = signed_in(plan.dmytro)
    page = door.get(f"/evacuation/convoy/{convoy.pk}/day/")
    assert "Freeze the list" in page.content.decode()
    assert door.post(f"/evacuation/convoy/{convoy.pk}/freeze/").status_code == 302
    assert Convoy.objects.get(pk=convoy.pk).status == "boarding"
    assert Manifest.objects.get().number == 1


def test_what_does_not_fit_is_decided_and_the_convoy_closed(cast):
    family = a_family()
    day = a_day(family)
    first, second = day.phone(), day.phone()
    seats = [place_of(family, nth) for nth in (0, 1)]
    day.send(first, *[day.line("boarded", seat, data=freely()) for seat in seats])
    day.send(second, day.line("refused", seats[1]))
    day.send(first, day.line("stop_left", data={"stop": 0, "count": 5}), day.line("came"))
    door = signed_in(day.plan.dmytro)
    url = f"/evacuation/convoy/{day.convoy.pk}"
    said = door.get(f"{url}/day/").content.decode()
    assert "words do not fit" in said
    assert "The count differs from the list." in said
    door.post(f"{url}/close/")
    assert day.status() == "arrived"

    for seat in seats:
        door.post(f"/evacuation/seat/{seat.pk}/settle/", {"act": "arrived"})
    entry = FieldEntry.objects.get(act="stop_left")
    door.post(f"/evacuation/entry/{entry.pk}/settle/")
    door.post(f"{url}/close/")

    assert day.status() == "reconciled"
    assert "Everything that was said fits together." in door.get(f"{url}/day/").content.decode()


def test_the_crew_is_appointed_and_dismissed(cast):
    day = a_day()
    door = signed_in(day.plan.dmytro)
    url = f"/evacuation/convoy/{day.convoy.pk}"
    door.post(f"{url}/crew/", {"user": cast.field_team.user_id, "duty": "arrival"})
    made = Crew.objects.get(duty="arrival")
    assert made.user_id == cast.field_team.user_id
    assert door.post(f"{url}/crew/", {"user": "x", "duty": "arrival"}).status_code == 422
    door.post(f"/evacuation/crew/{made.pk}/dismiss/")
    assert Crew.objects.get(pk=made.pk).ended_at is not None


def test_a_stop_is_moved_and_who_has_not_heard_it_stands_on_the_page(cast):
    family = a_family()
    day = a_day(family)
    door = signed_in(day.plan.dmytro)
    url = f"/evacuation/convoy/{day.convoy.pk}"
    sent = {"seq": 0, "place": a_place("Guyevo").pk, "landmark": "the school", "marshal": day.roman.user_id}
    assert door.post(f"{url}/move-stop/", sent).status_code == 302
    assert StopChange.objects.count() == 1
    assert "not heard yet" in door.get(f"{url}/day/").content.decode()
    signed_in(cast.supervisor).post(f"/evacuation/ack/{StopAck.objects.get().pk}/")
    assert StopAck.objects.get().acknowledged_by_id == cast.supervisor.user_id


def test_a_lost_phone_is_taken_off(cast):
    day = a_day()
    phone = day.phone()
    signed_in(day.plan.dmytro).post(f"/evacuation/phone/{phone.pk}/revoke/")
    phone.refresh_from_db()
    assert phone.revoked_at is not None


def test_a_family_joins_in_its_own_car(cast):
    plan = planners()
    convoy = a_way(plan.dmytro)
    family = a_family(own_vehicle=True)
    door = signed_in(plan.dmytro)
    url = f"/evacuation/convoy/{convoy.pk}/own-car/"
    assert door.post(url, {"ref": "1", "from_seq": 0}).status_code == 422
    assert door.post(url, {"ref": family.case.spoken, "from_seq": 0}).status_code == 302
    assert set(Seat.objects.values_list("convoy", "status")) == {(convoy.pk, "held")}


@pytest.mark.parametrize("who", ["outsider", "guest", "olena", "auditor"])
def test_who_does_not_plan_changes_nothing(cast, who):
    family = a_family()
    day = a_day(family)
    seat = place_of(family)
    door = signed_in(getattr(cast, who))
    for path in (
        f"convoy/{day.convoy.pk}/freeze",
        f"convoy/{day.convoy.pk}/close",
        f"convoy/{day.convoy.pk}/join",
        f"seat/{seat.pk}/settle",
    ):
        assert door.post(f"/evacuation/{path}/", {"act": "arrived"}).status_code in (403, 404)
    assert Manifest.objects.count() == 1
    assert Seat.objects.get(pk=seat.pk).status == "confirmed"


@pytest.mark.parametrize("families", [1, 3])
def test_the_page_takes_the_same_statements_for_one_family_and_for_three(cast, django_assert_num_queries, families):
    made = [a_family() for _ in range(families)]
    day = a_day(*made)
    phone = day.phone()
    for family in made:
        day.send(phone, day.line("boarded", place_of(family), data=freely()))
        day.send(day.phone(), day.line("refused", place_of(family)))
    door = signed_in(day.plan.dmytro)
    door.get("/evacuation/")
    with django_assert_num_queries(18):
        door.get(f"/evacuation/convoy/{day.convoy.pk}/day/")


def test_a_frozen_list_cannot_be_changed(cast):
    from django.db import connection

    day = a_day()
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_manifest SET lines = '[]' WHERE convoy_id = %s", [day.convoy.pk])
    assert ground.freeze(day.convoy, by=day.plan.dmytro).number == 1


def on_the_road():
    """A family that left with its convoy."""
    family = a_family()
    day = a_day(family)
    phone = day.phone()
    day.send(phone, *[day.line("boarded", place_of(family, nth), data=freely()) for nth in (0, 1)])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    return day, phone


WRONG = "Це була інша колона"
WHAT = "Міст зруйновано, стоїмо біля школи"


def test_a_dispatcher_reports_what_happened_once_and_reads_it_again_on_record(cast):
    day, _phone = on_the_road()
    door, url = signed_in(day.plan.dmytro), f"/evacuation/convoy/{day.convoy.pk}"
    told = {"key": str(uuid.uuid4()), "act": "halted", "note": WHAT}
    for _twice in range(2):
        assert door.post(f"{url}/report/", told).status_code == 302
    assert day.status() == "halted"
    assert (Incident.objects.count(), FieldEntry.objects.filter(act="halted").count()) == (1, 1)
    said = door.get(f"{url}/day/").content.decode()
    assert "what happened is written down" in said
    assert WHAT not in said

    answer = door.post(f"{url}/incidents/")

    assert WHAT in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    line = Disclosure.objects.get(table="cases_incident")
    assert (line.actor, line.fields) == (day.plan.dmytro.code, ["note"])
    assert WHAT not in str(FieldEntry.objects.get(act="halted").data)


def test_a_phone_tells_what_happened_and_telling_it_again_changes_nothing(cast):
    day, phone = on_the_road()
    line = day.line("turned_back", data={"note": f" {WHAT}\0 "})
    for _twice in range(2):
        day.send(phone, line)
    assert Incident.objects.count() == 1
    assert FieldEntry.objects.get(act="turned_back").data == {}
    url = f"/evacuation/convoy/{day.convoy.pk}"
    assert WHAT in signed_in(day.plan.dmytro).post(f"{url}/incidents/").content.decode()


def test_what_a_lost_phone_tells_is_kept_and_does_not_count(cast):
    day, phone = on_the_road()
    ground.revoke(phone, by=day.plan.dmytro)
    day.send(phone, day.line("dispersed", data={"note": WHAT}))
    assert day.status() == "departed"
    assert Incident.objects.get().rolled_at is not None
    said = signed_in(day.plan.dmytro).post(f"/evacuation/convoy/{day.convoy.pk}/incidents/").content.decode()
    assert "does not count" in said
    assert WHAT in said


def test_only_what_happens_on_the_way_is_reported_and_only_by_planners(cast):
    day = a_day(a_family())
    url = f"/evacuation/convoy/{day.convoy.pk}"
    told = {"key": str(uuid.uuid4()), "act": "halted", "note": WHAT}
    signed_in(day.plan.dmytro).post(f"{url}/report/", told)
    for who in (cast.taras, cast.olena, cast.auditor):
        for step in ("report", "incidents"):
            assert signed_in(who).post(f"{url}/{step}/", told).status_code in (403, 404)
    assert not Incident.objects.exists()
    assert not Disclosure.objects.filter(table="cases_incident").exists()


def test_who_is_aboard_without_a_place_stands_on_the_page_until_a_vehicle_joined(cast):
    day = a_day(seats=1)
    people = [{"band": "18-59", "sex": "f", "mobility": "", "kind": "seat", "name": "", "freely": "yes"}] * 2
    day.send(day.phone(), day.line("walk_up", data={"stop": 0, "people": people, "animals": 1, "luggage": 2}))
    door = signed_in(day.plan.dmytro)
    url = f"/evacuation/convoy/{day.convoy.pk}"
    said = door.get(f"{url}/day/")
    assert "Boarded 2 = came or accounted for 0 + still aboard 2" in said.content.decode()
    assert "aboard, without a place in the books: 2" in said.content.decode()
    assert "Looked into" not in said.content.decode()
    asked = said.context["join_form"].initial
    assert {name: asked[name] for name in PLACES} == {
        "seats": 2,
        "wheelchairs": 0,
        "stretchers": 0,
        "animals": 1,
        "luggage": 2,
    }
    sent = asked | {"kind": "van", "from_seq": 0, "to_seq": 1, "reason": "joined"}

    assert door.post(f"{url}/join/", sent | {"reason": "x"}).status_code == 422
    refused = door.post(f"{url}/join/", sent | {"kind": "private"})
    assert refused.status_code == 422
    assert list(refused.context["join_form"].errors) == ["kind"]
    assert door.post(f"{url}/join/", sent).status_code == 302

    said = door.get(f"{url}/day/").content.decode()
    assert "without a place" not in said
    assert "Everything that was said fits together." in said


def test_what_was_looked_into_is_not_called_decided_while_somebody_has_no_place(cast):
    day = a_day(seats=1)
    phone = day.phone()
    ground.revoke(phone, by=day.plan.dmytro)
    day.send(phone, walk_up(day, "18-59", "18-59"))
    entry = FieldEntry.objects.get(act="walk_up")
    door = signed_in(day.plan.dmytro)
    said = door.post(f"/evacuation/entry/{entry.pk}/settle/", follow=True).content.decode()
    assert "Not everybody of them has a place: say of each where they are, or enter a vehicle." in said
    assert "Nothing waits for it any more." not in said
    assert "aboard, without a place in the books: 1" in said
    assert "Looked into" not in said


def test_no_private_car_is_offered_where_none_can_be_entered(cast):
    day = a_day(a_family())
    said = signed_in(day.plan.dmytro).get(f"/evacuation/convoy/{day.convoy.pk}/day/")
    offered = [value for value, _label in said.context["join_form"].fields["kind"].choices]
    assert offered == ["bus", "van", "adapted", "ambulance", "escort"]
    assert "A private car is not entered here: nobody vetted its driver." in said.content.decode()


def test_a_vehicle_joins_only_a_convoy_under_way(cast):
    plan = planners()
    convoy = a_way(plan.dmytro)
    door = signed_in(plan.dmytro)
    url = f"/evacuation/convoy/{convoy.pk}"
    assert "A vehicle that joined" not in door.get(f"{url}/day/").content.decode()
    sent = dict.fromkeys(PLACES, 0) | {"key": "k", "kind": "van", "from_seq": 0, "to_seq": 1, "reason": "joined"}
    assert door.post(f"{url}/join/", sent).status_code == 422
    assert convoy.vehicles.count() == 1


def test_a_mistaken_report_is_taken_back_on_the_page_of_the_day_with_a_reason(cast):
    day, _phone = on_the_road()
    url = f"/evacuation/convoy/{day.convoy.pk}"
    ground.report(day.convoy, act="halted", note=WHAT, key=uuid.uuid4(), by=day.plan.dmytro)
    incident = Incident.objects.get()
    door, to = signed_in(day.plan.daria), f"/evacuation/incident/{incident.pk}/take-back/"
    assert to in door.get(f"{url}/day/").content.decode()

    assert door.post(to, {"reason": " "}).status_code == 422
    assert day.status() == "halted"
    assert door.post(to, {"reason": WRONG}).status_code == 302

    assert day.status() == "departed"
    said = door.get(f"{url}/day/").content.decode()
    assert "it was a mistake, says Daria" in said
    assert WRONG not in said
    assert to not in said
    opened = door.post(f"{url}/incidents/").content.decode()
    assert WHAT in opened
    assert WRONG in opened
    assert list(Disclosure.objects.filter(table="cases_incident").order_by("pk").values_list("fields", flat=True)) == [
        ["note"],
        ["taken_back_why"],
    ]


def test_a_report_on_which_something_stands_comes_back_with_the_reason_and_what_to_do(cast):
    day, phone = on_the_road()
    ground.report(day.convoy, act="halted", note="", key=uuid.uuid4(), by=day.plan.dmytro)
    incident = Incident.objects.get()
    day.send(phone, day.line("went_on", at=incident.at))
    answer = signed_in(day.plan.daria).post(f"/evacuation/incident/{incident.pk}/take-back/", {"reason": WRONG})
    assert answer.status_code == 422
    assert "Something else was said of the convoy since." in answer.content.decode()
    assert WRONG in answer.content.decode()
    assert day.status() == "departed"


def test_what_a_phone_said_has_no_button_and_who_does_not_plan_has_none(cast):
    day, phone = on_the_road()
    day.send(phone, day.line("halted"))
    incident = Incident.objects.get()
    to = f"/evacuation/incident/{incident.pk}/take-back/"
    assert to not in signed_in(day.plan.dmytro).get(f"/evacuation/convoy/{day.convoy.pk}/day/").content.decode()
    ground.report(day.convoy, act="turned_back", note="", key=uuid.uuid4(), by=day.plan.dmytro)
    to = f"/evacuation/incident/{Incident.objects.latest('pk').pk}/take-back/"
    assert to in signed_in(day.plan.dmytro).get(f"/evacuation/convoy/{day.convoy.pk}/day/").content.decode()
    for who in (cast.taras, cast.olena, cast.auditor, cast.field_team, cast.outsider):
        assert signed_in(who).post(to, {"reason": WRONG}).status_code in (403, 404)
    assert to not in signed_in(cast.taras).get(f"/evacuation/convoy/{day.convoy.pk}/day/").content.decode()
    assert day.status() == "returned"
