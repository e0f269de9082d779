"""The doors of the field page: whose convoy it is, what is no JSON of ours, and what a phone may still send."""

import json
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from cases.domain import field as ground
from cases.enums import CrewDuty
from cases.models import FieldDevice, FieldEntry, User
from on_the_ground import a_day, freely, place_of
from ways_out import a_family, people_of

pytestmark = pytest.mark.django_db(transaction=True)

LIST_STATEMENTS = 7


def sign_in(client, who):
    client.force_login(User.objects.get(pk=who.user_id), backend="cases.web.auth.SignInBackend")
    return client


def at(name, day):
    return reverse(f"field-{name}", args=[day.convoy.uid])


def send(client, day, phone, *lines, **more):
    body = {"device": str(phone), "sent_at": timezone.now().isoformat(), "entries": list(lines)} | more
    return client.post(at("sync", day), json.dumps(body), content_type="application/json")


def taken(client, day):
    return client.post(at("take", day)).json()["device"]


def code(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"]


# --- whose it is -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["olena", "taras", "auditor", "outsider", "guest"])
def test_who_boards_nobody_opens_nothing_here(cast, client, who):
    day = a_day(a_family())
    sign_in(client, getattr(cast, who))
    assert client.get(reverse("field")).status_code == 403
    assert client.get(at("shell", day)).status_code == 403
    assert code(client.post(at("take", day))) == (403, "forbidden")
    assert code(client.get(at("bundle", day), {"device": str(uuid.uuid4())})) == (403, "forbidden")
    assert code(send(client, day, uuid.uuid4())) == (403, "forbidden")
    assert FieldDevice.objects.count() == 0


def test_another_team_does_not_see_that_the_convoy_exists(cast, client):
    day = a_day(a_family())
    phone = day.phone()
    sign_in(client, cast.field_team)
    assert b"Way" not in client.get(reverse("field")).content
    assert client.get(at("shell", day)).status_code == 404
    assert code(client.post(at("take", day))) == (404, "not_found")
    assert code(client.get(at("bundle", day), {"device": str(phone.uid)})) == (404, "not_found")
    assert code(send(client, day, phone.uid, day.line("came"))) == (404, "not_found")
    assert FieldEntry.objects.count() == 0


def test_a_colleagues_phone_is_not_ones_own(cast, client):
    day = a_day(a_family())
    phone = day.phone()
    colleague = User.objects.get(pk=cast.field_team.user_id)
    ground.appoint(day.convoy, user=colleague, duty=CrewDuty.ARRIVAL, by=day.plan.dmytro)
    sign_in(client, cast.field_team)
    assert code(client.get(at("bundle", day), {"device": str(phone.uid)})) == (404, "not_found")
    assert code(send(client, day, phone.uid)) == (404, "not_found")


def test_a_phone_of_another_convoy_is_no_phone_of_this_one(cast, client):
    first = a_day(a_family())
    second = a_day(a_family(), like=first)
    phone = first.phone()
    sign_in(client, first.roman)
    assert code(client.get(at("bundle", second), {"device": str(phone.uid)})) == (404, "not_found")


def test_signed_out_is_told_as_such(client):
    day = a_day(a_family())
    assert code(client.post(at("take", day))) == (401, "signed_out")
    assert code(send(client, day, uuid.uuid4())) == (401, "signed_out")


# --- pages -----------------------------------------------------------------------------------------------------------


def test_a_team_lands_at_its_convoys(client):
    day = a_day(a_family())
    sign_in(client, day.roman)
    assert client.get(reverse("home")).headers["Location"] == reverse("field")
    page = client.get(reverse("field")).content.decode()
    assert at("shell", day) in page
    assert "2 people on the list" in page


def test_the_list_of_convoys_costs_the_same_with_one_and_with_three(client, django_assert_num_queries):
    day = a_day(a_family())
    sign_in(client, day.roman)
    client.get(reverse("field"))
    with django_assert_num_queries(LIST_STATEMENTS):
        client.get(reverse("field"))
    a_day(a_family(), like=day)
    a_day(a_family(), like=day)
    with django_assert_num_queries(LIST_STATEMENTS):
        client.get(reverse("field"))


def test_the_shell_says_nothing_about_anybody(client):
    family = a_family()
    day = a_day(family)
    sign_in(client, day.roman)
    page = client.get(at("shell", day)).content.decode()
    for private in (family.case.ref, family.case.spoken, "Way 1", "Roman", str(place_of(family).uid)):
        assert private not in page


def test_the_worker_is_the_same_for_everybody_and_stays_in_the_field(client):
    day = a_day(a_family())
    stranger = client.get(reverse("field-worker"))
    mine = sign_in(client, day.roman).get(reverse("field-worker"))
    assert stranger.content == mine.content
    assert stranger.headers["Content-Type"] == "text/javascript"
    assert stranger.headers["Service-Worker-Allowed"] == "/field/"
    assert stranger.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("name", "method"), [("take", "get"), ("sync", "get"), ("bundle", "post"), ("shell", "post")])
