"""Intake: one call becomes one record, whole or not at all.

`record` is the verb; the steps below it write one part each, in the lock order. Nothing merges by itself: the
operator chooses the case a call continues, and a doubtful caller only proposes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import (
    assignment,
    clocks,
    consents,
    events,
    idempotency,
    identity,
    keys,
    lifecycle,
    notifications,
    triage,
)
from cases.domain.verbs import verb
from cases.enums import (
    LIVE_EVACUATION,
    OPEN_NEED,
    CallStatus,
    CaseStatus,
    ClockKind,
    ConsentBasis,
    ContactMode,
    EvacuationStatus,
    GivenBy,
    Group,
    Identity,
    Presence,
    Relation,
    SeatKind,
)
from cases.errors import AskedBack, Invalid
from cases.models import (
    Call,
    CallCase,
    CallDisposition,
    Caller,
    Case,
    DataKey,
    Disposition,
    EvacuationRequest,
    Household,
    Need,
    NeedType,
    Observation,
    ObservationCode,
    Offer,
    Person,
    Place,
    Reach,
    SpecificNeed,
    SpecificNeedCode,
    Tie,
    Traveller,
)
from cases.planning import reference
from cases.planning.person_line import PersonDraft

LARGE_FAMILY: Final = 20
MAX_HEADCOUNT: Final = 20_000
MAX_NOTE: Final = 20_000
PROTECTED_NEED: Final = "PROTECT"
PROTECTED_SPECIFIC: Final = "PROTECTED"
PROTECTED_OBSERVATION: Final = "protected"
NO_CASE_NEEDS: Final = frozenset({"INFO"})


@dataclass(frozen=True, slots=True)
class NeedFacts:
    """`days_left`: 0 none now, None not known. `quantity` in the type's base unit."""

    code: str
    days_left: float | None = None
    quantity: float | None = None


@dataclass(frozen=True, slots=True)
class EvacuationFacts:
    """`direction` is empty until the people chose. `staying`: positions in `people` of those who do not travel."""

    direction: str = ""
    destination: str = ""
    earliest: date | None = None
    latest: date | None = None
    animals: int = 0
    luggage: int = 0
    own_vehicle: bool = False
    documents_missing: bool = False
    staying: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Intake:
    """What one call said. `people` as parsed; `headcount` (low, high) when only numbers are known.

    `continues` is the reference of the open case this call goes on with. `reported` is what a caller says has
    happened: "no_show" or "arrived". `sure` repeats an unusual headcount the operator was asked back about.
    """

    channel: str = "phone"
    language: str = "ru"
    number: str = ""
    anonymous: bool = False
    alias: str = ""
    relation: str = Relation.SELF
    on_site: bool = True
    identity: str = Identity.UNKNOWN
    contact_mode: str = ContactMode.VOICE
    text_ok: bool = False
    safe_from: time | None = None
    safe_to: time | None = None
    settlement: int | None = None
    address: str = ""
    group: str = Group.UNKNOWN
    headcount: tuple[int, int] | None = None
    people: tuple[PersonDraft, ...] = ()
    in_cellar: bool = False
    cannot_reach_point: bool = False
    missing: frozenset[int] = frozenset()
    observations: Mapping[str, float] = field(default_factory=dict)
    needs: tuple[NeedFacts, ...] = ()
    evacuation: EvacuationFacts | None = None
    offer_seats: int | None = None
    fuel_needed: bool = False
    consents: frozenset[tuple[str, str]] = frozenset()
    consent_basis: str = ConsentBasis.CONSENT
    notes: str = ""
    dispositions: tuple[str, ...] = ()
    continues: str = ""
    reported: str = ""
    heard_at: datetime | None = None
    sure: bool = False

    @property
    def needs_a_case(self) -> bool:
        """Is there anything here that somebody has to do?"""
        return bool(
            {need.code for need in self.needs} - NO_CASE_NEEDS
            or self.evacuation
            or self.observations
            or self.reported
            or self.offer_seats
        )

    @property
    def only_proposes(self) -> bool:
        return self.identity == Identity.DOUBTFUL


