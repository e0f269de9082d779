"""The rooms where pairs are decided: masked until opened, decided once, taken back, and shown to nobody else."""

import pytest
from django.urls import reverse

from cases.domain import merging
from cases.models import Case, Disclosure, Event, Household, Match, Merge, PersonLink, User
from factories import a_person
from families import called

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(cast):
    """Two calls about one family, as the machine found them."""
    first = called(cast.olena, "Петренко Алексей м 60", "ж 58")
    second = called(cast.oleh, "Petrenko Oleksii m 60", "Петренко Анна ж 58")
    one, other = (case.household.people.order_by("pk")[0] for case in (first, second))
    evidence = [["given", "same"], ["surname", "same"], ["birth", "near"]]
    return Match.objects.create(first=one, second=other, verdict="maybe", score=88, evidence=evidence)


@pytest.fixture
def link(cast):
    sought = a_person(presence="missing")
    found = called(cast.oleh, "Ткач Ольга ж 34").household.people.get()
    return PersonLink.objects.create(sought=sought, found=found, score=90, evidence=[["given", "same"]])


def signed_in(client, actor):
    client.force_login(User.objects.get(pk=actor.user_id), backend="cases.web.auth.SignInBackend")
    return client


def at(name, row):
    return reverse(f"admin:{name}", args=[row.pk])


def test_the_list_says_why_and_names_nobody(cast, client, pair):
    page = signed_in(client, cast.taras).get(reverse("admin:cases_match_changelist")).content.decode()

    assert "given name the same · surname the same · birth about the same" in page
    assert pair.first.household.cases.get().spoken in page
    assert [name for name in ("Петренко", "Petrenko", "Анна") if name in page] == []


def test_the_list_costs_the_same_at_one_pair_and_at_three(cast, client, pair, django_assert_num_queries):
    signed_in(client, cast.taras).get(reverse("admin:cases_match_changelist"))
    for expected in (1, 3):
        while Match.objects.count() < expected:
            persons = [called(cast.olena, "Ткач Иван м 40").household.people.get() for _ in range(2)]
            Match.objects.create(first=persons[0], second=persons[1], verdict="maybe", score=70, evidence=[])
        with django_assert_num_queries(18):
            client.get(reverse("admin:cases_match_changelist"))


def test_both_sides_stand_beside_each_other_and_open_on_record(cast, client, pair):
    client = signed_in(client, cast.taras)
    masked = client.get(at("cases_match_change", pair)).content.decode()
    before = Disclosure.objects.count()

    opened = client.post(at("cases_match_open", pair))

    assert "Петренко" not in masked
    assert [
        name
        for name in ("Петренко Алексей", "Petrenko Oleksii", "Петренко Анна")
        if name not in opened.content.decode()
    ] == []
    assert opened.headers["Cache-Control"] == "no-store"
    lines = Disclosure.objects.order_by("pk")[before:]
    assert {(line.actor, line.why) for line in lines} == {(cast.taras.code, "match")}
    assert not Event.objects.filter(verb="disclosure.alarmed").exists()


def test_whom_of_them_are_one_is_proposed_and_merged_as_chosen(cast, client, pair):
    client = signed_in(client, cast.taras)
    woman, other_woman = (side.household.people.order_by("pk")[1] for side in (pair.first, pair.second))
    page = client.get(at("cases_match_change", pair)).content.decode()
    assert page.count(" selected") == 2  # the man by his name, the woman by her age

    answer = client.post(
        at("cases_match_merge", pair),
        {f"same_{pair.second_id}": pair.first_id, f"same_{other_woman.pk}": woman.pk},
        follow=True,
    )

    kept = Household.objects.get(pk=pair.first.household_id)
    assert kept.people.filter(merged_into=None).count() == 2
    pair.refresh_from_db()
    assert (pair.state, pair.decided_by_id) == ("merged", cast.taras.user_id)
    assert "One household now" in answer.content.decode()


def test_people_told_apart_stand_side_by_side(cast, client, pair):
    signed_in(client, cast.taras).post(at("cases_match_merge", pair), {})

    assert Household.objects.get(pk=pair.first.household_id).people.filter(merged_into=None).count() == 4


def test_two_people_are_never_proposed_again(cast, client, pair):
    client = signed_in(client, cast.taras)

    client.post(at("cases_match_apart", pair))

    pair.refresh_from_db()
    assert (pair.state, Merge.objects.count()) == ("apart", 0)
    assert "No pair waits for you" in client.get(reverse("admin:cases_match_changelist")).content.decode()
    assert client.post(at("cases_match_open", pair)).status_code == 403


