"""What an exchange tells of one call, in one shape, and what all of it together means, in whatever order it came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cases.enums import TelephonyKind


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of a call. `caller` is the number as the exchange gives it, empty when it is hidden.

    `agent` is the user name of the operator whose telephone answered, where the exchange knows it. `event_id` is the
    exchange's own key of this event: the same event told twice has the same one.
    """

    provider: str
    event_id: str
    call_id: str
    kind: TelephonyKind
    at: datetime
    caller: str = field(default="", repr=False)
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a set of events says of a call; the same for every order in which they came."""

    answered: bool
    ended: bool
    abandoned: bool
    held_since: datetime | None
    agent: str
    began_at: datetime
    ended_at: datetime | None

    @property
    def over(self) -> bool:
        return self.ended or self.abandoned


def told(events: Iterable[tuple[str, datetime, str]]) -> Told:
    """Read events (kind, at, agent). An answered call was not abandoned, whatever came later or earlier.

    A transfer answers for the agent it goes to. Two events of the same moment count in the order of their kinds.
    """
    ordered = sorted(events, key=lambda event: (event[1], event[0], event[2]))
    kinds = {kind for kind, _, _ in ordered}
    answers = [event for event in ordered if event[0] in (TelephonyKind.ANSWERED, TelephonyKind.TRANSFERRED)]
    agents = [agent for _, _, agent in answers if agent]
    holding = [event for event in ordered if event[0] in (TelephonyKind.HELD, TelephonyKind.RESUMED)]
    ends = [at for kind, at, _ in ordered if kind in (TelephonyKind.ENDED, TelephonyKind.ABANDONED)]
    ended = bool(ends)
    held = bool(holding) and holding[-1][0] == TelephonyKind.HELD and not ended
    return Told(
        answered=bool(answers),
        ended=TelephonyKind.ENDED in kinds or (TelephonyKind.ABANDONED in kinds and bool(answers)),
        abandoned=TelephonyKind.ABANDONED in kinds and not answers,
        held_since=holding[-1][1] if held else None,
        agent=agents[-1] if agents else "",
        began_at=ordered[0][1],
        ended_at=ends[-1] if ends else None,
    )
