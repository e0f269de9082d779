"""At the desk: who is being typed may be known already, and is shown masked, while typing and once more at saving."""

import uuid

import pytest
from django.urls import reverse

from calls import C01_FORM, people, place
from cases.domain import intake
from cases.domain.intake import Intake, NeedFacts
from cases.models import Disclosure, Household, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def before(cast):
    """A case that stands since an earlier call, from another number."""
    said = Intake(
        number="+79155550999",
        people=people("Петренко Алексей м 1957", "Анна ж 58"),
        needs=(NeedFacts("WATER", 1),),
        settlement=place("Sudzha"),
        dispositions=("case_opened",),
    )
    return intake.record(said, key="before", by=cast.oleh).cases.get()


@pytest.fixture
def desk(cast, client):
    client.force_login(User.objects.get(pk=cast.olena.user_id), backend="cases.web.auth.SignInBackend")
    return client


def typed(desk, lines, **more):
    sent = {"people": lines, "number": "+79990001122", "channel": "phone", "settlement_id": place("Sudzha")} | more
    return desk.post(reverse("desk-known"), sent).content.decode()


@pytest.mark.parametrize("lines", ["Oleksii Petrenko m 1957", "Петренко Олексий 1957", "Gtnhtyrj Fktrctq 1957"])
def test_who_is_typed_in_any_writing_is_shown_masked(desk, before, lines):
    said = typed(desk, lines)

    assert f'data-continue="{before.ref}"' in said
    assert "surname" in said and "birth year the same" in said
    assert [name for name in ("Петренко", "Petrenko", "Алексей", "Анна") if name in said] == []


@pytest.mark.parametrize("lines", ["", "ж 78", "Петренко", "Марина Иваненко 1957", "не знает, как его зовут"])
def test_who_says_too_little_or_is_somebody_else_shows_nothing(desk, before, lines):
    assert before.ref not in typed(desk, lines)


def test_the_case_that_is_continued_is_not_shown_as_another(desk, before):
    assert before.ref not in typed(desk, "Петренко Алексей 1957", continues=before.ref)


def test_who_has_a_card_by_the_number_is_not_shown_twice(desk, before):
    assert before.ref not in typed(desk, "Петренко Алексей 1957", number="+79155550999")


def test_a_protected_household_is_not_shown_to_whoever_types_a_name(desk, before):
    Household.objects.update(protected=True)

    assert before.ref not in typed(desk, "Петренко Алексей 1957")


def test_whoever_seeks_somebody_is_shown_nobody(desk, before):
    assert before.ref not in typed(desk, "Петренко Алексей 1957", missing_person="1")
    form = C01_FORM | {"key": uuid.uuid4().hex, "people": "Petrenko Oleksii m 1957", "number": "+79990001122"}
    page = desk.post(reverse("desk"), form | {"missing_person": "on"}, follow=True).content.decode()
    assert "Perhaps known already:" not in page


def test_being_shown_somebody_is_on_record_and_typing_nobody_is_not(desk, before, cast):
    typed(desk, "Марина Иваненко 1957")
    assert not Disclosure.objects.filter(actor=cast.olena.code).exists()

    typed(desk, "Петренко Алексей 1957")
    assert Disclosure.objects.get(actor=cast.olena.code).rows == [str(before.uid)]


def test_whoever_may_not_see_the_case_is_shown_nothing(client, before, cast):
    client.force_login(User.objects.get(pk=cast.guest.user_id), backend="cases.web.auth.SignInBackend")

    assert client.post(reverse("desk-known"), {"people": "Петренко Алексей 1957"}).status_code == 403


def test_it_is_said_once_more_when_a_new_case_is_saved(desk, before):
    form = C01_FORM | {"key": uuid.uuid4().hex, "people": "Petrenko Oleksii m 1957", "number": "+79990001122"}

    page = desk.post(reverse("desk"), form, follow=True).content.decode()

    assert f"Perhaps known already: {before.spoken}" in page


def test_nothing_is_said_when_the_case_is_continued(desk, before):
    form = C01_FORM | {
        "key": uuid.uuid4().hex,
        "people": "Petrenko Oleksii m 1957",
        "number": "+79990001122",
        "continues": before.ref,
        "disposition": "case_updated",
    }

    assert "Perhaps known already:" not in desk.post(reverse("desk"), form, follow=True).content.decode()


def test_who_is_sought_is_not_shown_to_whoever_types_their_name(desk, before):
    before.household.people.update(presence="missing")

    assert before.ref not in typed(desk, "Петренко Алексей 1957")
