"""Who turned up unannounced and was taken along has a case, a request and a place like everybody else."""

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.actors import Actor
from cases.domain import assignment, events, keys, lifecycle, matching, triage
from cases.domain.evacuation import await_check_step
from cases.domain.evacuation import seats as places
from cases.domain.field.columns import WHY, wait_step
from cases.domain.verbs import constraint
from cases.enums import (
    AgeBand,
    DecisionBy,
    EntryOutcome,
    EvacuationStatus,
    FieldAct,
    Group,
    Mobility,
    SeatKind,
    SeatStatus,
    Sex,
)
from cases.models import (
    Case,
    Convoy,
    DataKey,
    Decision,
    EvacuationRequest,
    FieldEntry,
    Household,
    Person,
    Seat,
    Traveller,
)
from cases.planning import reference


def welcome_step(convoy: Convoy, entry: FieldEntry, names: Sequence[str], *, by: Actor) -> None:
    """Step: a household that turned up at a stop of a convoy, whose legs are locked, and was let on.

    Where our books have no place for them, or the word about them is in doubt, they are known all the same: each has a
    line that takes no place until there is one or somebody has decided, and an alarm says so.
    """
    case, people = _open(convoy, entry, names)
    request = _request(convoy, case, entry, people)
    why = entry.code
    if entry.outcome == EntryOutcome.APPLIED:
        try:
            with transaction.atomic():
                _seat(convoy, entry, request, people)
        except IntegrityError as error:
            why = WHY.get(constraint(error), "no_room")
            wait_step([entry], why)
    if why:
        lifecycle.move(request, EvacuationStatus.WAITING_LIST)
    if why and entry.outcome != EntryOutcome.REFUSED:
        _without_a_place(convoy, entry, request, why)
    if entry.outcome == EntryOutcome.APPLIED:
        _decided(entry, request, people, by=by)
    triage.step(case, by=by)
    await_check_step(case)
    matching.enqueue_step(case.household)
    assignment.enqueue_step(case)


def _open(convoy: Convoy, entry: FieldEntry, names: Sequence[str]) -> tuple[Case, list[Person]]:
    said = entry.data["people"]
    stop = convoy.window.corridor.stops.filter(seq=entry.data["stop"]).select_related("place").first()
    fresh = keys.fresh(len(said) + 1)
    household = Household.objects.create(
        data_key=fresh[0],
        kind=Group.FAMILY,
        settlement=stop.place if stop is not None else None,
        headcount_low=len(said),
        headcount_high=len(said),
    )
    case = Case.objects.create(ref=reference.fresh(), household=household, opened_at=entry.at)
    events.record(case, "case.opened", case=case, convoy=str(convoy.uid))
    people = [_person(household, key, one, name) for key, one, name in zip(fresh[1:], said, names, strict=True)]
    return case, Person.objects.bulk_create(people)


def _person(household: Household, key: DataKey, said: Mapping[str, str], name: str) -> Person:
    return Person(
        household=household,
        data_key=key,
        surname=name or None,
        sex=said["sex"] if said["sex"] in Sex.values else "",
        age_band=said["band"] if said["band"] in AgeBand.values else "",
        mobility=said["mobility"] if said["mobility"] in Mobility.values else "",
    )


def _request(convoy: Convoy, case: Case, entry: FieldEntry, people: Sequence[Person]) -> EvacuationRequest:
    (key,) = keys.fresh()
    request = EvacuationRequest.objects.create(
        data_key=key,
        case=case,
        direction=convoy.window.direction,
        animals=entry.data["animals"],
        luggage=entry.data["luggage"],
        waiting_since=entry.at,
    )
    kinds = [one["kind"] if one["kind"] in SeatKind.values else SeatKind.SEAT for one in entry.data["people"]]
    Traveller.objects.bulk_create(
        Traveller(request=request, person=person, kind=kind) for person, kind in zip(people, kinds, strict=True)
    )
    return request


def _legs(convoy: Convoy, entry: FieldEntry) -> tuple[int, int]:
    """From where they turned up to the end."""
    last = convoy.window.corridor.stops.order_by("seq").last()
    return entry.data["stop"], last.seq if last is not None else 0


def _seat(convoy: Convoy, entry: FieldEntry, request: EvacuationRequest, people: Sequence[Person]) -> None:
    """A place for each of them, boarded, with a word of its own; adults first."""
    made = places.take_step(request, convoy=convoy.pk, legs=_legs(convoy, entry))
    Seat.objects.filter(pk__in=[seat.pk for seat in made]).update(expires_at=timezone.now() + places.HOLD)
    grown = sorted(made, key=lambda seat: seat.person.is_minor)
    for minor in (False, True):
        lifecycle.move_many([seat for seat in grown if seat.person.is_minor == minor], SeatStatus.BOARDED)
    places.derive_step([request])
    _words(convoy, entry, made, EntryOutcome.APPLIED, "")


def _without_a_place(convoy: Convoy, entry: FieldEntry, request: EvacuationRequest, why: str) -> None:
    """A line for each of them as of somebody who gave a place up, and the word that they boarded, which waits.

    A line that takes no place is what a roll-call asks for and what is placed as soon as there is room. Of words in
    doubt nothing counts yet, so nothing contradicts.
    """
    first, to = _legs(convoy, entry)
    rows = list(Traveller.objects.filter(request=request).select_related("person").order_by("pk"))
    made = [
        Seat(
            convoy=convoy,
            traveller=row,
            person=row.person,
            kind=row.kind,
            from_seq=first,
            to_seq=to,
            status=SeatStatus.RELEASED,
            expires_at=timezone.now() + places.HOLD,
            contested=entry.outcome == EntryOutcome.APPLIED,
        )
        for row in rows
    ]
    made[0].animals, made[0].luggage = request.animals, request.luggage
    Seat.objects.bulk_create(made)
    _words(convoy, entry, made, EntryOutcome.WAITING, why)
    events.record(request, "evacuation.unplaced", case=request.case_id, people=len(made), why=why)


def _words(convoy: Convoy, entry: FieldEntry, seats: Sequence[Seat], outcome: EntryOutcome, code: str) -> None:
    """That each of them boarded, said by whoever said that they turned up."""
    FieldEntry.objects.bulk_create(
        FieldEntry(
            convoy=convoy,
            device=entry.device,
            seat=seat,
            act=FieldAct.BOARDED,
            at=entry.at,
            said_at=entry.said_at,
            order=entry.order,
            data={"walk_up": str(entry.uid)},
            recorded_by_id=entry.recorded_by_id,
            outcome=outcome,
            code=code,
        )
        for seat in seats
    )


def _decided(entry: FieldEntry, request: EvacuationRequest, people: Sequence[Person], *, by: Actor) -> None:
    """They asked to go: each adult's own decision."""
    said = {person.pk: one for person, one in zip(people, entry.data["people"], strict=True)}
    Decision.objects.bulk_create(
        Decision(
            request=request,
            person=person,
            by=DecisionBy.SELF,
            goes=True,
            direction=request.direction,
            could_speak_freely=said[person.pk]["freely"] if said[person.pk]["freely"] in ("yes", "no") else "unknown",
            voluntary=True,
            own_direction=True,
            informed=True,
            recorded_by=by.code,
        )
        for person in people
        if not person.is_minor
    )
