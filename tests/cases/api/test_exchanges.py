"""Twilio and Asterisk at their doors, each in its own words."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import Client

from cases.api.signed import twilio_signature
from cases.models import Call, TelephonyEvent, Written
from signing import ASTERISK, NEXT_SECRET, SECRET, TWILIO, problem, tell

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "twilio-token"
NUMBER = "+79155550101"
AT = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.HOTLINE_TELEPHONY_SECRETS = [SECRET, NEXT_SECRET]
    settings.HOTLINE_TWILIO_TOKEN = TOKEN
    settings.HOTLINE_URL = "https://desk.example"


def nothing():
    return not Call.objects.exists() and not TelephonyEvent.objects.exists() and not Written.objects.exists()


def form(**changes):
    return {
        "CallSid": "CA1",
        "AccountSid": "AC1",
        "CallStatus": "ringing",
        "Direction": "inbound",
        "From": NUMBER,
        "To": "+380800000000",
        "Timestamp": "Thu, 20 Aug 2026 03:00:00 +0000",
        "SequenceNumber": "0",
    } | changes


def twilio(sent, *, token=TOKEN, url=f"https://desk.example{TWILIO}", path=TWILIO):
    query = QueryDict(mutable=True)
    query.update(sent)
    headers = {"X-Twilio-Signature": twilio_signature(token, url, query)}
    return Client().post(path, query.urlencode(), content_type="application/x-www-form-urlencoded", headers=headers)


def test_the_signature_is_the_one_of_twilios_own_example():
    """The example its libraries are tested by: the token 12345, this address and these fields."""
    sent = QueryDict(mutable=True)
    sent.update(
        {
            "CallSid": "CA1234567890ABCDE",
            "Caller": "+14158675309",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
        }
    )
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert twilio_signature("12345", url, sent) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_twilio_rings_answers_and_ends(cast):
    leg = {"CallSid": "CA2", "ParentCallSid": "CA1", "Direction": "outbound-dial", "To": "client:olena"}
    assert twilio(form()).json() == {}
    assert Call.objects.get().status == "ringing"
    twilio(form(**leg, CallStatus="in-progress", Timestamp="Thu, 20 Aug 2026 03:00:05 +0000"))
    assert (Call.objects.get().status, Call.objects.get().operator_id) == ("in_progress", cast.olena.user_id)
    twilio(form(CallStatus="completed", Timestamp="Thu, 20 Aug 2026 03:01:00 +0000"))
    assert Call.objects.get().status == "wrap_up"


def test_twilio_told_twice_is_kept_once():
    assert [twilio(form()).status_code for _ in range(2)] == [202, 202]
    assert TelephonyEvent.objects.count() == 1


@pytest.mark.parametrize(
    "how",
    [{"token": "another"}, {"token": ""}, {"url": f"https://elsewhere.example{TWILIO}"}, {"path": f"{TWILIO}?a=1"}],
)
def test_what_twilio_did_not_sign_is_not_heard(how):
    assert problem(twilio(form(), **how)) == (401, "not_signed")
    assert nothing()


def test_a_changed_field_breaks_twilios_signature():
    query = QueryDict(mutable=True)
    query.update(form())
    headers = {"X-Twilio-Signature": twilio_signature(TOKEN, f"https://desk.example{TWILIO}", query)}
    query["CallStatus"] = "completed"
    answer = Client().post(TWILIO, query.urlencode(), content_type="application/x-www-form-urlencoded", headers=headers)
    assert problem(answer) == (401, "not_signed")


def test_without_twilios_token_nothing_is_heard_though_signed_with_nothing(settings):
    settings.HOTLINE_TWILIO_TOKEN = ""
    assert problem(twilio(form(), token="")) == (401, "not_signed")


def test_what_twilio_tells_of_our_own_calls_is_accepted_and_forgotten():
    assert twilio(form(Direction="outbound-api")).status_code == 202
    assert nothing()


def test_a_form_of_twilio_without_a_call_is_refused():
    assert problem(twilio(form(CallSid=""))) == (422, "invalid")


# --- Asterisk --------------------------------------------------------------------------------------------------------

CHANNEL = {"Uniqueid": "1.1", "Linkedid": "1.1", "CallerIDNum": NUMBER, "ChannelStateDesc": "Ring"}


def test_asterisks_manager_rings_answers_and_ends(cast):
    stamp = AT.timestamp()
    answer = {"Event": "DialEnd", "DialStatus": "ANSWER", "DestChannel": "PJSIP/olena-00000002"}
    tell(CHANNEL | {"Event": "Newchannel", "Timestamp": f"{stamp}"}, ASTERISK)
    assert Call.objects.get().status == "ringing"
    tell(CHANNEL | answer | {"Timestamp": f"{stamp + 5}"}, ASTERISK)
    tell(CHANNEL | {"Event": "Hangup", "ChannelStateDesc": "Up", "Timestamp": f"{stamp + 60}"}, ASTERISK)
    call = Call.objects.get()
    assert (call.status, call.operator_id, call.heard_at) == ("wrap_up", cast.olena.user_id, AT)


def test_asterisks_rest_interface_rings_and_is_abandoned():
    channel = {"id": "1.1", "state": "Ring", "caller": {"name": "", "number": NUMBER}}
    start = {"type": "StasisStart", "timestamp": AT.isoformat(), "args": [], "channel": channel}
    tell(start, ASTERISK)
    tell(start | {"type": "ChannelHangupRequest"}, ASTERISK)
    assert Call.objects.get().status == "callback_due"


def test_what_asterisk_tells_besides_is_accepted_and_forgotten():
    assert tell(CHANNEL | {"Event": "RTCPSent"}, ASTERISK).status_code == 202
    assert nothing()
    assert problem(tell({"hello": "there"}, ASTERISK)) == (422, "invalid")
