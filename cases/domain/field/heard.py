"""What a phone sends is read with suspicion: every line becomes an entry or an answer that says why not."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from cases.domain.field.columns import INCIDENTS, LONGEST_NOTE
from cases.enums import (
    OF_A_PERSON,
    AgeBand,
    ConvoyStatus,
    EntryOutcome,
    FieldAct,
    Mobility,
    SeatKind,
    Sex,
    YesNoUnknown,
)
from cases.models import FieldDevice, FieldEntry, Seat

MOST: Final = 200
MOST_PEOPLE: Final = 12
AHEAD: Final = timedelta(minutes=2)
# What a telephone's clock can say at all.
FIRST_YEAR, LAST_YEAR = 2000, 2100
CODES: Final[dict[str, Collection[str]]] = {
    "band": AgeBand.values,
    "sex": Sex.values,
    "mobility": Mobility.values,
    "kind": SeatKind.values,
    "freely": YesNoUnknown.values,
}
CLOSED: Final = (ConvoyStatus.RECONCILED, ConvoyStatus.CANCELLED)


@dataclass(slots=True)
class Heard:
    """The lines of one sync: `fresh` are new entries, `answers` the outcome of each line by its uid."""

    fresh: list[FieldEntry] = field(default_factory=list)
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    names: dict[uuid.UUID, list[str]] = field(default_factory=dict)
    notes: dict[uuid.UUID, str] = field(default_factory=dict)

    def refuse(self, uid: str, code: str) -> None:
        self.answers[uid] = (EntryOutcome.REFUSED, code)


def read(device: FieldDevice, lines: Collection[Any], *, skew: timedelta, now: datetime, by: int) -> Heard:
    """Read the lines of a phone whose clock is `skew` behind ours. What came before is answered again, not made."""
    heard = Heard()
    uids = [found for line in lines if (found := _uuid(line.get("uid") if isinstance(line, dict) else None))]
    standing = {row.uid: row for row in FieldEntry.objects.filter(uid__in=uids)}
    seats = _seats(lines)
    stops = set(device.convoy.window.corridor.stops.values_list("seq", flat=True))
    for line in lines:
        uid = _uuid(line.get("uid")) if isinstance(line, dict) else None
        if uid is None:
            heard.refuse(str(line.get("uid", ""))[:40] if isinstance(line, dict) else "", "malformed")
        elif uid in standing:
            heard.answers[str(uid)] = ("repeated", standing[uid].code)
        else:
            _one(heard, uid, line, device, seats, stops, skew=skew, now=now, by=by)
    return heard


def _one(
    heard: Heard,
    uid: uuid.UUID,
    line: Mapping[str, Any],
    device: FieldDevice,
    seats: Mapping[uuid.UUID, Seat],
    stops: Collection[int],
    *,
    skew: timedelta,
    now: datetime,
    by: int,
) -> None:
    act, said_at = str(line.get("act")), _time(line.get("at"))
    data = _data(act, line.get("data"))
    known = act in FieldAct.values and said_at is not None and data is not None and str(uid) not in heard.answers
    if not known or said_at is None or data is None or data.get("stop", 0) not in stops:
        heard.refuse(str(uid), "malformed")
        return
    seat = seats.get(_uuid(line.get("seat")) or uuid.UUID(int=0))
    entry = FieldEntry(
        uid=uid,
        convoy_id=device.convoy_id,
        device=device,
        seat=seat,
        act=act,
        said_at=said_at,
        at=min(said_at + skew, now),
        order=max(0, min(_int(line.get("order")), 2**31 - 1)),
        takes_back=_uuid(line.get("takes_back")) if act == FieldAct.TAKEN_BACK else None,
        data=data,
        recorded_by_id=by,
    )
    entry.outcome, entry.code = _outcome(entry, seat, device, skew=skew, now=now)
    if act == FieldAct.WALK_UP:
        heard.names[uid] = [_clean(one.get("name"))[:200] for one in line["data"]["people"]]
    if act in INCIDENTS and isinstance(line.get("data"), dict):
        heard.notes[uid] = _clean(line["data"].get("note"))[:LONGEST_NOTE].strip()
    heard.fresh.append(entry)
    heard.answers[str(uid)] = (entry.outcome, entry.code)


def _outcome(
    entry: FieldEntry, seat: Seat | None, device: FieldDevice, *, skew: timedelta, now: datetime
) -> tuple[EntryOutcome, str]:
    convoy = device.convoy
    if entry.act in OF_A_PERSON and seat is None:
        return EntryOutcome.REFUSED, "unknown_person"
    if seat is not None and seat.convoy_id != device.convoy_id:
        return EntryOutcome.REFUSED, "wrong_convoy"
    if convoy.status in CLOSED:
        return EntryOutcome.REFUSED, "convoy_closed"
    if device.revoked_at is not None:
        return EntryOutcome.WAITING, "device_revoked"
    if convoy.status == ConvoyStatus.SUSPENDED:
        return EntryOutcome.WAITING, "convoy_suspended"
    # By our clock it was said before this phone had the list, or in the future: its clock was changed in between.
    if entry.said_at + skew < device.created_at - AHEAD or entry.said_at + skew > now + AHEAD:
        return EntryOutcome.WAITING, "clock_wrong"
    return EntryOutcome.APPLIED, ""


def _seats(lines: Collection[Any]) -> dict[uuid.UUID, Seat]:
    wanted = [found for line in lines if isinstance(line, dict) and (found := _uuid(line.get("seat")))]
    return {seat.uid: seat for seat in Seat.objects.filter(uid__in=wanted).select_related("person", "traveller")}


def _data(act: str, given: Any) -> dict[str, Any] | None:
    """The codes of a line, and nothing else; None where they cannot be read. No name is kept here."""
    given = {} if given is None else given
    if not isinstance(given, dict):
        return None
    if act == FieldAct.WALK_UP:
        return _walk_up(given)
    if act == FieldAct.STOP_LEFT:
        stop, count = _int(given.get("stop"), -1), _int(given.get("count"), -1)
        return {"stop": stop, "count": count} if stop >= 0 and 0 <= count <= 10_000 else None
    kept: dict[str, Any] = {
        name: given[name] is True for name in ("voluntary", "own_direction", "informed") if name in given
    }
    if given.get("could_speak_freely") in YesNoUnknown.values:
        kept["could_speak_freely"] = given["could_speak_freely"]
    for name in ("incident", "guardian"):
        if found := _uuid(given.get(name)):
            kept[name] = str(found)
    return kept


def _walk_up(given: dict[str, Any]) -> dict[str, Any] | None:
    people, stop = given.get("people"), _int(given.get("stop"), -1)
    if stop < 0 or not isinstance(people, list) or not 0 < len(people) <= MOST_PEOPLE:
        return None
    if not all(isinstance(one, dict) for one in people):
        return None
    return {
        "stop": stop,
        "animals": max(0, min(_int(given.get("animals")), 50)),
        "luggage": max(0, min(_int(given.get("luggage")), 200)),
        "people": [{code: _one_of(one.get(code), known) for code, known in CODES.items()} for one in people],
    }


def _one_of(value: Any, known: Collection[str]) -> str:
    return value if isinstance(value, str) and value in known else ""


def _clean(value: Any) -> str:
    """A name that can be kept: no NUL, and no half of a letter that a telephone cut in two."""
    return str(value or "").replace("\0", "").encode("utf-8", "ignore").decode()


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def _int(value: Any, otherwise: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _time(value: Any) -> datetime | None:
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None:
        return None
    return found if FIRST_YEAR <= found.year < LAST_YEAR else None
