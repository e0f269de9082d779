"""Who drives others is vetted by all four of its parts, until a day; and whoever is no more vetted drives nobody."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from cases import policy
from cases.actors import System
from cases.disclosure import reveal
from cases.domain import erasure, evacuation, lifecycle
from cases.domain.evacuation import VehicleFacts, convoys
from cases.enums import Role, VehicleKind, Why
from cases.errors import Erased, Forbidden
from cases.models import Alarm, Disclosure, Event, Leg, Offer, Vehicle
from cases.queries import timeline
from cast import hire
from factories import a_place
from rawsql import refused as guard
from refusals import refused
from ways_out import a_column, a_family, a_slot, a_way, capacity, seats, vetted

pytestmark = pytest.mark.django_db(transaction=True)
PLATE, REFEREES = "А 123 ВС", ("Ткач Ганна 093 111 22 33", "Бойко Ілля")


@pytest.fixture
def offer():
    return Offer.objects.create(case=a_family().case, kind="vehicle", seats=4)


def vet(offer, by, **more):
    facts = {"plate": PLATE, "document_seen": True, "referees": REFEREES, "until": timezone.now() + timedelta(days=9)}
    return evacuation.vet_driver(offer, **(facts | more), by=by)


def fresh(offer):
    return Offer.objects.get(pk=offer.pk)


def rides(by, convoy, offer, *, key="k", many=3):
    facts = VehicleFacts(VehicleKind.PRIVATE, 0, 1, seats=many, offer=offer)
    return evacuation.add_vehicle(convoy, facts=facts, key=key, by=by)


def ended(case):
    with transaction.atomic(), policy.running("escalation.fire", System("test")):
        policy.require()
        lifecycle.move(case, "cancelled")
    return case


# --- vetting ---------------------------------------------------------------------------------------------------------


def test_what_was_looked_at_is_kept_sealed_with_who_did_and_until_when(cast, both, offer):
    until = timezone.now() + timedelta(days=9)
    vet(offer, both.dmytro, until=until, plate="  А 123   ВС ")
    row = fresh(offer)
    assert (row.vetted_by_id, row.vetted_until, row.document_seen) == (both.dmytro.user_id, until, True)
    assert row.data_key_id != row.case.household.data_key_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT plate, referees FROM cases_offer WHERE id = %s", [offer.pk])
        assert all(b"123" not in bytes(said) and "Ткач".encode() not in bytes(said) for said in cursor.fetchone())
    reveal([row], by=cast.supervisor, why=Why.AUDIT)
    assert (row.plate, row.referees) == (PLATE, "\n".join(REFEREES))
    assert list(Offer.objects.may_drive(timezone.now())) == [row]


@pytest.mark.parametrize(
    "lacks",
    [
        {"document_seen": False},
        {"plate": "  "},
        {"plate": "x" * 21},
        {"referees": ("Ткач", "")},
        {"referees": ("Ткач", " ткач ")},
        {"referees": ("one", "two", "three")},
        {"until": timezone.now() - timedelta(minutes=1)},
        {"until": timezone.now() + timedelta(days=31)},
    ],
)
def test_without_one_of_the_four_nobody_is_vetted(both, offer, lacks):
    assert refused(lambda: vet(offer, both.dmytro, **lacks)) == "invalid"
    assert fresh(offer).vetted_at is None and not Event.objects.filter(verb="evacuation.vet_driver").exists()


def test_the_same_twice_changes_nothing_and_another_plate_does(both, offer):
    until = timezone.now() + timedelta(days=9)
    first = vet(offer, both.dmytro, until=until)
    vet(offer, both.daria, until=until)
    row, lines = fresh(offer), Event.objects.filter(verb="evacuation.vet_driver")
    assert (row.vetted_at, row.vetted_by_id, lines.count()) == (first.vetted_at, both.dmytro.user_id, 1)
    vet(offer, both.daria, until=until, plate="other")
    assert (fresh(offer).vetted_by_id, fresh(offer).data_key_id, lines.count()) == (
        both.daria.user_id,
        row.data_key_id,
        2,
    )


@pytest.mark.parametrize("who", ["taras", "supervisor"])
def test_coordinators_and_supervisors_may_too(cast, offer, who):
    assert vet(offer, getattr(cast, who)).vetted_at is not None


@pytest.mark.parametrize("who", ["olena", "medic", "protection", "field_team", "auditor", "outsider"])
def test_others_may_not(cast, offer, who):
    with pytest.raises(Forbidden):
        vet(offer, getattr(cast, who))
    assert fresh(offer).vetted_at is None


def test_nor_a_dispatcher_of_another_area(cast, offer):
    elsewhere = hire("nazar", Role.DISPATCHER, area=a_place("Sumy").parent)
    with pytest.raises(Forbidden):
        vet(offer, elsewhere)
    assert vet(offer, hire("ostap", Role.DISPATCHER, area=a_place("Sudzha").parent)).vetted_at is not None


def test_what_is_no_vehicle_or_of_a_closed_case_is_refused_in_words(both, offer):
    room = Offer.objects.create(case=offer.case, kind="room")
    assert refused(lambda: vet(room, both.dmytro)) == "offer_is_no_vehicle"
    ended(offer.case)
    assert refused(lambda: vet(offer, both.dmytro)) == "offer_is_over"


def test_an_offer_without_a_case_is_vetted_too(both):
    assert vet(Offer.objects.create(kind="vehicle"), both.dmytro).vetted_at is not None


def test_neither_lines_nor_words_say_a_plate_or_a_name(both, offer):
    evacuation.withdraw_vetting(vet(offer, both.dmytro), reason="conduct", by=both.dmytro)
    said = [entry.words for entry in timeline.of_case(offer.case)]
    assert said[:2] == [
        "The vetting of a driver was withdrawn: Something was said against them",
        "The driver of the vehicle they offer was vetted",
    ]
    assert not [
        data for data in Event.objects.values_list("data", flat=True) if "Ткач" in str(data) or PLATE in str(data)
    ]


def test_the_offer_keeps_its_data_key(both, offer):
    vet(offer, both.dmytro)
    other = offer.case.household.data_key_id
    assert guard("UPDATE cases_offer SET data_key_id = %s WHERE id = %s", other, offer.pk) == "data_key_stays"


def test_plate_and_referees_are_erased_with_the_household_and_then_nobody_rides(cast, both, offer):
    vet(offer, both.dmytro)
    erasure.erase(ended(offer.case).household, by=cast.supervisor)
    with pytest.raises(Erased):
        reveal([fresh(offer)], by=cast.supervisor, why=Why.AUDIT)
    assert not Offer.objects.may_drive(timezone.now()).exists()


# --- no more ---------------------------------------------------------------------------------------------------------


def test_a_withdrawn_driver_is_out_of_every_convoy_that_has_not_left_and_nobody_is_shed(cast, both, offer):
    vet(offer, both.dmytro)
    convoy = a_way(both.dmytro, seats=2)
    later = a_way(both.dmytro, hours=30 + 48, seats=2)
    cars = [rides(both.dmytro, one, offer, key=str(one.pk), many=2) for one in (convoy, later)]
    families = [a_family(), a_family()]
    for family in families:
        evacuation.hold(family, by=cast.olena)

    evacuation.withdraw_vetting(offer, reason="papers", by=cast.taras)

    assert Vehicle.objects.filter(pk__in=[car.pk for car in cars], out_since__isnull=False).count() == 2
    assert [seats(family) for family in families] == [["held", "held"]] * 2
    assert list(Leg.objects.filter(over_since__isnull=False).values_list("convoy", flat=True)) == [convoy.pk]
    assert Alarm.objects.live().filter(kind="over", convoy=convoy).count() == 1
    assert (fresh(offer).vetted_at, fresh(offer).withdrawn_why) == (None, "papers")
    lines = Event.objects.count()
    evacuation.withdraw_vetting(offer, reason="papers", by=cast.taras)
    assert Event.objects.count() == lines


def test_a_vehicle_that_has_left_drives_on(cast, both, offer):
    vet(offer, both.dmytro)
    convoy = a_way(both.dmytro)
    car = rides(both.dmytro, convoy, offer)
    with transaction.atomic(), policy.running("convoys.clear", both.dmytro):
        policy.require()
        for status in ("cleared", "boarding", "departed"):
            lifecycle.move(convoy, status)
    evacuation.withdraw_vetting(offer, reason="conduct", by=both.dmytro)
    assert Vehicle.objects.get(pk=car.pk).out_since is None


def test_whose_vetting_ends_earlier_now_drops_out_of_later_days(both, offer):
    vet(offer, both.dmytro)
    soon, late = a_way(both.dmytro), a_way(both.dmytro, hours=90)
    for convoy in (soon, late):
        rides(both.dmytro, convoy, offer, key=str(convoy.pk))
    vet(offer, both.dmytro, until=timezone.now() + timedelta(days=3))
    assert [leg["seats"] for convoy in (soon, late) for leg in capacity(convoy)] == [13, 10]


def test_a_car_comes_back_only_with_a_driver_who_is_vetted(both, offer):
    vet(offer, both.dmytro)
    convoy = a_way(both.dmytro)
    car = rides(both.dmytro, convoy, offer)
    evacuation.withdraw_vetting(offer, reason="car", by=both.dmytro)
    assert refused(lambda: evacuation.bring_back(car, by=both.dmytro)) == "private_car_not_vetted"
    assert [leg["seats"] for leg in capacity(convoy)] == [10]
    vet(offer, both.dmytro)
    evacuation.bring_back(car, by=both.dmytro)
    assert [leg["seats"] for leg in capacity(convoy)] == [13]


def test_only_a_reason_we_know_is_one(both, offer):
    vet(offer, both.dmytro)
    assert refused(lambda: evacuation.withdraw_vetting(offer, reason="mood", by=both.dmytro)) == "invalid"
    assert fresh(offer).vetted_at is not None


def test_a_driver_who_lapsed_is_entered_nowhere(both, offer):
    vet(offer, both.dmytro)
    convoy = a_column(both.dmytro, a_slot(both.dmytro, a_way(both.dmytro).window.corridor, hours=220))
    assert refused(lambda: rides(both.dmytro, convoy, offer)) == "private_car_not_vetted"
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        vet(offer, both.dmytro, until=timezone.now() + timedelta(days=20))
        assert rides(both.dmytro, convoy, offer).offer == offer


# --- withdrawn while somebody enters it ------------------------------------------------------------------------------


@contextmanager
def held_by_who_withdraws(offer):
    """Somebody else holds the offer, as who withdraws its vetting does; nobody waits for it longer than a moment."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM cases_offer WHERE id = %s FOR NO KEY UPDATE", [offer.pk])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        yield
    finally:
        other.rollback()
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")


def test_who_enters_a_car_waits_for_who_withdraws_its_vetting(both):
    convoy, offer = a_way(both.dmytro), vetted(both.daria)
    with held_by_who_withdraws(offer), pytest.raises(OperationalError, match="lock timeout"):
        rides(both.dmytro, convoy, offer)
    assert not Vehicle.objects.filter(offer=offer).exists()


def test_without_the_lock_it_is_entered_while_the_vetting_is_withdrawn(both, monkeypatch):
    """The negative control."""
    convoy, offer = a_way(both.dmytro), vetted(both.daria)
    monkeypatch.setattr(convoys, "_vetted", lambda _convoy, pk: Offer.objects.get(pk=pk))
    with held_by_who_withdraws(offer):
        assert rides(both.dmytro, convoy, offer).offer == offer


def test_comparing_is_on_record(both, offer):
    until = timezone.now() + timedelta(days=9)
    for _twice in range(2):
        vet(offer, both.dmytro, until=until)
    assert list(Disclosure.objects.values_list("actor", "table", "fields")) == [
        ("system:vetting", "cases_offer", ["plate", "referees"])
    ]
