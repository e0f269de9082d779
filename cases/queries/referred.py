"""Cases as a partner sees them: what was referred to it, in the fields that were agreed."""

from typing import Any, Final
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet

from cases.actors import Partner
from cases.disclosure import reveal
from cases.enums import LIVE_EVACUATION, TELLING, ContactMode, Presence, ReferralStatus, Why
from cases.models import CallCase, Case, EvacuationRequest, Need, Person, Referral, SpecificNeed, Traveller

PERSON_NAMES = ("surname", "given_name", "patronymic")
# What a partner must know before it calls: name in the answer → column of Reach.
TERMS: Final = {
    "contact_mode": "mode",
    "safe_from": "safe_from",
    "safe_to": "safe_to",
    "text_ok": "text_ok",
    "neutral_opening": "neutral_opening",
}


def referrals_for(partner: Partner) -> QuerySet[Referral]:
    """This partner's live referrals with everything their fields may show: a constant number of statements."""
    people = Person.objects.filter(merged_into__isnull=True).exclude(presence=Presence.DECEASED)
    return (
        Referral.objects.visible_to(partner)
        .select_related("case__household__settlement__parent", "case__household__data_key")
        .prefetch_related(
            Prefetch("case__household__people", people.select_related("data_key").order_by("pk"), "shown_people"),
            Prefetch("case__household__shown_people__specific_needs", SpecificNeed.objects.order_by("pk")),
            Prefetch("case__needs", Need.objects.filter(type__protected=False).order_by("pk"), "shown_needs"),
            Prefetch(
                "case__evacuations",
                EvacuationRequest.objects.filter(status__in=LIVE_EVACUATION).prefetch_related(
                    Prefetch("travellers", Traveller.objects.filter(person__merged_into__isnull=True))
                ),
                "shown_evacuations",
            ),
            Prefetch("case__call_links", _reachable(), "shown_links"),
        )
    )


def _reachable() -> QuerySet[CallCase]:
    """Calls whose number may be passed on, newest first: not a doubtful caller's, but one tied to the household, who
    may be called back there. The terms of calling come with each, or a phone rings where it must not.
    """
    return (
        CallCase.objects.filter(
            proposes=False,
            call__caller__ties__household=F("case__household"),
            call__caller__reaches__contact=F("call__contact"),
            call__caller__reaches__mode__in=[mode for mode in ContactMode if mode != ContactMode.NONE],
        )
        .annotate(**{name: F(f"call__caller__reaches__{column}") for name, column in TERMS.items()})
        .select_related("call__contact__data_key")
        .order_by("-call__heard_at", "-pk")
    )


def answered(partner: Partner, uid: UUID | str, to: ReferralStatus) -> Referral | None:
    """The referral this partner answers with `to`: a live one, or its own that already ended so (asked twice)."""
    own = Referral.objects.filter(uid=uid, partner=partner.partner_id)
    return own.visible_to(partner).first() or own.filter(status=to).first()


def shown(referral: Referral, partner: Partner) -> dict[str, Any]:
    """One referred case as plain data, in the agreed fields; what is sealed is revealed, and that is written down."""
    case: Any = referral.case  # with the prefetched `shown_…` lists of referrals_for
    household, fields = case.household, set(referral.fields)
    if household.protected:  # whatever was agreed: who hides from somebody is found through no partner
        fields -= TELLING
    body: dict[str, Any] = {
        "referral": str(referral.uid),
        "status": referral.status,
        "ref": case.ref,
        "priority": case.priority,
        "opened_at": case.opened_at,
        "settlement": _settlement(case),
        "headcount": {"low": household.headcount_low, "high": household.headcount_high},
    }
    if "people" in fields or "names" in fields:
        body["people"] = _people(household.shown_people, partner, names="names" in fields)
    if "needs" in fields:
        body["needs"] = [
            {"type": n.type_id, "status": n.status, "lasts_until": n.lasts_until} for n in case.shown_needs
        ]
    if "evacuation" in fields:
        body["evacuation"] = [_evacuation(request) for request in case.shown_evacuations]
    if "address" in fields and household.data_key.destroyed_at is None:
        reveal([household], by=partner, why=Why.REFERRAL, fields=["address"])
        body["address"] = household.address
    if "contact" in fields:
        body |= _contact(case, partner)
    return body


def _settlement(case: Case) -> dict[str, Any] | None:
    place = case.household.settlement
    if place is None:
        return None
    return {"name_en": place.name_en, "name_uk": place.name_uk, "name_ru": place.name_ru, "pcode": place.pcode}


def _people(people: list[Person], partner: Partner, *, names: bool) -> list[dict[str, Any]]:
    named = [person for person in people if names and person.data_key.destroyed_at is None]
    reveal(named, by=partner, why=Why.REFERRAL, fields=PERSON_NAMES)
    rows = []
    for person in people:
        row: dict[str, Any] = {
            "sex": person.sex,
            "age_band": person.age_band,
            "mobility": person.mobility,
            "specific_needs": [need.code_id for need in person.specific_needs.all() if need.code_id != "PROTECTED"],
        }
        if person in named:
            row |= {name: getattr(person, name) or "" for name in PERSON_NAMES}
        rows.append(row)
    return rows


def _evacuation(request: EvacuationRequest) -> dict[str, Any]:
    """Direction and places asked for; never a convoy, a stop or a time."""
    kinds = [traveller.kind for traveller in request.travellers.all()]
    return {
        "direction": request.direction,
        "status": request.status,
        "seats": kinds.count("seat"),
        "wheelchairs": kinds.count("wheelchair"),
        "stretchers": kinds.count("stretcher"),
        "animals": request.animals,
    }


def _contact(case: Any, partner: Partner) -> dict[str, Any]:
    """The newest contact that still stands, with the terms on which it may be used; an empty one when there is none."""
    for link in case.shown_links:
        if link.call.contact.data_key.destroyed_at is None:
            reveal([link.call.contact], by=partner, why=Why.REFERRAL)
            return {"contact": str(link.call.contact.address)} | {name: getattr(link, name) for name in TERMS}
    return {"contact": ""}
