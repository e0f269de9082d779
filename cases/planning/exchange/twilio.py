"""Twilio: status callbacks of a voice call (CallSid, CallStatus, From, Timestamp, SequenceNumber, …)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from cases.enums import TelephonyKind
from cases.planning.exchange.fields import EARLIEST, Fields, NotUnderstood, heard, number_in, text, user_of
from cases.planning.telephony import Heard

_TWILIO: Final = {
    "queued": TelephonyKind.RINGING,
    "initiated": TelephonyKind.RINGING,
    "ringing": TelephonyKind.RINGING,
    "in-progress": TelephonyKind.ANSWERED,
    "completed": TelephonyKind.ENDED,
    "busy": TelephonyKind.ABANDONED,
    "no-answer": TelephonyKind.ABANDONED,
    "failed": TelephonyKind.ABANDONED,
    "canceled": TelephonyKind.ABANDONED,
}
_OF_A_LEG: Final = (TelephonyKind.RINGING, TelephonyKind.ANSWERED)


def event(fields: Fields, *, now: datetime) -> Heard | None:
    """A status callback. A leg to an operator (ParentCallSid) tells of the caller's call, but cannot end it."""
    sid, status = text(fields, "CallSid", needed=True), text(fields, "CallStatus", needed=True)
    parent, caller = text(fields, "ParentCallSid"), number_in(fields, "From")
    kind = _TWILIO.get(status)
    ours = text(fields, "Direction").startswith("outbound") or str(fields.get("From")).startswith("client:")
    if kind is None or (parent and kind not in _OF_A_LEG) or (ours and not parent):
        return None
    serial = text(fields, "SequenceNumber")
    return heard(
        "twilio",
        parent or sid,
        kind,
        _rfc2822(text(fields, "Timestamp"), serial) or now,
        now=now,
        key=f"{sid} {status} {serial}",
        caller=caller,
        agent=user_of(text(fields, "To")) if parent else "",
    )


def _rfc2822(said: str, serial: str) -> datetime | None:
    """Their moments are whole seconds: the serial number keeps the order of what came within one."""
    if not said:
        return None
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        raise NotUnderstood("Timestamp must be a moment as RFC 2822 writes it.", "Timestamp") from None
    at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    if at < EARLIEST:
        raise NotUnderstood("Timestamp is no moment of this call.", "Timestamp")
    return at + timedelta(microseconds=int(serial)) if re.fullmatch(r"[0-9]{1,5}", serial) else at