def test_a_merge_is_taken_back_on_the_page_of_the_case(cast, client, pair):
    client = signed_in(client, cast.taras)
    made = merging.merge(pair.first.household, pair.second.household, by=cast.taras)
    case = Household.objects.get(pk=made.kept).cases.get()
    double = Case.objects.get(status="duplicate")
    page = client.get(reverse("admin:cases_case_change", args=[case.pk])).content.decode()
    assert double.spoken in page and reverse("admin:cases_merge_undo", args=[made.pk]) in page
    assert case.spoken in client.get(reverse("admin:cases_case_change", args=[double.pk])).content.decode()

    answer = client.post(at("cases_merge_undo", made), follow=True).content.decode()

    assert "two households again" in answer
    assert Household.objects.filter(merged_into__isnull=False).count() == 0


def test_what_would_break_something_is_refused_in_words(cast, client, pair):
    Household.objects.filter(pk=pair.second.household_id).update(split_from=pair.first.household_id)

    answer = signed_in(client, cast.taras).post(at("cases_match_merge", pair), {}, follow=True)

    assert "left the other" in answer.content.decode()
    assert not Merge.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("olena", 403), ("auditor", 403), ("field_team", 403), ("outsider", 404)])
def test_whose_post_does_not_allow_it_sees_and_decides_nothing(cast, client, pair, who, status):
    client = signed_in(client, getattr(cast, who))

    assert client.get(at("cases_match_change", pair)).status_code == status
    for name in ("open", "apart", "merge"):
        assert client.post(at(f"cases_match_{name}", pair)).status_code == status
    pair.refresh_from_db()
    assert (pair.state, Merge.objects.exists()) == ("open", False)


def test_a_pair_with_a_protected_household_is_not_there_for_a_coordinator(cast, client, pair):
    Household.objects.filter(pk=pair.second.household_id).update(protected=True)

    assert signed_in(client, cast.taras).get(at("cases_match_change", pair)).status_code == 404
    assert signed_in(client, cast.protection).get(at("cases_match_change", pair)).status_code == 200


def test_people_sought_are_shown_to_the_protection_officer_alone(cast, client, link):
    for who in ("taras", "supervisor", "olena", "auditor", "medic"):
        signed_in(client, getattr(cast, who))
        assert client.get(reverse("admin:cases_personlink_changelist")).status_code == 403
        assert client.get(at("cases_personlink_change", link)).status_code == 403
        assert client.post(at("cases_personlink_agrees", link)).status_code == 403
    client = signed_in(client, cast.protection)

    assert "Compare" in client.get(reverse("admin:cases_personlink_changelist")).content.decode()
    assert "Ольга" in client.post(at("cases_personlink_open", link)).content.decode()
    client.post(at("cases_personlink_agrees", link))
    link.refresh_from_db()
    assert (link.state, link.found_consents, link.decided_by_id) == ("confirmed", True, cast.protection.user_id)


def test_somebody_leaves_by_the_button_of_the_case(cast, client):
    case = called(cast.olena, "Ткач Ольга ж 34", "Ткач Иван м 8", "Ткач Олег м 40")
    woman, child, _man = case.household.people.order_by("pk")

    signed_in(client, cast.taras).post(
        reverse("admin:cases_case_split", args=[case.pk]), {"people": [woman.pk, child.pk]}
    )

    own = Household.objects.get(split_from=case.household)
    assert (own.protected, set(own.people.all())) == (True, {woman, child})


def test_the_queue_leads_to_what_waits_for_whom(cast, client, pair, link):
    shown = {}
    for who in ("taras", "protection", "medic"):
        page = signed_in(client, getattr(cast, who)).get(reverse("admin:cases_case_changelist")).content.decode()
        shown[who] = ("Perhaps the same" in page, "People sought" in page)
    assert shown == {"taras": (True, False), "protection": (True, True), "medic": (False, False)}


def test_a_pair_that_a_colleague_decided_is_not_merged_by_an_older_page(cast, client, pair):
    Match.objects.filter(pk=pair.pk).update(state="apart", decided_at=pair.created_at)

    signed_in(client, cast.taras).post(at("cases_match_merge", pair), {})

    assert not Merge.objects.exists()


def test_a_page_older_than_the_households_merges_nothing(cast, client, pair):
    stranger = a_person()

    signed_in(client, cast.taras).post(at("cases_match_merge", pair), {f"same_{stranger.pk}": pair.first_id})

    assert not Merge.objects.exists()


def test_pressing_twice_changes_nothing(cast, client, pair):
    client = signed_in(client, cast.taras)
    client.post(at("cases_match_merge", pair), {})

    assert client.post(at("cases_match_merge", pair), {}).status_code == 302
    assert Merge.objects.count() == 1


def test_a_pointer_is_not_reopened(cast, client, pair):
    merging.merge(pair.first.household, pair.second.household, by=cast.taras)
    double = Case.objects.get(status="duplicate")

    signed_in(client, cast.taras).post(reverse("admin:cases_case_reopen", args=[double.pk]))

    double.refresh_from_db()
    assert double.status == "duplicate"
