"""The coordinators' queue: who sees what, in which order, at a constant price."""

import pytest
from django.urls import reverse
from django.utils import timezone

from calls import entered
from cases.domain import assignment, intake
from cases.enums import ClockState, Role
from cases.models import Assignment, Case, Clock, Place, User
from cast import hire

QUEUE = reverse("admin:cases_case_changelist")
# Session, user, posts; the cases, then their clocks, owners, needs, scores, rules, people; the tallies, what may be
# chosen, whether the reader is on duty, and what waits for a second person.
STATEMENTS = 13

pytestmark = pytest.mark.django_db


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def opened(cast, *calls):
    """The cases these calls opened."""
    return [intake.record(entered(call), key=call, by=cast.operator).cases.get() for call in calls]


def refs(response):
    return [line.case.ref for line in response.context["queue"].lines]


def test_the_queue_costs_the_same_at_one_row_and_at_three(cast, client, django_assert_num_queries):
    sign_in(client, cast.coordinator)
    opened(cast, "C01")
    client.get(QUEUE)
    with django_assert_num_queries(STATEMENTS):
        client.get(QUEUE)

    opened(cast, "C05", "C14")
    with django_assert_num_queries(STATEMENTS):
        response = client.get(QUEUE)

    assert len(refs(response)) == 3


def test_the_most_urgent_stands_first(cast, client):
    soon, immediate, urgent = opened(cast, "C14", "C07", "C05")
    sign_in(client, cast.coordinator)

    assert refs(client.get(QUEUE)) == [immediate.ref, urgent.ref, soon.ref]


def test_a_line_says_class_place_people_needs_reason_and_why_nobody_owns_it(cast, client):
    (case,) = opened(cast, "C07")
    sign_in(client, cast.coordinator)

    said = client.get(QUEUE).content.decode()

    for words in (case.spoken, "P1 <b>Immediate</b>", "Martynovka", "3 people", "Medical evacuation", ">New<"):
        assert words in said
    assert "in 1 min" in said


def test_why_nobody_took_it_is_said_in_words(cast, client):
    (case,) = opened(cast, "C07")
    Case.objects.filter(pk=case.pk).update(unassigned_why={"on_duty": 1, "covering": 1, "full": [cast.taras.user_id]})
    sign_in(client, cast.iryna)

    assert "Have no room: Taras" in client.get(QUEUE).content.decode()


def test_an_outsider_sees_none_of_another_oblast(cast, client):
    opened(cast, "C01", "C07")
    sign_in(client, cast.outsider)

    response = client.get(QUEUE, {"view": "open"})

    assert refs(response) == []
    assert "Sudzha<" not in response.content.decode()
    assert {count for _, _, views in response.context["groups"] for _, _, count in views} == {0}


def test_somebody_without_a_post_does_not_come_in(cast, client):
    sign_in(client, cast.guest)

    assert client.get(QUEUE, follow=True).status_code == 403


def test_somebody_not_signed_in_is_asked_to(client, db):
    assert client.get(QUEUE).status_code == 302


def test_a_post_that_reads_no_cases_opens_no_queue(cast, client):
    sign_in(client, cast.field_team)

    assert client.get(QUEUE).status_code == 403


def test_the_views_narrow_the_queue(cast, client):
    taken, late, waiting = opened(cast, "C01", "C05", "C14")
    assignment.claim(taken, by=cast.taras)
    Clock.objects.filter(case=late, kind="acknowledge").update(state=ClockState.FIRED, fired_at=timezone.now())
    sign_in(client, cast.taras)

    assert set(refs(client.get(QUEUE))) == {late.ref, waiting.ref}
    assert refs(client.get(QUEUE, {"view": "mine"})) == [taken.ref]
    assert refs(client.get(QUEUE, {"view": "late"})) == [late.ref]
    assert len(refs(client.get(QUEUE, {"view": "open"}))) == 3
    assert refs(client.get(QUEUE, {"view": "no such view"})) == refs(client.get(QUEUE))