@verb("intake.record")
def record(facts: Intake, *, key: str, by: Actor) -> Call:
    """Record one call with everything it said; the case it opened or went on with has a class, clocks and a queue.

    Once per `key`: sent again, it answers with the same call. Locks the household and the case it continues.
    Raises Invalid, AskedBack, KeyReused.
    """
    policy.require()
    check(facts)
    made = idempotency.claim(key, asdict(facts), by=by)
    if made is not None:
        return Call.objects.get(uid=made)
    call = _record(facts, by=by)
    idempotency.finish(key, call.uid, by=by)
    return call


def _record(facts: Intake, *, by: Actor) -> Call:
    case = _continued(facts)
    caller, contact_id = _caller(facts, case)
    call = _call(facts, caller, contact_id, by=by)
    if case is not None and facts.only_proposes:
        _propose(call, case, facts)
    elif case is not None:
        CallCase.objects.create(call=call, case=case)
        _go_on(case, facts, call, by=by)
    elif facts.needs_a_case:
        case = _open(facts, caller, call, by=by)
    events.record(call, "intake.recorded", case=case, channel=facts.channel, dispositions=list(facts.dispositions))
    return call


# --- checking ----------------------------------------------------------------------------------------------------


def check(facts: Intake) -> None:
    """Refuse what cannot be, ask back what is unlikely; `field` names the input."""
    _check_dispositions(facts)
    if len(facts.notes) > MAX_NOTE:
        raise Invalid(_("This note is too long. Keep it under 20,000 characters."), field="notes")
    if not facts.number and not facts.anonymous and facts.channel != "paper":
        raise Invalid(_("Write the number or address, or mark the caller as anonymous."), field="number")
    if facts.headcount is not None:
        _check_headcount(*facts.headcount, facts)
    if facts.evacuation is not None:
        _check_dates(facts.evacuation)
    unknown = set(facts.observations) - set(ObservationCode.objects.values_list("code", flat=True))
    if unknown:
        raise Invalid(field="observations")
    if any(value < 0 or value > 100_000 for value in facts.observations.values()):
        raise Invalid(_("This number cannot be right."), field="observations")
    if any(need.days_left is not None and not 0 <= need.days_left <= 365 for need in facts.needs):
        raise Invalid(_("Days left are between 0 and 365."), field="needs")


def _check_dispositions(facts: Intake) -> None:
    if not facts.dispositions:
        raise Invalid(_("Choose how the call ended."), field="disposition")
    known = set(Disposition.objects.filter(code__in=facts.dispositions).values_list("code", flat=True))
    if known != set(facts.dispositions):
        raise Invalid(field="disposition")


def _check_headcount(low: int, high: int, facts: Intake) -> None:
    if not 0 < low <= high:
        raise Invalid(_("The number of people is at least 1, and a range goes upwards: 100-150."), field="people")
    if high > MAX_HEADCOUNT:
        raise Invalid(_("More than 20,000 people in one place: check the number with the caller."), field="people")
    crowd = facts.group in (Group.SITE, Group.INSTITUTION)
    if high > LARGE_FAMILY and not crowd and not facts.sure:
        raise AskedBack(
            _(
                "So many people in one household? If they shelter together, choose “Site”; if it is right, say so below."
            ),
            field="people",
        )


def _check_dates(wanted: EvacuationFacts) -> None:
    today = timezone.localdate()
    if wanted.earliest and wanted.earliest < today:
        raise Invalid(_("The departure cannot be before today."), field="earliest")
    if wanted.latest and wanted.latest < (wanted.earliest or today):
        raise Invalid(_("The last possible day is before the first."), field="latest")
    if wanted.animals > 50 or wanted.luggage > 200:
        raise Invalid(_("This number cannot be right."), field="animals")


# --- who is calling ------------------------------------------------------------------------------------------------