def test_each_address_has_one_method(client, name, method):
    day = a_day(a_family())
    sign_in(client, day.roman)
    assert getattr(client, method)(at(name, day)).status_code == 405


# --- what a phone takes and sends ------------------------------------------------------------------------------------


def test_a_phone_takes_the_list_with_its_names(client):
    family = a_family()
    person = people_of(family)[0]
    person.surname = "Koval"
    person.save(update_fields=["surname"])
    day = a_day(family)
    sign_in(client, day.roman)
    answer = client.post(at("take", day)).json()
    assert answer["bundle"]["households"][0]["people"][0]["name"] == "Koval"
    assert answer["bundle"] == client.get(at("bundle", day), {"device": answer["device"]}).json() | {
        "now": answer["bundle"]["now"]
    }


def test_words_are_counted_once_however_often_they_are_sent(client):
    family = a_family()
    day = a_day(family)
    sign_in(client, day.roman)
    phone = taken(client, day)
    line = day.line("boarded", place_of(family), data=freely(), at=timezone.now())
    assert [one["outcome"] for one in send(client, day, phone, line).json()["results"]] == ["applied"]
    assert [one["outcome"] for one in send(client, day, phone, line).json()["results"]] == ["repeated"]
    assert FieldEntry.objects.count() == 1
    assert place_of(family).status == "boarded"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "[" * 5000,
        '{"entries": []}',
        '{"device": 1, "sent_at": "2026-01-01T00:00:00Z", "entries": []}',
    ],
)
def test_what_is_no_json_of_ours_is_refused(client, body):
    day = a_day(a_family())
    sign_in(client, day.roman)
    assert code(client.post(at("sync", day), body, content_type="application/json")) == (400, "unreadable")


@pytest.mark.parametrize(
    "more",
    [
        {"sent_at": "yesterday"},
        {"sent_at": "2026-13-40T00:00:00Z"},
        {"sent_at": "2026-01-01T00:00:00"},
        {"sent_at": None},
        {"entries": {}},
        {"entries": None},
        {"entries": ["boarded"]},
        {"entries": [{}] * 201},
    ],
)
def test_a_sync_of_another_shape_is_refused(client, more):
    day = a_day(a_family())
    sign_in(client, day.roman)
    assert code(send(client, day, taken(client, day), **more)) == (400, "unreadable")
    assert FieldEntry.objects.count() == 0


def test_a_revoked_phone_gets_nothing_and_what_it_said_is_kept(client):
    family = a_family()
    day = a_day(family)
    sign_in(client, day.roman)
    phone = taken(client, day)
    ground.revoke(FieldDevice.objects.get(uid=phone), by=day.plan.dmytro)
    assert code(client.get(at("bundle", day), {"device": phone})) == (410, "device_revoked")
    answer = send(client, day, phone, day.line("boarded", place_of(family), data=freely())).json()
    assert answer["revoked"] is True
    assert [(one["outcome"], one["code"]) for one in answer["results"]] == [("waiting", "device_revoked")]
    assert place_of(family).status == "confirmed"


def test_an_expired_list_is_not_given_out_again(client):
    day = a_day(a_family())
    sign_in(client, day.roman)
    phone = taken(client, day)
    FieldDevice.objects.filter(uid=phone).update(expires_at=timezone.now())
    assert code(client.get(at("bundle", day), {"device": phone})) == (410, "device_expired")


def test_a_form_without_its_token_sends_nothing(client):
    day = a_day(a_family())
    sign_in(client, day.roman)
    client.handler.enforce_csrf_checks = True
    assert client.post(at("take", day)).status_code == 403
    assert FieldDevice.objects.count() == 0
