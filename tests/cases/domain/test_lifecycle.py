"""Statuses move only by the tables, and every table speaks of statuses that exist."""

import pytest

from cases import enums, policy
from cases.actors import System
from cases.domain import lifecycle
from cases.errors import AlreadyTaken, IllegalMove
from cases.models import Case, Event, Need
from factories import a_case
from together import together

STATUSES = {model: model._meta.get_field("status").choices for model in lifecycle.MOVES}


@pytest.fixture
def running():
    with policy.running("triage.rescore", System("test")) as run:
        policy.require()
        yield run


@pytest.mark.parametrize("model", lifecycle.MOVES, ids=lambda model: model.__name__)
def test_a_table_speaks_of_every_status_and_of_no_other(model):
    known = {value for value, _ in STATUSES[model]}
    table = lifecycle.MOVES[model]
    assert set(table) == known
    assert {end for ends in table.values() for end in ends} <= known


@pytest.mark.django_db
def test_a_move_is_recorded_and_raises_the_version(running):
    case = a_case()
    lifecycle.move(case, "cancelled")
    case.refresh_from_db()
    assert (case.status, case.version) == ("cancelled", 1)
    assert Event.objects.latest("pk").data == {"from": "triaged", "to": "cancelled"}


@pytest.mark.django_db
def test_a_move_the_table_does_not_know_changes_nothing(running):
    case = a_case()
    with pytest.raises(IllegalMove):
        lifecycle.move(case, "closed", close_reason="helped")
    case.refresh_from_db()
    assert (case.status, case.version, Event.objects.count()) == ("triaged", 0, 0)


@pytest.mark.django_db
def test_a_row_that_moved_since_it_was_read_is_refused(running):
    case = a_case()
    stale = Case.objects.get(pk=case.pk)
    lifecycle.move(case, "cancelled")
    with pytest.raises(IllegalMove):
        lifecycle.move(stale, "cancelled")


@pytest.mark.django_db
def test_many_move_in_one_statement(running, django_assert_num_queries):
    cases = [a_case(need="WATER") for _ in range(5)]
    needs = list(Need.objects.all())
    with django_assert_num_queries(2):
        assert lifecycle.move_many(needs, enums.NeedStatus.MET) == len(cases)
    assert set(Need.objects.values_list("status", flat=True)) == {"met"}


@pytest.mark.django_db
def test_many_move_all_or_none(running):
    a_case(need="WATER")
    a_case(need="FOOD")
    needs = list(Need.objects.all())
    lifecycle.move(needs[0], "cancelled")
    with pytest.raises(IllegalMove):
        lifecycle.move_many(needs, "dispatched")
    assert set(Need.objects.values_list("status", flat=True)) == {"cancelled", "open"}


@pytest.mark.django_db(transaction=True)
def test_of_twenty_claims_one_wins():
    case = a_case()

    def grab(_):
        with policy.running("triage.rescore", System("test")):
            policy.require()
            mine = Case(pk=case.pk, status="triaged", ref=case.ref)
            lifecycle.claim(mine, "cancelled")
        return True

    results = together(20, grab)
    assert results.count(True) == 1
    assert sum(isinstance(result, AlreadyTaken) for result in results) == 19


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_all_twenty_would_win():
    """Negative control: the same UPDATE without its condition on the status."""
    case = a_case()
    assert sum(together(20, lambda _: Case.objects.filter(pk=case.pk).update(status="cancelled"))) == 20
