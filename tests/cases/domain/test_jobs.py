"""Inside jobs: effect and done in one transaction, exactly once, however many sweep at once."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cases import policy
from cases.actors import System
from cases.domain import events, jobs, verbs
from cases.enums import JobLane, JobState
from cases.models import Event, Job
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

VERB = "assignment.auto"
SWEEPERS = 8


@pytest.fixture
def handlers(monkeypatch):
    """Throwaway kinds of inside jobs, registered for one test."""

    def register(kind, handler):
        monkeypatch.setitem(jobs._inside, kind, (VERB, handler))

    return register


def effect(job):
    """Something that can be counted afterwards, written in the job's own transaction."""
    policy.require()
    events.record(job, "test.effect", job=job.pk)


def effects():
    """How often each job took effect."""
    return Counter(data["job"] for data in Event.objects.filter(verb="test.effect").values_list("data", flat=True))


def put(count=1, **fields):
    Job.objects.bulk_create(
        Job(**{"kind": "test", "key": f"test:{number}", "due_at": timezone.now()} | fields) for number in range(count)
    )
    return list(Job.objects.order_by("pk"))


def make_due():
    Job.objects.update(due_at=timezone.now())


def careless_sweep(barrier):
    """What sweeping would be without the lock and the second look: read, do, say done."""
    found = list(jobs.due().order_by("pk"))
    barrier.wait(10)

    def work(job):
        effect(job)
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE, done_at=timezone.now())

    for job in found:
        verbs.in_transaction(lambda job=job: work(job), VERB, System("jobs"))


# --- exactly once ------------------------------------------------------------------------------------------------


def test_every_job_takes_effect_exactly_once_under_many_sweepers(handlers):
    handlers("test", effect)
    made = put(60)

    together(SWEEPERS, lambda _: jobs.sweep())

    assert effects() == {job.pk: 1 for job in made}
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.DONE, 1)}


def test_without_the_lock_the_same_jobs_take_effect_more_than_once():
    """The negative control: this is what the lock prevents."""
    made = put(5)
    barrier = threading.Barrier(SWEEPERS)

    together(SWEEPERS, lambda _: careless_sweep(barrier))

    assert effects() == {job.pk: SWEEPERS for job in made}


def test_a_job_that_is_being_done_is_not_waited_for(handlers):
    handlers("test", effect)
    first, second = put(2)
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=first.pk)

        ran = together(1, lambda _: jobs.sweep())

    assert ran == [1] and effects() == {second.pk: 1}


def test_a_connection_cut_after_the_effect_leaves_no_effect_and_the_job_is_done_once(handlers):
    def cut(job):
        effect(job)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    handlers("test", cut)
    (job,) = put()
    assert jobs.sweep() == 0
    assert effects() == {} and Job.objects.get().state == JobState.WAITING

    handlers("test", effect)
    make_due()
    jobs.sweep()
    assert effects() == {job.pk: 1} and Job.objects.get().state == JobState.DONE


# --- failing -----------------------------------------------------------------------------------------------------


def failing(job):
    effect(job)
    raise LookupError("a name that must not be kept")


def test_a_handler_that_raises_leaves_no_effect_and_comes_again_later(handlers):
    handlers("test", failing)
    (job,) = put()
    before = timezone.now()

    assert jobs.sweep() == 0

    job.refresh_from_db()
    assert effects() == {}
    assert (job.state, job.attempts, job.error_code) == (JobState.WAITING, 1, "LookupError")
    assert job.due_at >= before + jobs.backoff(1) - timedelta(seconds=1)


def test_the_pause_grows_up_to_a_quarter_of_an_hour():
    assert [jobs.backoff(attempts).total_seconds() for attempts in (1, 2, 3, 12)] == [10, 20, 40, 900]


def test_an_inside_job_never_dies_and_runs_once_it_can(handlers):
    """Somebody's clock or owner hangs on it."""
    handlers("test", failing)
    (job,) = put()
    for _ in range(jobs.MAX_ATTEMPTS + 1):
        make_due()
        jobs.sweep()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.WAITING, jobs.MAX_ATTEMPTS + 1)

    handlers("test", effect)
    make_due()
    assert jobs.sweep() == 1 and sum(effects().values()) == 1


def test_a_failing_job_does_not_stop_the_others(handlers):
    handlers("test", failing)
    handlers("good", effect)
    put()
    good = put(1, kind="good", key="good")[-1]
    assert jobs.sweep() == 1 and effects() == {good.pk: 1}


