"""Every database guard, gone through with raw SQL as the app role: what must never happen is refused there."""

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from cases.models import (
    Assignment,
    Balance,
    Case,
    Disclosure,
    Event,
    Item,
    Leg,
    Lot,
    Referral,
    StockMove,
    StockPlace,
    Template,
    TriageRules,
)
from factories import (
    a_call_text,
    a_case,
    a_consent,
    a_convoy,
    a_household,
    a_key,
    a_person,
    a_request,
    a_seat,
    a_traveller,
    a_window,
)
from owner import as_owner
from rawsql import refused, run

pytestmark = pytest.mark.django_db


NO_RIGHT = "42501"


# --- rights of the app role -----------------------------------------------------------------------------------------


def test_the_app_role_cannot_truncate():
    assert refused("TRUNCATE cases_call CASCADE") == NO_RIGHT


@pytest.mark.parametrize(
    "table",
    """cases_event cases_disclosure cases_case cases_call cases_person cases_seat cases_post
    django_admin_log""".split(),
)
def test_the_app_role_cannot_delete(table):
    assert refused(f"DELETE FROM {table}") == NO_RIGHT


@pytest.mark.parametrize(
    "table", ["cases_disclosure", "cases_decision", "cases_score", "cases_stockmove", "cases_mergemove"]
)
def test_the_app_role_cannot_rewrite_append_only_tables(table):
    assert refused(f"UPDATE {table} SET id = id") == NO_RIGHT


def test_the_app_role_cannot_touch_the_counters():
    assert refused("UPDATE cases_leg SET seats_taken = 0") == NO_RIGHT
    assert refused("UPDATE cases_balance SET quantity = 0") == NO_RIGHT


def test_the_app_role_cannot_switch_triggers_off():
    assert refused("ALTER TABLE cases_seat DISABLE TRIGGER ALL") == NO_RIGHT
    assert refused("SET session_replication_role = replica") == NO_RIGHT


# --- audit ------------------------------------------------------------------------------------------------------------


def test_an_event_is_born_without_a_number():
    assert (
        refused(
            "INSERT INTO cases_event (at, verb, actor, subject, data, seq, hash)"
            " VALUES (now(), 'x', 'y', 'z', '{}', 1, 'a')"
        )
        == "event_born_unsealed"
    )


def test_an_event_is_sealed_once_and_never_changed():
    event = Event.objects.create(verb="x", actor="y", subject="z")
    run("UPDATE cases_event SET seq = 1, hash = 'a' WHERE id = %s", event.pk)
    assert refused("UPDATE cases_event SET seq = 2, hash = 'b' WHERE id = %s", event.pk) == "event_append_only"
    assert refused("UPDATE cases_event SET actor = 'q' WHERE id = %s", event.pk) == NO_RIGHT


# --- keys and sealed rows -----------------------------------------------------------------------------------------


def test_a_destroyed_key_stays_destroyed():
    key = a_key()
    run("UPDATE cases_datakey SET wrapped = NULL, destroyed_at = now() WHERE id = %s", key.pk)
    assert (
        refused("UPDATE cases_datakey SET wrapped = 'a', destroyed_at = NULL WHERE id = %s", key.pk)
        == "data_key_destroyed_for_ever"
    )


@pytest.mark.parametrize("column", ["data_key_id", "uid"])
def test_a_row_keeps_its_key_and_uid(column):
    person = a_person()
    value = a_key().pk if column == "data_key_id" else "00000000-0000-4000-8000-000000000001"
    assert refused(f"UPDATE cases_person SET {column} = %s WHERE id = %s", value, person.pk) == "data_key_stays"


# --- consent and referral ---------------------------------------------------------------------------------------------


def test_a_withdrawn_consent_stays_withdrawn():
    consent = a_consent()
    run("UPDATE cases_consent SET withdrawn_at = now() WHERE id = %s", consent.pk)
    assert refused("UPDATE cases_consent SET withdrawn_at = NULL WHERE id = %s", consent.pk) == "consent_withdrawn_once"


def test_a_consent_is_never_rewritten():
    consent = a_consent()
    assert refused("UPDATE cases_consent SET given_by = 'guardian' WHERE id = %s", consent.pk) == "consent_unchangeable"


def test_a_consent_stands_once():
    consent = a_consent()
    with pytest.raises(DatabaseError):
        a_consent(household=consent.household)


