"""What exchanges send, each in its own words, becomes one event; what cannot be read says why and repeats nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.enums import TelephonyKind
from cases.planning.exchange import asterisk, own, twilio
from cases.planning.exchange.fields import NotUnderstood, moment

NOW = datetime(2026, 8, 20, 3, 5, tzinfo=UTC)
AT = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
OURS = {"call_id": "c-1", "kind": "ringing", "at": "2026-08-20T06:00:00+03:00", "caller": "+79155550101"}
VOICE = {
    "CallSid": "CA1",
    "CallStatus": "ringing",
    "Direction": "inbound",
    "From": "+79155550101",
    "Timestamp": "Thu, 20 Aug 2026 03:00:00 +0000",
    "SequenceNumber": "2",
}
MANAGER = {
    "Event": "Newchannel",
    "Timestamp": "1787194800.5",
    "Channel": "PJSIP/trunk-00000001",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "+79155550101",
    "Uniqueid": "1787194800.1",
    "Linkedid": "1787194800.1",
}
REST = {
    "type": "StasisStart",
    "timestamp": "2026-08-20T05:00:00.250+0200",
    "args": [],
    "channel": {"id": "1787194800.1", "name": "PJSIP/trunk-1", "state": "Ring", "caller": {"number": "+79155550101"}},
}


def summary(heard):
    return heard and (heard.provider, heard.call_id, heard.kind, heard.caller, heard.agent)


def ours(**changes):
    return own.event(OURS | changes, now=NOW)


def voice(**changes):
    return twilio.event(VOICE | changes, now=NOW)


def manager(event, **changes):
    return asterisk.event(MANAGER | {"Event": event} | changes, now=NOW, delivery="msg_1")


def rest(kind, *, channel=None, **changes):
    return asterisk.event(
        REST | {"type": kind} | changes | {"channel": REST["channel"] | (channel or {})}, now=NOW, delivery="msg_1"
    )


# --- our own form --------------------------------------------------------------------------------------------------


def test_our_own_form_is_read_as_it_stands():
    heard = ours(agent="olena")
    assert summary(heard) == ("exchange", "c-1", "ringing", "+79155550101", "olena")
    assert heard.at == AT


@pytest.mark.parametrize("kind", TelephonyKind.values)
def test_every_kind_is_known(kind):
    assert ours(kind=kind).kind == kind


def test_told_twice_it_has_the_same_key_and_else_another():
    keys = {ours().event_id, ours(at="2026-08-20T03:00:00Z").event_id, ours(caller="", agent="olena").event_id}
    others = {ours(at="2026-08-20T03:00:01Z").event_id, ours(kind="ended").event_id, ours(call_id="c-2").event_id}
    assert len(keys) == 1 and len(others | keys) == 4


def test_the_exchanges_own_key_counts_whatever_the_moment():
    first, again = ours(event_id="e-1"), ours(event_id="e-1", at="2026-08-20T03:00:09Z")
    assert first.event_id == again.event_id != ours(event_id="e-2").event_id


def test_two_calls_may_number_their_events_alike():
    assert ours(event_id="1").event_id != ours(event_id="1", call_id="c-2").event_id


def test_a_clock_that_is_ahead_does_not_keep_a_call_from_ringing():
    assert ours(at="2027-01-01T00:00:00Z").at == NOW


def test_a_long_call_id_fits_and_stays_itself():
    one, other = ours(call_id="x" * 300), ours(call_id="x" * 301)
    assert len(one.call_id) <= 90 and len(one.event_id) <= 120
    assert one.call_id == ours(call_id="x" * 300).call_id != other.call_id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("call_id", ""),
        ("call_id", "   "),
        ("call_id", None),
        ("call_id", 7),
        ("call_id", "a\0b"),
        ("call_id", "\ud800"),
        ("call_id", "x" * 5_000),
        ("kind", "exploded"),
        ("kind", None),
        ("at", "yesterday"),
        ("at", "2026-08-20T03:00:00"),
        ("at", "0001-01-01T00:00:00+14:00"),
        ("at", "9999-12-31T23:59:59-14:00"),
        ("at", 1787194800),
        ("event_id", ["e"]),
        ("agent", {"name": "olena"}),
    ],
)
def test_what_cannot_be_read_names_the_field_and_repeats_nothing(field, value):
    with pytest.raises(NotUnderstood) as caught:
        ours(**{field: value})
    assert caught.value.field == field
    assert field in str(caught.value) and str(caught.value).endswith(".")
    assert "5550101" not in str(caught.value) and "exploded" not in str(caught.value)


@pytest.mark.parametrize(
    "hidden",
    [
        *("", None, "anonymous", "Anonymous", "Restricted", "sip:anonymous@anonymous.invalid", "<unknown>", "withheld"),
        *("+266696687", "7378742833", ["+79155550101"], "a\0b", "9" * 5_000, "\ud800", {}),
    ],
)
def test_a_hidden_or_absurd_number_hides_the_caller_and_not_the_call(hidden):
    assert ours(caller=hidden).caller == ""


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("sip:+79155550101@trunk.example;user=phone", "+79155550101"),
        ("tel:+79155550101;phone-context=x", "+79155550101"),
        ("someone@example.org", "someone"),
        (79155550101, "79155550101"),
        ("104", "104"),
    ],
)
def test_of_an_address_the_number_is_kept(said, number):
    assert ours(caller=said).caller == number


def test_a_moment_is_told_in_utc():
    assert moment("2026-08-20T06:00:00+03:00") == AT


# --- Twilio ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("queued", "ringing"),
        ("ringing", "ringing"),
        ("in-progress", "answered"),
        ("completed", "ended"),
        ("busy", "abandoned"),
        ("no-answer", "abandoned"),
        ("failed", "abandoned"),
        ("canceled", "abandoned"),
    ],
)
def test_each_status_of_twilio(status, kind):
    assert summary(voice(CallStatus=status)) == ("twilio", "CA1", kind, "+79155550101", "")


def test_a_leg_to_an_operator_answers_the_callers_call():
    leg = {"CallSid": "CA2", "ParentCallSid": "CA1", "Direction": "outbound-dial"}
    assert summary(voice(**leg, CallStatus="in-progress", To="client:olena"))[1:] == (
        "CA1",
        "answered",
        "+79155550101",
        "olena",
    )
    assert voice(**leg, CallStatus="in-progress", To="sip:olena@pbx.example").agent == "olena"
    assert voice(**leg, CallStatus="in-progress", To="+380501112233").agent == ""
    assert voice(**leg, CallStatus="ringing").kind == "ringing"


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "canceled", "failed"])
def test_a_leg_that_ends_does_not_end_the_callers_call(status):
    assert voice(CallSid="CA2", ParentCallSid="CA1", Direction="outbound-dial", CallStatus=status) is None


@pytest.mark.parametrize(
    "changes", [{"Direction": "outbound-api"}, {"From": "client:olena"}, {"CallStatus": "in-transit"}]
)
def test_what_twilio_tells_of_others_is_ignored(changes):
    assert voice(**changes) is None


def test_within_one_second_twilios_serial_number_keeps_the_order():
    assert voice(SequenceNumber="3").at - voice(SequenceNumber="2").at == timedelta(microseconds=1)
    assert voice(SequenceNumber="²").at == AT


def test_twilio_told_twice_is_the_same_even_without_a_moment():
    assert voice(Timestamp="").event_id == voice().event_id
    assert voice(Timestamp="").at == NOW


@pytest.mark.parametrize(
    ("field", "value"),
    [("CallSid", ""), ("CallStatus", ""), ("Timestamp", "never"), ("Timestamp", "Fri, 01 Jan 1960 00:00:00 +0000")],
)
def test_what_twilio_never_sends_is_refused(field, value):
    with pytest.raises(NotUnderstood) as caught:
        voice(**{field: value})
    assert caught.value.field == field


# --- Asterisk --------------------------------------------------------------------------------------------------------

CALLER = ("asterisk", "1787194800.1")
LEG = {"Uniqueid": "1787194800.2"}


@pytest.mark.parametrize(
    ("event", "changes", "said"),
    [
        ("Newchannel", {}, ("ringing", "+79155550101", "")),
        ("Newstate", {"ChannelStateDesc": "Ring"}, ("ringing", "+79155550101", "")),
        ("Newstate", {"ChannelStateDesc": "Up"}, ("answered", "+79155550101", "")),
        (
            "DialEnd",
            {"DialStatus": "ANSWER", "DestChannel": "PJSIP/olena-00000002"},
            ("answered", "+79155550101", "olena"),
        ),
        ("AgentConnect", {"DestChannel": "Local/olena@desk-0000000a;1"}, ("answered", "+79155550101", "olena")),
        ("Hold", LEG, ("held", "", "")),
        ("Unhold", LEG, ("resumed", "", "")),
        ("Hangup", {"ChannelStateDesc": "Up", "Cause": "16"}, ("ended", "+79155550101", "")),
        ("Hangup", {"ChannelStateDesc": "Ring", "Cause": "127"}, ("abandoned", "+79155550101", "")),
    ],
)
def test_each_event_of_the_manager(event, changes, said):
    assert summary(manager(event, **changes)) == (*CALLER, *said)


def test_transfers_of_the_manager_go_to_who_has_the_call_now():
    blind = manager("BlindTransfer", Result="Success", TransfereeLinkedid="1787194800.1", Extension="oleh", **LEG)
    attended = manager(
        "AttendedTransfer",
        Result="Success",
        OrigTransfererLinkedid="1787194800.1",
        TransferTargetChannel="PJSIP/oleh-00000003",
        **LEG,
    )
    assert summary(blind) == summary(attended) == (*CALLER, "transferred", "", "oleh")


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("Newchannel", LEG),
        ("Newstate", LEG),
        ("Newstate", {"ChannelStateDesc": "Down"}),
        ("Hangup", LEG),
        ("DialEnd", {"DialStatus": "NOANSWER"}),
        ("BlindTransfer", {"Result": "Fail"}),
        ("RTCPSent", {}),
    ],
)
def test_what_the_manager_tells_of_legs_and_of_others_is_ignored(event, changes):
    assert manager(event, **changes) is None


def test_the_manager_without_timestamps_is_told_apart_by_its_delivery():
    bare = MANAGER | {"Event": "Hold", "Timestamp": ""}
    one = asterisk.event(bare, now=NOW, delivery="msg_1")
    again = asterisk.event(bare, now=NOW + timedelta(seconds=9), delivery="msg_1")
    other = asterisk.event(bare, now=NOW, delivery="msg_2")
    assert one.event_id == again.event_id != other.event_id
    assert one.at == NOW


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("StasisStart", {}, ("ringing", "+79155550101", "")),
        ("ChannelStateChange", {"channel": {"state": "Up"}}, ("answered", "+79155550101", "")),
        ("ChannelHold", {}, ("held", "+79155550101", "")),
        ("ChannelUnhold", {}, ("resumed", "+79155550101", "")),
        ("ChannelHangupRequest", {"channel": {"state": "Ring"}}, ("abandoned", "+79155550101", "")),
        ("ChannelHangupRequest", {"channel": {"state": "Up"}}, ("ended", "+79155550101", "")),
        ("ChannelDestroyed", {"channel": {"state": "Down"}, "cause": 16}, ("ended", "+79155550101", "")),
        (
            "StasisStart",
            {"args": ["agent", "1787194800.1", "olena"], "channel": {"id": "x"}},
            ("answered", "", "olena"),
        ),
        (
            "BridgeBlindTransfer",
            {"result": "Success", "exten": "oleh", "transferee": REST["channel"]},
            ("transferred", "+79155550101", "oleh"),
        ),
        (
            "BridgeAttendedTransfer",
            {"result": "Success", "transferee": REST["channel"], "transfer_target": {"name": "PJSIP/oleh-00000003"}},
            ("transferred", "+79155550101", "oleh"),
        ),
    ],
)
def test_each_event_of_the_rest_interface(kind, changes, said):
    heard = rest(kind, **changes)
    assert summary(heard) == (*CALLER, *said)
    assert heard.at == datetime(2026, 8, 20, 3, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["PlaybackStarted", "ChannelDtmfReceived", "StasisEnd", "BridgeCreated"])
def test_what_the_rest_interface_tells_besides_is_ignored(kind):
    assert rest(kind) is None


def test_a_rest_event_told_twice_is_the_same_and_a_second_hold_another():
    assert rest("ChannelHold").event_id == rest("ChannelHold").event_id
    assert rest("ChannelHold").event_id != rest("ChannelHold", timestamp="2026-08-20T05:00:01.250+0200").event_id


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Event": ["Hangup"]},
        {"type": "StasisStart"},
        {"type": "StasisStart", "timestamp": "2026-08-20T03:00:00Z", "channel": "c"},
        {"Event": "Hold"},
        MANAGER | {"Timestamp": "nan"},
        MANAGER | {"Timestamp": "1e300"},
        MANAGER | {"Timestamp": "-5"},
    ],
)
def test_what_is_no_event_of_asterisk_is_refused(body):
    with pytest.raises(NotUnderstood):
        asterisk.event(body, now=NOW)