def test_not_now_rolls_back_and_costs_no_attempt(handlers):
    def later(job):
        effect(job)
        raise jobs.NotNow("no_room", timedelta(minutes=3))

    handlers("test", later)
    (job,) = put()
    before = timezone.now()
    jobs.sweep()
    job.refresh_from_db()
    assert effects() == {}
    assert (job.state, job.attempts, job.error_code) == (JobState.WAITING, 0, "no_room")
    assert before + timedelta(minutes=2, seconds=59) < job.due_at < timezone.now() + timedelta(minutes=3)


def test_a_handler_that_returns_a_delay_keeps_its_effect_and_comes_again(handlers):
    def again(job):
        effect(job)
        return timedelta(seconds=10)

    handlers("test", again)
    (job,) = put()
    assert jobs.sweep() == 1
    job.refresh_from_db()
    assert effects() == {job.pk: 1}
    assert job.state == JobState.WAITING and job.due_at > timezone.now() + timedelta(seconds=8)
    make_due()
    jobs.sweep()
    assert effects() == {job.pk: 2}


# --- keys, order, lanes ------------------------------------------------------------------------------------------


def test_a_key_is_unique_while_open_and_free_when_done(handlers):
    handlers("test", effect)
    jobs.enqueue("test", "the key", subject=1)
    jobs.enqueue("test", "the key", subject=2)
    assert list(Job.objects.values_list("subject", flat=True)) == [1]
    jobs.sweep()
    jobs.enqueue("test", "the key", subject=3)
    assert list(Job.objects.order_by("pk").values_list("subject", "state")) == [(1, "done"), (3, "waiting")]


def test_jobs_of_one_order_run_in_order_even_when_a_later_one_is_due_earlier(handlers):
    handlers("test", effect)
    first, second = put(2, order_key="one")
    other = put(1, key="other")[-1]
    Job.objects.filter(pk=first.pk).update(due_at=timezone.now() + timedelta(minutes=1))
    jobs.sweep()
    assert effects() == {other.pk: 1}
    make_due()
    jobs.sweep()
    order = list(Event.objects.order_by("pk").values_list("data__job", flat=True))
    assert order == [other.pk, first.pk, second.pk]


def test_the_urgent_lane_runs_first_even_behind_a_long_bulk(handlers):
    """One urgent job put in last, due last, among more bulk jobs than are looked at in one go."""
    handlers("test", effect)
    put(jobs.BATCH * 2, lane=JobLane.BULK, due_at=timezone.now() - timedelta(hours=1))
    normal = put(1, key="normal")[-1]
    urgent = put(1, key="urgent", lane=JobLane.URGENT)[-1]
    jobs.sweep()
    order = list(Event.objects.order_by("pk").values_list("data__job", flat=True))
    assert order[:2] == [urgent.pk, normal.pk]


def test_what_becomes_urgent_meanwhile_waits_for_few(handlers):
    def first_of_many(job):
        effect(job)
        jobs.enqueue("urgent", "urgent", lane=JobLane.URGENT)

    handlers("test", first_of_many)
    handlers("urgent", effect)
    put(jobs.BATCH * 3, lane=JobLane.BULK)
    jobs.sweep()
    urgent = Job.objects.filter(kind="urgent").earliest("pk")
    order = list(Event.objects.order_by("pk").values_list("data__job", flat=True))
    assert order.index(urgent.pk) == jobs.BATCH


def test_a_sweep_ends_in_time_and_leaves_the_rest(handlers):
    handlers("test", effect)
    put(3)
    assert jobs.sweep(seconds=0) == 0
    assert Job.objects.filter(state=JobState.WAITING).count() == 3


def test_cancelling_does_not_wait_for_a_job_that_runs(handlers):
    """It would hold the case that the job waits for: a deadlock. The handler sees for itself what has changed."""
    put(2)

    def cancel_both(_):
        with transaction.atomic():
            jobs.cancel(["test:0"])
            jobs.cancel(["test:1"])

    with transaction.atomic():
        Job.objects.select_for_update().get(key="test:0")
        assert together(1, cancel_both) == [None]
    assert list(Job.objects.order_by("pk").values_list("state", flat=True)) == [JobState.WAITING, JobState.DONE]


def test_jobs_of_a_kind_that_only_a_newer_version_knows_stay_and_stand_in_nobodys_way(handlers):
    handlers("test", effect)
    put(jobs.BATCH + 1, kind="a newer version's", lane=JobLane.URGENT)
    known = put(1, key="known")[-1]
    assert jobs.sweep() == 1 and effects() == {known.pk: 1}
    assert Job.objects.filter(state=JobState.WAITING).count() == jobs.BATCH + 1


def test_a_sweep_does_not_stumble_over_a_connection_that_broke_before(handlers):
    """As after a restart of the database: the worker's own connection is dead, and nobody else replaces it."""
    handlers("test", effect)
    (job,) = put()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert jobs.sweep() == 1 and effects() == {job.pk: 1}
