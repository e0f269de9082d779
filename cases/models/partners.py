"""Consent, partner organisations, what was referred to them, and their keys and webhooks."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cases.actors import Actor
from cases.actors import Partner as PartnerActor
from cases.enums import (
    LIVE_REFERRAL,
    TAKEN_ON_REFERRAL,
    ConsentBasis,
    ConsentPurpose,
    GivenBy,
    PartnerKind,
    ReferralStatus,
)
from cases.models.base import AreaRows, Row, Rows, one_of, text_choice


class ConsentText(models.Model):
    """The sentence a caller was asked, by version and language. Published versions never change."""

    purpose = models.CharField(max_length=24)
    partner_kind = models.CharField(max_length=24, blank=True, default="")
    number = models.PositiveIntegerField(default=1)
    text_en = models.TextField()
    text_uk = models.TextField()
    text_ru = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "partner_kind", "number"], name="consent_text_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.number}"


class ConsentRows(AreaRows):
    settlement = "household__settlement"

    def live(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)


class Consent(Row):
    """One consent, separate from every other. Withdrawn once, never given back: a new one is a new row."""

    household = models.ForeignKey("cases.Household", on_delete=models.PROTECT, related_name="consents")
    person = models.ForeignKey("cases.Person", null=True, on_delete=models.PROTECT, related_name="consents")
    purpose = text_choice(ConsentPurpose)
    partner_kind = text_choice(PartnerKind, blank=True, default="")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=2)
    given_by = text_choice(GivenBy)
    basis = text_choice(ConsentBasis, default=ConsentBasis.CONSENT)
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="consents")
    recorded_by = models.CharField(max_length=40)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ConsentRows.as_manager()

    class Meta:
        constraints = [
            one_of("purpose", ConsentPurpose, "consent_purpose_known"),
            one_of("given_by", GivenBy, "consent_giver_known"),
            one_of("basis", ConsentBasis, "consent_basis_known"),
            models.CheckConstraint(
                condition=Q(purpose="share_partner", partner_kind__in=PartnerKind.values)
                | (~Q(purpose="share_partner") & Q(partner_kind="")),
                name="consent_to_share_names_a_kind",
            ),
            models.UniqueConstraint(
                fields=["household", "person", "purpose", "partner_kind"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_live_once",
                nulls_distinct=False,
            ),
        ]


class PartnerRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        match actor:
            case PartnerActor():
                return self.filter(pk=actor.partner_id)
            case _:
                return self


class Partner(Row):
    """An organisation that helps. Armed forces and security services are no kind of partner."""

    name = models.CharField(max_length=120, unique=True)
    kind = text_choice(PartnerKind)
    active = models.BooleanField(default=True)

    objects = PartnerRows.as_manager()

    class Meta:
        constraints = [one_of("kind", PartnerKind, "partner_kind_known")]

    def __str__(self) -> str:
        return self.name


class ApiKeyRows(Rows):
    def visible_to(self, actor: Actor) -> Self:
        """A partner sees its own keys."""
        return self.filter(partner=actor.partner_id) if isinstance(actor, PartnerActor) else self


class ApiKey(Row):
    """A partner's key; only its hash is kept. `prefix` is what logs and screens may show."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="keys")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    objects = ApiKeyRows.as_manager()

    def __str__(self) -> str:
        return self.prefix


class ReferralRows(AreaRows):
    def visible_to(self, actor: Actor) -> Self:
        return self.live_for(actor) if isinstance(actor, PartnerActor) else super().visible_to(actor)

    def with_consent(self) -> Self:
        return self.filter(
            Exists(
                Consent.objects.live().filter(
                    pk=OuterRef("consent"),
                    household=OuterRef("case__household"),
                    purpose=ConsentPurpose.SHARE_PARTNER,
                    partner_kind=OuterRef("partner__kind"),
                )
            )
        )

    def live_for(self, partner: PartnerActor) -> Self:
        """What this partner may see now: its own, not ended, with the consent still standing.

        Time takes away an offer nobody answered, and what was done; never what the partner is working on.
        """
        return self.with_consent().filter(
            Q(expires_at__gt=timezone.now()) | Q(status__in=TAKEN_ON_REFERRAL),
            partner=partner.partner_id,
            status__in=LIVE_REFERRAL,
            partner__active=True,
        )


class Referral(Row):
    """A case offered to a partner, with the fields it may see and the consent that allows it."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="referrals")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="referrals")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="referrals")
    fields = models.JSONField(default=list)
    status = text_choice(ReferralStatus, default=ReferralStatus.OFFERED)
    offered_by = models.CharField(max_length=40)
    expires_at = models.DateTimeField()

    objects = ReferralRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", ReferralStatus, "referral_status_known"),
            models.UniqueConstraint(
                fields=["case", "partner"],
                condition=Q(status__in=["offered", "accepted", "in_progress"]),
                name="referral_one_open_a_partner",
            ),
        ]


class WebhookEndpoint(Row):
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="endpoints")
    url = models.URLField(max_length=300)
    secret_digest = models.CharField(max_length=64)
    cursor = models.BigIntegerField(default=0, help_text="The last event seq this endpoint was told of.")
    active = models.BooleanField(default=True)


class WebhookDelivery(Row):
    """One event told to one endpoint: a fact; the job that tells it is a Job."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    seq = models.BigIntegerField()
    delivered_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["endpoint", "seq"], name="webhook_delivery_once")]
