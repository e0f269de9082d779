"""The places of a leg are those of the vehicles in service on it, and nobody's guess."""

from collections.abc import Collection

from django.db.models import IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.enums import LIVE_SEAT
from cases.models import Convoy, Leg, Seat, Vehicle
from cases.models.evacuation import PLACES


def recount_step(convoy: Convoy) -> None:
    """Step: the places of all legs of a convoy, whose locks are held, from its vehicles in service: one statement."""
    serves = Vehicle.objects.filter(
        convoy=OuterRef("convoy"), out_since__isnull=True, from_seq__lte=OuterRef("seq"), to_seq__gt=OuterRef("seq")
    )
    Leg.objects.filter(convoy=convoy).update(
        **{
            kind: Coalesce(
                Subquery(serves.order_by().values("convoy").annotate(sum=Sum(kind)).values("sum")),
                0,
                output_field=IntegerField(),
            )
            for kind in PLACES
        }
    )


def own_cars_step(requests: Collection[int]) -> None:
    """Step: who gave up their places drives alone: their own car has none for anybody else. Its legs are locked."""
    cars = Vehicle.objects.filter(own_of__in=requests, out_since__isnull=True).select_related("convoy")
    for car in cars:
        if not Seat.objects.filter(
            traveller__request=car.own_of_id, convoy=car.convoy_id, status__in=LIVE_SEAT
        ).exists():
            car.out_since = timezone.now()
            car.save(update_fields=["out_since"])
            recount_step(car.convoy)
