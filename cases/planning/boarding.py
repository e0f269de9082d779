"""What a person's place became, from everything that was said of it on the ground, in whatever order it was heard.

A pure fold: the same entries give the same answer in any order and any number of times. Who was seen outweighs who was
not: "did not come" and "missing" never beat another device that saw them. A word from the desk settles all before it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.enums import ACCOUNTS, ENDS, OF_A_PERSON, STARTS, FieldAct, SeatStatus

BECOMES: Final[dict[str, SeatStatus]] = {
    FieldAct.BOARDED: SeatStatus.BOARDED,
    FieldAct.REFUSED: SeatStatus.REFUSED,
    FieldAct.TURNED_AWAY: SeatStatus.RELEASED,
    FieldAct.NO_SHOW: SeatStatus.NO_SHOW,
    FieldAct.ARRIVED: SeatStatus.ARRIVED,
    FieldAct.DIVERTED: SeatStatus.DIVERTED,
    FieldAct.MISSING: SeatStatus.BOARDED,
    **dict.fromkeys(ACCOUNTS, SeatStatus.ACCOUNTED),
}
# Not having seen somebody is no proof against one who did.
UNSEEN: Final = frozenset({FieldAct.NO_SHOW, FieldAct.MISSING})
DESK: Final = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One word about one person. `device` is empty for the desk; `order` counts on the device."""

    uid: str
    act: str
    at: datetime
    order: int = 0
    device: str = DESK
    takes_back: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a person stands; `status` is None while nobody has said anything that counts."""

    status: SeatStatus | None = None
    accounted_as: str = ""
    missing: bool = False
    contested: bool = False


def stands(entries: Iterable[Entry]) -> Standing:
    """Fold all entries about one place."""
    told = _counted(entries)
    start, start_torn = _last([entry for entry in told if entry.act in STARTS])
    end, end_torn = _last([entry for entry in told if entry.act in ENDS])
    if end is None:
        return Standing(BECOMES[start.act] if start else None, contested=start_torn)
    unboarded = start is not None and start.act != FieldAct.BOARDED
    if start is not None and unboarded and start.device == DESK and start.at > end.at:
        return Standing(BECOMES[start.act])  # the desk settled it: they never were on it
    never_seen = end.act == FieldAct.MISSING and (start is None or unboarded)
    if never_seen:
        return Standing(BECOMES[start.act] if start else None, contested=True)
    return Standing(
        BECOMES[end.act],
        accounted_as=end.act if end.act in ACCOUNTS else "",
        missing=end.act == FieldAct.MISSING,
        contested=start_torn or end_torn or (unboarded and end.device != DESK),
    )


def _counted(entries: Iterable[Entry]) -> list[Entry]:
    """In their order, without what was taken back, and nothing from before the last word of the desk but its start."""
    rows = {entry.uid: entry for entry in entries}.values()
    gone = {entry.takes_back for entry in rows if entry.act == FieldAct.TAKEN_BACK}
    told = sorted(
        (entry for entry in rows if entry.act in OF_A_PERSON and entry.uid not in gone),
        key=lambda entry: (entry.at, entry.order, entry.uid),
    )
    settled = [place for place, entry in enumerate(told) if entry.device == DESK]
    return told[settled[-1] :] if settled else told


def _last(told: Collection[Entry]) -> tuple[Entry | None, bool]:
    """The word that counts, and whether devices contradict each other.

    A device that changes its mind corrects itself. Not seen first and seen later is no contradiction.
    """
    if not told:
        return None, False
    last = {entry.device: entry for entry in told}.values()
    seen = [entry for entry in last if entry.act not in UNSEEN]
    counts = max(seen or last, key=lambda entry: (entry.at, entry.order, entry.uid))
    against = [entry for entry in last if entry.act != counts.act]
    torn = any(entry.act not in UNSEEN or entry.at > counts.at for entry in against)
    return counts, torn
