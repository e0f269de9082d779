"""Consents: each separate, recorded with the sentence that was read, withdrawn once."""

from collections.abc import Iterable

from django.utils import timezone

from cases.actors import Actor
from cases.domain import events, lifecycle
from cases.domain.verbs import verb
from cases.enums import ConsentBasis, ConsentPurpose, GivenBy, PartnerKind, ReferralStatus
from cases.errors import Invalid
from cases.models import Call, Consent, ConsentText, Household, Referral

EMERGENCY = "emergency"


def text_for(purpose: str, partner_kind: str, basis: str) -> ConsentText:
    """The latest sentence for a purpose; in an emergency one sentence serves for all of them."""
    wanted = EMERGENCY if basis == ConsentBasis.VITAL_INTEREST else purpose
    kind = "" if wanted == EMERGENCY else partner_kind
    return ConsentText.objects.filter(purpose=wanted, partner_kind=kind).latest("number")


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
    for purpose, kind in wanted:
        if (purpose, kind) in standing:
            continue
        if purpose == ConsentPurpose.SHARE_OTHER_SIDE and basis != ConsentBasis.CONSENT:
            raise Invalid(field="consents")
        Consent.objects.create(
            household=household,
            purpose=purpose,
            partner_kind=kind,
            text=text_for(purpose, kind, basis),
            language=language,
            given_by=given_by,
            basis=basis,
            call=call,
            recorded_by=by.code,
        )


@verb("consents.give")
def give(
    household: Household, *, purpose: ConsentPurpose, partner_kind: PartnerKind | str, language: str, by: Actor
) -> Household:
    """Record one consent given later. Asking twice is harmless. Locks the household."""
    household = Household.objects.locked().get(pk=household.pk)
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
    household = Household.objects.locked().get(pk=consent.household_id)
    consent = Consent.objects.get(pk=consent.pk)
    if consent.withdrawn_at is not None:
        return consent
    consent.withdrawn_at = timezone.now()
    consent.save(update_fields=["withdrawn_at"])
    open_now = [ReferralStatus.OFFERED, ReferralStatus.ACCEPTED, ReferralStatus.IN_PROGRESS]
    lifecycle.move_many(
        Referral.objects.filter(consent=consent, status__in=open_now).select_for_update(no_key=True).order_by("pk"),
        ReferralStatus.REVOKED,
    )
    events.record(consent, case=household.cases.open().first(), purpose=consent.purpose, kind=consent.partner_kind)
    return consent
