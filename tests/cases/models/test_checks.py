"""The smaller guards, each gone through with raw SQL as the app role: one row made legally, one UPDATE refused."""

import pytest
from django.utils import timezone

from cases.actors import Staff
from cases.domain import notifications
from cases.models import (
    Call,
    CallDisposition,
    Caller,
    ContactPoint,
    Delivery,
    DeliveryLine,
    Entitlement,
    Item,
    Job,
    Kit,
    KitLine,
    Merge,
    Message,
    Observation,
    Offer,
    PersonLink,
    Post,
    Reach,
    Release,
    Tie,
    TravelTie,
    User,
    Vehicle,
)
from factories import a_case, a_consent, a_convoy, a_household, a_key, a_person, a_place, a_request, a_seat, a_traveller
from rawsql import refused
from ways_out import vetted

pytestmark = pytest.mark.django_db
NOW = timezone.now


def a_user(name="petro"):
    return User.objects.create_user(username=name, name=name.capitalize())


def an_item():
    labels = {"label_en": "Water", "label_uk": "Вода", "label_ru": "Вода"}
    return Item.objects.create(code="water", unit="L", **labels)


def a_caller():
    return Caller.objects.create(data_key=a_key())


def a_reach():
    contact = ContactPoint.objects.create(
        data_key=a_key(), kind="phone", address="+79155550101", index_key="d", digest=b"1" * 32
    )
    return Reach.objects.create(caller=a_caller(), contact=contact)


def a_link():
    return PersonLink.objects.create(sought=a_person(), found=a_person())


def a_release():
    return Release.objects.create(
        data_key=a_key(), minor=a_person(age_band="5-11"), receiver="x", kinship="aunt", first_staff=a_user()
    )


def a_line():
    delivery = Delivery.objects.create(case=a_case())
    return DeliveryLine.objects.create(delivery=delivery, item=an_item(), quantity=5)


def a_message():
    return Message.objects.create(
        key="k",
        template=notifications.template("case_assigned"),
        channel="email",
        language="en",
        user=a_user(),
        expires_at=NOW(),
    )


def an_observation():
    case = a_case()
    return Observation.objects.create(case=case, data_key=case.household.data_key, code_id="fire", observed_at=NOW())


def a_clock():
    return a_case().clocks.get()


def a_travel_tie():
    return TravelTie.objects.create(first=a_request(), second=a_request())


def a_vehicle():
    return Vehicle.objects.create(convoy=a_convoy(), kind="bus", from_seq=0, to_seq=1)


def an_entitlement():
    return Entitlement.objects.create(household=a_household(), item=an_item(), period="2026-01", quantity=1)


def a_kit_line():
    kit = Kit.objects.create(code="k", label_en="Kit", label_uk="Набір", label_ru="Набор")
    return KitLine.objects.create(kit=kit, item=an_item(), quantity=1)


def a_call():
    caller = a_caller()
    return Call.objects.create(data_key=caller.data_key, caller=caller, status="completed")


def a_vetted_offer():
    return vetted(Staff(a_user().pk, "sara"))


def a_post():
    return Post.objects.create(user=a_user(), role="operator")


CHECKS = [
    (a_household, "kind = 'castle'", "household_kind_known"),
    (a_household, "headcount_low = 5, headcount_high = 2", "household_headcount_is_a_range"),
    (a_household, "headcount_low = 1, headcount_high = 50000", "household_headcount_sane"),
    (a_person, "age_years = 140", "person_age_sane"),
    (a_person, "age_band = 'old'", "person_age_band_known"),
    (a_person, "sex = 'x'", "person_sex_known"),
    (a_person, "mobility = 'flies'", "person_mobility_known"),
    (a_person, "presence = 'gone'", "person_presence_known"),
    (a_person, "merged_into_id = id", "person_not_into_themselves"),
    (a_link, "found_id = sought_id", "person_link_of_two"),
    (a_link, "state = 'confirmed'", "person_link_with_consent_of_the_found"),
    (lambda: Merge.objects.create(table="t", kept=1, duplicate=2, by="x"), "kept = 2", "merge_of_two"),
    (a_reach, "mode = 'shout'", "reach_mode_known"),
    (a_reach, "safe_from = '20:00'", "reach_safe_hours_whole"),
    (lambda: Tie.objects.create(caller=a_caller(), household=a_household()), "relation = 'x'", "tie_relation_known"),
    (a_call, "status = 'lost'", "call_status_known"),
    (a_call, "identity = 'sure'", "call_identity_known"),
    (a_case, "priority = 'P9'", "case_priority_known"),
    (a_case, "points = 20000", "case_points_bounded"),
    (a_case, "status = 'duplicate'", "case_duplicate_has_a_master"),
    (a_case, "status = 'closed'", "case_closes_for_a_reason"),
    (a_case, "master_id = id", "case_not_its_own_master"),
    (an_observation, "value = -1", "observation_value_sane"),
    (a_clock, "due_at = started_at - interval '1 hour'", "clock_due_after_start"),
    (a_clock, "kind = 'cuckoo'", "clock_kind_known"),
    (lambda: a_case(need="WATER").needs.get(), "quantity = 0", "need_quantity_positive"),
    (lambda: a_case(need="WATER").needs.get(), "status = 'x'", "need_status_known"),
    (lambda: Offer.objects.create(kind="vehicle"), "seats = 500", "offer_seats_sane"),
    (lambda: Offer.objects.create(kind="vehicle"), "vetted_at = now()", "offer_vetting_has_a_name_and_an_end"),
    (a_vetted_offer, "document_seen = false", "offer_vetting_of_what_was_seen"),
    (lambda: Offer.objects.create(kind="vehicle"), "withdrawn_why = 'x'", "offer_withdrawn_why_known"),
    (a_request, "latest = '2026-01-01', earliest = '2026-02-01'", "evacuation_latest_after_earliest"),
    (a_request, "direction = 'north'", "evacuation_direction_known"),
    (a_travel_tie, "first_id = second_id", "travel_tie_in_one_order"),
    (a_traveller, "kind = 'roof'", "traveller_kind_known"),
    (a_release, "released_at = now()", "release_with_document_and_two_staff"),
    (a_release, "second_staff_id = first_staff_id", "release_staff_differ"),
    (a_vehicle, "to_seq = from_seq", "vehicle_goes_forward"),
    (lambda: a_seat(a_convoy()), "status = 'accounted'", "seat_accounted_for_as_something"),
    (lambda: a_convoy(), "status = 'flying'", "convoy_status_known"),
    (a_line, "delivered = 9", "delivery_line_within_order"),
    (a_line, "quantity = 0", "delivery_line_positive"),
    (an_entitlement, "quantity = 0", "entitlement_positive"),
    (a_kit_line, "quantity = -1", "kit_line_positive"),
    (a_message, "user_id = NULL", "message_to_one_recipient"),
    (a_message, "status = 'suppressed'", "message_suppressed_for_a_reason"),
    (a_post, "role = 'king'", "post_role_known"),
    (a_post, "until = since", "post_ends_after_it_began"),
    (a_place, "kind = 'planet'", "place_kind_known"),
]


