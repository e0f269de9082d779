"""Referrals to partner organisations, and the keys they read them with."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cases import policy
from cases.actors import Actor, Staff
from cases.domain import events, jobs, lifecycle
from cases.domain.verbs import verb
from cases.enums import OPEN_REFERRAL, TELLING, ConsentPurpose, ReferralStatus, Role
from cases.errors import ConsentMissing, Forbidden, IllegalMove, Invalid
from cases.models import ApiKey, Case, Household, Job, Partner, Referral

FIELDS: Final = ("people", "needs", "evacuation", "names", "contact", "address")
OFFER_STANDS = timedelta(days=14)
KEY_STANDS = timedelta(days=180)


@verb("partners.offer")
def offer(case: Case, *, partner: Partner, fields: Iterable[str], by: Actor) -> Referral:
    """Offer a case to a partner, with the fields it may see. Asking twice answers with the first.

    Locks the household (as who withdraws its consent does), then the case. Raises ConsentMissing when the household
    did not agree to share with this kind of partner; Forbidden when what tells who a protected household is would be
    shared by anybody but the protection officer.
    """
    household = Household.objects.locked().get(pk=case.household_id)
    case = Case.objects.locked().get(pk=case.pk)
    if case.master_id is not None:
        raise IllegalMove
    wanted = sorted(set(fields))
    if not set(wanted) <= set(FIELDS):
        raise Invalid(field="fields")
    if household.protected and TELLING & set(wanted) and not _is_officer(by):
        raise Forbidden(field="fields")
    standing = case.referrals.filter(partner=partner, status__in=OPEN_REFERRAL).select_for_update(no_key=True).first()
    if standing is not None and not _lapsed(standing):
        return standing
    consent = household.consents.live().filter(purpose=ConsentPurpose.SHARE_PARTNER, partner_kind=partner.kind).first()
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
    jobs.enqueue("referral_expiry", f"expire:{referral.uid}", subject=referral.pk, due_at=referral.expires_at)
    events.record(referral, case=case, partner=partner.pk, fields=wanted)
    return referral


def _is_officer(by: Actor) -> bool:
    return isinstance(by, Staff) and Role.PROTECTION in by.roles


def _lapsed(standing: Referral) -> bool:
    """Step: a locked referral that no longer binds is ended: its consent is gone, or nobody answered in time."""
    if not Referral.objects.with_consent().filter(pk=standing.pk).exists():
        lifecycle.move(standing, ReferralStatus.REVOKED)
        return True
    return _expired(standing)


def _expired(referral: Referral) -> bool:
    if referral.status != ReferralStatus.OFFERED or referral.expires_at > timezone.now():
        return False
    lifecycle.move(referral, ReferralStatus.EXPIRED)
    return True


@jobs.inside("referral_expiry", verb="partners.expire")
def expire(job: Job) -> None:
    """An offer that nobody answered in time is over; one that was taken on stands. Locks the case, then the row."""
    Case.objects.locked().get(referrals=job.subject)
    _expired(Referral.objects.select_for_update(no_key=True).get(pk=job.subject))


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
