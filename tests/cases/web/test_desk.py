"""The desk: what is typed is saved once and whole, or comes back with a sentence beside the field."""

from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from calls import C01_FORM, place
from cases.disclosure import reveal
from cases.enums import Why
from cases.models import Call, Case, Household, NeedType, Person, Place, Script, User

pytestmark = pytest.mark.django_db
DESK = "/desk/"


@pytest.fixture
def olena(client, cast):
    client.force_login(User.objects.get(pk=cast.olena.user_id), backend="cases.web.auth.SignInBackend")
    return client


def typed(**fields):
    """What the browser sends for a call; C01 unless told otherwise."""
    return C01_FORM | {"key": "k1"} | fields


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
        with django_assert_num_queries(3):  # session, user with posts, settlements
            olena.post(reverse("desk-settlements"), {"q": said})


def test_typed_people_are_read_back(olena):
    answer = olena.post(reverse("desk-people"), {"q": "ж 78 лежачая\nж 300"}).json()
    assert answer["understood"] == [
        {"says": "Woman 78, bedridden, Older person at risk (over 60)", "mobility": "bedridden"}
    ]
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
    # session, user with posts, duty; the state of the reference data; unfinished calls
    with django_assert_num_queries(5):
        olena.get(DESK)


def test_the_parts_that_are_kept_follow_every_change_at_once(olena):
    need, script = NeedType.objects.get(code="WATER"), Script.objects.filter(moment="bleeding").latest("number")
    before = olena.get(DESK).content.decode()
    NeedType.objects.filter(pk=need.pk).update(label_en="Water by the bottle")
    Script.objects.create(
        moment="bleeding", number=script.number + 1, text_en="Press on it.", text_uk="Тисніть.", text_ru="Давите."
    )
    after = olena.get(DESK).content.decode()
    assert "Water by the bottle" not in before and "Water by the bottle" in after
    assert "Press on it." not in before and "Press on it." in after


def test_the_parts_that_are_kept_are_in_the_readers_language(olena, cast):
    for language, words in (("en", "Where"), ("uk", "Де"), ("ru", "Где"), ("en", "Where")):
        User.objects.filter(pk=cast.olena.user_id).update(language=language)
        assert f'<h2 id="where-title">{words} ' in olena.get(DESK).content.decode()


def test_the_parts_that_are_kept_hold_nothing_anybody_typed(olena):
    olena.get(DESK)
    refused = olena.post(DESK, typed(disposition="", notes="Сын за дамбой", address="у колодца", need_WATER="on"))
    assert refused.status_code == 422 and "Сын за дамбой" in refused.content.decode()
    another = olena.post(DESK, typed(key="k2", disposition="", notes="Вода кончилась")).content.decode()
    assert "Вода кончилась" in another and "Сын за дамбой" not in another
    fresh = olena.get(DESK).content.decode()
    assert "Сын за дамбой" not in fresh and "у колодца" not in fresh
    assert 'id="need_WATER"' in fresh and "checked" not in fresh[fresh.index('id="need_WATER"') :][:300]


def test_the_departure_of_today_is_fine(olena):
    today = timezone.localdate(timezone=ZoneInfo("Europe/Kyiv"))  # the operator's day, whatever day it is elsewhere
    assert olena.post(DESK, typed(earliest=today.isoformat())).status_code == 302
