"""Outside jobs: claimed, committed, done, recorded; a worker that falls silent loses what it holds."""

import threading
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from cases.domain import jobs
from cases.enums import JobState
from cases.models import Job, Worker
from chaos.waiting import end_heartbeat, until
from together import together

pytestmark = pytest.mark.django_db(transaction=True)

CLAIMERS = 8


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


@pytest.fixture
def handler(monkeypatch):
    """Register one throwaway kind of outside job."""
    return lambda function: monkeypatch.setitem(jobs._outside, "test", function)


def put(count=1):
    Job.objects.bulk_create(Job(kind="test", key=f"test:{number}", due_at=timezone.now()) for number in range(count))
    return list(Job.objects.order_by("pk"))


def silence(name, seconds):
    Worker.objects.filter(name=name).update(beat_at=timezone.now() - timedelta(seconds=seconds))


def cut_own_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


# --- claiming ----------------------------------------------------------------------------------------------------


def test_of_many_claims_one_succeeds():
    jobs.this_worker()
    (job,) = put()
    claimed = [found for found in together(CLAIMERS, lambda _: jobs.claim(job.pk)) if found]
    assert len(claimed) == 1
    job.refresh_from_db()
    assert (job.state, job.worker, job.attempts) == (JobState.RUNNING, jobs.this_worker(), 1)


def test_a_claim_without_its_guard_succeeds_for_all():
    """The negative control: look first, take afterwards."""
    (job,) = put()
    looked = threading.Barrier(CLAIMERS)

    def careless_claim(_):
        found = jobs.due().filter(pk=job.pk).first()
        looked.wait(10)
        return found and Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)

    assert sum(map(bool, together(CLAIMERS, careless_claim))) == CLAIMERS


def test_a_claim_is_committed_before_the_handler_runs(handler):
    seen = []

    def look(job):
        assert not connection.in_atomic_block
        seen.extend(together(1, lambda _: Job.objects.get(pk=job.pk).state))

    handler(look)
    put()
    jobs.sweep()
    assert seen == [JobState.RUNNING]
    assert Job.objects.get().state == JobState.DONE


def test_many_sweepers_call_each_handler_once(handler):
    called = []
    handler(lambda job: called.append(job.pk))
    made = put(30)
    jobs.this_worker()
    together(CLAIMERS, lambda _: jobs.sweep())
    assert sorted(called) == [job.pk for job in made]


# --- silence -----------------------------------------------------------------------------------------------------


def lose_while_working(job):
    """A worker that froze: its name is silent, its job was taken back, and another worker has claimed it."""
    jobs.change_name()
    silence(job.worker, jobs.SILENT_SECONDS + 1)
    assert jobs.take_back() == 1
    assert jobs.claim(job.pk).worker != job.worker


def test_a_late_worker_does_not_record_done_over_the_new_claimant(handler):
    handler(lose_while_working)
    put()
    jobs.sweep()
    job = Job.objects.get()
    assert (job.state, job.worker, job.attempts) == (JobState.RUNNING, jobs.this_worker(), 2)


def test_without_the_guard_the_late_worker_records_done(handler, monkeypatch):
    """The negative control."""
    monkeypatch.setattr(jobs, "_held", lambda job: Job.objects.filter(pk=job.pk))
    handler(lose_while_working)
    put()
    jobs.sweep()
    assert Job.objects.get().state == JobState.DONE


def test_a_late_failure_does_not_postpone_the_new_claimants_job(handler):
    def lose_and_fail(job):
        lose_while_working(job)
        raise LookupError

    handler(lose_and_fail)
    put()
    jobs.sweep()
    assert Job.objects.get().state == JobState.RUNNING and Job.objects.get().error_code == ""


def test_an_earlier_claim_of_the_same_worker_records_nothing_either():
    (job,) = put()
    first = jobs.claim(job.pk)
    Job.objects.update(state=JobState.WAITING)
    second = jobs.claim(job.pk)
    assert not jobs._held(first).exists() and jobs._held(second).exists()