def _continued(facts: Intake) -> Case | None:
    """The open case this call goes on with, its household locked before it."""
    if not facts.continues:
        return None
    ref = reference.heard(facts.continues)
    found = Case.objects.open().filter(ref=ref).values_list("household_id", flat=True).first() if ref else None
    if found is None:
        raise Invalid(_("There is no open case with this reference."), field="continues")
    Household.objects.locked().get(pk=found)
    return Case.objects.locked().select_related("household__data_key").get(ref=ref)


def _caller(facts: Intake, case: Case | None) -> tuple[Caller, int | None]:
    contact = identity.contact_of(facts.number, facts.channel) if facts.number else None
    known = identity.caller_on(contact, case.household_id) if contact and case else None
    if known is not None:
        return known, contact.pk if contact else None
    (key,) = keys.fresh()
    caller = Caller.objects.create(data_key=key, alias=facts.alias or None, language=facts.language)
    if contact is not None:
        Reach.objects.create(
            caller=caller,
            contact=contact,
            mode=facts.contact_mode,
            text_ok=facts.text_ok,
            safe_from=facts.safe_from,
            safe_to=facts.safe_to,
        )
    return caller, contact.pk if contact else None


def _call(facts: Intake, caller: Caller, contact_id: int | None, *, by: Actor) -> Call:
    now = timezone.now()
    call = Call.objects.create(
        data_key=caller.data_key,
        channel=facts.channel,
        language=facts.language,
        status=CallStatus.COMPLETED,
        caller=caller,
        contact_id=contact_id,
        operator_id=by.user_id if isinstance(by, Staff) else None,
        identity=facts.identity,
        anonymous=facts.anonymous,
        heard_at=facts.heard_at or now,
        ended_at=now,
        notes=facts.notes or None,
        proposal=json.dumps(_proposal(facts), ensure_ascii=False) if facts.only_proposes or facts.reported else None,
    )
    CallDisposition.objects.bulk_create(
        CallDisposition(call=call, code_id=code, primary=place == 0)
        for place, code in enumerate(dict.fromkeys(facts.dispositions))
    )
    return call


def _proposal(facts: Intake) -> dict[str, Any]:
    """What a doubtful caller wants changed; a coordinator settles it."""
    wanted: dict[str, Any] = {"reported": facts.reported, "needs": [asdict(need) for need in facts.needs]}
    if facts.evacuation is not None:
        wanted["direction"] = facts.evacuation.direction
    return wanted


def _propose(call: Call, case: Case, facts: Intake) -> None:
    """A doubtful caller changes nothing; a coordinator settles it before the promise clock is due."""
    CallCase.objects.create(call=call, case=case, proposes=True)
    clocks.start(case, ClockKind.PROMISE, after=timedelta(hours=2))
    events.record(call, "intake.proposed", case=case, reported=facts.reported)


# --- opening and going on ------------------------------------------------------------------------------------------


def _open(facts: Intake, caller: Caller, call: Call, *, by: Actor) -> Case:
    household = _household(facts)
    Tie.objects.create(
        caller=caller,
        household=household,
        relation=facts.relation,
        on_site=facts.on_site,
        may_decide=facts.relation == Relation.SELF,
    )
    case = Case.objects.create(ref=reference.fresh(), household=household, opened_at=call.heard_at)
    events.record(case, "case.opened", case=case)
    CallCase.objects.create(call=call, case=case)
    people = _people(household, facts)
    _facts(case, facts, call, people)
    if facts.evacuation is not None:
        _evacuation(case, facts.evacuation, people)
    if facts.offer_seats:
        Offer.objects.create(case=case, kind="vehicle", seats=facts.offer_seats, fuel_needed=facts.fuel_needed)
    _consents(household, facts, call, by=by)
    triage.step(case, by=by)
    assignment.enqueue_step(case)
    _acknowledge(case, caller, call)
    return case


