"""A corridor stands still in one act, and goes on when two people say so."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.domain import evacuation, follow_up, jobs
from cases.errors import Forbidden
from cases.models import Callback, Case, Convoy, Corridor, Event, Job, Message, Seat
from families import called
from refusals import refused
from rounds import run
from ways_out import a_column, a_corridor, a_family, a_slot, a_way, agreed, fresh, on, rounds, seats, taken

pytestmark = pytest.mark.django_db(transaction=True)
BLINK = timedelta(milliseconds=1)


@pytest.fixture
def convoy(both):
    return a_way(both.dmytro, hours=30)


def confirmed(cast):
    family = evacuation.hold(a_family(), by=cast.olena)
    agreed(family, cast.olena)
    return evacuation.confirm(family, by=cast.taras)


def stop(convoy, by):
    return evacuation.suspend(convoy.window.corridor, reason="unsafe", by=by)


def go_on(convoy, both):
    corridor = convoy.window.corridor
    evacuation.propose_resume(corridor, by=both.dmytro)
    return evacuation.resume(corridor, by=both.daria)


def test_everything_before_departure_stands_still(cast, both, convoy):
    sure, held = confirmed(cast), evacuation.hold(a_family(checked=False), by=cast.olena)

    assert stop(convoy, both.dmytro).status == "suspended"

    assert Convoy.objects.get().status == "suspended"
    assert (seats(sure), seats(held)) == (["parked"] * 2, ["parked"] * 2)
    assert (fresh(sure).status, fresh(held).status) == ("verified", "registered")
    assert taken(convoy) == [4]
    assert evacuation.hold(a_family(), by=cast.olena).status == "waiting_list"


def test_suspending_twice_is_once(both, convoy):
    stop(convoy, both.dmytro)
    lines = Event.objects.count()
    stop(convoy, both.daria)
    assert Event.objects.count() == lines


def test_what_has_departed_goes_on(cast, both, convoy):
    confirmed(cast)
    Convoy.objects.update(status="departed")
    stop(convoy, both.dmytro)
    assert (Convoy.objects.get().status, set(Seat.objects.values_list("status", flat=True))) == (
        "departed",
        {"confirmed"},
    )


def test_it_costs_the_same_for_one_household_and_for_three(cast, both):
    costs = []
    for count in (1, 3):
        convoy = a_way(both.dmytro, hours=200 * count)
        for _ in range(count):
            evacuation.move(evacuation.hold(a_family(), by=cast.olena), to=convoy, by=both.dmytro)
        with CaptureQueriesContext(
            connection,
        ) as found:
            stop(convoy, both.dmytro)
        costs.append(len(found))
    assert costs[0] == costs[1]


def test_going_on_needs_two_people(cast, both, convoy):
    corridor = stop(convoy, both.dmytro)
    assert refused(lambda: evacuation.open_corridor(corridor, by=both.dmytro)) == "second_person_needed"
    assert refused(lambda: evacuation.resume(corridor, by=both.dmytro)) == "nothing_proposed"
    evacuation.propose_resume(corridor, by=both.dmytro)
    evacuation.propose_resume(corridor, by=both.dmytro)
    assert refused(lambda: evacuation.resume(corridor, by=both.dmytro)) == "second_person_needed"
    with pytest.raises(Forbidden):
        evacuation.resume(corridor, by=cast.taras)
    for _ in range(2):
        assert evacuation.resume(corridor, by=both.daria).status == "open"
    assert Corridor.objects.get().resume_proposed_by is None


def proposed(convoy, both):
    """When somebody proposed that the corridor of this convoy goes on."""
    corridor = stop(convoy, both.dmytro)
    return evacuation.propose_resume(corridor, by=both.dmytro)


def test_until_six_hours_are_over_somebody_else_agrees_that_it_goes_on(both, convoy):
    corridor = proposed(convoy, both)
    with time_machine.travel(corridor.resume_until - BLINK, tick=False):
        jobs.run([f"resume:{corridor.uid}"])
        assert evacuation.resume(corridor, by=both.daria).status == "open"


def test_what_nobody_agreed_to_in_six_hours_lets_nothing_go_on(both, convoy):
    corridor = proposed(convoy, both)
    with time_machine.travel(corridor.resume_until, tick=False):
        assert refused(lambda: evacuation.resume(corridor, by=both.daria)) == "proposal_lapsed"
        Job.objects.filter(kind="resume_lapse").update(due_at=timezone.now())
        for _twice in range(2):
            Job.objects.filter(kind="resume_lapse").update(state="waiting", done_at=None)
            jobs.run([f"resume:{corridor.uid}"])
        assert refused(lambda: evacuation.resume(corridor, by=both.daria)) == "nothing_proposed"
    corridor.refresh_from_db()
    assert (corridor.status, corridor.resume_proposed_by, corridor.resume_proposed_at) == ("suspended", None, None)
    assert Event.objects.get(verb="corridors.resume_lapsed").data == {"proposed_by": both.dmytro.user_id}
    assert Message.objects.get(template__code="second_lapsed").user_id == both.dmytro.user_id


def test_what_lapsed_is_proposed_anew_by_somebody_else_too(both, convoy):
    corridor = proposed(convoy, both)
    with time_machine.travel(corridor.resume_until, tick=False):
        again = evacuation.propose_resume(corridor, by=both.daria)
        assert again.resume_proposed_by_id == both.daria.user_id
        jobs.run([f"resume:{corridor.uid}"])  # the job of the first one: it comes again for the second
        assert evacuation.resume(corridor, by=both.dmytro).status == "open"
    assert Event.objects.filter(verb="corridors.resume_lapsed").count() == 1


def test_parked_seats_come_back_as_they_were(cast, both, convoy):
    sure, held = confirmed(cast), evacuation.hold(a_family(checked=False), by=cast.olena)
    stop(convoy, both.dmytro)
    go_on(convoy, both)
    assert (fresh(sure).status, fresh(held).status) == ("confirmed", "held")
    assert Convoy.objects.get().status == "planned"
    left = Seat.objects.filter(status="held").first().expires_at - timezone.now()
    assert left > timedelta(minutes=119)
    Seat.objects.filter(status="held").update(expires_at=timezone.now())
    run("hold")
    assert fresh(held).status == "registered"


def test_who_waits_while_it_stands_still_gets_their_own_place_back(cast, both, convoy):
    family = confirmed(cast)
    stop(convoy, both.dmytro)
    assert evacuation.hold(family, by=cast.olena).status == "waiting_list"
    go_on(convoy, both)
    assert fresh(family).status == "confirmed"


def test_who_took_another_place_has_let_go_of_the_parked_one(cast, both, convoy):
    family = confirmed(cast)
    stop(convoy, both.dmytro)
    other = a_way(both.dmytro, hours=50)
    evacuation.hold(family, by=cast.olena)
    assert seats(family) == ["released", "released", "held", "held"]
    go_on(convoy, both)
    assert on(family) == {other.pk}
    assert taken(convoy) == [0]


def test_who_declined_meanwhile_does_not_come_back(cast, both, convoy):
    family = confirmed(cast)
    stop(convoy, both.dmytro)
    follow_up.end_request(family, to="declined", by=cast.taras)
    assert (seats(family), taken(convoy)) == (["released"] * 2, [0])
    go_on(convoy, both)
    assert fresh(family).status == "declined"


def test_what_missed_its_time_is_cancelled_and_its_people_wait_for_another(cast, both, convoy):
    family = confirmed(cast)
    stop(convoy, both.dmytro)
    Convoy.objects.update(departs_at=timezone.now() - timedelta(minutes=5))
    go_on(convoy, both)
    assert Convoy.objects.get().status == "cancelled"
    assert (seats(family), fresh(family).status) == (["released"] * 2, "waiting_list")
    later = a_way(both.dmytro, hours=50)
    rounds()
    assert on(family) == {later.pk}


def test_of_two_parked_places_of_one_person_the_earlier_comes_back(cast, both, convoy):
    one, other = evacuation.hold(a_family("18-59"), by=cast.olena), a_family("18-59", "18-59")
    stop(convoy, both.dmytro)
    other.travellers.filter(pk=other.travellers.first().pk).update(person=one.travellers.get().person)
    elsewhere = a_way(both.dmytro, hours=60)
    evacuation.hold(other, by=cast.olena)
    type(elsewhere.window).objects.filter(pk=elsewhere.window_id).update(corridor=convoy.window.corridor)
    Convoy.objects.filter(pk=elsewhere.pk).update(status="suspended")
    Seat.objects.filter(convoy=elsewhere).update(status="parked")

    go_on(convoy, both)

    assert (seats(one), seats(other)) == (["held"], ["released", "released"])


def test_other_corridors_go_on(cast, both, convoy):
    other = a_column(both.dmytro, a_slot(both.dmytro, a_corridor(both.dmytro)))
    stop(convoy, both.dmytro)
    assert Convoy.objects.get(pk=other.pk).status == "planned"


@pytest.mark.parametrize("who", ["olena", "medic", "field_team"])
def test_who_may_not_stop_a_corridor(cast, both, convoy, who):
    with pytest.raises(Forbidden):
        stop(convoy, getattr(cast, who))


# --- every household is told -----------------------------------------------------------------------------------------


def a_called_family(cast, convoy, by, *, text_ok: bool):
    """A household with somebody who called, held on this convoy."""
    case: Case = called(cast.olena, "Ткач Ольга ж 34")
    family = a_family("18-59")
    type(family).objects.filter(pk=family.pk).update(case=case)
    case.household.ties.get().caller.reaches.update(text_ok=text_ok)
    evacuation.move(fresh(family), to=convoy, by=by)
    return fresh(family)


def test_who_was_to_leave_within_six_hours_is_called_first(cast, both):
    convoy = a_way(both.dmytro, hours=3)
    family = a_called_family(cast, convoy, both.dmytro, text_ok=True)
    stop(convoy, both.dmytro)
    job = Job.objects.get(kind="call_household")
    assert (job.subject, job.lane) == (family.case_id, "urgent")
    run("call_household")
    row = Callback.objects.get()
    assert (row.reason, row.case_id, row.state) == ("promised", family.case_id, "open")
    assert Message.objects.filter(template__code="not_today").count() == 0


@pytest.mark.parametrize("text_ok", [True, False])
def test_the_others_get_words_that_betray_nothing_or_a_call(cast, both, convoy, text_ok):
    a_called_family(cast, convoy, both.dmytro, text_ok=text_ok)
    stop(convoy, both.dmytro)
    run("write_household")
    assert Message.objects.filter(template__code="not_today").count() == text_ok
    assert Callback.objects.count() == (not text_ok)


def test_nobody_is_told_who_only_cited_the_case(cast, both, convoy):
    family = a_called_family(cast, convoy, both.dmytro, text_ok=True)
    family.case.household.ties.update(verified_how="")
    stop(convoy, both.dmytro)
    run("write_household")
    assert (Message.objects.filter(template__code="not_today").count(), Callback.objects.count()) == (0, 0)
