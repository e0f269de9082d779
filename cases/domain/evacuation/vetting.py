"""Who drives others in a private car is vetted first, until a day; and may stop being so at any moment."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import policy
from cases.actors import Actor, Staff, System
from cases.disclosure import reveal, reveal_living
from cases.domain import events, keys, standing
from cases.domain.evacuation import refusals
from cases.domain.evacuation.convoys import CHANGEABLE, out_step
from cases.domain.evacuation.locking import TRIES, legs_step
from cases.domain.verbs import verb
from cases.enums import Why, WithdrawnWhy
from cases.errors import AlreadyTaken, Forbidden, Invalid
from cases.models import Convoy, DataKey, Offer, Vehicle
from cases.models.needs import VETTED_FOR
from cases.queries.evacuation.drivers import may_vet

REFEREES: Final = 2
VETTING: Final = System("vetting")
FIELDS: Final = (
    *("vetted_at", "vetted_until", "vetted_by", "document_seen", "data_key", "plate", "referees", "withdrawn_why"),
)


@verb("evacuation.vet_driver")
def vet_driver(
    offer: Offer, *, plate: str, document_seen: bool, referees: Sequence[str], until: datetime, by: Actor
) -> Offer:
    """Somebody saw the driver's document, took down the plate and two who vouch for them; it holds `until`, 30 days on
    at most ("Private drivers").

    The same twice changes nothing. Where it ends earlier than before, the offer's vehicles drop out of convoys of later
    days. Locks the legs and convoys on which it rides, the household, the case, the offer, then its vehicles. Raises
    NoVehicleOffered, OfferOver, Invalid.
    """
    if not isinstance(by, Staff):
        raise Forbidden
    offer, convoys = _locked(offer)
    _require_possible(offer)
    plate, vouch = " ".join(plate.split()), "\n".join(" ".join(one.split()) for one in referees)
    _require_whole(plate, document_seen, vouch, until)
    if _stands(offer, plate, vouch, until):
        return offer
    if offer.data_key is None:
        (offer.data_key,) = keys.fresh()
    offer.vetted_at, offer.vetted_until, offer.vetted_by_id = timezone.now(), until, by.user_id
    offer.document_seen, offer.plate, offer.referees, offer.withdrawn_why = True, plate, vouch, ""
    offer.save(update_fields=FIELDS)
    _drop(offer, [row for row in convoys if not _drives(offer, row)])
    events.record(offer, case=offer.case_id, until=until.isoformat())
    return offer


@verb("evacuation.withdraw_vetting")
def withdraw_vetting(offer: Offer, *, reason: WithdrawnWhy, by: Actor) -> Offer:
    """The driver drives nobody any more: every vehicle of the offer drops out of the convoys that have not left.

    Nobody is shed: a leg with more people than places is over, and an alarm tells the planner. Who was not vetted, or
    is no more, stays so. Locks as `vet_driver` does. Raises Invalid.
    """
    if reason not in WithdrawnWhy.values:
        raise Invalid(_("Say why."), field="reason")
    offer, convoys = _locked(offer)
    if offer.vetted_at is None:
        return offer
    offer.vetted_at = offer.vetted_until = offer.vetted_by = None
    offer.document_seen, offer.withdrawn_why = False, reason
    offer.save(update_fields=["vetted_at", "vetted_until", "vetted_by", "document_seen", "withdrawn_why"])
    _drop(offer, convoys)
    events.record(offer, case=offer.case_id, reason=str(reason))
    return offer


@verb("evacuation.open_driver")
def open_driver(offer: Offer, *, by: Actor) -> Offer:
    """The plate and who vouches, in plain words, to whom may vet: for the stop where the car comes. It is on record.

    Locks nothing: it changes no row. Raises Forbidden.
    """
    policy.require()
    row: Offer | None = (
        may_vet(by).select_related("data_key").filter(pk=offer.pk).first() if isinstance(by, Staff) else None
    )
    if row is None or row.data_key is None:
        raise Forbidden
    reveal_living([row], "plate", "referees", by=by, why=Why.OWNER)
    return row


def _locked(offer: Offer) -> tuple[Offer, list[Convoy]]:
    """The offer and the convoys that have not left on which it rides, locked in the order of the house.

    Who adds a vehicle locks the offer after the convoy: one that came meanwhile is seen here, and it begins anew.
    """
    for _try in range(TRIES):
        point = transaction.savepoint()
        riding = set(_rides(offer).values_list("convoy", flat=True))
        legs_step(riding)
        convoys = list(Convoy.objects.locked().filter(pk__in=riding))
        if offer.case_id is not None:
            standing.lock_case(offer.case_id)
        row: Offer = Offer.objects.locked().select_related("data_key", "case__household__data_key").get(pk=offer.pk)
        if set(_rides(row).values_list("convoy", flat=True)) <= riding:
            transaction.savepoint_commit(point)
            return row, convoys
        transaction.savepoint_rollback(point)
    raise AlreadyTaken


def _rides(offer: Offer) -> QuerySet[Vehicle]:
    return Vehicle.objects.filter(offer=offer.pk, out_since__isnull=True, convoy__status__in=CHANGEABLE)


def _drives(offer: Offer, convoy: Convoy) -> bool:
    return Offer.objects.may_drive(convoy.departs_at or timezone.now()).filter(pk=offer.pk).exists()


def _drop(offer: Offer, convoys: Iterable[Convoy]) -> None:
    """Step: the vehicles of a locked offer drop out of these locked convoys, as any vehicle does."""
    of = {row.pk: row for row in convoys}
    for vehicle in Vehicle.objects.locked().filter(pk__in=_rides(offer).values("pk"), convoy__in=of):
        out_step(of[vehicle.convoy_id], vehicle)


def _require_possible(offer: Offer) -> None:
    if offer.kind != "vehicle":
        raise refusals.NoVehicleOffered
    case = offer.case
    closed = case is not None and not (case.is_open and _living(case.household.data_key))
    if closed or not _living(offer.data_key):
        raise refusals.OfferOver


def _living(key: DataKey | None) -> bool:
    return key is None or key.destroyed_at is None


def _require_whole(plate: str, document_seen: bool, vouch: str, until: datetime) -> None:
    """All four of "Private drivers": the document, the plate, the referees, an end."""
    if not document_seen:
        raise Invalid(_("Look at the document yourself, then say that you saw it."), field="document_seen")
    if not 0 < len(plate) <= 20:
        raise Invalid(_("Write the number plate."), field="plate")
    named = [one for one in vouch.split("\n") if one]
    if len(named) != REFEREES or len({one.casefold() for one in named}) != REFEREES or len(vouch) > 500:
        raise Invalid(_("Two different people vouch for a driver: write who they are."), field="referees")
    if not timezone.now() < until <= timezone.now() + VETTED_FOR:
        raise Invalid(_("It ends on a day to come, 30 days from now at most."), field="until")


def _stands(offer: Offer, plate: str, vouch: str, until: datetime) -> bool:
    if offer.vetted_at is None or offer.vetted_until != until:
        return False
    reveal([offer], by=VETTING, why=Why.MATCH)
    return (offer.plate, offer.referees) == (plate, vouch)