def _go_on(case: Case, facts: Intake, call: Call, *, by: Actor) -> None:
    """A known caller's call: facts are added, nothing is taken away; the class follows."""
    if case.status == CaseStatus.RESOLVED:
        lifecycle.move(case, CaseStatus.REOPENED)
        assignment.end_live(case, "reopened")
    people = _people(case.household, facts) if facts.people else []
    _facts(case, facts, call, people)
    if facts.evacuation is not None:
        if not case.evacuations.filter(status__in=LIVE_EVACUATION).exists():
            _evacuation(case, facts.evacuation, people or list(case.household.people.filter(merged_into=None)))
        elif facts.identity == Identity.CONFIRMED:
            redirect_step(case, facts.evacuation.direction)
    _consents(case.household, facts, call, by=by)
    reopened = case.status == CaseStatus.REOPENED
    triage.step(case, by=by)
    if reopened:
        assignment.enqueue_step(case)


def redirect_step(case: Case, direction: str) -> None:
    """The people changed their mind: their request goes back to verified or registered, in the other direction."""
    request = case.evacuations.select_for_update(no_key=True).get(status__in=LIVE_EVACUATION)
    if not direction or request.direction == direction:
        return
    before = request.status
    lifecycle.move(request, EvacuationStatus.CHANGED_DIRECTION, direction=direction)
    back = EvacuationStatus.REGISTERED if before == EvacuationStatus.REGISTERED else EvacuationStatus.VERIFIED
    lifecycle.move(request, back)


def _household(facts: Intake) -> Household:
    (key,) = keys.fresh()
    if facts.settlement is not None and not Place.objects.filter(pk=facts.settlement).exists():
        raise Invalid(_("Choose the settlement from the list."), field="settlement")
    low, high = facts.headcount or (len(facts.people) or None, len(facts.people) or None)
    return Household.objects.create(
        data_key=key,
        kind=facts.group if facts.group != Group.UNKNOWN or not facts.people else Group.FAMILY,
        settlement_id=facts.settlement,
        address=facts.address or None,
        headcount_low=low,
        headcount_high=high,
        in_cellar=facts.in_cellar,
        cannot_reach_point=facts.cannot_reach_point,
    )


def _people(household: Household, facts: Intake) -> list[Person]:
    """Persons as told, and nameless ones up to a known headcount of a family; a site needs no names."""
    drafts = list(facts.people)
    if (
        facts.headcount
        and facts.headcount[0] == facts.headcount[1]
        and household.kind
        in (
            Group.FAMILY,
            Group.TRAVELLING,
            Group.UNKNOWN,
        )
    ):
        drafts += [PersonDraft()] * max(0, facts.headcount[1] - len(drafts))
    made = Person.objects.bulk_create(
        _person(household, draft, key, missing=place in facts.missing)
        for place, (draft, key) in enumerate(zip(drafts, keys.fresh(len(drafts)), strict=True))
    )
    protected = set(SpecificNeedCode.objects.filter(protected=True).values_list("code", flat=True))
    SpecificNeed.objects.bulk_create(
        _specific(person, code, code in protected)
        for person, draft in zip(made, drafts, strict=True)
        for code in sorted(draft.specific)
    )
    return made


def _person(household: Household, draft: PersonDraft, key: DataKey, *, missing: bool) -> Person:
    return Person(
        household=household,
        data_key=key,
        surname=draft.surname or None,
        given_name=draft.given or None,
        patronymic=draft.patronymic or None,
        birth=str(draft.birth_year) if draft.birth_year else None,
        sex=draft.sex,
        age_years=_age(draft),
        age_band=draft.age_band,
        mobility=draft.mobility,
        pregnancy_week=draft.pregnancy_week,
        presence=Presence.MISSING if missing else Presence.WITH_HOUSEHOLD,
    )


def _age(draft: PersonDraft) -> int | None:
    if draft.age_years is not None:
        return int(draft.age_years)
    return timezone.localdate().year - draft.birth_year if draft.birth_year else None


def _specific(person: Person, code: str, protected: bool) -> SpecificNeed:
    return SpecificNeed(
        data_key=person.data_key,
        person=person,
        code_id=PROTECTED_SPECIFIC if protected else code,
        detail=code if protected else None,
    )


