"""Shifts, absence, and where the cases of somebody who leaves go."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases.domain import assignment, follow_up, jobs
from cases.enums import AbsenceReason
from cases.errors import Forbidden, Invalid
from cases.models import Absence, Case, Clock, Job, Post, Shift, User
from cast import hire
from families import called
from rounds import fresh, owner, run

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def user(staff) -> User:
    return User.objects.get(pk=staff.user_id)


def here(staff) -> bool:
    return Post.objects.on_duty().filter(user=staff.user_id).exists()


def in_work(cast, *, hours_to_clock: float = 24, **facts) -> Case:
    """A routine case that Taras has begun."""
    case = called(cast.olena, "ж 40", needs=("HYG",), **facts)
    run("assign")
    follow_up.start(case, by=cast.taras)
    Clock.objects.filter(case=case).update(due_at=timezone.now() + hours_to_clock * HOUR)
    return case


# --- the roster -------------------------------------------------------------------------------------------------------


def test_a_shift_is_planned_once_and_ends_by_a_job(cast):
    now = timezone.now()
    wanted = {"starts_at": now, "ends_at": now + 8 * HOUR}
    shift = assignment.plan_shift(user(cast.taras), **wanted, by=cast.supervisor)
    assert assignment.plan_shift(user(cast.taras), **wanted, by=cast.supervisor) == shift
    assert Job.objects.get(kind="shift_end").due_at == shift.ends_at


@pytest.mark.parametrize(("starts", "ends"), [(0, 0), (2, 1), (0, 17), (-3, -1)])
def test_hours_that_cannot_be_are_refused(cast, starts, ends):
    now = timezone.now()
    with pytest.raises(Invalid):
        assignment.plan_shift(
            user(cast.taras), starts_at=now + starts * HOUR, ends_at=now + ends * HOUR, by=cast.supervisor
        )
    assert not Shift.objects.exists()


def test_two_shifts_of_one_person_never_overlap_and_a_cancelled_one_is_no_shift(cast):
    now = timezone.now()
    first = assignment.plan_shift(user(cast.taras), starts_at=now, ends_at=now + 8 * HOUR, by=cast.iryna)
    with pytest.raises(Invalid):
        assignment.plan_shift(user(cast.taras), starts_at=now + HOUR, ends_at=now + 9 * HOUR, by=cast.iryna)
    with pytest.raises(IntegrityError), transaction.atomic():
        Shift.objects.create(user=user(cast.taras), starts_at=now + HOUR, ends_at=now + 2 * HOUR)
    assignment.plan_shift(user(cast.taras), starts_at=now + 8 * HOUR, ends_at=now + 9 * HOUR, by=cast.iryna)
    assignment.cancel_shift(first, by=cast.iryna)
    assignment.plan_shift(user(cast.taras), starts_at=now + HOUR, ends_at=now + 2 * HOUR, by=cast.iryna)


def test_operators_plan_nobodys_shifts(cast):
    now = timezone.now()
    with pytest.raises(Forbidden):
        assignment.plan_shift(user(cast.taras), starts_at=now, ends_at=now + HOUR, by=cast.olena)


# --- leaving ----------------------------------------------------------------------------------------------------------


def ended(cast, hours: float = 8) -> Shift:
    """Taras' shift, planned a while ago, is over now."""
    now = timezone.now()
    shift = Shift.objects.create(user_id=cast.taras.user_id, starts_at=now - hours * HOUR, ends_at=now)
    Job.objects.create(kind="shift_end", key=f"shift_end:{shift.uid}", subject=shift.pk, due_at=now)
    return shift


def test_at_the_end_of_a_shift_the_cases_go_to_a_colleague(cast):
    second = hire("second", "coordinator")
    case = in_work(cast)
    Post.objects.filter(user=second.user_id).update(on_duty=True)
    ended(cast)
    assert run("shift_end") == 1
    assert not here(cast.taras)
    assert run("orphan") == 1
    assert (owner(case), fresh(case).status) == (second.user_id, "in_progress")


