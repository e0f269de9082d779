"""What waits for an operator between calls: callbacks, messages, calls that were left, notes of the last shift."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from cases import policy
from cases.actors import Staff
from cases.disclosure import reveal
from cases.enums import LIVE_CALL, SPOKEN, CallbackState, CallStatus, CaseStatus, Why
from cases.models import Call, Callback, Case, Draft, Handover, Listening, Written
from cases.queries import clocks

SHOWN: Final = 50
OUTCOMES: Final = 10
RECENT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CallbackLine:
    callback: Callback
    when: clocks.ClockFace
    place: str
    taken_by: str
    mine: bool
    due: bool


@dataclass(frozen=True, slots=True)
class MessageLine:
    call: Call
    clock: clocks.ClockFace | None
    lines: int


@dataclass(frozen=True, slots=True)
class LiveLine:
    """A call on the line now; `listening` is one's own listening-in on it. A protected one is nobody's to hear."""

    call: Call
    since: str
    protected: bool
    listening: Listening | None


@dataclass(frozen=True, slots=True)
class Work:
    callbacks: list[CallbackLine]
    messages: list[MessageLine]
    mine: list[Draft]
    left: list[Draft]
    notes: list[Handover]
    outcomes: list[Case]
    live: list[LiveLine]


def work(by: Staff) -> Work:
    """Everything on the list, the nearest first (a constant number of statements)."""
    return Work(
        callbacks=callbacks(by),
        messages=messages(),
        mine=list(drafts(Q(operator=by.user_id))),
        left=list(drafts(Q(operator__isnull=True))),
        notes=notes(by),
        outcomes=outcomes(by),
        live=live_calls(by) if policy.allows("calls.listen", by) else [],
    )


def drafts(whose: Q) -> QuerySet[Draft]:
    """Open drafts, the latest first, without their words."""
    rows = Draft.objects.open().filter(whose).defer("body").select_related("settlement", "case", "call", "operator")
    return rows.order_by("-seen_at", "-pk")[:SHOWN]


def callbacks(by: Staff) -> list[CallbackLine]:
    """Those to be called back, the most pressing first."""
    now = timezone.now()
    rows = (
        Callback.objects.visible_to(by)
        .live()
        .select_related("case__household__settlement", "call", "leased_by", "promised_by", "contact")
        .order_by("due_at", "pk")[:SHOWN]
    )
    return [_callback(row, now, by) for row in rows]


def _callback(row: Callback, now: datetime, by: Staff) -> CallbackLine:
    held = row.state == CallbackState.LEASED and row.leased_until is not None and row.leased_until > now
    place = row.case.household.settlement if row.case else None
    return CallbackLine(
        callback=row,
        when=clocks.between(row.created_at, row.due_at, now),
        place=place.name if place else "",
        taken_by=row.leased_by.name if held and row.leased_by else "",
        mine=held and row.leased_by_id == by.user_id,
        due=row.due_at <= now,
    )


def messages() -> list[MessageLine]:
    """Messages nobody has taken yet, the longest waiting first; what they say opens when one is taken."""
    now = timezone.now()
    rows = (
        Call.objects.filter(status=CallStatus.RINGING)
        .exclude(channel__in=SPOKEN)
        .annotate(lines=Count("written"))
        .order_by("heard_at", "pk")[:SHOWN]
    )
    return [
        MessageLine(row, clocks.between(row.heard_at, row.reply_by, now) if row.reply_by else None, row.lines)
        for row in rows
    ]


def notes(by: Staff) -> list[Handover]:
    """What the last shift left for this one, opened for who reads it now."""
    rows = list(
        Handover.objects.filter(taken_at__isnull=True, created_at__gt=timezone.now() - RECENT)
        .filter(Q(taker=by.user_id) | Q(taker__isnull=True))
        .exclude(leaver=by.user_id)
        .select_related("leaver", "data_key")
        .order_by("-pk")[:SHOWN]
    )
    reveal([row for row in rows if row.__dict__.get("note")], by=by, why=Why.HANDOVER, fields=["note"])
    return rows


def outcomes(by: Staff) -> list[Case]:
    """How it ended for those one heard on the line: cases of one's own calls that closed in the last week."""
    mine = Call.objects.filter(operator=by.user_id, links__case=OuterRef("pk"))
    return list(
        Case.objects.filter(Exists(mine), status=CaseStatus.CLOSED, closed_at__gt=timezone.now() - RECENT)
        .select_related("household__settlement")
        .order_by("-closed_at")[:OUTCOMES]
    )


def live_calls(by: Staff) -> list[LiveLine]:
    """Who is on the line now, for a supervisor (two statements)."""
    guarded = Case.objects.filter(calls=OuterRef("pk"), household__protected=True)
    mine = Listening.objects.filter(listener=by.user_id, ended_at__isnull=True)
    calls = (
        Call.objects.filter(status__in=LIVE_CALL, channel__in=SPOKEN)
        .annotate(guarded=Exists(guarded))
        .select_related("operator")
        .prefetch_related(Prefetch("listenings", mine))
        .order_by("heard_at", "pk")[:SHOWN]
    )
    return [
        LiveLine(call, clocks.moment(call.heard_at), call.guarded, next(iter(call.listenings.all()), None))
        for call in calls
    ]


def conversation(call: Call, *, by: Staff) -> list[Written]:
    """The lines of one's own written conversation, the oldest first, opened for who answers it; nobody else's."""
    if call.operator_id != by.user_id:
        return []
    rows = Written.objects.filter(call=call).select_related("data_key", "author").order_by("-at", "-pk")
    shown = list(rows[:SHOWN])[::-1]
    reveal([row for row in shown if row.data_key.destroyed_at is None], by=by, why=Why.LIVE_CALL, fields=["text"])
    return shown
