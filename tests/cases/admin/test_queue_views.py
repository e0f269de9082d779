"""The views of the queue beyond the first ones, the filters that join any of them, and views kept under a name."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from calls import entered
from cases.domain import assignment, follow_up, intake, notifications, views
from cases.enums import CaseStatus
from cases.errors import Refusal
from cases.models import (
    Call,
    Case,
    Clock,
    Household,
    Message,
    Note,
    Observation,
    SavedView,
    SpecificNeed,
    User,
    Written,
)
from factories import a_person
from families import called

QUEUE = reverse("admin:cases_case_changelist")
SAVE = reverse("admin:cases_case_view_save")

pytestmark = pytest.mark.django_db


def sign_in(client, staff):
    client.force_login(User.objects.get(pk=staff.user_id))


def refs(client, **asked):
    return [line.case.ref for line in client.get(QUEUE, asked).context["queue"].lines]


def shown_views(client):
    return [name for _, _, views in client.get(QUEUE).context["groups"] for name, _, _ in views]


def opened(cast, *calls):
    return [intake.record(entered(call), key=call, by=cast.operator).cases.get() for call in calls]


def test_a_p1_stands_until_somebody_has_begun(cast, client):
    immediate, _urgent = opened(cast, "C07", "C05")
    sign_in(client, cast.taras)
    assert refs(client, view="p1") == [immediate.ref]

    assignment.claim(immediate, by=cast.taras)
    assert refs(client, view="p1") == [immediate.ref]

    follow_up.start(immediate, by=cast.taras)
    assert refs(client, view="p1") == []


@pytest.mark.parametrize(
    ("kind", "hours", "stands"),
    [
        ("promise", 1, True),
        ("promise", 3, False),
        ("promise", -1, True),
        ("follow_up", 1, True),
        ("check_in", 1, False),
    ],
)
def test_promises_due_within_two_hours_or_broken_stand_together(cast, client, kind, hours, stands):
    case = called(cast.operator, "ж 40")
    due = timezone.now() + timedelta(hours=hours)
    Clock.objects.create(case=case, kind=kind, started_at=due - timedelta(hours=5), due_at=due)
    sign_in(client, cast.coordinator)

    assert refs(client, view="promises") == ([case.ref] if stands else [])


def test_what_waits_for_access_stands_by_itself(cast, client):
    waits, other = (called(cast.operator, "ж 40") for _ in range(2))
    for case in (waits, other):
        assignment.claim(case, by=cast.taras)
        follow_up.start(case, by=cast.taras)
    follow_up.wait(waits, what=CaseStatus.WAITING_ACCESS, by=cast.taras)
    follow_up.wait(other, what=CaseStatus.WAITING_STOCK, by=cast.taras)
    sign_in(client, cast.taras)

    assert refs(client, view="access") == [waits.ref]
    assert refs(client, view="open", waiting="waiting_stock") == [other.ref]


@pytest.mark.parametrize("heard", ["nothing", "a call", "a note"])
def test_a_day_without_contact(cast, client, heard):
    case = called(cast.operator, "ж 40")
    before = timezone.now() - timedelta(hours=25)
    Case.objects.filter(pk=case.pk).update(opened_at=before)
    Call.objects.update(heard_at=before)
    Note.objects.update(created_at=before)
    if heard == "a call":
        Call.objects.update(heard_at=timezone.now() - timedelta(hours=23))
    if heard == "a note":
        follow_up.note(case, text="called the neighbour", protected=False, key="n", by=cast.taras)
    sign_in(client, cast.coordinator)

    assert refs(client, view="silent") == ([case.ref] if heard == "nothing" else [])


@pytest.mark.parametrize("since", ["nothing", "a call", "another message", "an answer"])
@pytest.mark.parametrize("status", ["dead", "expired", "sent"])
def test_whoever_a_message_did_not_reach_is_told_otherwise(cast, client, status, since):
    case = called(cast.operator, "ж 40", text_ok=True)
    Call.objects.update(heard_at=timezone.now() - timedelta(hours=2))
    lost = Message.objects.get(case=case, reach__isnull=False)
    earlier = timezone.now() - timedelta(hours=1)
    Message.objects.filter(pk=lost.pk).update(
        status=status, created_at=earlier, sent_at=earlier if status == "sent" else None
    )
    if since == "a call":
        Call.objects.update(heard_at=timezone.now())
    if since == "another message":
        notifications.to_caller("call_us", lost.reach, key="again", case=case, ref=case.spoken)
        Message.objects.filter(key="again").update(status="sent", sent_at=timezone.now())
    if since == "an answer":
        call = Call.objects.get()
        Written.objects.create(
            call=call, contact=call.contact, case=case, state="received", text="so", data_key=call.contact.data_key
        )
    sign_in(client, cast.coordinator)

    assert refs(client, view="untold") == ([case.ref] if status != "sent" and since == "nothing" else [])


def alone(case, value=1.0):
    Observation.objects.create(
        case=case, code_id="child_alone", value=value, observed_at=timezone.now(), data_key=case.household.data_key
    )


def test_the_protected_and_lone_children_stand_before_the_protection_officer_alone(cast, client):
    hidden, child, separated, found_again, plain = (called(cast.operator, "ж 40") for _ in range(5))
    Household.objects.filter(pk=hidden.household_id).update(protected=True)
    alone(child)
    alone(found_again)
    alone(found_again, value=0.0)
    person = a_person(separated.household)
    SpecificNeed.objects.create(person=person, code_id="SC", data_key=person.data_key)
    sign_in(client, cast.protection)

    assert set(refs(client, view="protection")) == {hidden.ref, child.ref, separated.ref}

    assignment.claim(child, by=cast.protection)
    assert set(refs(client, view="protection")) == {hidden.ref, separated.ref}
    assert plain.ref in refs(client)


@pytest.mark.parametrize("who", ["coordinator", "supervisor", "medic", "operator", "auditor"])
def test_for_others_there_is_no_view_of_the_protected(cast, client, who):
    hidden, plain = (called(cast.operator, "ж 40") for _ in range(2))
    Household.objects.filter(pk=hidden.household_id).update(protected=True)
    sign_in(client, getattr(cast, who))

    assert "protection" not in shown_views(client)
    assert refs(client, view="protection") == refs(client, view="unassigned")
    assert {hidden.ref, plain.ref} == set(refs(client))


def test_a_protected_need_is_no_filter(cast, client):
    case = called(cast.operator, "ж 40", needs=("WATER", "PROTECT"))
    other = called(cast.operator, "ж 40", needs=("FOOD",))
    sign_in(client, cast.coordinator)

    assert refs(client, need="WATER") == [case.ref]
    assert refs(client, need="FOOD") == [other.ref]
    assert refs(client, need="PROTECT") == []
    assert "PROTECT" not in {choice.key for choice in client.get(QUEUE).context["given"].needs}


def test_filters_join_any_view_and_stay_in_the_address(cast, client):
    here, there = opened(cast, "C07", "C14")
    sign_in(client, cast.coordinator)
    raion = there.household.settlement.parent

    assert refs(client, view="open", place=raion.pk) == [there.ref]
    assert refs(client, view="open", place=raion.pk, **{"class": "P1"}) == []
    page = client.get(QUEUE, {"view": "open", "place": raion.pk, "class": "P1"}).context
    assert page["first"] == f"view=open&class=P1&place={raion.pk}"
    assert [(label, address) for label, address in page["filters"]] == [
        (raion.name, "view=open&class=P1"),
        ("P1", f"view=open&place={raion.pk}"),
    ]
    assert here.household.settlement.path.count(f"/{raion.pk}/") == 0


def test_every_view_and_filter_costs_the_same(cast, client, django_assert_num_queries):
    made = opened(cast, "C01", "C05", "C14")
    for number in range(3):
        views.save(f"view=open&class=P{number + 1}", name=f"view {number}", by=cast.taras)
    sign_in(client, cast.taras)
    place = made[0].household.settlement_id
    client.get(QUEUE)

    with django_assert_num_queries(13):  # as the queue itself: see test_queue
        response = client.get(QUEUE, {"view": "open", "place": place, "need": "WATER"})

    assert [line.case.ref for line in response.context["queue"].lines] == [made[0].ref]


def test_a_view_is_kept_under_a_name_and_shown_as_a_chip(cast, client):
    sign_in(client, cast.taras)

    response = client.post(SAVE, {"query": "view=late&class=P2&nonsense=1", "name": "  My  late  ones "}, follow=True)

    assert response.redirect_chain == [(f"{QUEUE}?view=late&class=P2", 302)]
    kept = SavedView.objects.get()
    assert (kept.user_id, kept.name, kept.query) == (cast.taras.user_id, "My late ones", "view=late&class=P2")
    assert f'href="?{kept.query.replace("&", "&amp;")}"' in response.content.decode()


def test_the_same_name_again_replaces_the_view(cast):
    for query in ("view=late", "view=open"):
        views.save(query, name="mine", by=cast.taras)

    assert [view.query for view in SavedView.objects.all()] == ["view=open"]


def test_what_the_reader_may_not_open_is_not_kept(cast):
    assert views.save("view=protection", name="x", by=cast.taras).query == "view=unassigned"
    assert views.save("view=protection", name="x", by=cast.protection).query == "view=protection"


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_a_view_without_a_fitting_name_is_refused(cast, name):
    with pytest.raises(Refusal) as refused:
        views.save("view=late", name=name, by=cast.taras)
    assert (refused.value.code, SavedView.objects.count()) == ("invalid", 0)


def test_twenty_views_are_enough(cast):
    for number in range(20):
        views.save("view=late", name=str(number), by=cast.taras)
    with pytest.raises(Refusal) as refused:
        views.save("view=late", name="one more", by=cast.taras)
    assert refused.value.code == "too_many_views"

    views.save("view=open", name="19", by=cast.taras)
    views.save("view=late", name="one more", by=cast.iryna)
    assert SavedView.objects.count() == 21


def test_a_view_is_its_keepers_own(cast, client):
    kept = views.save("view=late", name="mine", by=cast.taras)
    sign_in(client, cast.iryna)
    forget = reverse("admin:cases_case_view_forget", args=[kept.pk])

    assert client.get(QUEUE).context["given"].kept == []
    assert client.post(forget).status_code == 404

    sign_in(client, cast.taras)
    assert client.post(forget).status_code == 302
    assert SavedView.objects.count() == 0


def test_a_reference_that_is_searched_for_leads_to_its_case(cast, client):
    case = called(cast.operator, "ж 40")
    sign_in(client, cast.coordinator)
    assert client.get(QUEUE, {"ref": case.spoken}).url == reverse("admin:cases_case_change", args=[case.pk])

    sign_in(client, cast.outsider)
    assert client.get(QUEUE, {"ref": case.spoken}).url == QUEUE