# --- what they need ----------------------------------------------------------------------------------------------


def _facts(case: Case, facts: Intake, call: Call, people: list[Person]) -> None:
    _observe(case, facts, call)
    _need(case, facts, call)


def _observe(case: Case, facts: Intake, call: Call) -> None:
    protected = set(ObservationCode.objects.filter(protected=True).values_list("code", flat=True))
    told = dict(facts.observations)
    weeks = [draft.pregnancy_week for draft in facts.people if draft.pregnancy_week]
    if weeks:
        told.setdefault("pregnancy_week", float(max(weeks)))
    if any(draft.pregnant for draft in facts.people):
        told.setdefault("pregnant", 1.0)
    if facts.in_cellar:
        told.setdefault("in_cellar", 1.0)
    if facts.cannot_reach_point:
        told.setdefault("cannot_reach_collection_point", 1.0)
    Observation.objects.bulk_create(
        Observation(
            data_key=case.household.data_key,
            case=case,
            call=call,
            code_id=PROTECTED_OBSERVATION if code in protected else code,
            detail=code if code in protected else None,
            value=value,
            observed_at=call.heard_at,
        )
        for code, value in told.items()
    )


def _need(case: Case, facts: Intake, call: Call) -> None:
    """New needs are added; one that is open already is brought up to date."""
    if not facts.needs:
        return
    protected = set(NeedType.objects.filter(protected=True).values_list("code", flat=True))
    standing = {need.type_id: need for need in case.needs.filter(status__in=OPEN_NEED).select_for_update(no_key=True)}
    for need in facts.needs:
        code = PROTECTED_NEED if need.code in protected else need.code
        until = None if need.days_left is None else call.heard_at + timedelta(days=need.days_left)
        if code in standing:
            row = standing[code]
            row.observed_at, row.lasts_until = call.heard_at, until
            row.save(update_fields=["observed_at", "lasts_until"])
            continue
        standing[code] = Need.objects.create(
            data_key=case.household.data_key,
            case=case,
            type_id=code,
            detail=need.code if need.code in protected else None,
            quantity=need.quantity,
            observed_at=call.heard_at,
            lasts_until=until,
            call=call,
        )


def _evacuation(case: Case, wanted: EvacuationFacts, people: list[Person]) -> EvacuationRequest:
    (key,) = keys.fresh()
    request = EvacuationRequest.objects.create(
        data_key=key,
        case=case,
        direction=wanted.direction,
        destination=wanted.destination or None,
        earliest=wanted.earliest,
        latest=wanted.latest,
        animals=wanted.animals,
        luggage=wanted.luggage,
        own_vehicle=wanted.own_vehicle,
        documents_missing=wanted.documents_missing,
        waiting_since=case.opened_at,
    )
    Traveller.objects.bulk_create(
        Traveller(request=request, person=person, kind=PLACE_FOR.get(person.mobility, SeatKind.SEAT))
        for place, person in enumerate(people)
        if place not in wanted.staying and person.presence == Presence.WITH_HOUSEHOLD
    )
    return request


PLACE_FOR: Final = {"wheelchair": SeatKind.WHEELCHAIR, "bedridden": SeatKind.STRETCHER}


def _consents(household: Household, facts: Intake, call: Call, *, by: Actor) -> None:
    consents.record_step(
        household,
        sorted(facts.consents),
        basis=facts.consent_basis,
        given_by=GivenBy.SELF if facts.relation == Relation.SELF else GivenBy.CALLER,
        language=facts.language,
        call=call,
        by=by,
    )


def _acknowledge(case: Case, caller: Caller, call: Call) -> None:
    """Tell the caller their reference, where a text is allowed; it says nothing else."""
    if call.contact_id is None:
        return
    reach = Reach.objects.select_related("contact", "caller").get(caller=caller, contact=call.contact_id)
    if reach.text_ok:
        notifications.to_caller("call_us", reach, key=f"call_us:{case.uid}", case=case, ref=case.spoken)
