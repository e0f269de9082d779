"""An owner for every case: the machine's choice, people's, and what is said of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.domain import assignment, follow_up, triage
from cases.enums import AlarmKind, DeclineReason, PriorityClass
from cases.errors import IllegalMove, Invalid, NobodyFits, NotYours
from cases.models import Alarm, Assignment, Case, Clock, Job, Observation, ObservationCode, Place, Post, Shift, User
from cast import hire
from families import called
from rounds import fresh, owner, run

pytestmark = pytest.mark.django_db(transaction=True)


def speaks(staff, *languages: str, skills: tuple[str, ...] = ()) -> None:
    User.objects.filter(pk=staff.user_id).update(speaks=list(languages), skills=list(skills))


# --- the machine ------------------------------------------------------------------------------------------------------


def test_the_one_who_speaks_the_callers_language_is_given_the_case(cast):
    speaks(cast.taras, "ru")
    second = hire("second", "coordinator", on_duty=True)
    speaks(second, "uk")
    case = called(cast.olena, "ж 40", language="uk")
    assert run("assign") == 1
    assert owner(case) == second.user_id
    because = Assignment.objects.get(case=case).because
    assert (because["speaks"], because["on_duty"], because["load"]) == ("uk", 2, 0)


def test_oxygen_goes_to_who_has_learnt_it(cast):
    nurse = hire("second", "coordinator", on_duty=True)
    speaks(nurse, skills=("medical",))
    case = called(cast.olena, "ж 40", needs=("OXYGEN",))
    run("assign")
    assert owner(case) == nurse.user_id


def test_who_worked_with_the_household_before_has_it_again(cast):
    case = called(cast.olena, "ж 40")
    second = hire("second", "coordinator", on_duty=True)
    assignment.claim(case, by=second)
    follow_up.start(case, by=second)
    follow_up.resolve(case, by=second)
    called(cast.olena, "ж 41")
    follow_up.reopen(case, by=cast.iryna)
    run("assign")
    assert owner(case) == second.user_id


def test_an_urgent_case_that_nobody_can_have_sounds_once_and_stops_with_its_owner(cast):
    assignment.set_duty(on=False, by=cast.taras)
    case = called(cast.olena, "ж 40", observations={"severe_bleeding": 1.0})
    run("assign")
    run("assign")
    assert fresh(case).unassigned_why["on_duty"] == 0
    assert Alarm.objects.filter(case=case, kind=AlarmKind.NOBODY, answered_at__isnull=True).count() == 1
    assignment.set_duty(on=True, by=cast.taras)
    assert Job.objects.get(kind="assign").due_at <= timezone.now()
    run("assign")
    assert owner(case) == cast.taras.user_id
    assert not Alarm.objects.filter(case=case, kind=AlarmKind.NOBODY, answered_at__isnull=True).exists()


def test_room_that_comes_free_wakes_the_most_urgent_that_waits(cast):
    Post.objects.filter(user=cast.taras.user_id).update(capacity=1)
    first = called(cast.olena, "ж 40")
    run("assign")
    routine, urgent = called(cast.olena, "ж 41"), called(cast.olena, "ж 42", observations={"severe_bleeding": 1.0})
    run("assign")
    assert owner(first) == cast.taras.user_id
    assert (owner(routine), owner(urgent)) == (None, None)
    assignment.hand_back(first, by=cast.taras)
    due = Job.objects.filter(kind="assign", state="waiting", due_at__lte=timezone.now())
    assert urgent.pk in due.values_list("subject", flat=True)
    assert routine.pk not in due.values_list("subject", flat=True)


def test_who_leaves_soon_is_passed_over(cast):
    now = timezone.now()
    Shift.objects.create(
        user_id=cast.taras.user_id, starts_at=now - timedelta(hours=7), ends_at=now + timedelta(minutes=20)
    )
    second = hire("second", "coordinator", on_duty=True)
    case = called(cast.olena, "ж 40")
    run("assign")
    assert owner(case) == second.user_id
    assert set(Assignment.objects.get(case=case).because["off"]) == {str(cast.taras.user_id)}


def test_who_does_not_begin_in_time_loses_it_to_another(cast):
    second = hire("second", "coordinator", on_duty=True)
    case = called(cast.olena, "ж 40")
    run("assign")
    before = owner(case)
    assert Job.objects.get(kind="accept", state="waiting").due_at > timezone.now()
    assert run("accept") == 1
    assert {before, owner(case)} == {cast.taras.user_id, second.user_id}
    assert Assignment.objects.get(case=case, owner=before).ended_because == "expired"
    assert fresh(case).status == "assigned"


def test_who_has_begun_keeps_it_when_the_time_to_begin_is_over(cast):
    case = called(cast.olena, "ж 40")
    run("assign")
    follow_up.start(case, by=cast.taras)
    run("accept")
    assert owner(case) == cast.taras.user_id


def test_alone_and_not_begun_the_case_stands_in_the_queue_and_sounds(cast):
    case = called(cast.olena, "ж 40", observations={"severe_bleeding": 1.0})
    run("assign")
    run("accept")
    assert (owner(case), fresh(case).status) == (None, "triaged")
    assert fresh(case).unassigned_why["returned"] == [cast.taras.user_id]
    assert Alarm.objects.live().filter(case=case, kind=AlarmKind.NOBODY).exists()
    assert Job.objects.filter(key=f"assign:{case.uid}", state="waiting").exists()


def test_a_case_that_became_more_urgent_is_looked_at_before_the_others(cast):
    assignment.set_duty(on=False, by=cast.taras)
    case = called(cast.olena, "ж 40")
    run("assign")
    Job.objects.filter(kind="assign").update(due_at=timezone.now() + timedelta(minutes=1))
    bleeds(case)
    triage.rescore(case, by=cast.taras)
    assert Job.objects.get(key=f"assign:{case.uid}").due_at <= timezone.now()


def bleeds(case: Case) -> None:
    code = ObservationCode.objects.get(code="severe_bleeding")
    Observation.objects.create(
        data_key=case.household.data_key, case=case, code=code, value=1.0, observed_at=timezone.now()
    )


def test_of_several_posts_the_one_that_covers_the_place_counts(cast):
    assignment.set_duty(on=False, by=cast.taras)
    case = called(cast.olena, "ж 40")
    raion = case.household.settlement.parent
    elsewhere = Place.objects.filter(kind="oblast", name_en="Sumy oblast").get()
    two = hire("second", "coordinator", area=elsewhere, on_duty=True, capacity=20)
    Post.objects.create(user_id=two.user_id, role="coordinator", area=raion, on_duty=True, capacity=2)
    run("assign")
    assert owner(case) == two.user_id
    assert Assignment.objects.get(case=case).because["capacity"] == 2


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_declining_needs_a_reason_from_the_list_and_says_it(cast):
    case = called(cast.olena, "ж 40")
    run("assign")
    with pytest.raises(Invalid):
        assignment.decline(case, reason="because", by=cast.taras)
    assert owner(case) == cast.taras.user_id
    assignment.decline(case, reason=DeclineReason.KNOWS_THEM, by=cast.taras)
    assignment.decline(case, reason=DeclineReason.KNOWS_THEM, by=cast.taras)
    row = Assignment.objects.get(case=case)
    assert (row.ended_because, row.decline_reason) == ("declined", "knows_them")
    assert fresh(case).status == "triaged"


def test_only_the_owner_declines_and_only_before_work_begins(cast):
    case = called(cast.olena, "ж 40")
    run("assign")
    with pytest.raises(NotYours):
        assignment.decline(case, reason=DeclineReason.NO_TIME, by=cast.iryna)
    follow_up.start(case, by=cast.taras)
    with pytest.raises(NotYours):
        assignment.decline(case, reason=DeclineReason.NO_TIME, by=cast.taras)
    assert owner(case) == cast.taras.user_id


def test_all_ones_cases_are_passed_on_with_their_work(cast):
    begun, given = called(cast.olena, "ж 40"), called(cast.olena, "ж 41")
    run("assign")
    follow_up.start(begun, by=cast.taras)
    iryna = User.objects.get(pk=cast.iryna.user_id)
    assert assignment.pass_on(iryna, by=cast.taras) == 2
    assert assignment.pass_on(iryna, by=cast.taras) == 0
    assert (owner(begun), owner(given)) == (iryna.pk, iryna.pk)
    assert (fresh(begun).status, fresh(given).status) == ("in_progress", "assigned")


def test_nothing_is_passed_on_when_one_case_is_not_the_takers_to_work_on(cast):
    case = called(cast.olena, "ж 40")
    run("assign")
    with pytest.raises(NobodyFits):
        assignment.pass_on(User.objects.get(pk=cast.outsider.user_id), by=cast.taras)
    assert owner(case) == cast.taras.user_id


def test_a_case_that_has_ended_takes_no_owner(cast):
    case = called(cast.olena, "ж 40")
    Case.objects.filter(pk=case.pk).update(status="cancelled")
    with pytest.raises(IllegalMove):
        assignment.assign(case, owner=User.objects.get(pk=cast.taras.user_id), by=cast.taras)


def test_an_immediate_case_weighs_as_two(cast):
    second = hire("second", "coordinator", on_duty=True)
    first = called(cast.olena, "ж 40")
    assignment.assign(first, owner=User.objects.get(pk=cast.taras.user_id), by=cast.iryna)
    triage.override(first, priority=PriorityClass.P1, note="Сама слышала.", by=cast.iryna)
    others = [called(cast.olena, f"ж {40 + n}") for n in range(3)]
    run("assign")
    assert [owner(case) for case in others].count(second.user_id) == 2
    assert Clock.objects.filter(case=first, state="running").exists()
