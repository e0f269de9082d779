"""Consents: each separate, recorded with the sentence that was read, withdrawn once."""

from collections.abc import Iterable

from django.utils import timezone

from cases.actors import Actor
from cases.domain import events, lifecycle, standing
from cases.domain.verbs import verb
from cases.enums import OPEN_REFERRAL, ConsentBasis, ConsentPurpose, GivenBy, PartnerKind, ReferralStatus
from cases.errors import Invalid
from cases.models import Call, Consent, ConsentText, Household, Referral

EMERGENCY = "emergency"


def texts(basis: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ConsentText]:
    """The latest sentence for each (purpose, kind); in an emergency one sentence serves for all of them."""
    latest = {(text.purpose, text.partner_kind): text for text in ConsentText.objects.order_by("number")}
    emergency = basis == ConsentBasis.VITAL_INTEREST
    return {pair: latest[(EMERGENCY, "") if emergency else pair] for pair in wanted}


def record_step(
    household: Household,
    wanted: Iterable[tuple[str, str]],
    *,
    basis: str,
    given_by: GivenBy,
    language: str,
    call: Call | None,
    by: Actor,
) -> None:
    """Record consents (purpose, partner kind) of a household that do not stand yet."""
    standing = set(household.consents.live().values_list("purpose", "partner_kind"))
    missing = [pair for pair in wanted if pair not in standing]
    if not missing:
        return
    if basis != ConsentBasis.CONSENT and any(purpose == ConsentPurpose.SHARE_OTHER_SIDE for purpose, _ in missing):
        raise Invalid(field="consents")
    read = texts(basis, missing)
    Consent.objects.bulk_create(
        Consent(
            household=household,
            purpose=purpose,
            partner_kind=kind,
            text=read[purpose, kind],
            language=language,
            given_by=given_by,
            basis=basis,
            call=call,
            recorded_by=by.code,
        )
        for purpose, kind in missing
    )


@verb("consents.give")
def give(
    household: Household, *, purpose: ConsentPurpose, partner_kind: PartnerKind | str, language: str, by: Actor
) -> Household:
    """Record one consent given later. Asking twice is harmless. Locks the household."""
    household = standing.lock_household(household.pk)
    record_step(
        household,
        [(purpose, partner_kind)],
        basis=ConsentBasis.CONSENT,
        given_by=GivenBy.CALLER,
        language=language,
        call=None,
        by=by,
    )
    events.record(household, case=household.cases.open().first(), purpose=str(purpose), kind=str(partner_kind))
    return household


@verb("consents.withdraw")
def withdraw(consent: Consent, *, by: Actor) -> Consent:
    """Withdraw a consent; referrals that stood on it are revoked at once. Locks the household."""
    household = standing.lock_household(consent.household_id)
    consent = Consent.objects.get(pk=consent.pk)
    if consent.withdrawn_at is not None:
        return consent
    same = Consent.objects.live().filter(
        household__merged_into=household,
        purpose=consent.purpose,
        partner_kind=consent.partner_kind,
        person=consent.person_id,
    )
    withdraw_step(household, [consent, *same])  # what was merged into it gave the same word
    return consent


def withdraw_step(household: Household, wanted: Iterable[Consent]) -> None:
    """Step: live consents of a locked household end, and the referrals that stood on them."""
    ended, now = list(wanted), timezone.now()
    for consent in ended:
        consent.withdrawn_at = now
        consent.save(update_fields=["withdrawn_at"])
    revoked = Referral.objects.filter(consent__in=ended, status__in=OPEN_REFERRAL)
    lifecycle.move_many(revoked.select_for_update(no_key=True).order_by("pk"), ReferralStatus.REVOKED)
    case = household.cases.open().first()
    events.record_many((consent, case, {"purpose": consent.purpose, "kind": consent.partner_kind}) for consent in ended)
