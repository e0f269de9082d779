"""Who offered a vehicle: whose driver waits to be vetted, who is, and whose vetting is over. No plate, no referee."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cases import policy
from cases.actors import Staff
from cases.enums import OPEN_CASE
from cases.models import Offer

SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Drivers:
    """`waiting`: who waits longest first; `vetted`: whose vetting ends first; `over`: it lapsed or was withdrawn."""

    waiting: list[Offer]
    vetted: list[Offer]
    over: list[Offer]

    @property
    def cut(self) -> bool:
        """There are more than are shown."""
        return any(len(rows) == SHOWN for rows in (self.waiting, self.vetted, self.over))


def drivers(by: Staff) -> Drivers:
    """Offers of vehicles that this actor vets (three statements)."""
    now = timezone.now()
    over = Q(vetted_until__lte=now) | ~Q(withdrawn_why="")
    return Drivers(
        waiting=_shown(waiting_to_be_vetted(by).order_by("created_at", "pk")),
        vetted=_shown(
            may_vet(by).filter(vetted_until__gt=now, data_key__destroyed_at__isnull=True).order_by("vetted_until", "pk")
        ),
        over=_shown(_alive(may_vet(by)).filter(over).order_by(F("vetted_until").desc(nulls_last=True), "pk")),
    )


def waiting_to_be_vetted(by: Staff) -> QuerySet[Offer]:
    """Vehicles whose driver nobody has vetted yet, of cases that are open."""
    return _alive(may_vet(by)).filter(vetted_at__isnull=True, withdrawn_why="")


def may_vet(by: Staff) -> Any:
    """The vehicles this actor may vet: a post that only reads there lends them no right."""
    here = policy.posts_for("evacuation.vet_driver", by)
    return Offer.objects.visible_to(by).visible_in(here).filter(kind="vehicle")


def _alive(rows: Any) -> Any:
    return rows.filter(Q(case__isnull=True) | Q(case__status__in=OPEN_CASE))


def _shown(rows: Any) -> list[Offer]:
    return list(rows.select_related("case__household__settlement", "vetted_by")[:SHOWN])
