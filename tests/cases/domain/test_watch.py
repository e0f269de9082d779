"""No open case is without an owner or queue, and a clock that will fire; what is found is mended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cases.domain import assignment, jobs, watch
from cases.models import Case, Clock, Event, Job, User
from cases.queries import forgotten
from families import called
from owner import as_owner
from rounds import fresh, owner, run

pytestmark = pytest.mark.django_db(transaction=True)
NOTHING = {"no_clock": 0, "no_owner": 0, "no_queue": 0, "not_triaged": 0, "owner_gone": 0, "clock_silent": 0}


def broken(table: str, change: str, case: Case) -> None:
    """What the database forbids, done with its guards off, as a restored backup or a bug of tomorrow might."""
    with as_owner() as connection, connection.transaction():
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(f"UPDATE {table} SET {change} WHERE case_id = %s", [case.pk])
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def case(cast) -> Case:
    return called(cast.olena, "ж 40", needs=("HYG",))


def test_what_the_verbs_leave_behind_is_never_forgotten(cast, case):
    assert forgotten.counts() == NOTHING
    run("assign")
    assert forgotten.counts() == NOTHING
    assignment.hand_back(case, by=cast.taras)
    assert forgotten.counts() == NOTHING


def test_a_case_without_a_clock_is_found_and_given_one(case):
    broken("cases_clock", "state = 'stopped'", case)
    assert forgotten.counts() == NOTHING | {"no_clock": 1}
    assert watch.look() == NOTHING | {"no_clock": 1}
    assert set(case.clocks.filter(state="running").values_list("kind", flat=True)) == {"acknowledge", "recontact"}
    assert watch.look() == NOTHING
    assert Event.objects.filter(verb="watch.mended", case=case).count() == 1


def test_a_case_without_owner_or_queue_is_found_and_queued(case):
    Job.objects.filter(kind="assign").update(state="done")
    assert watch.look() == NOTHING | {"no_queue": 1}
    assert Job.objects.filter(key=f"assign:{case.uid}", state="waiting").exists()
    assert watch.look() == NOTHING


def test_a_case_in_work_without_an_owner_finds_another(cast, case):
    run("assign")
    broken("cases_assignment", "ended_at = now()", case)
    assert watch.look() == NOTHING | {"no_owner": 1}
    assert owner(case) == cast.taras.user_id
    assert watch.look() == NOTHING


def test_a_case_of_somebody_whose_account_is_closed_goes_on(cast, case):
    run("assign")
    User.objects.filter(pk=cast.taras.user_id).update(is_active=False)
    assert watch.look() == NOTHING | {"owner_gone": 1}
    assert (owner(case), fresh(case).status) == (None, "triaged")
    assert watch.look() == NOTHING


def test_a_clock_whose_job_was_lost_is_told_of_again(case):
    clock = Clock.objects.get(case=case, kind="recontact")
    passed = timezone.now() - timedelta(hours=1)
    Clock.objects.filter(pk=clock.pk).update(started_at=passed, due_at=passed)
    Job.objects.filter(key=f"clock:{clock.uid}").update(state="dead")
    assert watch.look() == NOTHING | {"clock_silent": 1}
    assert jobs.run([f"clock:{clock.uid}"]) == 1
    assert Clock.objects.get(pk=clock.pk).state == "fired"
    assert watch.look() == NOTHING


def test_the_nightly_look_stands_in_the_audit_even_when_nothing_was_found(case):
    watch.nightly()
    assert Event.objects.get(verb="watch.nightly").data == NOTHING


def test_the_count_stands_on_the_metrics_page(client, case):
    broken("cases_clock", "state = 'stopped'", case)
    page = client.get("/metrics").content.decode()
    assert 'hotline_cases_forgotten{kind="no_clock"} 1\n' in page
    assert 'hotline_cases_forgotten{kind="no_queue"} 0\n' in page


def test_looking_costs_one_statement(case, django_assert_num_queries):
    connection.ensure_connection()
    with django_assert_num_queries(1):
        forgotten.counts()
