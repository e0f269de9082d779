"""The page of a case: masked until opened."""

from dataclasses import replace

import pytest
from django.urls import reverse

from calls import entered
from case_pages import opened, page, press, said, sign_in
from cases.domain import assignment, intake
from cases.enums import Group
from cases.models import (
    Disclosure,
    Event,
    Household,
)
from cases.planning.person_line import parse

# Session, user, posts; the case and each kind of row on its page; partners, timeline and its names; who could own it
# and what they carry; what was merged into it; whether the reader is on duty.
STATEMENTS = 39
NAME, NUMBER = "Григор", "+380"

pytestmark = pytest.mark.django_db


def household_of(cast, size):
    """A case with `size` people, needs, calls and consents."""
    codes, kinds = ("WATER", "FOOD", "MEDS")[:size], ("relief", "medical", "tracing")[:size]
    facts = intake.Intake(
        number="+380501234567",
        settlement=entered("C01").settlement,
        group=Group.FAMILY,
        people=tuple(parse("ж 78 SM-CC"))[:1] * size,
        needs=tuple(intake.NeedFacts(code, 1) for code in codes),
        evacuation=intake.EvacuationFacts(direction="ukraine"),
        consents=frozenset({("share_partner", kind) for kind in kinds}),
        dispositions=("case_opened",),
        notes="-",
    )
    case = intake.record(facts, key=f"size {size}", by=cast.operator).cases.get()
    for number in range(1, size):
        again = replace(facts, continues=case.ref, people=(), evacuation=None, dispositions=("case_updated",))
        intake.record(again, key=f"size {size}, call {number}", by=cast.operator)
    return case


def test_the_page_costs_the_same_whatever_the_size_of_the_household(cast, client, django_assert_num_queries):
    small, large = household_of(cast, 1), household_of(cast, 3)
    sign_in(client, cast.coordinator)
    client.get(page(small))
    for case in (small, large):
        with django_assert_num_queries(STATEMENTS):
            client.get(page(case))


def test_a_case_of_another_oblast_is_not_found(cast, client):
    case = opened(cast)
    sign_in(client, cast.outsider)

    assert client.get(page(case)).status_code == 404
    assert press(client, case, "claim").status_code == 404
    assert press(client, case, "open", why="emergency").status_code == 404
    assert not Disclosure.objects.filter(actor=cast.outsider.code).exists()


def test_the_page_says_class_reasons_place_people_needs_and_way_out(cast, client):
    case = opened(cast)
    sign_in(client, cast.coordinator)

    text = client.get(page(case)).content.decode()

    words = (
        case.spoken,
        "Sudzha",
        "2 people",
        "bedridden",
        "Drinking water",
        "none left",
        "Food",
        "to Ukraine",
        "Relief",
    )
    for word in words:
        assert word in text
    assert "→" in text


def test_nothing_sealed_stands_on_the_page_before_it_is_opened(cast, client):
    case = opened(cast, "C02")
    sign_in(client, cast.coordinator)

    text = client.get(page(case)).content.decode()

    assert NAME not in text and NUMBER not in text
    assert "masked" in text


def test_the_owner_opens_names_and_the_opening_is_on_record(cast, client):
    case = opened(cast, "C02")
    assignment.claim(case, by=cast.taras)
    sign_in(client, cast.taras)
    before = Disclosure.objects.count()

    response = press(client, case, "open")

    assert NAME in response.content.decode() and NUMBER in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    lines = Disclosure.objects.filter(pk__gt=0).order_by("pk")[before:]
    assert {line.actor for line in lines} == {cast.taras.code}
    assert {line.why for line in lines} == {"owner"}
    assert {"cases_person", "cases_contactpoint", "cases_call"} <= {line.table for line in lines}
    assert NAME not in client.get(page(case)).content.decode()


def test_who_does_not_own_the_case_opens_nothing_without_a_reason(cast, client):
    case = opened(cast, "C02")
    sign_in(client, cast.taras)
    before = Disclosure.objects.count()

    response = press(client, case, "open")

    assert "Say why you need to see this." in said(response)[0]
    assert NAME not in response.content.decode()
    assert Disclosure.objects.count() == before


def test_a_stated_reason_opens_names_and_alarms(cast, client):
    case = opened(cast, "C02")
    sign_in(client, cast.taras)

    response = press(client, case, "open", why="emergency")

    assert NAME in response.content.decode()
    assert Event.objects.filter(verb="disclosure.alarmed", actor=cast.taras.code).exists()


def test_names_are_opened_by_a_button_never_by_an_address(cast, client):
    case = opened(cast, "C02")
    sign_in(client, cast.taras)

    assert client.get(reverse("admin:cases_case_open", args=[case.pk]) + "?why=emergency").status_code == 405


def test_a_protected_household_is_opened_by_the_protection_officer_alone(cast, client):
    case = opened(cast, "C02")
    Household.objects.filter(pk=case.household_id).update(protected=True)
    sign_in(client, cast.taras)
    assert press(client, case, "open", why="emergency").status_code == 403
    assert "Only the protection officer" in client.get(page(case)).content.decode()

    sign_in(client, cast.protection)
    assert NAME in press(client, case, "open", why="emergency").content.decode()


def test_a_protected_need_is_a_protection_contact_to_all_but_the_officer(cast, client):
    facts = intake.Intake(
        number="+380501234567",
        language="uk",
        settlement=entered("C01").settlement,
        group=Group.FAMILY,
        people=parse("жінка 30 SV"),
        needs=(intake.NeedFacts("PROTECT"),),
        observations={"imminent_violence": 1.0},
        dispositions=("handed_to_protection",),
    )
    case = intake.record(facts, key="protected", by=cast.operator).cases.get()
    assignment.claim(case, by=cast.taras)
    sign_in(client, cast.taras)
    text = client.get(page(case)).content.decode()
    assert "Protection contact" in text and "about to hurt" not in text
    assert press(client, case, "open").status_code == 403  # a protected fact protects the household

    sign_in(client, cast.protection)
    assert "about to hurt" in press(client, case, "open", why="emergency").content.decode()


def test_erased_names_stay_closed_and_the_rest_opens(cast, client):
    case = opened(cast, "C02")
    person = case.household.people.get()
    key = person.data_key
    key.wrapped, key.destroyed_at = None, case.opened_at
    key.save()
    sign_in(client, cast.taras)

    text = press(client, case, "open", why="emergency").content.decode()

    assert "erased" in text and NUMBER in text