def test_a_routine_case_stays_with_an_owner_who_is_back_before_its_clock(cast):
    hire("second", "coordinator", on_duty=True)
    Post.objects.filter(user=cast.taras.user_id).update(capacity=100)
    case = called(cast.olena, "ж 40", needs=("HYG",))
    assignment.claim(case, by=cast.taras)
    follow_up.start(case, by=cast.taras)
    Clock.objects.filter(case=case).update(due_at=timezone.now() + 24 * HOUR)
    back = timezone.now() + 16 * HOUR
    Shift.objects.create(user_id=cast.taras.user_id, starts_at=back, ends_at=back + 8 * HOUR)
    ended(cast)
    run("shift_end")
    run("orphan")
    assert owner(case) == cast.taras.user_id
    again = Job.objects.get(kind="orphan", state="waiting")
    assert again.due_at - back >= timedelta(minutes=4)
    run("orphan")  # as if that time had come, and they are not back
    assert owner(case) == cast.taras.user_id
    Shift.objects.filter(starts_at=back).update(cancelled_at=timezone.now())
    run("orphan")
    assert owner(case) != cast.taras.user_id


def test_an_urgent_case_goes_at_once_whoever_is_back_when(cast):
    case = in_work(cast, observations={"severe_bleeding": 1.0})
    back = timezone.now() + timedelta(minutes=20)
    Shift.objects.create(user_id=cast.taras.user_id, starts_at=back, ends_at=back + 8 * HOUR)
    assignment.set_duty(on=False, by=cast.taras)
    assert Job.objects.get(kind="orphan").due_at <= timezone.now()
    run("orphan")
    assert (owner(case), fresh(case).status) == (None, "triaged")


def test_who_is_back_within_the_grace_keeps_everything(cast):
    case = in_work(cast)
    assignment.set_duty(on=False, by=cast.taras)
    assert Job.objects.get(kind="orphan").due_at > timezone.now()
    assignment.set_duty(on=True, by=cast.taras)
    run("orphan")
    assert owner(case) == cast.taras.user_id


def test_who_works_on_in_the_next_shift_stays_on_duty(cast):
    over = ended(cast).ends_at
    Shift.objects.create(user_id=cast.taras.user_id, starts_at=over, ends_at=over + HOUR)
    run("shift_end")
    assert here(cast.taras)


def test_a_cancelled_shift_ends_nobodys_duty(cast):
    shift = ended(cast)
    assignment.cancel_shift(shift, by=cast.supervisor)
    run("shift_end")
    assert here(cast.taras)


# --- absence ----------------------------------------------------------------------------------------------------------


def test_somebody_ill_is_off_duty_and_their_cases_go_at_once(cast):
    case = in_work(cast)
    second = hire("second", "coordinator", on_duty=True)
    absence = assignment.report_absence(user(cast.taras), reason=AbsenceReason.SICK, by=cast.supervisor)
    assert assignment.report_absence(user(cast.taras), reason=AbsenceReason.SICK, by=cast.supervisor) == absence
    assert jobs.run(Job.objects.filter(kind="orphan").values_list("key", flat=True)) == 1
    assert not here(cast.taras)
    assert owner(case) == second.user_id
    assert case.assignments.get(owner=cast.taras.user_id).ended_because == "absent"


def test_coming_on_duty_ends_an_absence(cast):
    assignment.report_absence(user(cast.taras), reason=AbsenceReason.SICK, by=cast.taras)
    assignment.set_duty(on=True, by=cast.taras)
    assert not Absence.objects.at(timezone.now() + timedelta(seconds=1)).exists()


def test_ones_own_absence_anybody_reports_a_colleagues_who_plans(cast):
    assignment.report_absence(user(cast.olena), reason=AbsenceReason.LEAVE, by=cast.olena)
    with pytest.raises(Forbidden):
        assignment.report_absence(user(cast.taras), reason=AbsenceReason.LEAVE, by=cast.olena)
    assert here(cast.taras)


def test_an_absence_that_is_over_before_it_began_is_refused(cast):
    with pytest.raises(Invalid):
        assignment.report_absence(
            user(cast.taras), reason=AbsenceReason.LEAVE, until=timezone.now() - HOUR, by=cast.taras
        )
    assert here(cast.taras)
