"""The words operators say: edited in the rooms, version by version."""

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from cases.models import Event, Script, User
from cases.queries import scripts

pytestmark = pytest.mark.django_db
WORDS = {"text_en": "Press hard.", "text_uk": "Сильно тисніть.", "text_ru": "Сильно давите."}


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def at(script):
    return reverse("admin:cases_script_change", args=[script.pk])


def edits():
    return list(Event.objects.filter(verb="reference.edit").values_list("subject", "actor", "data"))


def versions(moment):
    return list(Script.objects.filter(moment=moment).order_by("number").values_list("number", "text_en"))


@pytest.fixture
def bleeding(db):
    return Script.objects.get(moment="bleeding")


@pytest.mark.parametrize("who", ["supervisor", "administrator"])
def test_an_edit_is_the_next_version_and_the_one_before_stands(cast, client, bleeding, who):
    sign_in(client, getattr(cast, who))

    assert client.post(at(bleeding), WORDS).status_code == 302

    assert versions("bleeding") == [(1, bleeding.text_en), (2, "Press hard.")]
    assert scripts.latest()["bleeding"].text("ru") == "Сильно давите."


def test_who_edited_what_is_on_record_without_the_words(cast, client, bleeding):
    sign_in(client, cast.supervisor)

    client.post(at(bleeding), WORDS)

    assert edits() == [("script", cast.supervisor.code, {"moment": "bleeding", "number": 2})]


def test_saving_without_a_change_makes_no_version(cast, client, bleeding):
    sign_in(client, cast.supervisor)
    same = {name: getattr(bleeding, name) for name in WORDS}

    client.post(at(bleeding), same)

    assert (len(versions("bleeding")), edits()) == (1, [])


def test_moment_and_number_are_not_edited(cast, client, bleeding):
    sign_in(client, cast.supervisor)

    client.post(at(bleeding), {**WORDS, "moment": "birth", "number": 9})

    assert (len(versions("birth")), versions("bleeding")[-1][0]) == (1, 2)


def test_an_older_version_is_read_and_not_edited(cast, client, bleeding):
    sign_in(client, cast.supervisor)
    client.post(at(bleeding), WORDS)

    page = client.get(at(bleeding))

    assert page.status_code == 200
    assert bleeding.text_en.splitlines()[0] in page.content.decode()
    assert 'name="text_en"' not in page.content.decode()


def test_a_page_that_grew_old_keeps_what_was_typed_and_changes_nothing(cast, client, bleeding):
    sign_in(client, cast.supervisor)
    client.post(at(bleeding), WORDS)

    page = client.post(at(bleeding), {**WORDS, "text_en": "Press harder."})

    assert page.status_code == 200
    assert "Press harder." in page.content.decode()
    assert [number for number, _ in versions("bleeding")] == [1, 2]


@pytest.mark.parametrize("who", ["operator", "coordinator", "auditor"])
def test_who_only_reads_them_does_not_edit(cast, client, bleeding, who):
    sign_in(client, getattr(cast, who))

    assert client.get(at(bleeding)).status_code == 200
    assert client.post(at(bleeding), WORDS).status_code == 403
    assert len(versions("bleeding")) == 1


def test_nobody_adds_a_moment_or_deletes_a_version(cast, client, bleeding):
    sign_in(client, cast.administrator)

    assert client.get(reverse("admin:cases_script_add")).status_code == 403
    assert client.post(reverse("admin:cases_script_delete", args=[bleeding.pk]), {"post": "yes"}).status_code == 403


def test_a_version_is_not_rewritten_even_past_the_admin(bleeding):
    with pytest.raises(DatabaseError), transaction.atomic():
        Script.objects.filter(pk=bleeding.pk).update(text_en="Other words")


@pytest.mark.parametrize("more", [1, 3])
def test_the_newest_words_take_one_statement(django_assert_num_queries, bleeding, more):
    for number in range(2, 2 + more):
        Script.objects.create(moment="bleeding", number=number, **WORDS)
    with django_assert_num_queries(1):
        newest = scripts.latest()
    assert newest["bleeding"].number == 1 + more
    assert len(newest) == 15


@pytest.mark.parametrize("more", [1, 3])
def test_the_list_costs_the_same_at_one_row_and_at_three(cast, client, django_assert_num_queries, more):
    sign_in(client, cast.supervisor)
    for number in range(2, 2 + more):
        Script.objects.create(moment="bleeding", number=number, **WORDS)
    with django_assert_num_queries(5):
        assert client.get(reverse("admin:cases_script_changelist")).status_code == 200
