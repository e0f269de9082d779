"""A clock as people read it: what it asks for, and how long is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.enums import ClockState
from cases.models import Clock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIVE = (ClockState.RUNNING, ClockState.FIRED)


@dataclass(frozen=True, slots=True)
class ClockFace:
    """`tone`: "late" past the due time, "soon" in the last quarter, empty before."""

    kind: str
    due_at: datetime
    text: str
    tone: str


def face(clock: Clock, now: datetime) -> ClockFace:
    """One clock in words, at `now`."""
    left = clock.due_at - now
    late = left <= timedelta() or clock.state == ClockState.FIRED
    soon = not late and left * 4 <= clock.due_at - clock.started_at
    tone = "late" if late else "soon" if soon else ""
    return ClockFace(clock.get_kind_display(), clock.due_at, _said(left, late), tone)


def between(start: datetime, due: datetime, now: datetime) -> ClockFace:
    """A due time that is no Clock of a case: a callback, a first answer."""
    left = due - now
    late, soon = left <= timedelta(), left * 4 <= due - start
    return ClockFace("", due, _said(left, late), "late" if late else "soon" if soon else "")


def _said(left: timedelta, late: bool) -> str:
    if abs(left) < MINUTE:
        return _("due now")
    return _("%(time)s late") % {"time": span(-left)} if late else _("in %(time)s") % {"time": span(left)}


def faces(clocks: Iterable[Clock], now: datetime) -> list[ClockFace]:
    """The live clocks of a case, the nearest first."""
    live = (clock for clock in clocks if clock.state in LIVE)
    return [face(clock, now) for clock in sorted(live, key=lambda clock: (clock.due_at, clock.pk))]


def moment(at: datetime) -> str:
    """A past time in the reader's zone: the hour today, the day with it before."""
    local = timezone.localtime(at)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j M, H:i")


def span(time: timedelta) -> str:
    """A length of time in its largest fitting unit: "40 min", "5 h", "3 d"; never below zero."""
    time = max(time, timedelta())
    if time < HOUR:
        return _("%(count)d min") % {"count": time // MINUTE}
    if time < 2 * DAY:
        return _("%(count)d h") % {"count": time // HOUR}
    return _("%(count)d d") % {"count": time // DAY}
