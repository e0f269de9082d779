"""Sealed data: unreadable until it is revealed, and every opening is on record."""

from dataclasses import replace

import pytest
from django.db import connection

from calls import entered
from cases.disclosure import may_open, reveal
from cases.domain import assignment, intake, opening
from cases.enums import Role, Why
from cases.errors import Erased, Forbidden, ReasonNeeded
from cases.models import Call, Case, Disclosure, Event, Household, Message, Person
from cases.privacy.cipher import Tampered
from cases.privacy.sealed import StillSealed
from cases.queries import case_page
from cast import hire
from factories import a_household, a_key, a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    made = a_person(surname="Ковальчук", given_name="Ганна")
    return Person.objects.get(pk=made.pk)


def test_a_sealed_attribute_raises_until_it_is_revealed(person, cast):
    with pytest.raises(StillSealed):
        _ = person.surname
    reveal([person], by=cast.taras, why=Why.OWNER)
    assert (person.surname, person.given_name) == ("Ковальчук", "Ганна")


def test_what_was_never_told_is_none_without_a_reveal(person):
    assert person.patronymic is None


def test_a_reveal_writes_one_line(person, cast):
    other = Person.objects.get(pk=a_person(surname="X").pk)
    reveal([person, other], by=cast.taras, why=Why.OWNER, fields=["surname"])
    line = Disclosure.objects.get()
    assert (line.actor, line.why, line.rows, line.fields) == (
        cast.taras.code,
        "owner",
        [str(person.uid), str(other.uid)],
        ["surname"],
    )
    with pytest.raises(StillSealed):
        _ = person.given_name


def test_a_stated_reason_alarms(person, cast):
    reveal([person], by=cast.operator, why=Why.EMERGENCY)
    assert Event.objects.get().verb == "disclosure.alarmed"


def test_the_database_holds_no_plain_text(person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT surname FROM cases_person WHERE id = %s", [person.pk])
        assert "Ковальчук".encode() not in bytes(cursor.fetchone()[0])


def test_equal_texts_seal_differently():
    first, second = a_person(surname="А"), a_person(surname="А")
    with connection.cursor() as cursor:
        cursor.execute("SELECT surname FROM cases_person WHERE id IN (%s, %s)", [first.pk, second.pk])
        assert len({bytes(value) for (value,) in cursor.fetchall()}) == 2


@pytest.mark.parametrize("move", ["another row", "another column"])
def test_a_value_that_was_moved_does_not_open(person, cast, move):
    other = a_person(surname="Чужий")
    Person.objects.filter(pk=other.pk)
    with connection.cursor() as cursor:
        if move == "another row":
            cursor.execute(
                "UPDATE cases_person SET surname = (SELECT surname FROM cases_person WHERE id = %s) WHERE id = %s",
                [other.pk, person.pk],
            )
        else:
            cursor.execute("UPDATE cases_person SET given_name = surname WHERE id = %s", [person.pk])
    with pytest.raises(Tampered):
        reveal([Person.objects.get(pk=person.pk)], by=cast.taras, why=Why.OWNER)


def test_saving_what_was_opened_changes_nothing(person, cast):
    before = person.__dict__["surname"].ciphertext
    reveal([person], by=cast.taras, why=Why.OWNER)
    person.save()
    assert Person.objects.get(pk=person.pk).__dict__["surname"].ciphertext == before


def test_a_sealed_field_is_neither_updated_nor_looked_up_in_bulk(person):
    with pytest.raises(TypeError):
        Person.objects.update(surname="x")
    with pytest.raises(TypeError):
        Person.objects.filter(surname="x")


@pytest.mark.parametrize("text", ["a\0b", "x" * 201])
def test_what_cannot_be_kept_is_refused(text):
    with pytest.raises(ValueError, match="surname"):
        Person.objects.create(household=a_household(), data_key=a_key(), surname=text)


def test_a_destroyed_key_opens_nothing(person, cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_datakey SET wrapped = NULL, destroyed_at = now() WHERE id = %s", [person.data_key_id]
        )
    with pytest.raises(Erased):
        reveal([Person.objects.get(pk=person.pk)], by=cast.taras, why=Why.OWNER)


# --- who may open ---------------------------------------------------------------------------------------------------


@pytest.fixture
def household(cast):
    call = intake.record(entered("C01"), key="k", by=cast.olena)
    return call.cases.get().household


def test_an_operator_opens_the_household_of_their_live_call(household, cast):
    Call.objects.update(status="in_progress")
    may_open(household, by=cast.olena, why=Why.LIVE_CALL)
    with pytest.raises(ReasonNeeded):
        may_open(household, by=cast.oleh, why=Why.LIVE_CALL)


def test_after_the_call_a_reason_is_needed(household, cast):
    with pytest.raises(ReasonNeeded):
        may_open(household, by=cast.olena, why=Why.LIVE_CALL)
    may_open(household, by=cast.olena, why=Why.EMERGENCY)


def test_the_owner_opens(household, cast):
    with pytest.raises(ReasonNeeded):
        may_open(household, by=cast.taras, why=Why.OWNER)
    assignment.claim(household.cases.get(), by=cast.taras)
    may_open(household, by=cast.taras, why=Why.OWNER)


@pytest.mark.parametrize("who", ["auditor", "administrator", "field_team", "guest"])
def test_who_has_no_work_with_names_opens_none_whatever_the_reason(household, cast, who):
    with pytest.raises(Forbidden):
        may_open(household, by=getattr(cast, who), why=Why.EMERGENCY)


def test_a_stated_reason_tells_the_supervisors_on_duty_of_which_case(household, cast):
    chief, case = hire("chief", Role.SUPERVISOR, on_duty=True), case_page.for_page(Case.objects.all()).get()
    assert opening.open_names(case, why=Why.COMPLAINT, by=cast.oleh).is_open
    told = Message.objects.get(template__code="alarm_disclosure")
    assert (told.user_id, told.case_id, told.params["ref"]) == (chief.user_id, case.pk, case.spoken)
    assert set(Event.objects.filter(verb="disclosure.alarmed").values_list("case", flat=True)) == {case.pk}


def test_the_owner_alarms_nobody(household, cast):
    hire("chief", Role.SUPERVISOR, on_duty=True)
    assignment.claim(household.cases.get(), by=cast.taras)
    opening.open_names(case_page.for_page(Case.objects.all()).get(), why=Why.OWNER, by=cast.taras)
    assert not Message.objects.filter(template__code="alarm_disclosure").exists()


def test_a_protected_household_is_the_protection_officers(cast):
    household = Household.objects.get(pk=a_household(protected=True).pk)
    with pytest.raises(Forbidden):
        may_open(household, by=cast.supervisor, why=Why.EMERGENCY)
    may_open(household, by=cast.protection, why=Why.EMERGENCY)


def test_a_partner_opens_only_through_a_referral(household, cast):
    with pytest.raises(Forbidden):
        may_open(household, by=cast.red, why=Why.REFERRAL)


def test_a_protected_fact_stands_nowhere_in_clear(cast):
    facts = replace(entered("C01"), observations={"imminent_violence": 1.0}, needs=entered("C01").needs)
    case = intake.record(facts, key="p", by=cast.olena).cases.get()
    assert case.priority == "P1"
    assert case.observations.filter(code="protected").count() == 1
    reasons = case.scores.latest().reasons
    assert [reason["code"] for reason in reasons if reason["protected"]] == ["protection_contact"]
    assert "violence" not in str(reasons) + str(list(Event.objects.values_list("data", flat=True)))
