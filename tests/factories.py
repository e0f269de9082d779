"""Rows for tests, made the shortest legal way. Names of what they make; keyword arguments say what matters."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from cases.models import (
    Case,
    Clock,
    Consent,
    ConsentText,
    Convoy,
    Corridor,
    DataKey,
    EvacuationRequest,
    Household,
    Leg,
    Need,
    Person,
    Place,
    Seat,
    Stop,
    Traveller,
    Window,
)
from cases.planning import reference

_drawn: set[str] = set()


def a_reference() -> str:
    """Drawn as the product draws them, and never twice in a run: of two thousand, two are alike in one run of five."""
    while (ref := reference.fresh()) in _drawn:
        pass
    _drawn.add(ref)
    return ref


def a_key() -> DataKey:
    key = DataKey.fresh()
    key.save()
    return key


def a_place(name: str = "Sudzha") -> Place:
    return Place.objects.filter(kind="settlement", name_en=name).order_by("pk")[0]


def a_household(**fields: Any) -> Household:
    fields.setdefault("settlement", a_place())
    return Household.objects.create(data_key=a_key(), kind="family", **fields)


def a_person(household: Household | None = None, **fields: Any) -> Person:
    return Person.objects.create(household=household or a_household(), data_key=a_key(), **fields)


def a_case(household: Household | None = None, *, need: str = "", **fields: Any) -> Case:
    """An open, triaged case with its clock."""
    now = timezone.now()
    with transaction.atomic():
        case = Case.objects.create(
            ref=a_reference(), household=household or a_household(), status="triaged", opened_at=now, **fields
        )
        Clock.objects.create(case=case, kind="recontact", started_at=now, due_at=now + timedelta(hours=1))
        if need:
            Need.objects.create(case=case, type_id=need, data_key=case.household.data_key, observed_at=now)
        _check_now()
    return case


def _check_now() -> None:
    """Deferred guards speak here rather than at the end of the test."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def a_call_text(purpose: str = "share_partner", kind: str = "relief") -> ConsentText:
    return ConsentText.objects.get(purpose=purpose, partner_kind=kind)


def a_consent(household: Household | None = None, kind: str = "relief") -> Consent:
    return Consent.objects.create(
        household=household or a_household(),
        purpose="share_partner",
        partner_kind=kind,
        text=a_call_text(kind=kind),
        language="uk",
        given_by="self",
        recorded_by="staff:1",
    )


def a_request(case: Case | None = None, *, direction: str = "ukraine") -> EvacuationRequest:
    return EvacuationRequest.objects.create(
        case=case or a_case(), data_key=a_key(), direction=direction, waiting_since=timezone.now()
    )


def a_traveller(
    request: EvacuationRequest | None = None, household: Household | None = None, *, age_band: str = "18-59"
) -> Traveller:
    request = request or a_request(a_case(household))
    person = a_person(household or request.case.household, age_band=age_band)
    return Traveller.objects.create(request=request, person=person)


_slots = [0]


def a_window(corridor: Corridor | None = None, direction: str = "ukraine") -> Window:
    if corridor is None:
        _slots[0] += 1
        corridor = Corridor.objects.create(name=f"Corridor {_slots[0]}", status="open")
    begins = datetime(2030, 1, 1, 6, tzinfo=UTC)
    return Window.objects.create(
        corridor=corridor, direction=direction, slot=TimestamptzRange(begins, begins + timedelta(hours=4))
    )


def a_convoy(*, legs: int = 1, **places: int) -> Convoy:
    """A convoy of `legs` legs, each with these places (two seats unless told)."""
    window = a_window()
    for seq in range(legs + 1):
        Stop.objects.create(corridor=window.corridor, seq=seq, place=a_place())
    convoy = Convoy.objects.create(window=window, number=1)
    places.setdefault("seats", 2)
    for seq in range(legs):
        Leg.objects.create(convoy=convoy, seq=seq, **places)
    return convoy


def a_seat(
    convoy: Convoy, *, traveller: Traveller | None = None, kind: str = "seat", legs: tuple[int, int] = (0, 1)
) -> Seat:
    traveller = traveller or a_traveller()
    return Seat.objects.create(
        convoy=convoy,
        traveller=traveller,
        person=traveller.person,
        kind=kind,
        from_seq=legs[0],
        to_seq=legs[1],
        expires_at=timezone.now() + timedelta(hours=2),
    )
