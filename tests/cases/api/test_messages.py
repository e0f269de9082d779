"""The door of written messages: signed, once, and joined to the talk that is open."""

import pytest

from cases.models import Call, ContactPoint, Written
from signing import FOREIGN, MESSAGES, SECRET, post, problem, signed, tell

pytestmark = pytest.mark.django_db(transaction=True)

AT = "2026-08-20T03:00:00Z"


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.HOTLINE_TELEPHONY_SECRETS = [SECRET]


def message(**changes):
    return {"channel": "telegram", "from": "@somebody", "text": "Привіт", "message_id": "m-1", "at": AT} | changes


@pytest.mark.parametrize(
    ("channel", "sender", "kind"),
    [
        ("telegram", "@somebody", "telegram"),
        ("sms", "+7 915 555-01-01", "phone"),
        ("email", "Somebody@Example.org", "email"),
        ("whatsapp", "+79155550101", "phone"),
    ],
)
def test_a_message_of_each_channel_waits_for_its_answer(channel, sender, kind):
    answer = tell(message(channel=channel, **{"from": sender}), MESSAGES)
    assert (answer.status_code, answer.json()) == (202, {})
    call = Call.objects.get()
    assert (call.channel, call.status, call.contact.kind) == (channel, "ringing", kind)
    assert (call.reply_by is not None, Written.objects.get().call_id) == (True, call.pk)


def test_a_message_sent_again_is_kept_once():
    body = '{"channel": "sms", "from": "+79155550101", "text": "a", "message_id": "1", "at": "2026-08-20T03:00:00Z"}'
    headers = signed(body)
    assert [post(MESSAGES, body, headers).status_code for _ in range(2)] == [202, 202]
    assert tell(body, MESSAGES).status_code == 202
    assert (Written.objects.count(), Call.objects.count()) == (1, 1)


def test_the_next_message_joins_the_first():
    tell(message(), MESSAGES)
    tell(message(message_id="m-2", text=""), MESSAGES)
    assert (Written.objects.count(), Call.objects.count()) == (2, 1)


@pytest.mark.parametrize("text", ["a\0b", "\ud800 cut through", "x" * 20_000, "🙂", " "])
def test_whatever_they_wrote_is_kept(text):
    assert tell(message(text=text), MESSAGES).status_code == 202
    assert Written.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "phone"},
        {"channel": "pigeon"},
        {"channel": None},
        {"from": ""},
        {"from": "not a handle"},
        {"from": 79155550101},
        {"text": None},
        {"text": ["a"]},
        {"message_id": ""},
        {"message_id": "a\nb"},
        {"at": "yesterday"},
    ],
)
def test_what_is_no_message_is_refused_in_a_sentence(changes):
    answer = tell(message(**changes), MESSAGES)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["detail"].endswith(".") and "5550101" not in answer.content.decode()
    assert not Call.objects.exists() and not ContactPoint.objects.exists()


def test_a_forged_message_is_not_kept():
    assert problem(tell(message(), MESSAGES, secret=FOREIGN)) == (401, "not_signed")
    assert not Written.objects.exists()
