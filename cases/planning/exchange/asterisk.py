"""Asterisk: events of its manager (AMI) and of its REST interface (ARI), one a body, as JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from cases.enums import TelephonyKind
from cases.planning.exchange.fields import EARLIEST, Fields, NotUnderstood, heard, moment, number_in, on_channel, text
from cases.planning.telephony import Heard

_RINGS: Final = {"Ring": TelephonyKind.RINGING, "Ringing": TelephonyKind.RINGING, "Up": TelephonyKind.ANSWERED}
_HOLDS: Final = {"Hold": TelephonyKind.HELD, "Unhold": TelephonyKind.RESUMED}


def event(fields: Fields, *, now: datetime, delivery: str = "") -> Heard | None:
    """One event as JSON, in the manager's words or in the REST interface's.

    `delivery` is the key of the request, which tells events apart where the manager sends no Timestamp.
    """
    if text(fields, "Event"):
        return _manager(fields, now, delivery)
    if text(fields, "type"):
        return _rest(fields, now)
    raise NotUnderstood("This is neither an event of the manager (Event) nor of the REST interface (type).")


def _manager(fields: Fields, now: datetime, delivery: str) -> Heard | None:
    found = _manager_says(fields)
    if found is None:
        return None
    call_field, kind, agent = found
    call_id, stamp = text(fields, call_field, needed=True), text(fields, "Timestamp")
    name, leg = text(fields, "Event"), text(fields, "Uniqueid")
    key = f"{name} {leg} {stamp or delivery}" if stamp or delivery else ""
    caller = number_in(fields, "CallerIDNum") if leg == call_id else ""
    return heard("asterisk", call_id, kind, _epoch(stamp) or now, now=now, key=key, caller=caller, agent=agent)


def _manager_says(fields: Fields) -> tuple[str, TelephonyKind, str] | None:
    """Which field names the call, what happened to it, and who has it now."""
    name, state = text(fields, "Event"), text(fields, "ChannelStateDesc")
    first = text(fields, "Uniqueid") == text(fields, "Linkedid")  # the caller's own channel, not a leg to somebody
    succeeded = text(fields, "Result") == "Success"
    if name == "Newchannel" and first:
        return "Linkedid", TelephonyKind.RINGING, ""
    if name == "Newstate" and first and state in _RINGS:
        return "Linkedid", _RINGS[state], ""
    if name == "Hangup" and first:
        return "Linkedid", TelephonyKind.ENDED if state == "Up" else TelephonyKind.ABANDONED, ""
    if name in _HOLDS:
        return "Linkedid", _HOLDS[name], ""
    if (name == "DialEnd" and text(fields, "DialStatus") == "ANSWER") or name == "AgentConnect":
        return "Linkedid", TelephonyKind.ANSWERED, on_channel(text(fields, "DestChannel"))
    if name == "BlindTransfer" and succeeded:
        return "TransfereeLinkedid", TelephonyKind.TRANSFERRED, text(fields, "Extension")
    if name == "AttendedTransfer" and succeeded:
        return "OrigTransfererLinkedid", TelephonyKind.TRANSFERRED, on_channel(text(fields, "TransferTargetChannel"))
    return None


def _epoch(said: str) -> datetime | None:
    if not said:
        return None
    try:
        at = datetime.fromtimestamp(float(said), UTC)
    except (ValueError, OverflowError, OSError):
        raise NotUnderstood("Timestamp must be seconds since 1970.", "Timestamp") from None
    if at < EARLIEST:
        raise NotUnderstood("Timestamp is no moment of this call.", "Timestamp")
    return at


def _rest(fields: Fields, now: datetime) -> Heard | None:
    name, at = text(fields, "type"), moment(text(fields, "timestamp", needed=True), "timestamp")
    channel = _part(fields, "transferee" if name.endswith("Transfer") else "channel")
    found = _rest_says(name, fields, channel)
    if found is None:
        return None
    call_id, kind, agent = found
    if not call_id:
        raise NotUnderstood("The event names no channel.", "channel")
    caller = number_in(_part(channel, "caller"), "number") if call_id == text(channel, "id") else ""
    return heard("asterisk", call_id, kind, at, now=now, caller=caller, agent=agent)


def _rest_says(name: str, fields: Fields, channel: Fields) -> tuple[str, TelephonyKind, str] | None:
    """The call, what happened to it, and who has it now. A leg enters with the arguments agent, call, user name."""
    call_id, state = text(channel, "id"), text(channel, "state")
    said = fields.get("args")
    arguments = said if isinstance(said, list) and all(isinstance(word, str) for word in said) else []
    if name == "StasisStart" and len(arguments) == 3 and arguments[0] == "agent":
        leg = {"call": arguments[1], "agent": arguments[2]}
        return text(leg, "call"), TelephonyKind.ANSWERED, text(leg, "agent")
    if name == "StasisStart":
        return call_id, TelephonyKind.RINGING, ""
    if name == "ChannelStateChange" and state in _RINGS:
        return call_id, _RINGS[state], ""
    if name in ("ChannelHold", "ChannelUnhold"):
        return call_id, _HOLDS[name.removeprefix("Channel").capitalize()], ""
    if name in ("ChannelHangupRequest", "ChannelDestroyed"):
        return call_id, TelephonyKind.ABANDONED if state in ("Ring", "Ringing") else TelephonyKind.ENDED, ""
    if name == "BridgeBlindTransfer" and text(fields, "result") == "Success":
        return call_id, TelephonyKind.TRANSFERRED, text(fields, "exten")
    if name == "BridgeAttendedTransfer" and text(fields, "result") == "Success":
        return call_id, TelephonyKind.TRANSFERRED, on_channel(text(_part(fields, "transfer_target"), "name"))
    return None


def _part(fields: Fields, name: str) -> Fields:
    """An object inside an object; empty when it is not there."""
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}
