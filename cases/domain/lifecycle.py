"""The only place where a status changes. Each move is checked against the table beside its enum."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import F, Model

from cases import enums
from cases.domain import events
from cases.errors import AlreadyTaken, IllegalMove
from cases.models import Call, Case, Convoy, Corridor, Delivery, EvacuationRequest, Message, Need, Referral, Seat
from cases.models.base import among

MOVES: Final[dict[type[Model], enums.Moves]] = {
    Call: enums.CALL_MOVES,
    Case: enums.CASE_MOVES,
    Need: enums.NEED_MOVES,
    EvacuationRequest: enums.EVACUATION_MOVES,
    Seat: enums.SEAT_MOVES,
    Corridor: enums.CORRIDOR_MOVES,
    Convoy: enums.CONVOY_MOVES,
    Delivery: enums.DELIVERY_MOVES,
    Referral: enums.REFERRAL_MOVES,
    Message: enums.MESSAGE_MOVES,
}


# Ways back from what was reported by mistake; nothing else goes them.
MOVES_BACK: Final[dict[type[Model], enums.Moves]] = {Convoy: enums.CONVOY_MOVES_BACK}


def allowed(row: Any, to: str) -> bool:
    return to in MOVES[type(row)][row.status]


def move(row: Any, to: str, *, quietly: bool = False, **changes: Any) -> None:
    """Move one locked row to `to`, with `changes` to other columns in the same UPDATE, and record it.

    Raises IllegalMove when the table does not allow it, or when the row moved since it was read. `quietly` for rows
    that have facts of their own elsewhere (a message's attempts) and need no line.
    """
    if not allowed(row, to):
        raise IllegalMove
    start = row.status
    _moved(row, to, changes)
    if not quietly:
        events.record(row, case=case_of(row), **{"from": start, "to": to})


def put_back(row: Any, to: str) -> None:
    """Put one locked row back to where it stood before a mistake, and record it. Raises IllegalMove as `move` does."""
    start = row.status
    if to not in MOVES_BACK[type(row)].get(start, ()):
        raise IllegalMove
    _moved(row, to, {})
    events.record(row, **{"from": start, "to": to})


def _moved(row: Any, to: str, changes: dict[str, Any]) -> None:
    moved = (
        type(row)
        ._default_manager.filter(pk=row.pk, status=row.status)
        .update(status=to, version=F("version") + 1, **changes)
    )
    if not moved:
        raise IllegalMove
    row.status = to
    row.version += 1
    for name, value in changes.items():
        setattr(row, name, value)


def move_many(rows: Iterable[Any], to: str, **changes: Any) -> int:
    """Move locked rows of one model set-based: one UPDATE and one INSERT of lines, whatever their number.

    Raises IllegalMove, and moves nothing, when one of them may not.
    """
    wanted = list(rows)
    if not wanted:
        return 0
    if not all(allowed(row, to) for row in wanted):
        raise IllegalMove
    model = type(wanted[0])
    starts = {row.status for row in wanted}
    moved: int = model._default_manager.filter(pk__in=among(row.pk for row in wanted), status__in=starts).update(
        status=to, version=F("version") + 1, **changes
    )
    if moved != len(wanted):
        raise IllegalMove
    events.record_many((row, case_of(row), {"from": row.status, "to": to}) for row in wanted)
    for row in wanted:
        row.status = to
        row.version += 1
    return moved


def claim(row: Any, to: str, **changes: Any) -> None:
    """Take what several want: one guarded UPDATE, no lock before it. Raises AlreadyTaken when another was first."""
    start = row.status
    if not allowed(row, to):
        raise AlreadyTaken
    if (
        not type(row)
        ._default_manager.filter(pk=row.pk, status=start)
        .update(status=to, version=F("version") + 1, **changes)
    ):
        raise AlreadyTaken
    row.status = to
    row.version += 1
    events.record(row, case=case_of(row), **{"from": start, "to": to})


def case_of(row: Any) -> int | None:
    """The key of the case a row belongs to, for its timeline."""
    if isinstance(row, Case):
        return row.pk
    return getattr(row, "case_id", None)
