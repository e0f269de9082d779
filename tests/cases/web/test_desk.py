"""The desk: what is typed is saved once and whole, or comes back with a sentence beside the field."""

import pytest
from django.urls import reverse
from django.utils import timezone

from calls import place
from cases.disclosure import reveal
from cases.enums import Why
from cases.models import Call, Case, Household, Person, Place, User

pytestmark = pytest.mark.django_db
DESK = "/desk/"


@pytest.fixture
def olena(client, cast):
    client.force_login(User.objects.get(pk=cast.olena.user_id), backend="cases.web.auth.SignInBackend")
    return client


def typed(**fields):
    """What the browser sends for a call; C01 unless told otherwise."""
    return {
        "key": "k1",
        "channel": "phone",
        "language": "ru",
        "number": "8 (915) 555-01-01",
        "relation": "self",
        "on_site": "on",
        "identity": "unknown",
        "contact_mode": "voice",
        "settlement": "Суджа",
        "address": "за рынком",
        "group": "unknown",
        "people": "ж 78\nм лежачий",
        "need_WATER": "on",
        "days_WATER": "1",
        "way": "ukraine",
        "destination": "Сумы, сын",
        "consent_processing_": "on",
        "disposition": "case_opened",
    } | fields


def nothing_saved():
    return Call.objects.count() == Case.objects.count() == Household.objects.count() == Person.objects.count() == 0


def test_a_call_is_saved_once_and_whole(olena):
    answer = olena.post(DESK, typed(), follow=True)
    assert answer.redirect_chain == [(DESK, 302)]
    case = Case.objects.get()
    assert case.spoken in answer.content.decode()
    assert (case.priority, case.household.settlement_id, case.household.people.count()) == ("P2", place("Sudzha"), 2)
    assert case.evacuations.get().travellers.filter(kind="stretcher").count() == 1


def test_the_same_submission_twice_is_one_case(olena):
    olena.post(DESK, typed())
    olena.post(DESK, typed())
    assert Case.objects.count() == 1


def test_a_stale_page_is_refused_and_kept(olena):
    olena.post(DESK, typed())
    answer = olena.post(DESK, typed(address="another"))
    assert answer.status_code == 409
    assert "another" in answer.content.decode()
    assert Case.objects.count() == 1


BAD = {
    "no number": ({"number": ""}, "number"),
    "a wrong number": ({"number": "915 55"}, "number"),
    "letters for a number": ({"number": "call me"}, "number"),
    "an unknown settlement": ({"settlement": "Атлантида", "settlement_id": ""}, "settlement"),
    "a negative headcount": ({"headcount": "-5"}, "headcount"),
    "an absurd headcount": ({"headcount": "90000"}, "headcount"),
    "an absurd age": ({"people": "ж 300"}, "people"),
    "too many in a line": ({"people": "200 человек"}, "people"),
    "a departure before today": ({"earliest": "2020-01-01"}, "earliest"),
    "a departure that ends before it begins": ({"earliest": "2099-02-01", "latest": "2099-01-01"}, "latest"),
    "negative days": ({"days_WATER": "-1"}, "days_WATER"),
    "no disposition": ({"disposition": ""}, "disposition"),
    "a disposition nobody knows": ({"disposition": "nonsense"}, "disposition"),
    "a long note": ({"notes": "я" * 20_001}, "notes"),
    "a null byte": ({"address": "a\0b"}, "address"),
    "a null byte in the people": ({"people": "ж 78\0"}, "people"),
    "half of the safe hours": ({"safe_from": "20:00"}, "safe_to"),
    "a case that is not open": ({"continues": "12345678"}, "continues"),
    "an enum nobody knows": ({"contact_mode": "shout"}, "contact_mode"),
    "too many animals": ({"animals": "900"}, "animals"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_beside_its_field_and_nothing_is_saved(olena, name):
    changes, field = BAD[name]
    answer = olena.post(DESK, typed(notes="слово") | changes)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert f'id="error-{field}"' in page or "error-summary" in page
    assert nothing_saved()
    if field != "notes":
        assert "слово" in page


def test_two_hundred_kilobytes_are_refused_and_not_lost_in_an_error_page(olena):
    answer = olena.post(DESK, typed(notes="x" * 200_000))
    assert answer.status_code == 422
    assert nothing_saved()


def test_a_household_of_two_hundred_is_asked_back_and_a_site_is_not(olena):
    answer = olena.post(DESK, typed(people="", headcount="200", group="family"))
    assert answer.status_code == 422
    assert 'name="sure"' in answer.content.decode()
    assert nothing_saved()
    assert olena.post(DESK, typed(people="", headcount="200", group="site")).status_code == 302
    assert Household.objects.get().headcount_high == 200
    assert olena.post(DESK, typed(key="k2", people="", headcount="200", group="family", sure="on")).status_code == 302


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=HYPERLINK(1)", "O'Brien; DROP TABLE"])
def test_hostile_text_is_kept_as_text(olena, cast, name):
    answer = olena.post(DESK, typed(alias=name, disposition=""))
    assert name not in answer.content.decode().replace("&#x27;", "'") or "<" not in name
    olena.post(DESK, typed(alias=name))
    caller = Call.objects.get().caller
    caller.refresh_from_db()
    reveal([caller], by=cast.olena, why=Why.OWNER)
    assert caller.alias == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("із Малої Локні", "Malaya Loknya"),
        ("суджи", "Sudzha"),
        ("Казачої", "Kazachya Loknya"),
        ("gonchar", "Goncharovka"),
    ],
)
def test_the_type_ahead_understands_what_people_say(olena, said, name):
    found = olena.post(reverse("desk-settlements"), {"q": said}).json()["found"]
    assert Place.objects.get(pk=found[0]["id"]).name_en == name


@pytest.mark.parametrize("said", ["", " ", "\0", "x" * 5000, "%", "'"])
def test_the_type_ahead_bears_anything(olena, said):
    assert olena.post(reverse("desk-settlements"), {"q": said}).status_code == 200


def test_the_type_ahead_asks_twice_however_many_there_are(olena, django_assert_num_queries):
    for said in ("суджа", "мал"):
        with django_assert_num_queries(4):  # session, user, posts, settlements
            olena.post(reverse("desk-settlements"), {"q": said})


def test_typed_people_are_read_back(olena):
    answer = olena.post(reverse("desk-people"), {"q": "ж 78 лежачая\nж 300"}).json()
    assert answer["understood"] == ["Woman 78, bedridden, Older person at risk (over 60)"]
    assert len(answer["problems"]) == 1


@pytest.mark.parametrize("who", ["auditor", "administrator", "guest", "field_team"])
def test_who_does_not_answer_calls_has_no_desk(client, cast, who):
    client.force_login(User.objects.get(pk=getattr(cast, who).user_id), backend="cases.web.auth.SignInBackend")
    assert client.get(DESK).status_code == 403
    assert client.post(DESK, typed()).status_code == 403
    assert nothing_saved()


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get(DESK).headers["Location"].startswith("/accounts/login/")


def test_the_desk_is_never_cached(olena):
    assert "no-store" in olena.get(DESK).headers["Cache-Control"]


@pytest.mark.parametrize("calls", [1, 3])
def test_the_desk_costs_the_same_however_many_cases_there_are(olena, django_assert_num_queries, calls):
    for number in range(calls):
        olena.post(DESK, typed(key=f"k{number}"))
    olena.get(DESK)
    with django_assert_num_queries(8):
        olena.get(DESK)


def test_the_departure_of_today_is_fine(olena):
    assert olena.post(DESK, typed(earliest=timezone.localdate().isoformat())).status_code == 302
