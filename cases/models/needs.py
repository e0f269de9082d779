"""What people need, and what others offer."""

from datetime import datetime, timedelta
from typing import Final, Self

from django.db import models
from django.db.models import F, Q

from cases.enums import OPEN_NEED, NeedStatus, WithdrawnWhy
from cases.models.base import AreaRows, Reference, Row, Sealing, one_of, text_choice
from cases.privacy.sealed import SealedTextField

A_DAY: Final = timedelta(hours=24)
# Nobody is vetted for longer: whoever drives a second month is looked at again.
VETTED_FOR: Final = timedelta(days=30)


class NeedType(Reference):
    sector = models.CharField(max_length=12)
    short = models.CharField(max_length=4)
    unit = models.CharField(max_length=10, blank=True, default="")
    protected = models.BooleanField(default=False)


class UnmetReason(Reference):
    """Why a need ended unmet: what donors and planners must see."""


class SiteNeedRows(AreaRows):
    """Seen where they are."""

    settlement = "settlement"

    def open(self) -> Self:
        return self.filter(ended_at__isnull=True)


class SiteNeed(Row):
    """One shortage of a whole place: the needs of its households, planned and ended together. One open a kind."""

    settlement = models.ForeignKey("cases.Place", on_delete=models.PROTECT, related_name="+")
    type = models.ForeignKey(NeedType, to_field="code", on_delete=models.PROTECT, db_column="type", related_name="+")
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_as = text_choice(NeedStatus, blank=True, default="")

    objects = SiteNeedRows.as_manager()

    class Meta:
        constraints = [
            one_of("ended_as", NeedStatus, "site_need_end_known", blank=True),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_as="") | Q(ended_at__isnull=False) & ~Q(ended_as=""),
                name="site_need_ends_as_something",
            ),
            models.UniqueConstraint(
                fields=["settlement", "type"], condition=Q(ended_at__isnull=True), name="site_need_one_open_a_kind"
            ),
        ]


class NeedRows(AreaRows):
    """Seen where their case is."""


class Need(Sealing):
    """One need of a case. `quantity` is in the type's base unit; `lasts_until` runs down by itself.

    A protected one has the type "PROTECT" and says more only in its sealed `detail`.
    """

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="needs")
    type = models.ForeignKey(NeedType, to_field="code", on_delete=models.PROTECT, db_column="type")
    quantity = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    observed_at = models.DateTimeField()
    lasts_until = models.DateTimeField(null=True)
    status = text_choice(NeedStatus, default=NeedStatus.OPEN)
    reason = models.ForeignKey(UnmetReason, to_field="code", null=True, on_delete=models.PROTECT, db_column="reason")
    call = models.ForeignKey("cases.Call", null=True, on_delete=models.PROTECT, related_name="+")
    detail = SealedTextField(null=True, max_text=500)
    site_need = models.ForeignKey(SiteNeed, null=True, on_delete=models.PROTECT, related_name="needs")

    objects = NeedRows.as_manager()

    class Meta:
        constraints = [
            one_of("status", NeedStatus, "need_status_known"),
            models.CheckConstraint(
                condition=Q(quantity__isnull=True) | Q(quantity__gt=0), name="need_quantity_positive"
            ),
            models.CheckConstraint(
                condition=~Q(status="unmet") | Q(reason__isnull=False), name="need_unmet_for_a_reason"
            ),
            models.UniqueConstraint(
                fields=["case", "type"],
                condition=Q(status__in=["open", "planned", "dispatched", "partly_met"]) & ~Q(type="PROTECT"),
                name="need_one_open_a_type",
            ),
        ]
        indexes = [
            models.Index(fields=["type", "case"], name="need_open_by_type", condition=Q(status__in=OPEN_NEED)),
            models.Index(fields=["observed_at"], name="need_unmet", condition=Q(status="unmet")),
        ]


class OfferRows(AreaRows):
    """Seen where their case is; one without a case by all who read cases."""

    def may_drive(self, departs_at: datetime) -> Self:
        """Vehicles whose driver is vetted for the whole day on which they drive ("Private drivers").

        Of whom the plate and the referees were erased nobody knows any more who vouched for them: they drive nobody.
        """
        rows = self.filter(kind="vehicle", vetted_at__isnull=False, vetted_until__gt=departs_at + A_DAY)
        return rows.filter(data_key__destroyed_at__isnull=True)


class Offer(Sealing):
    """A vehicle, a room, goods. Nobody rides with an offer that was not vetted.

    Who vetted its driver saw a document with their own eyes, and took down the plate and who vouches for them: read by
    nobody on a list, kept when the vetting is withdrawn, erased with the household. Before that it has no data key.
    """

    data_key = models.ForeignKey(  # type: ignore[assignment]
        "cases.DataKey", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="offers")
    kind = models.CharField(max_length=12, choices=[(k, k) for k in ("vehicle", "room", "goods", "help")])
    seats = models.PositiveSmallIntegerField(null=True)
    fuel_needed = models.BooleanField(default=False)
    vetted_at = models.DateTimeField(null=True)
    vetted_until = models.DateTimeField(null=True)
    vetted_by = models.ForeignKey("cases.User", null=True, on_delete=models.PROTECT, related_name="+")
    document_seen = models.BooleanField(default=False, db_default=False)
    plate = SealedTextField(null=True, max_text=20)
    referees = SealedTextField(null=True, max_text=500)
    withdrawn_why = text_choice(WithdrawnWhy, blank=True, default="", db_default="")

    objects = OfferRows.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["vehicle", "room", "goods", "help"]), name="offer_kind_known"),
            models.CheckConstraint(condition=Q(seats__isnull=True) | Q(seats__lte=80), name="offer_seats_sane"),
            models.CheckConstraint(
                condition=Q(vetted_at__isnull=True) | Q(vetted_by__isnull=False, vetted_until__isnull=False),
                name="offer_vetting_has_a_name_and_an_end",
            ),
            models.CheckConstraint(
                condition=Q(vetted_at__isnull=True)
                | Q(
                    document_seen=True,
                    data_key__isnull=False,
                    plate__isnull=False,
                    referees__isnull=False,
                    vetted_until__lte=F("vetted_at") + VETTED_FOR,
                    withdrawn_why="",
                ),
                name="offer_vetting_of_what_was_seen",
            ),
            one_of("withdrawn_why", WithdrawnWhy, "offer_withdrawn_why_known", blank=True),
        ]
