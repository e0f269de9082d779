"""Everything a coordinator reads of one case, in a bounded number of statements.

Masked as it comes from here; `cases.queries.opened` opens names, on purpose and on record.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from cases.enums import (
    CROWDS,
    LIVE_SEAT,
    OPEN_REFERRAL,
    SEEKS_SEATS,
    AgeBand,
    ConsentPurpose,
    Direction,
    SeatKind,
    SeatStatus,
)
from cases.models import (
    Assignment,
    BestInterests,
    CallCase,
    CallDisposition,
    Case,
    Consent,
    Decision,
    EvacuationRequest,
    Household,
    Merge,
    Message,
    Need,
    Note,
    Observation,
    Partner,
    Person,
    Referral,
    Seat,
    SpecificNeed,
    Tie,
    Traveller,
    UnmetReason,
    User,
    Written,
)
from cases.queries import chosen, clocks, headcount, interests, timeline
from cases.queries.case_after import After, after, releases, stays
from cases.queries.counted import COUNTED
from cases.queries.opened import NAMES, NOTHING, Opened
from cases.queries.queue import latest_scores, why_unassigned
from cases.queries.triage import reasons_in_words

DAY: Final = timedelta(days=1)
ARROWS: Final = {Direction.UKRAINE: "→", Direction.RUSSIA: "←"}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`named`: a name is recorded, whether or not it was opened."""

    name: str
    named: bool
    facts: list[str]
    needs: list[str]
    pk: int


@dataclass(frozen=True, slots=True)
class NeedLine:
    need: Need
    left: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """Direction as an arrow and a word; who travels, by kind of place. Nothing of convoys: that is the dispatcher's."""

    request: EvacuationRequest
    arrow: str
    travellers: list[str]
    destination: str
    until: datetime | None
    decided: int
    going: int
    deciders: list[tuple[int, str]]
    interests: list["InterestsLine"]
    seeks: bool
    unchecked: bool
    after: After
    counted: dict[str, int]
    may_be_counted: bool

    @property
    def only_counted(self) -> int:
        """How many of them nobody knows by more than the place they need."""
        return sum(self.counted.values())


@dataclass(frozen=True, slots=True)
class InterestsLine:
    """What is proposed for somebody who cannot decide, and why, where it was opened."""

    row: BestInterests
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class CallLine:
    link: CallCase
    when: str
    note: str
    proposal: list[str]

    @property
    def is_proposal(self) -> bool:
        """What a doubtful caller proposed and nobody has decided on."""
        return self.link.proposes and self.link.call.proposal_settled_at is None


@dataclass(frozen=True, slots=True)
class NoteLine:
    note: Note
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class WrittenLine:
    line: Written
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class PartnerChoice:
    """A partner the case could be offered to; `agreed` when the household agreed to share with its kind."""

    partner: Partner
    agreed: bool


@dataclass(slots=True)
class CasePage:
    case: Case
    size: str
    reasons: list[str]
    clocks: list[clocks.ClockFace]
    owner: User | None
    why_unassigned: str
    because: str
    people: list[PersonLine]
    needs: list[NeedLine]
    ways_out: list[WayOut]
    calls: list[CallLine]
    notes: list[NoteLine]
    written: list[WrittenLine]
    protected: bool
    partners: list[PartnerChoice]
    timeline: list[timeline.Entry]
    opened: Opened
    merged: list[tuple[Merge, Case | None]]

    @property
    def known(self) -> list[PersonLine]:
        """Those of whom something is known; the others are a number."""
        return [line for line in self.people if line.named or line.facts or line.needs]

    @property
    def only_counted(self) -> int:
        return len(self.people) - len(self.known)

    @property
    def conversation(self) -> int | None:
        """The call that an answer in writing belongs to; None where nobody wrote."""
        return self.written[-1].line.call_id if self.written else None

    @property
    def proposals(self) -> list[CallLine]:
        return [line for line in self.calls if line.is_proposal]


