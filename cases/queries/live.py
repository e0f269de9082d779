"""What an open page shows of this moment: rings, alarms, presence, what waits. Codes and uids, nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils import timezone

from cases import policy
from cases.actors import Staff
from cases.enums import SPOKEN, AlarmKind, CallStatus, CaseStatus, ClockState, EntryOutcome, PresenceState, Role
from cases.models import (
    Alarm,
    BestInterests,
    Call,
    Callback,
    Clock,
    Draft,
    FieldEntry,
    Listening,
    Presence,
    Recusal,
    Tie,
    User,
)
from cases.queries.field import title_of

SHOWN: Final = 20
CAP: Final = 100
# Which alarms sound on whose screens.
ROOM: Final = (
    AlarmKind.RED_KEY,
    AlarmKind.UNANSWERED,
    AlarmKind.FAILED,
    AlarmKind.LATE,
    AlarmKind.NOBODY,
    AlarmKind.SECOND,
)
CONVOYS: Final = (AlarmKind.OVER, AlarmKind.COUNT, AlarmKind.MISSING)
# What cannot wait stands before everything else.
FIRST: Final = (AlarmKind.RED_KEY, AlarmKind.SILENT)
SUPERVISOR: Final = (
    AlarmKind.SILENT,
    AlarmKind.ABUSE,
    AlarmKind.HEAVY,
    AlarmKind.LEFT_BEHIND,
    AlarmKind.CODE_WORD,
    AlarmKind.PRYING,
)


@dataclass(frozen=True, slots=True)
class Ring:
    """A call that rings: where its number is from, since when, and whether somebody is registered with it."""

    uid: str
    country: str
    since: datetime
    known: bool


@dataclass(frozen=True, slots=True)
class Sound:
    """An alarm that nobody has answered."""

    uid: str
    kind: str
    label: str
    ref: str
    place: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Now:
    presence: str
    until: datetime | None
    rings: list[Ring]
    sounds: list[Sound]
    written: int
    callbacks: int
    left: int
    listening: list[str]

    def to_json(self) -> dict[str, Any]:
        return {
            "presence": self.presence,
            "until": self.until.isoformat() if self.until else None,
            "rings": [
                {"uid": ring.uid, "country": ring.country, "since": ring.since.isoformat(), "known": ring.known}
                for ring in self.rings
            ],
            "sounds": [
                {"uid": s.uid, "kind": s.kind, "label": s.label, "ref": s.ref, "place": s.place, "who": s.who}
                for s in self.sounds
            ],
            "written": self.written,
            "callbacks": self.callbacks,
            "left": self.left,
            "listening": self.listening,
        }


def topics(by: Staff) -> list[str]:
    """What this actor's pages may hear."""
    heard = [f"user:{by.user_id}"]
    if policy.allows("calls.claim", by):
        heard.append("desk")
    if by.roles & {Role.COORDINATOR, Role.SUPERVISOR, Role.PROTECTION}:
        heard.append("room")
    if by.roles & {Role.COORDINATOR, Role.SUPERVISOR, Role.PROTECTION, Role.DISPATCHER}:
        heard.append("convoys")
    if Role.SUPERVISOR in by.roles:
        heard.append("supervisor")
    return heard


def now(by: Staff) -> Now:
    """The state of this moment for one page (at most seven statements, whatever waits)."""
    row = Presence.objects.filter(user=by.user_id).first()
    at_desk = policy.allows("calls.claim", by)
    return Now(
        presence=row.state if row else PresenceState.OFF,
        until=row.until if row else None,
        rings=rings(by) if at_desk else [],
        sounds=sounds(by),
        written=_capped(Call.objects.filter(status=CallStatus.RINGING).exclude(channel__in=SPOKEN)) if at_desk else 0,
        callbacks=_capped(due_callbacks(by)) if at_desk else 0,
        left=_capped(Draft.objects.open().filter(operator__isnull=True)) if at_desk else 0,
        listening=_listening(by) if at_desk else [],
    )


def _capped(rows: Any) -> int:
    return int(rows.order_by()[:CAP].count())


def due_callbacks(by: Staff) -> Any:
    """Callbacks somebody could make now, and those that wait for a supervisor's word."""
    at = timezone.now()
    return Callback.objects.visible_to(by).free(at).filter(due_at__lte=at)


def rings(by: Staff) -> list[Ring]:
    """The calls that ring, the longest waiting first; not those this operator stepped back from."""
    registered = Tie.objects.verified().filter(caller__reaches__contact=OuterRef("contact"))
    calls = (
        Call.objects.filter(status=CallStatus.RINGING, channel__in=SPOKEN)
        .exclude(Exists(Recusal.objects.filter(user=by.user_id, call=OuterRef("pk"))))
        .annotate(known=Exists(registered))
        .order_by("heard_at", "pk")
        .values_list("uid", "contact__country", "heard_at", "known")[:SHOWN]
    )
    return [Ring(str(uid), country or "", since, known) for uid, country, since, known in calls]


def sounds(by: Staff) -> list[Sound]:
    """The alarms that sound for this actor, the oldest first."""
    kinds: tuple[AlarmKind, ...] = ()
    heard = topics(by)
    kinds += ROOM if "room" in heard else ()
    kinds += CONVOYS if "convoys" in heard else ()
    kinds += SUPERVISOR if "supervisor" in heard else ()
    if not kinds:
        return []
    first = Case(When(kind__in=FIRST, then=Value(0)), default=Value(1))
    rows = (
        Alarm.objects.visible_to(by)
        .live()
        .filter(kind__in=kinds)
        .exclude(_met_meanwhile())
        .select_related("case", "place", "raised_by", "convoy__window__corridor")
        .order_by(first, "created_at", "pk")[:CAP]
    )
    return [
        Sound(
            uid=str(row.uid),
            kind=row.kind,
            label=str(row.get_kind_display()),
            ref=row.case.spoken if row.case else "",
            place=_where(row),
            who=row.raised_by.name if row.raised_by else "",
            at=row.created_at,
        )
        for row in rows
    ]


def _where(alarm: Alarm) -> str:
    """A settlement, or a convoy as its planners know it."""
    if alarm.convoy is not None:
        return title_of(alarm.convoy)
    return alarm.place.name if alarm.place else ""


def _met_meanwhile() -> Q:
    """What a late clock, a case without an owner, a decision or words of a convoy sounded for is done.

    Nobody needs to silence it. Where a new word waits, it sounds again.
    """
    late = Exists(Clock.objects.filter(case=OuterRef("case"), state=ClockState.FIRED))
    waits = Exists(BestInterests.objects.waiting().filter(request__case=OuterRef("case")))
    open_words = Exists(FieldEntry.objects.filter(convoy=OuterRef("convoy"), outcome=EntryOutcome.WAITING))
    return (
        Q(~late, kind=AlarmKind.LATE)
        | Q(~Q(case__status=CaseStatus.TRIAGED), kind=AlarmKind.NOBODY)
        | Q(~waits, kind=AlarmKind.SECOND)
        | Q(~open_words, kind=AlarmKind.COUNT)
    )


def _listening(by: Staff) -> list[str]:
    """Who listens in on one's own call now."""
    live = Listening.objects.filter(call__operator=by.user_id, ended_at__isnull=True)
    return list(live.values_list("listener__name", flat=True))


def free_colleagues(by: Staff) -> Mapping[int, str]:
    """Who is at the desk now, to whom a shift can be handed over."""
    here = Presence.objects.exclude(state=PresenceState.OFF).exclude(user=by.user_id).values("user")
    return dict(User.objects.filter(pk__in=here, is_active=True).order_by("name").values_list("pk", "name"))
