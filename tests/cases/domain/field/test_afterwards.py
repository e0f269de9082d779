"""After the convoy: who is safe, who is searched for, who is offered places once more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import field as ground
from cases.domain import identity
from cases.models import Callback, Clock, Job, Need, Release, Stay
from factories import a_place
from on_the_ground import a_day, freely, place_of
from refusals import refused
from rounds import run
from ways_out import a_family, fresh, people_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def arrived(cast):
    """A family of one adult and one child that came to its destination."""
    family = a_family("18-59", "5-11")
    day = a_day(family)
    phone, (adult, child) = day.phone(), (place_of(family), place_of(family, 1))
    day.send(phone, day.line("boarded", adult, data=freely()), day.line("boarded", child))
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}), day.line("came"))
    day.send(phone, day.line("arrived", adult), day.line("arrived", child))
    return fresh(family)


def handed_over(cast, request, child):
    release = ground.name_receiver(request, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)
    return ground.hand_over(request, release=release, document_seen=True, by=cast.oleh)


def test_they_are_safe_when_each_adult_was_heard_and_each_child_handed_over(cast, arrived):
    adult, child = people_of(arrived)
    ground.heard_safe(arrived, person=adult, how="heard", by=cast.olena)
    assert fresh(arrived).status == "arrived"

    handed_over(cast, arrived, child)

    assert fresh(arrived).status == "safe"


def test_the_day_after_they_are_called_and_a_clock_runs_until_they_were_heard(cast, arrived):
    adult, child = people_of(arrived)
    assert run("safe_call") == 1
    assert Clock.objects.filter(case=arrived.case, kind="safe_call", state="running").count() == 1
    handed_over(cast, arrived, child)
    ground.heard_safe(arrived, person=adult, how="seen", by=cast.field_team)
    assert not Clock.objects.filter(case=arrived.case, kind="safe_call", state="running").exists()
    assert Clock.objects.filter(case=arrived.case, state="running").exists()


def test_a_child_is_not_handed_over_by_one_person_nor_without_a_document(cast, arrived):
    child = people_of(arrived)[1]
    release = ground.name_receiver(arrived, minor=child, receiver="Ткач Ганна", kinship="mother", by=cast.olena)

    def by(who, seen):
        return refused(lambda: ground.hand_over(arrived, release=release, document_seen=seen, by=who))

    assert by(cast.olena, True) == "second_person_needed"
    assert by(cast.oleh, False) == "document_not_seen"
    assert Release.objects.get().released_at is None


def test_a_child_is_not_heard_for_itself(cast, arrived):
    child = people_of(arrived)[1]
    assert refused(lambda: ground.heard_safe(arrived, person=child, how="heard", by=cast.olena)) == "illegal_move"


def test_a_stay_in_a_transit_centre_has_an_end(cast, arrived):
    ground.settle_in(arrived, place=a_place("Sumy"), by=cast.taras)
    ground.settle_in(arrived, place=a_place("Sumy"), by=cast.taras)
    assert (Stay.objects.get().until - timezone.now()).days == 6
    assert Clock.objects.filter(case=arrived.case, kind="follow_up", state="running").count() == 1
    ground.move_on(arrived, by=cast.taras)
    assert Stay.objects.get().left_at is not None


def test_lost_contact_begins_a_search_and_only_after_enough_tries(cast, arrived):
    assert refused(lambda: ground.lose_contact(arrived, by=cast.supervisor)) == "still_being_called"
    Callback.objects.create(
        contact=identity.contact_of("+79990001122", "phone"),
        case=arrived.case,
        reason="promised",
        way="call",
        state="failed",
        due_at=timezone.now(),
    )
    ground.lose_contact(arrived, by=cast.supervisor)
    ground.lose_contact(arrived, by=cast.supervisor)
    assert fresh(arrived).status == "lost_contact"
    assert Need.objects.filter(case=arrived.case, type="TRACE").count() == 1
    assert Clock.objects.filter(case=arrived.case, kind="search", state="running").count() == 1


def test_who_did_not_come_is_offered_places_once_more(cast):
    family, other = a_family(), a_family()
    day = a_day(family, other)
    phone = day.phone()
    day.send(phone, *[day.line("boarded", place_of(other, nth), data=freely()) for nth in (0, 1)])
    day.send(phone, day.line("stop_left", data={"stop": 0, "count": 2}))
    run("welfare")

    ground.offer_again(family, by=cast.olena)

    assert fresh(family).status == "waiting_list"
    assert not Clock.objects.filter(kind="welfare", state="running").exists()
    type(family).objects.filter(pk=family.pk).update(status="no_show")
    assert refused(lambda: ground.offer_again(family, by=cast.olena)) == "offered_before"


def test_who_leaves_a_transit_centre_is_called_at_the_destination_too_and_once(cast, arrived):
    due = Job.objects.filter(kind="safe_call", subject=arrived.pk, state="waiting")
    ground.settle_in(arrived, place=a_place("Sumy"), by=cast.taras)
    assert due.count() == 1

    ground.move_on(arrived, by=cast.taras)
    ground.move_on(arrived, by=cast.taras)

    assert due.count() == 2
    assert sorted(job.due_at - timezone.now() > timedelta(hours=23) for job in due) == [True, True]
    assert run("safe_call") == 2
    assert Clock.objects.filter(case=arrived.case, kind="safe_call", state="running").count() == 1