def for_page(rows: QuerySet[Case]) -> QuerySet[Case]:
    """The case with all that stands on its page; a fixed number of statements, whatever its size."""
    specific = SpecificNeed.objects.select_related("code", "data_key").order_by("code__sort", "pk")
    dispositions = CallDisposition.objects.select_related("code").order_by("-primary", "pk")
    links = CallCase.objects.select_related("call__operator", "call__data_key").order_by("-call__heard_at", "-pk")
    ties = Tie.objects.select_related("caller__data_key").prefetch_related("caller__reaches__contact__data_key")
    requests = EvacuationRequest.objects.select_related("data_key", "destination_place").order_by("-pk")
    people = Person.objects.filter(merged_into__isnull=True).select_related("data_key").order_by("pk")
    hidden = Observation.objects.filter(cleared_at__isnull=True, code__code="protected").select_related("data_key")
    return rows.select_related("household__settlement__parent", "household__data_key", "master").prefetch_related(
        "clocks",
        Prefetch("assignments", Assignment.objects.filter(ended_at__isnull=True).select_related("owner")),
        Prefetch("scores", latest_scores()),
        Prefetch("household__people", people.prefetch_related(Prefetch("specific_needs", specific))),
        Prefetch("household__ties", ties.order_by("pk")),
        Prefetch("household__consents", Consent.objects.order_by("withdrawn_at", "purpose", "partner_kind", "pk")),
        Prefetch("needs", Need.objects.select_related("type", "reason", "data_key").order_by("type__sort", "pk")),
        Prefetch("observations", hidden),
        Prefetch("evacuations", requests.prefetch_related(*_of_requests())),
        Prefetch("call_links", links.prefetch_related(Prefetch("call__dispositions", dispositions))),
        Prefetch("referrals", Referral.objects.select_related("partner", "consent").order_by("-pk")),
        Prefetch("messages", Message.objects.select_related("template", "user").order_by("-pk")),
        Prefetch("written", Written.objects.select_related("author", "data_key", "call").order_by("at", "pk")),
        Prefetch("notes", Note.objects.select_related("author", "data_key").order_by("-pk")),
    )


def _of_requests() -> list[Any]:
    """Who travels, on which live places, and what each of them decided last."""
    seats = Seat.objects.filter(status__in=LIVE_SEAT).order_by("pk")
    standing = Traveller.objects.filter(person__merged_into__isnull=True)
    travellers = standing.annotate(counted=COUNTED).select_related("person").order_by("pk")
    travellers = travellers.prefetch_related(Prefetch("places", seats), releases())
    decisions = Prefetch("decisions", Decision.objects.order_by("pk"))
    proposed = BestInterests.objects.filter(outcome="").select_related("person", "proposed_by").order_by("pk")
    return [Prefetch("travellers", travellers), decisions, Prefetch("interests", proposed), "heard", stays()]


def page(case: Case, opened: Opened = NOTHING) -> CasePage:
    """The page of a case fetched through `for_page`, with what was opened for this one answer."""
    now = timezone.now()
    people = list(case.household.people.all())
    scores, owners = list(case.scores.all()), list(case.assignments.all())
    return CasePage(
        case=case,
        size=", ".join([headcount.in_words(case.household, people), *headcount.traits(people)]),
        reasons=reasons_in_words(scores[0] if scores else None, get_language() or "en"),
        clocks=clocks.faces(case.clocks.all(), now),
        owner=owners[0].owner if owners else None,
        why_unassigned="" if owners else _why(case),
        because=_because(owners),
        people=[person_line(person, opened.names.get(person.pk, "")) for person in people],
        needs=[NeedLine(need, days_left(need, now)) for need in case.needs.all()],
        ways_out=[
            _way(request, people, opened, crowd=case.household.kind in CROWDS) for request in case.evacuations.all()
        ],
        calls=[_call(link, opened) for link in case.call_links.all()],
        notes=[
            NoteLine(note, clocks.moment(note.created_at), opened.notes.get(note.pk, "")) for note in case.notes.all()
        ],
        written=[WrittenLine(row, clocks.moment(row.at), opened.written.get(row.pk, "")) for row in case.written.all()],
        protected=case.household.protected or bool(case.observations.all()),
        partners=_partners(case),
        timeline=timeline.of_case(case),
        opened=opened,
        merged=merges_of(case.household),
    )


def merges_of(household: Household) -> list[tuple[Merge, Case | None]]:
    """The live merges by which others became this household, with the case that was the duplicate."""
    live = Merge.objects.filter(table=Household._meta.db_table, kept=household.pk, undone_at__isnull=True)
    rows = list(live.order_by("-pk"))
    if not rows:
        return []
    cases = Case.objects.filter(master__household=household, household__in=[row.duplicate for row in rows])
    by_household = {case.household_id: case for case in cases.order_by("pk")}
    return [(row, by_household.get(row.duplicate)) for row in rows]


def unmet_reasons() -> list[UnmetReason]:
    """Why a need can stay unmet, to choose from."""
    return list(UnmetReason.objects.filter(active=True))


def _why(case: Case) -> str:
    return why_unassigned(case, chosen.people_in([case.unassigned_why]))


def _because(assignments: list[Assignment]) -> str:
    """Why the owner was given the case."""
    reasons = [row.because for row in assignments[:1]]
    said = [chosen.why_given(one, chosen.people_in(reasons), chosen.areas_in(reasons)) for one in reasons]
    return said[0] if said else ""


