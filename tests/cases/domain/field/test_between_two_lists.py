"""Nobody is lost between two lists: aboard without a place, on a waiting list, in another household; locks in order."""

import uuid

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from cases.domain import evacuation, merging
from cases.domain import field as ground
from cases.domain.field import syncing
from cases.domain.merging import CannotMerge
from cases.models import EvacuationRequest, FieldEntry, Incident, Job, Seat
from cases.queries import convoy_day, seating
from on_the_ground import a_day, crowded, freed_on_the_road, freely, joined, place_of, walk_up
from refusals import refused
from rounds import run
from ways_out import a_family, a_way, seats, taken

pytestmark = pytest.mark.django_db(transaction=True)


def page(day):
    return convoy_day.day(day.convoy, by=day.plan.dmytro)


# --- locks ------------------------------------------------------------------------------------------------------------


def seats_locked_before(household, day, phone, lines):
    """The statements that lock or change seats before a sync waits for a household that somebody else has."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM cases_household WHERE id = %s FOR NO KEY UPDATE", [household])
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        with CaptureQueriesContext(connection) as said, pytest.raises(OperationalError, match="lock timeout"):
            day.send(phone, *lines)
    finally:
        other.rollback()
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
    locks = [sql for sql in (one["sql"] for one in said) if "FOR NO KEY UPDATE" in sql or sql.startswith("UPDATE")]
    assert [sql for sql in locks if 'FROM "cases_leg"' in sql]
    return [sql for sql in locks if 'FROM "cases_seat"' in sql or sql.startswith('UPDATE "cases_seat"')]


def one_comes_and_one_is_silent():
    came, silent = a_family("18-59"), a_family("18-59")
    day = a_day(came, silent)
    left = day.line("stop_left", data={"stop": 0, "count": 1})
    return came, silent, day, [day.line("boarded", place_of(came), data=freely()), left]


def test_a_sync_locks_every_household_it_reaches_before_a_seat(cast):
    came, silent, day, lines = one_comes_and_one_is_silent()
    phone = day.phone()
    assert seats_locked_before(silent.case.household_id, day, phone, lines) == []
    day.send(phone, *lines)
    assert (seats(came), seats(silent)) == (["boarded"], ["no_show"])


def test_a_sync_that_does_not_look_ahead_locks_a_household_after_a_seat(cast, monkeypatch):
    """The negative control: without the step that locks all of them first."""
    _came, silent, day, lines = one_comes_and_one_is_silent()
    monkeypatch.setattr(syncing, "reach_step", lambda *_args, **_more: None)
    assert seats_locked_before(silent.case.household_id, day, day.phone(), lines) != []


def test_they_hear_too_that_a_report_of_the_road_was_a_mistake(cast):
    day, _phone, request = crowded()
    calls = Job.objects.filter(kind="call_household", subject=request.case_id)
    ground.report(day.convoy, act="turned_back", key=uuid.uuid4(), by=day.plan.dmytro)
    assert calls.count() == 1
    assert run("call_household") == 1

    ground.take_back(Incident.objects.get(), reason="another convoy", by=day.plan.daria)

    assert calls.count() == 2


# --- nobody is lost between two lists ---------------------------------------------------------------------------------


def test_who_leaves_a_household_aboard_without_a_place_goes_where_the_convoy_goes(cast):
    family = a_family("18-59")
    day = a_day(family, seats=1)
    phone = day.phone()
    day.send(phone, walk_up(day, "18-59", "18-59"))
    request = EvacuationRequest.objects.order_by("pk").last()
    leaves = request.case.household.people.order_by("pk")[0]

    merging.split(request.case.household, people=[leaves.pk], by=cast.taras)
    day.send(phone, day.line("no_show", place_of(family)))
    joined(day)

    own = EvacuationRequest.objects.order_by("pk").last()
    assert (own.direction, seats(own), seats(request)) == (request.direction, ["boarded"], ["boarded"])
    assert not FieldEntry.objects.filter(outcome="waiting").exists()


def test_who_is_aboard_without_a_place_is_given_none_elsewhere_by_a_button(cast):
    day, _phone, request = crowded()
    other = a_way(day.plan.dmytro, seats=10)

    assert refused(lambda: evacuation.hold(request, by=cast.taras)) == "aboard"
    joined(day, seats=4)

    assert (taken(other), page(day).unplaced, seats(request)) == ([0], 0, ["boarded", "boarded"])


def test_a_corridor_is_not_closed_for_good_with_somebody_aboard_without_a_place(cast):
    day, _phone, _request = crowded()
    corridor = day.convoy.window.corridor
    assert refused(lambda: evacuation.close_corridor(corridor, by=day.plan.dmytro)) == "corridor_in_use"


def test_who_was_torn_between_two_words_and_is_aboard_nothing_waits_like_everybody_else(cast):
    family = a_family()
    day = a_day(family)
    one, other = day.phone(), day.phone()
    day.send(one, *[day.line("turned_away", place_of(family, nth)) for nth in (0, 1)])
    day.send(other, day.line("refused", place_of(family, 0)))
    assert Seat.objects.filter(traveller__request=family, contested=True).exists()
    EvacuationRequest.objects.filter(pk=family.pk).update(status="waiting_list")
    assert seating.waiting("ukraine").get() == family


def test_a_place_that_came_free_on_the_road_is_not_handed_on_by_looking_into_the_count(cast):
    day, _phone, request = freed_on_the_road()

    ground.settle_entry(FieldEntry.objects.get(act="stop_left"), by=day.plan.dmytro)
    assert (seats(request), page(day).unplaced) == (["released"], 1)
    joined(day, seats=1)
    assert (seats(request), page(day).unplaced) == (["boarded"], 0)


def test_more_incidents_that_are_open_cost_one_statement_each(cast):
    day, phone, _request = crowded()

    def statements(act):
        line = day.line(act)
        with CaptureQueriesContext(connection) as asked:
            day.send(phone, line)
        return len(asked)

    first = statements("halted")
    day.send(phone, day.line("went_on"))
    assert statements("halted") <= first + 2


def test_who_is_aboard_one_convoy_and_holds_a_place_on_another_is_not_merged_into_two_places(cast):
    day, _phone, request = crowded()
    known = a_family()
    a_way(day.plan.dmytro, seats=10)
    evacuation.hold(known, by=cast.taras)
    with pytest.raises(CannotMerge):
        merging.merge(known.case.household, request.case.household, pairs=[], by=cast.taras)
    assert seats(known) == ["held", "held"]
