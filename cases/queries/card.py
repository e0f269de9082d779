"""The card of who may be calling: the households registered with a number, masked until opened on purpose."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.actors import Staff
from cases.disclosure import may_open, reveal_living
from cases.enums import LIVE_SEAT, OPEN_CASE, CaseStatus, ClockKind, ContactMode, Role, Why
from cases.models import Case, Clock, ContactPoint, Household, Person, Reach, Seat, Tie
from cases.queries import clocks, headcount
from cases.queries.opened import NAMES, name_of, plain

MOST: Final = 5


@dataclass(frozen=True, slots=True)
class CardCase:
    ref: str
    spoken: str
    priority: str
    priority_label: str
    status: str
    is_open: bool
    opened: str
    promise: clocks.ClockFace | None


@dataclass(frozen=True, slots=True)
class Card:
    """One household registered with this number. `plain_names`, `address`, `number` only where it was opened."""

    tie_uid: str
    household_uid: str
    relation: str
    settlement: str
    size: str
    protected: bool
    cases: list[CardCase]
    seats: str
    flags: list[str]
    has_word: bool
    verified: bool
    may_open: bool
    names: list[str] = field(default_factory=list)
    address: str = ""
    number: str = ""
    alias: str = ""
    is_open: bool = False


def _ties(contact: ContactPoint | None, case: Case | None = None) -> list[Tie]:
    """The households tied to a number, and that of the case chosen by its reference; those with an open case first.

    A constant number of statements, whatever is tied.
    """
    open_first = Case.objects.filter(status__in=[*OPEN_CASE, CaseStatus.CLOSED]).order_by("-opened_at")
    promises = Clock.objects.filter(state__in=clocks.LIVE)
    seats = Seat.objects.filter(status__in=LIVE_SEAT)
    households = Household.objects.select_related("settlement__parent", "data_key").prefetch_related(
        Prefetch("people", Person.objects.filter(merged_into__isnull=True).select_related("data_key").order_by("pk")),
        Prefetch("cases", open_first.prefetch_related(Prefetch("clocks", promises))),
        Prefetch("people__places", seats),
    )
    meant = Q(caller__reaches__contact=contact) if contact is not None else Q(pk__in=[])
    if case is not None:  # one tie of the household is enough to ask its word on
        asked = Tie.objects.verified().filter(household=case.household_id).order_by("-code_word", "pk")
        meant |= Q(pk__in=asked.values("pk")[:1])
    ties = (
        Tie.objects.filter(meant, household__merged_into__isnull=True)
        .distinct()
        .select_related("caller__data_key")
        .prefetch_related(
            Prefetch("household", households), Prefetch("caller__reaches", Reach.objects.filter(contact=contact))
        )
        .order_by("-pk")[: MOST * 2]
    )
    once = {tie.household_id: tie for tie in sorted(ties, key=lambda tie: bool(tie.verified_how))}
    return sorted(once.values(), key=lambda tie: not any(case.is_open for case in tie.household.cases.all()))[:MOST]


def masked(contact: ContactPoint | None, *, by: Staff, case: Case | None = None) -> list[Card]:
    """The cards of a number and of a chosen case, masked."""
    return [_card(tie, by) for tie in _ties(contact, case)]


def opened(contact: ContactPoint, household_uid: str, *, by: Staff) -> list[Card]:
    """The same with one household opened, which is on record. Raises ReasonNeeded, Forbidden."""
    cards = []
    for tie in _ties(contact):
        if str(tie.household.uid) != household_uid:
            cards.append(_card(tie, by))
            continue
        household = tie.household
        may_open(household, by=by, why=Why.LIVE_CALL)
        people = [person for person in household.people.all() if person.data_key.destroyed_at is None]
        reveal_living(people, *NAMES, by=by, why=Why.LIVE_CALL)
        reveal_living([household], "address", by=by, why=Why.LIVE_CALL)
        reveal_living([tie.caller], "alias", by=by, why=Why.LIVE_CALL)
        reveal_living([contact], "address", by=by, why=Why.LIVE_CALL)
        names = [name for person in people if (name := name_of(person))]
        cards.append(
            _card(
                tie,
                by,
                names=names,
                address=plain(household, "address"),
                alias=plain(tie.caller, "alias"),
                number=plain(contact, "address"),
                is_open=True,
            )
        )
    return cards


def _card(tie: Tie, by: Staff, **plain_values: Any) -> Card:
    household, at = tie.household, timezone.now()
    people = list(household.people.all())
    place = household.settlement
    return Card(
        tie_uid=str(tie.uid),
        household_uid=str(household.uid),
        relation=str(tie.get_relation_display()),
        settlement=f"{place.name}, {place.parent.name}" if place and place.parent else place.name if place else "",
        size=", ".join([headcount.in_words(household, people), *headcount.traits(people)]),
        protected=household.protected,
        cases=[_case(case, at) for case in household.cases.all()][:MOST],
        seats=_seats(people),
        flags=[flag for reach in tie.caller.reaches.all() for flag in flags(reach)],
        has_word=bool(tie.code_word and tie.verified_how),
        verified=bool(tie.verified_how),
        may_open=bool(tie.verified_how) and (not household.protected or Role.PROTECTION in by.roles),
        **plain_values,
    )


def _case(case: Case, at: Any) -> CardCase:
    promises = [clock for clock in case.clocks.all() if clock.kind in (ClockKind.PROMISE, ClockKind.RECONTACT)]
    promises.sort(key=lambda clock: (clock.kind != ClockKind.PROMISE, clock.due_at))
    return CardCase(
        ref=case.ref,
        spoken=case.spoken,
        priority=case.priority,
        priority_label=str(case.get_priority_display()),
        status=str(case.get_status_display()),
        is_open=case.is_open,
        opened=clocks.moment(case.opened_at),
        promise=clocks.face(promises[0], at) if promises else None,
    )


def _seats(people: Iterable[Person]) -> str:
    """How many places they hold, and nothing of where or when."""
    held = sum(len(person.places.all()) for person in people)
    return ngettext("%(count)d place reserved", "%(count)d places reserved", held) % {"count": held} if held else ""


def flags(reach: Reach) -> list[str]:
    """What must be known before this number is used again."""
    said = []
    if reach.mode == ContactMode.NONE:
        said.append(_("Do not call back, do not write"))
    elif reach.mode == ContactMode.TEXT_ONLY:
        said.append(_("Text only: never call"))
    if reach.no_voicemail and reach.mode == ContactMode.VOICE:
        said.append(_("No voicemail"))
    if reach.safe_from is not None and reach.safe_to is not None:
        hours = {"start": reach.safe_from.strftime("%H:%M"), "end": reach.safe_to.strftime("%H:%M")}
        said.append(_("Call only %(start)s–%(end)s") % hours)
    if not reach.text_ok and reach.mode != ContactMode.NONE:
        said.append(_("No texts"))
    if reach.neutral_opening and reach.mode == ContactMode.VOICE:
        said.append(_("Do not name the line first"))
    return said
