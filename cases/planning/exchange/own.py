"""Our own form, for every exchange that can be taught it."""

from datetime import datetime

from cases.enums import TelephonyKind
from cases.planning.exchange.fields import Fields, NotUnderstood, heard, moment, number_in, text
from cases.planning.telephony import Heard


def event(fields: Fields, *, now: datetime) -> Heard:
    """{"call_id", "kind", "at", "caller", "event_id"?, "agent"?}, from any exchange that can be taught it."""
    call_id, said = text(fields, "call_id", needed=True), text(fields, "kind", needed=True)
    if said not in TelephonyKind.values:
        raise NotUnderstood(f"kind must be one of {', '.join(TelephonyKind.values)}.", "kind")
    return heard(
        "exchange",
        call_id,
        TelephonyKind(said),
        moment(text(fields, "at", needed=True)),
        now=now,
        key=text(fields, "event_id"),
        caller=number_in(fields, "caller"),
        agent=text(fields, "agent"),
    )