@pytest.mark.parametrize(("seconds", "taken"), [(jobs.SILENT_SECONDS - 2, 0), (jobs.SILENT_SECONDS + 1, 1)])
def test_a_job_is_taken_back_after_six_seconds_of_silence(seconds, taken):
    (job,) = put()
    held = jobs.claim(job.pk)
    end_heartbeat()
    silence(held.worker, seconds)
    assert jobs.take_back() == taken
    assert Job.objects.filter(state=JobState.WAITING, worker="").count() == taken


# --- heartbeats --------------------------------------------------------------------------------------------------


def beaten():
    return Worker.objects.values_list("beat_at", flat=True).get()


def test_a_worker_keeps_beating_even_after_its_connection_was_cut(monkeypatch):
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.05)
    jobs.this_worker()
    start = beaten()
    until(lambda: beaten() > start)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchone()[0] >= 1
    cut = beaten()
    until(lambda: beaten() > cut)


def test_a_first_beat_that_fails_leaves_no_name_without_a_heartbeat():
    """A name that nobody beats for would have its jobs taken back while they run, for ever."""
    with pytest.raises(DatabaseError):
        cut_own_connection()
    with pytest.raises(DatabaseError):
        jobs.this_worker()
    connection.close()
    jobs.this_worker()
    assert [thread.name for thread in threading.enumerate()].count("heartbeat") == 1


def beating():
    return [thread.name for thread in threading.enumerate()].count("heartbeat")


def test_however_many_threads_ask_at_once_a_process_has_one_name_and_one_heartbeat():
    """A second one could be ended by nobody: it would beat for a name under which nothing runs."""
    names = together(CLAIMERS, lambda number: jobs.this_worker())
    assert (len(set(names)), beating(), Worker.objects.count()) == (1, 1, 1)


def test_without_the_lock_there_are_several(monkeypatch):
    monkeypatch.setattr(jobs, "_naming", nullcontext())
    begun, stops = jobs._begin_to_beat, []

    def begin(pid):
        name, stop = begun(pid)
        stops.append(stop)
        return name, stop

    monkeypatch.setattr(jobs, "_begin_to_beat", begin)
    together(CLAIMERS, lambda number: jobs.this_worker())
    several = beating()
    for stop in stops:
        stop.set()
    assert several > 1


def test_a_job_whose_end_could_not_be_recorded_is_taken_back_from_a_living_worker(handler):
    calls = []
    handler(lambda job: calls.append(job.worker) or cut_own_connection())
    put()
    with pytest.raises(DatabaseError):
        jobs.sweep()
    connection.close()
    end_heartbeat()
    assert Job.objects.get().state == JobState.RUNNING

    handler(lambda job: calls.append(job.worker))
    silence(calls[0], jobs.SILENT_SECONDS + 1)
    jobs.sweep()
    assert len(calls) == 2 and calls[0] != calls[1]
    assert Job.objects.get().state == JobState.DONE


def test_if_the_worker_kept_its_name_that_job_would_stay_running_for_ever(handler, monkeypatch):
    """The negative control: the heart goes on beating for a job that nobody does."""
    monkeypatch.setattr(jobs, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "change_name", lambda: None)
    handler(lambda job: cut_own_connection())
    put()
    with pytest.raises(DatabaseError):
        jobs.sweep()
    connection.close()
    cut = timezone.now()
    until(lambda: beaten() > cut)
    assert jobs.take_back() == 0 and Job.objects.get().state == JobState.RUNNING
    monkeypatch.undo()


def test_a_claim_whose_answer_was_lost_changes_the_workers_name(handler):
    handler(lambda job: None)
    (job,) = put()
    before = jobs.this_worker()
    with pytest.raises(DatabaseError):
        cut_own_connection()
    with pytest.raises(DatabaseError):
        jobs._run_outside(job.pk, jobs._outside["test"])
    connection.close()
    assert jobs.this_worker() != before