@pytest.mark.parametrize("wrong", ["another household", "another kind", "withdrawn"])
def test_a_referral_stands_on_a_live_consent(cast, wrong):
    case = a_case()
    consent = a_consent(
        household=a_household() if wrong == "another household" else case.household,
        kind="medical" if wrong == "another kind" else "relief",
    )
    if wrong == "withdrawn":
        run("UPDATE cases_consent SET withdrawn_at = now() WHERE id = %s", consent.pk)
    assert (
        refused(
            "INSERT INTO cases_referral (uid, version, created_at, case_id, partner_id, consent_id, fields, status,"
            " offered_by, expires_at) VALUES (gen_random_uuid(), 0, now(), %s, %s, %s, '[]', 'offered', 'x', now())",
            case.pk,
            cast.red.partner_id,
            consent.pk,
        )
        == "referral_with_consent"
    )
    assert Referral.objects.count() == 0


# --- households ---------------------------------------------------------------------------------------------------


def test_a_merge_never_lifts_a_protection():
    household = a_household(protected=True)
    assert (
        refused("UPDATE cases_household SET protected = false WHERE id = %s", household.pk)
        == "household_protection_stays"
    )


def test_a_merge_goes_into_a_kept_household():
    first, second, third = a_household(), a_household(), a_household()
    run("UPDATE cases_household SET merged_into_id = %s WHERE id = %s", second.pk, first.pk)
    sql = "UPDATE cases_household SET merged_into_id = %s WHERE id = %s"
    assert refused(sql, first.pk, third.pk) == "household_merged_into_a_kept_one"
    assert refused(sql, third.pk, second.pk) == "household_merged_into_a_kept_one"
    assert refused(sql, third.pk, third.pk) == "household_not_into_itself"


# --- nobody is forgotten ------------------------------------------------------------------------------------------


def test_an_open_case_has_a_clock():
    case = a_case()
    assert refused("UPDATE cases_clock SET state = 'met' WHERE case_id = %s", case.pk) == "case_has_a_clock"


def test_an_assigned_case_has_an_owner(cast):
    case = a_case()
    assert refused("UPDATE cases_case SET status = 'assigned' WHERE id = %s", case.pk) == "case_has_an_owner"


def test_a_queued_case_has_no_owner(cast):
    case = a_case()
    assert (
        refused(
            "INSERT INTO cases_assignment (uid, version, created_at, case_id, owner_id, by, because, ended_because)"
            " VALUES (gen_random_uuid(), 0, now(), %s, %s, 'x', '{}', '')",
            case.pk,
            cast.taras.user_id,
        )
        == "case_owner_left"
    )