def test_what_a_doubtful_caller_proposed_waits_in_a_view_of_its_own(cast, client):
    (case,) = opened(cast, "C06")
    intake.record(entered("C18", {"C06": case.ref}), key="C18", by=cast.operator)
    sign_in(client, cast.coordinator)

    assert refs(client.get(QUEUE, {"view": "proposals"})) == [case.ref]


def test_class_and_place_narrow_the_queue(cast, client):
    here, there = opened(cast, "C07", "C14")
    sign_in(client, cast.coordinator)
    raion = there.household.settlement.parent

    assert refs(client.get(QUEUE, {"class": "P1"})) == [here.ref]
    assert refs(client.get(QUEUE, {"place": raion.pk})) == [there.ref]
    assert refs(client.get(QUEUE, {"place": "no place", "class": "P9"})) == [here.ref, there.ref]


def test_a_long_queue_is_read_page_by_page_and_nothing_twice(cast, client, monkeypatch):
    monkeypatch.setattr("cases.queries.queue.PAGE", 2)
    made = {case.ref for case in opened(cast, "C01", "C03", "C05", "C07", "C14")}
    sign_in(client, cast.coordinator)

    seen, after = [], ""
    while True:
        response = client.get(QUEUE, {"after": after})
        seen += refs(response)
        after = response.context["queue"].after
        if not after:
            break

    assert len(seen) == 5
    assert set(seen) == made


def test_an_unknown_cursor_begins_at_the_top(cast, client):
    (case,) = opened(cast, "C07")
    sign_in(client, cast.coordinator)

    assert refs(client.get(QUEUE, {"after": "P1-9-x' OR 1=1"})) == [case.ref]


def test_taking_a_case_from_the_queue_makes_it_ones_own(cast, client):
    (case,) = opened(cast, "C07")
    sign_in(client, cast.taras)

    response = client.post(reverse("admin:cases_case_claim", args=[case.pk]), {"from": QUEUE})

    assert response.url == reverse("admin:cases_case_change", args=[case.pk])
    assert Assignment.objects.get(case=case, ended_at=None).owner_id == cast.taras.user_id


def test_what_somebody_else_took_meanwhile_is_said_in_the_queue(cast, client):
    (case,) = opened(cast, "C07")
    assignment.claim(case, by=cast.iryna)
    sign_in(client, cast.taras)

    response = client.post(reverse("admin:cases_case_claim", args=[case.pk]), {"from": QUEUE}, follow=True)

    assert response.redirect_chain == [(QUEUE, 302)]
    assert "Somebody else has taken it." in response.content.decode()
    assert Assignment.objects.get(case=case, ended_at=None).owner_id == cast.iryna.user_id


def test_the_way_back_leads_only_to_our_own_pages(cast, client):
    (case,) = opened(cast, "C07")
    assignment.claim(case, by=cast.iryna)
    sign_in(client, cast.taras)

    response = client.post(reverse("admin:cases_case_claim", args=[case.pk]), {"from": "https://elsewhere.invalid/"})

    assert response.url == reverse("admin:cases_case_change", args=[case.pk])


def test_an_empty_queue_says_what_would_fill_it(cast, client):
    sign_in(client, cast.coordinator)

    assert "A call that needs somebody to act opens a case" in client.get(QUEUE).content.decode()


def test_an_operator_sees_the_queue_without_its_buttons(cast, client):
    opened(cast, "C07")
    sign_in(client, cast.operator)

    response = client.get(QUEUE)

    assert response.status_code == 200
    assert "Take it" not in response.content.decode()


def test_a_post_over_a_raion_sees_that_raion(cast, client):
    here, _elsewhere = opened(cast, "C01", "C14")
    somebody = hire("local", Role.COORDINATOR, area=Place.objects.get(pk=here.household.settlement.parent_id))
    sign_in(client, somebody)

    assert refs(client.get(QUEUE)) == [here.ref]
