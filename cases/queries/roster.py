"""Who is planned to work when, who is here now, who is away: the roster as its page shows it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from cases.actors import Staff
from cases.models import Absence, Post, Shift, User

DAYS: Final = 14
SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class Planned:
    """One shift: `now` while it runs; `missing` when it runs and nobody has come on duty."""

    shift: Shift
    hours: str
    now: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    shifts: list[Planned]


@dataclass(frozen=True, slots=True)
class Roster:
    days: list[Day]
    absences: list[Absence]
    people: list[User]
    here: list[str]


def shown(by: Staff, *, now: datetime | None = None) -> Roster:
    """The next two weeks in the reader's zone (four statements)."""
    now = now or timezone.now()
    shifts = Shift.objects.visible_to(by).planned().filter(ends_at__gt=now, starts_at__lt=now + timedelta(days=DAYS))
    here = dict(Post.objects.on_duty().order_by("user__name", "pk").values_list("user", "user__name"))
    days: dict[date, list[Planned]] = {}
    for shift in shifts.select_related("user").order_by("starts_at", "user__name", "pk")[:SHOWN]:
        planned = _planned(shift, now, here)
        days.setdefault(timezone.localtime(max(shift.starts_at, now)).date(), []).append(planned)
    away = Absence.objects.visible_to(by).exclude(until__lte=now).select_related("user").order_by("since", "pk")
    people = User.objects.visible_to(by).filter(is_active=True, partner__isnull=True, posts__in=Post.objects.held())
    return Roster(
        days=[Day(day, rows) for day, rows in days.items()],
        absences=list(away[:SHOWN]),
        people=list(people.distinct().order_by("name", "pk")),
        here=list(here.values()),
    )


def _planned(shift: Shift, now: datetime, here: dict[int, str]) -> Planned:
    start, end = timezone.localtime(shift.starts_at), timezone.localtime(shift.ends_at)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%d.%m %H:%M}"
    runs = shift.starts_at <= now
    return Planned(shift, f"{start:%H:%M}–{until}", runs, runs and shift.user_id not in here)