@pytest.mark.parametrize(("make", "change", "guard"), CHECKS, ids=[guard for _, _, guard in CHECKS])
def test_what_cannot_be_is_refused(make, change, guard):
    row = make()
    assert refused(f"UPDATE {row._meta.db_table} SET {change} WHERE id = %s", row.pk) == guard


def test_a_decision_in_best_interests_has_two_staff():
    traveller = a_traveller()
    assert (
        refused(
            "INSERT INTO cases_decision (uid, version, created_at, request_id, person_id, by, goes, could_speak_freely,"
            " voluntary, own_direction, informed, recorded_by) VALUES (gen_random_uuid(), 0, now(), %s, %s,"
            " 'best_interests', true, 'yes', true, true, true, 'x')",
            traveller.request_id,
            traveller.person_id,
        )
        == "decision_best_interests_by_two"
    )


def copy(row, **changes):
    """INSERT a copy of a row with other keys; the name of the constraint that refuses it."""
    columns = [field.column for field in row._meta.concrete_fields if field.column not in {"id", "uid", *changes}]
    fresh = ["uid"] if any(field.column == "uid" for field in row._meta.concrete_fields) else []
    quoted = [f'"{column}"' for column in columns]
    names = ", ".join([*quoted, *changes, *fresh])
    values = ", ".join([*quoted, *changes.values(), *(["gen_random_uuid()"] if fresh else [])])
    table = row._meta.db_table
    return refused(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE id = %s", row.pk)


TWICE = [
    (a_consent, "consent_live_once"),
    (lambda: a_case(need="WATER").needs.get(), "need_one_open_a_type"),
    (a_request, "evacuation_one_live_a_case"),
    (a_traveller, "traveller_once_a_request"),
    (a_travel_tie, "travel_tie_once"),
    (a_reach, "reach_once"),
    (lambda: Tie.objects.create(caller=a_caller(), household=a_household()), "tie_once"),
    (a_link, "person_link_once"),
    (an_entitlement, "entitlement_once_a_period"),
    (lambda: Merge.objects.create(table="t", kept=1, duplicate=2, by="x"), "merge_live_once_a_duplicate"),
    (lambda: a_convoy().legs.get(), "leg_once"),
    (a_convoy, "convoy_number_once_a_window"),
    (a_clock, "clock_one_live_a_kind"),
]


@pytest.mark.parametrize(("make", "guard"), TWICE, ids=[guard for _, guard in TWICE])
def test_what_may_stand_once_stands_once(make, guard):
    assert copy(make()) == guard


def test_a_call_has_one_primary_disposition():
    call = a_call()
    CallDisposition.objects.create(call=call, code_id="case_opened", primary=True)
    second = CallDisposition.objects.create(call=call, code_id="silent")
    assert (
        refused('UPDATE cases_calldisposition SET "primary" = true WHERE id = %s', second.pk)
        == "call_one_primary_disposition"
    )


def test_a_job_key_is_open_once():
    Job.objects.create(kind="x", key="k")
    assert refused(
        "INSERT INTO cases_job (kind, key, lane, due_at, order_key, attempts, worker, state, error_code,"
        " created_at) VALUES ('x', 'k', 'normal', now(), '', 0, '', 'waiting', '', now())"
    ) == ("job_key_once_while_open")
