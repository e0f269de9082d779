"""Referrals to partner organisations, and the keys they read them with."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import Actor
from cases.domain import events, lifecycle
from cases.domain.verbs import verb
from cases.enums import ConsentPurpose, ReferralStatus
from cases.errors import ConsentMissing, Invalid
from cases.models import ApiKey, Case, Partner, Referral

FIELDS: Final = ("people", "needs", "evacuation", "names", "contact", "address")
OFFER_STANDS = timedelta(days=14)
KEY_STANDS = timedelta(days=180)
OPEN = (ReferralStatus.OFFERED, ReferralStatus.ACCEPTED, ReferralStatus.IN_PROGRESS)


@verb("partners.offer")
def offer(case: Case, *, partner: Partner, fields: Iterable[str], by: Actor) -> Referral:
    """Offer a case to a partner, with the fields it may see. Asking twice answers with the first. Locks the case.

    Raises ConsentMissing when the household did not agree to share with this kind of partner.
    """
    case = Case.objects.locked().get(pk=case.pk)
    wanted = sorted(set(fields))
    if not set(wanted) <= set(FIELDS):
        raise Invalid(field="fields")
    standing = case.referrals.filter(partner=partner, status__in=OPEN).first()
    if standing is not None:
        return standing
    consent = (
        case.household.consents.live().filter(purpose=ConsentPurpose.SHARE_PARTNER, partner_kind=partner.kind).first()
    )
    if consent is None:
        raise ConsentMissing
    referral = Referral.objects.create(
        case=case,
        partner=partner,
        consent=consent,
        fields=wanted,
        offered_by=by.code,
        expires_at=timezone.now() + OFFER_STANDS,
    )
    events.record(referral, case=case, partner=partner.pk, fields=wanted)
    return referral


def _answer(referral: Referral, to: ReferralStatus) -> Referral:
    Case.objects.locked().get(pk=referral.case_id)
    referral = Referral.objects.select_for_update(no_key=True).get(pk=referral.pk)
    if referral.status != to:
        lifecycle.move(referral, to)
    return referral


@verb("partners.accept")
def accept(referral: Referral, *, by: Actor) -> Referral:
    """The partner takes it on."""
    return _answer(referral, ReferralStatus.ACCEPTED)


@verb("partners.reject")
def reject(referral: Referral, *, by: Actor) -> Referral:
    """The partner cannot help; it sees the case no longer."""
    return _answer(referral, ReferralStatus.REJECTED)


@verb("partners.finish")
def finish(referral: Referral, *, by: Actor) -> Referral:
    """The partner has done its part."""
    return _answer(referral, ReferralStatus.DONE)


@verb("partners.issue_key")
def issue_key(partner: Partner, *, by: Actor) -> tuple[ApiKey, str]:
    """A new API key; its plain form is returned once and kept nowhere."""
    policy.require()
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        partner=partner, prefix=prefix, digest=digest(secret), scopes=["cases"], expires_at=timezone.now() + KEY_STANDS
    )
    events.record(key, partner=partner.pk)
    return key, f"hl_{prefix}_{secret}"


@verb("partners.revoke_key")
def revoke_key(key: ApiKey, *, by: Actor) -> ApiKey:
    """The key opens nothing from now on."""
    key = ApiKey.objects.locked().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        events.record(key, partner=key.partner_id)
    return key


def digest(secret: str) -> str:
    """SHA-256: the secret has 256 random bits, so a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_of(token: str) -> ApiKey | None:
    """The live key behind a bearer token, compared in constant time; None for anything else."""
    parts = token.split("_", 2)
    if len(parts) != 3 or parts[0] != "hl":
        return None
    found = ApiKey.objects.select_related("partner").filter(prefix=parts[1]).first()
    known = found.digest if found else digest("")
    if not hmac.compare_digest(known, digest(parts[2])) or found is None:
        return None
    now = timezone.now()
    if found.revoked_at or found.expires_at <= now or not found.partner.active:
        return None
    return found
