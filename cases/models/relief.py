"""Stock as double entry, and deliveries to households."""

from django.db import models
from django.db.models import F, Q

from cases.enums import DeliveryStatus
from cases.models.base import Reference, Row, one_of, text_choice


class Item(Reference):
    """Something handed out, in a base unit (L, kcal, piece)."""

    unit = models.CharField(max_length=10)
    need = models.ForeignKey("cases.NeedType", to_field="code", null=True, on_delete=models.PROTECT, db_column="need")


class Kit(Reference):
    """A configurable bill of materials."""


class KitLine(models.Model):
    kit = models.ForeignKey(Kit, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kit", "item"], name="kit_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="kit_line_positive"),
        ]


class Lot(Row):
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="lots")
    label = models.CharField(max_length=60)
    expires_on = models.DateField(null=True)


class StockPlace(Row):
    """A hub, a vehicle, or one of the outsides (donor, household, loss) that may go below zero."""

    name = models.CharField(max_length=120, unique=True)
    place = models.ForeignKey("cases.Place", null=True, on_delete=models.PROTECT, related_name="+")
    outside = models.BooleanField(default=False)


class Delivery(Row):
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="deliveries")
    status = text_choice(DeliveryStatus, default=DeliveryStatus.REQUESTED)
    source = models.ForeignKey(StockPlace, null=True, on_delete=models.PROTECT, related_name="+")
    window_from = models.DateTimeField(null=True)
    window_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [one_of("status", DeliveryStatus, "delivery_status_known")]


class DeliveryLine(Row):
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey("cases.Need", null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    delivered = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="delivery_line_positive"),
            models.CheckConstraint(
                condition=Q(delivered__gte=0, delivered__lte=F("quantity")), name="delivery_line_within_order"
            ),
        ]


class StockMove(models.Model):
    """One row is the double entry: out of one place, into another. Append-only."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="moves")
    source = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    key = models.CharField(max_length=120, unique=True)
    line = models.ForeignKey(DeliveryLine, null=True, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    by = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_move_positive"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="stock_move_goes_somewhere"),
        ]


class Balance(models.Model):
    """What lies where; kept by the trigger on StockMove. Never negative, except outside the house."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="balances")
    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="balances")
    outside = models.BooleanField(default=False)
    quantity = models.DecimalField(max_digits=14, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "place"], name="balance_once"),
            models.CheckConstraint(condition=Q(quantity__gte=0) | Q(outside=True), name="balance_not_below_zero"),
        ]


class Entitlement(Row):
    """What a household may receive of an item in a period: once."""

    household = models.ForeignKey("cases.Household", on_delete=models.PROTECT, related_name="entitlements")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=10)
    quantity = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household", "item", "period"], name="entitlement_once_a_period"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="entitlement_positive"),
        ]