def test_a_case_has_one_owner(cast):
    case = a_case()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    Assignment.objects.create(case=case, owner_id=cast.taras.user_id, by="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        Assignment.objects.create(case=case, owner_id=cast.iryna.user_id, by="x")
    Case.objects.filter(pk=case.pk).update(status="assigned")
    connection.check_constraints()


def test_a_household_has_one_open_case():
    case = a_case()
    with pytest.raises(DatabaseError):
        a_case(household=case.household)


def test_a_reference_is_eight_digits():
    assert refused("UPDATE cases_case SET ref = '12a45678' WHERE id = %s", a_case().pk) == "case_ref_is_eight_digits"


def test_a_status_the_enum_does_not_know_is_refused():
    assert refused("UPDATE cases_case SET status = 'lost' WHERE id = %s", a_case().pk) == "case_status_known"


def test_a_need_ends_unmet_for_a_reason():
    case = a_case(need="WATER")
    assert refused("UPDATE cases_need SET status = 'unmet' WHERE case_id = %s", case.pk) == "need_unmet_for_a_reason"


# --- capacity is physics -------------------------------------------------------------------------------------

SEAT = (
    "INSERT INTO cases_seat (uid, version, created_at, convoy_id, traveller_id, person_id, kind, from_seq, to_seq,"
    " animals, luggage, status, expires_at, accounted_as, missing) VALUES (gen_random_uuid(), 0, now(), %s, %s, %s, %s,"
    " %s, %s, %s, 0, 'held', now() + interval '2 hours', '', false)"
)


def taken(convoy, kind="seats"):
    return list(Leg.objects.filter(convoy=convoy).order_by("seq").values_list(f"{kind}_taken", flat=True))


def seat_sql(convoy, traveller, *, kind="seat", legs=(0, 1), animals=0):
    return [SEAT, convoy.pk, traveller.pk, traveller.person_id, kind, *legs, animals]


def test_the_counters_follow_the_seats():
    convoy = a_convoy(legs=2, seats=3)
    a_seat(convoy, legs=(0, 2))
    seat = a_seat(convoy, legs=(1, 2))
    assert taken(convoy) == [1, 2]
    run("UPDATE cases_seat SET status = 'released' WHERE id = %s", seat.pk)
    assert taken(convoy) == [1, 1]


def test_a_parked_seat_counts_and_blocks_nobody():
    convoy, other = a_convoy(seats=1), a_convoy(seats=1)
    seat = a_seat(convoy)
    run("UPDATE cases_seat SET status = 'parked' WHERE id = %s", seat.pk)
    assert taken(convoy) == [1]
    run(*seat_sql(other, seat.traveller))
    assert taken(other) == [1]


@pytest.mark.parametrize(
    ("kind", "places"), [("seat", "seats"), ("wheelchair", "wheelchairs"), ("stretcher", "stretchers")]
)
def test_a_full_leg_takes_nobody_more(kind, places):
    convoy = a_convoy(**{places: 1})
    a_seat(convoy, kind=kind)
    assert refused(*seat_sql(convoy, a_traveller(), kind=kind)) == "leg_capacity"
    assert taken(convoy, places) == [1]


def test_animals_have_places_of_their_own():
    convoy = a_convoy(seats=5, animals=1)
    assert refused(*seat_sql(convoy, a_traveller(), animals=2)) == "leg_capacity"


def test_one_statement_for_many_is_counted_whole():
    convoy = a_convoy(seats=1)
    first, second = a_traveller(), a_traveller()
    assert (
        refused(
            SEAT + ", (gen_random_uuid(), 0, now(), %s, %s, %s, 'seat', 0, 1, 0, 0, 'held', now(), '', false)",
            *seat_sql(convoy, first)[1:],
            convoy.pk,
            second.pk,
            second.person_id,
        )
        == "leg_capacity"
    )
    assert taken(convoy) == [0]


def test_a_seat_needs_legs_that_exist():
    assert refused(*seat_sql(a_convoy(), a_traveller(), legs=(0, 3))) == "seat_on_existing_legs"


def test_nobody_sits_twice():
    convoy = a_convoy(seats=5)
    seat = a_seat(convoy)
    assert refused(*seat_sql(a_convoy(seats=5), seat.traveller)) == "seat_one_live_a_person"


def test_a_seat_is_its_travellers():
    convoy, traveller, other = a_convoy(), a_traveller(), a_person()
    sql = seat_sql(convoy, traveller)
    sql[3] = other.pk
    assert refused(*sql) == "seat_of_its_traveller"


def test_a_leg_that_lost_places_is_over_and_takes_nobody_and_does_not_depart():
    convoy = a_convoy(seats=2)
    a_seat(convoy)
    a_seat(convoy)
    run("UPDATE cases_leg SET seats = 1 WHERE convoy_id = %s", convoy.pk)
    assert Leg.objects.get(convoy=convoy).over_since is not None
    assert refused(*seat_sql(convoy, a_traveller())) == "leg_capacity"
    assert refused("UPDATE cases_convoy SET status = 'departed' WHERE id = %s", convoy.pk) == "convoy_departs_not_over"
    run("UPDATE cases_leg SET seats = 2 WHERE convoy_id = %s", convoy.pk)
    assert Leg.objects.get(convoy=convoy).over_since is None
    run("UPDATE cases_convoy SET status = 'departed' WHERE id = %s", convoy.pk)


def test_a_leg_with_people_is_not_deleted():
    convoy = a_convoy()
    a_seat(convoy)
    assert refused("DELETE FROM cases_leg WHERE convoy_id = %s", convoy.pk) == "leg_with_people_stays"


def test_a_leg_is_born_empty():
    convoy = a_convoy()
    run(
        "INSERT INTO cases_leg (convoy_id, seq, seats, wheelchairs, stretchers, animals, luggage, seats_taken)"
        " VALUES (%s, 7, 9, 0, 0, 0, 0, 5)",
        convoy.pk,
    )
    assert Leg.objects.get(convoy=convoy, seq=7).seats_taken == 0


def test_a_convoy_is_reconciled_when_nobody_is_aboard():
    convoy = a_convoy()
    seat = a_seat(convoy)
    run("UPDATE cases_seat SET status = 'boarded' WHERE id = %s", seat.pk)
    assert (
        refused("UPDATE cases_convoy SET status = 'reconciled' WHERE id = %s", convoy.pk) == "convoy_reconciled_empty"
    )


def test_a_child_does_not_cross_lines_alone():
    convoy = a_convoy(seats=4)
    child = a_traveller(age_band="5-11")
    seat = a_seat(convoy, traveller=child)
    sql = "UPDATE cases_seat SET status = 'confirmed' WHERE id = %s"
    assert refused(sql, seat.pk) == "seat_child_not_alone"
    mother = a_traveller(request=child.request, household=child.person.household, age_band="18-59")
    a_seat(convoy, traveller=mother)
    run(sql, seat.pk)


def test_a_lone_child_needs_officer_consent_and_receiver():
    child = a_traveller(age_band="5-11")
    assert (
        refused("UPDATE cases_traveller SET unaccompanied = true WHERE id = %s", child.pk)
        == "traveller_lone_child_with_officer_consent_receiver"
    )


def test_a_hold_expires():
    seat = a_seat(a_convoy())
    assert refused("UPDATE cases_seat SET expires_at = NULL WHERE id = %s", seat.pk) == "seat_hold_expires"


def test_no_safe_before_a_minor_was_handed_over_on_record():
    child = a_traveller(age_band="12-17")
    assert (
        refused("UPDATE cases_evacuationrequest SET status = 'safe' WHERE id = %s", child.request_id)
        == "evacuation_safe_after_release"
    )


def test_places_need_a_direction():
    request = a_request(direction="")
    assert (
        refused("UPDATE cases_evacuationrequest SET status = 'held' WHERE id = %s", request.pk)
        == "evacuation_direction_before_places"
    )


def test_windows_of_a_direction_do_not_overlap():
    window = a_window()
    with pytest.raises(DatabaseError):
        a_window(corridor=window.corridor)


def test_publicity_is_raised_by_two(cast):
    window = a_window()
    sql = (
        "UPDATE cases_window SET publicity = 'public', publicity_raised_by_id = %s, publicity_agreed_by_id = %s"
        " WHERE id = %s"
    )
    me, you = cast.supervisor.user_id, cast.taras.user_id
    assert refused(sql, me, me, window.pk) == "window_publicity_raised_by_two"
    run(sql, me, you, window.pk)


# --- stock ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stock():
    item = Item.objects.create(code="water", unit="L", label_en="Water", label_uk="Вода", label_ru="Вода")
    donor = StockPlace.objects.create(name="donors", outside=True)
    return (
        Lot.objects.create(item=item, label="a"),
        donor,
        StockPlace.objects.create(name="hub"),
        StockPlace.objects.create(name="van"),
    )


def moved(lot, source, target, quantity, key):
    StockMove.objects.create(
        lot=lot, source=source, target=target, quantity=quantity, key=key, at=timezone.now(), by="x"
    )


def test_one_row_is_the_double_entry(stock):
    lot, donor, hub, van = stock
    moved(lot, donor, hub, 100, "1")
    moved(lot, hub, van, 30, "2")
    assert dict(Balance.objects.values_list("place__name", "quantity")) == {"donors": -100, "hub": 70, "van": 30}


def test_a_balance_is_never_negative(stock):
    lot, _, hub, van = stock
    with pytest.raises(DatabaseError, match="balance_not_below_zero"):
        moved(lot, hub, van, 1, "1")


def test_a_move_happens_once(stock):
    lot, donor, hub, _ = stock
    moved(lot, donor, hub, 1, "1")
    with pytest.raises(DatabaseError, match="key"):
        moved(lot, donor, hub, 1, "1")


# --- texts and rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Template, TriageRules])
def test_a_published_version_is_never_rewritten(model):
    table = model._meta.db_table
    assert refused(f"UPDATE {table} SET number = number + 100") == f"{table}_append_only"


def test_a_consent_text_is_never_rewritten():
    assert (
        refused("UPDATE cases_consenttext SET text_en = 'x' WHERE id = %s", a_call_text().pk)
        == "cases_consenttext_append_only"
    )


def test_append_only_tables_refuse_the_owner_too(transactional_db, cast):
    Disclosure.objects.create(actor="x", why="audit", table="t", rows=[], fields=[])
    with as_owner() as owner, pytest.raises(psycopg.errors.CheckViolation, match="append-only"):
        owner.execute("UPDATE cases_disclosure SET actor = 'y'")
