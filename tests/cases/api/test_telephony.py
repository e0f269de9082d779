"""The telephone's door: only the signed are heard, and each thing they tell is kept once."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Call, ContactPoint, Event, TelephonyEvent, Written
from signing import ASTERISK, EVENTS, FOREIGN, MESSAGES, NEXT_SECRET, SECRET, TWILIO, post, problem, signed, tell
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "twilio-token"
NUMBER = "+79155550101"
AT = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.HOTLINE_TELEPHONY_SECRETS = [SECRET, NEXT_SECRET]
    settings.HOTLINE_TWILIO_TOKEN = TOKEN
    settings.HOTLINE_URL = "https://desk.example"


def event(kind, second=0, **changes):
    moment = (AT + timedelta(seconds=second)).isoformat()
    return {"call_id": "c-1", "kind": kind, "at": moment, "caller": NUMBER} | changes


def nothing():
    return not Call.objects.exists() and not TelephonyEvent.objects.exists() and not Written.objects.exists()


# --- who is heard ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [EVENTS, f"{EVENTS}/"])
def test_a_signed_event_rings(path):
    answer = tell(event("ringing"), path)
    assert (answer.status_code, answer.json(), answer.cookies) == (202, {}, {})
    call = Call.objects.get()
    assert (call.status, call.channel, call.heard_at, call.anonymous) == ("ringing", "phone", AT, False)
    assert call.contact.kind == "phone" and call.contact.country == "RU"


def test_the_next_secret_is_taken_while_it_replaces_the_first():
    assert tell(event("ringing"), secret=NEXT_SECRET).status_code == 202


def unsigned(body):
    return {}


def forged(body):
    return signed(body, secret=FOREIGN)


def altered(body):
    return signed(body.replace("c-1", "c-2"))


def too_old(body):
    return signed(body, at=timezone.now() - timedelta(minutes=5, seconds=2))


def too_new(body):
    return signed(body, at=timezone.now() + timedelta(minutes=5, seconds=10))


def under_another_id(body):
    return signed(body) | {"webhook-id": "msg_other"}


def at_another_time(body):
    return signed(body) | {"webhook-timestamp": str(int(timezone.now().timestamp()) - 100)}


def of_another_version(body):
    return signed(body) | {"webhook-signature": signed(body)["webhook-signature"].replace("v1,", "v9,")}


def garbled(body):
    return signed(body) | {"webhook-signature": "v1", "webhook-timestamp": "nan"}


@pytest.mark.parametrize(
    "headers",
    [unsigned, forged, altered, too_old, too_new, under_another_id, at_another_time, of_another_version, garbled],
)
@pytest.mark.parametrize("path", [EVENTS, ASTERISK, MESSAGES])
def test_who_does_not_sign_rightly_is_not_heard(path, headers):
    body = json.dumps(event("ringing"))
    answer = post(path, body, headers(body))
    assert problem(answer) == (401, "not_signed")
    assert nothing()


def test_without_secrets_nobody_is_heard(settings):
    settings.HOTLINE_TELEPHONY_SECRETS = []
    assert problem(tell(event("ringing"))) == (401, "not_signed")


def test_a_secret_that_is_none_opens_nothing(settings, caplog):
    settings.HOTLINE_TELEPHONY_SECRETS = ["whsec_", "é", ""]
    assert problem(tell(event("ringing"))) == (401, "not_signed")
    assert "opens nothing" in caplog.text and "é" not in caplog.text


def test_just_within_five_minutes_is_soon_enough():
    assert tell(event("ringing"), at=timezone.now() - timedelta(minutes=4, seconds=50)).status_code == 202


def test_only_posts_are_taken():
    assert Client().get(EVENTS).status_code == 401
    body = json.dumps(event("ringing"))
    assert Client().generic("PUT", EVENTS, body, "application/json", headers=signed(body)).status_code == 405


def test_whatever_the_exchange_accepts_its_event_counts():
    body = json.dumps(event("ringing"))
    headers = signed(body) | {"Accept": "text/plain"}
    answer = Client().post(EVENTS, body, content_type="text/plain", headers=headers)
    assert answer.status_code == 202


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", "[]", "null", "7", '"ringing"', "[" * 5_000, "\ufeff{}", '{"call_id": NaN}'),
        *map(json.dumps, (event("gone"), event("ringing", at="now"), event("ringing", call_id="a\0b"))),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_a_sentence(body):
    answer = tell(body)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["detail"].endswith(".") and NUMBER not in answer.content.decode()
    assert nothing()


@pytest.mark.parametrize("path", [EVENTS, ASTERISK, TWILIO, MESSAGES])
def test_a_body_of_more_than_64_kb_is_refused(path):
    assert problem(tell({"call_id": "x" * 65_536}, path)) == (413, "too_large")
    assert problem(tell("x" * 700_000, path)) == (413, "too_large")


def test_no_number_is_logged_or_told_back(caplog):
    caplog.set_level(logging.DEBUG)
    answers = [tell(event("ringing")), tell(event("exploded")), tell(event("ringing"), secret=FOREIGN)]
    answers.append(tell({"channel": "sms", "from": "5550101", "text": "a", "message_id": "1", "at": "x"}, MESSAGES))
    assert "5550101" not in caplog.text
    assert not any(b"5550101" in answer.content for answer in answers)


# --- once, whatever is repeated --------------------------------------------------------------------------------------


def test_a_signed_request_sent_again_changes_nothing():
    body = json.dumps(event("ringing"))
    headers = signed(body)
    before = post(EVENTS, body, headers), Call.objects.get().version, Event.objects.count()
    again = post(EVENTS, body, headers), Call.objects.get().version, Event.objects.count()
    assert [answer.status_code for answer in (before[0], again[0])] == [202, 202]
    assert before[1:] == again[1:]
    assert (Call.objects.count(), TelephonyEvent.objects.count(), ContactPoint.objects.count()) == (1, 1, 1)


def test_the_same_event_signed_anew_is_kept_once():
    for _ in range(3):
        assert tell(event("ringing", event_id="e-1")).status_code == 202
    assert (Call.objects.count(), TelephonyEvent.objects.count()) == (1, 1)


def test_many_copies_at_once_are_one_call():
    assert {answer.status_code for answer in together(8, lambda number: tell(event("ringing")))} == {202}
    assert (Call.objects.count(), TelephonyEvent.objects.count(), ContactPoint.objects.count()) == (1, 1, 1)


def test_two_calls_that_number_their_events_alike_both_ring():
    tell(event("ringing", event_id="1"))
    tell(event("ringing", event_id="1", call_id="c-2"))
    assert list(Call.objects.values_list("status", flat=True)) == ["ringing", "ringing"]