def person_line(person: Person, name: str) -> PersonLine:
    """Sex, age and how they move; the name only where it was opened."""
    facts = [
        person.get_sex_display() if not person.is_minor else _child(person),
        _age(person),
        person.get_mobility_display(),
        _("week %(week)d of pregnancy") % {"week": person.pregnancy_week} if person.pregnancy_week else "",
        person.get_presence_display() if person.presence != "with_household" else "",
    ]
    needs = [row.code.label for row in person.specific_needs.all()]
    named = any(person.__dict__[part] is not None for part in NAMES[:3])  # sealed or not
    return PersonLine(name, named, [fact for fact in facts if fact], needs, person.pk)


def _call(link: CallCase, opened: Opened) -> CallLine:
    note, proposal = opened.call_notes.get(link.call_id, ""), opened.proposals.get(link.call_id, [])
    return CallLine(link, clocks.moment(link.call.heard_at), note, proposal)


def _child(person: Person) -> str:
    return {"f": _("Girl"), "m": _("Boy")}.get(person.sex, _("Child"))


def _age(person: Person) -> str:
    if person.age_years is not None and person.age_band != AgeBand.INFANT:
        return ngettext("%(count)d year", "%(count)d years", person.age_years) % {"count": person.age_years}
    if person.age_band in (AgeBand.CHILD, AgeBand.ADULT, AgeBand.INFANT) or not person.age_band:
        return str(person.get_age_band_display())
    return _("%(band)s years") % {"band": person.get_age_band_display()}


def days_left(need: Need, now: datetime) -> str:
    """How long what they have lasts, running down by itself."""
    if need.lasts_until is None:
        return ""
    left = need.lasts_until - now
    if left <= timedelta():
        return _("none left")
    days = ceil(left / DAY)
    return ngettext("%(count)d day left", "%(count)d days left", days) % {"count": days}


def _way(request: EvacuationRequest, people: list[Person], opened: Opened, *, crowd: bool) -> WayOut:
    kinds = [traveller.kind for traveller in request.travellers.all()]
    travellers = [f"{kinds.count(kind)} × {kind.label}" for kind in SeatKind if kind in kinds]
    arrow = ARROWS[Direction(request.direction)] if request.direction else ""
    rows = list(request.travellers.all())
    held = [seat.expires_at for row in rows for seat in row.places.all() if seat.status == SeatStatus.HELD]
    last = {decision.person_id: decision for decision in request.decisions.all()}
    travelling = {row.person_id for row in rows}
    words = _words(people, opened)
    return WayOut(
        request=request,
        arrow=arrow,
        travellers=travellers,
        destination=opened.destinations.get(request.pk, ""),
        until=min((at for at in held if at), default=None),
        decided=sum(last[person].goes for person in travelling if person in last),
        going=len(travelling),
        deciders=[(pk, who) for pk, who in words.items() if pk in travelling],
        interests=[
            InterestsLine(row, words.get(row.person_id, ""), opened.notes.get(row.note_id, ""))
            for row in interests.waiting(request)
        ],
        seeks=request.status in SEEKS_SEATS,
        unchecked=request.verified_at is None and request.status in SEEKS_SEATS,
        after=after(request, [row.person for row in rows], words, opened),
        counted=dict(Counter(row.kind for row in rows if row.counted)),
        may_be_counted=not any(row.places.all() for row in rows) and (crowd or all(row.counted for row in rows)),
    )


def _words(people: list[Person], opened: Opened) -> dict[int, str]:
    return {person.pk: _who(number, person, opened) for number, person in enumerate(people, 1)}


def _who(number: int, person: Person, opened: Opened) -> str:
    """ "2: Woman, 60+ years, walks": as the people of the case stand on the page."""
    line = person_line(person, opened.names.get(person.pk, ""))
    return f"{number}: {', '.join([line.name, *line.facts] if line.name else line.facts)}"


def _partners(case: Case) -> list[PartnerChoice]:
    """Every active partner without an open referral, those who may be offered the case first (one statement)."""
    agreed = shared_with(case.household.consents.all())
    standing = {row.partner_id for row in case.referrals.all() if row.status in OPEN_REFERRAL}
    partners = Partner.objects.filter(active=True).exclude(pk__in=standing).order_by("name")
    return sorted((PartnerChoice(row, row.kind in agreed) for row in partners), key=lambda choice: not choice.agreed)


def shared_with(consents: Iterable[Consent]) -> set[str]:
    """The kinds of partner the household agrees to share with now."""
    return {
        consent.partner_kind
        for consent in consents
        if consent.withdrawn_at is None and consent.purpose == ConsentPurpose.SHARE_PARTNER
    }
