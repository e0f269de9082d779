"""Emptying the test database leaves no row, no number that went on, and every guard where it was."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

import emptying
from cases.models import Event, Place, User
from cast import hire
from chaos.waiting import until
from factories import a_case
from owner import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


def triggers():
    with as_owner() as owner:
        return owner.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger ORDER BY 1, 2"
        ).fetchall()


def rows():
    with as_owner() as owner:
        names = [name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return {name: owner.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


@pytest.fixture(params=[emptying.FEW, 3], ids=["rows deleted", "tables truncated"])
def way(request, monkeypatch):
    monkeypatch.setattr(emptying, "FEW", request.param)


def some_rows():
    """Of many tables, some of them guarded against deletion."""
    hire("olena", "operator")
    case = a_case()
    Event.objects.create(verb="x", actor="staff:1", subject="case", case=case)
    return case


@pytest.mark.usefixtures("way")
def test_everything_but_reference_data_is_gone_and_the_guards_are_there():
    before, guards = rows(), triggers()
    some_rows()
    assert rows() != before

    emptying.empty_all_tables()

    assert rows() == before and Place.objects.exists()
    assert triggers() == guards


@pytest.mark.usefixtures("way")
def test_numbers_begin_anew():
    some_rows()
    emptying.empty_all_tables()

    case = some_rows()

    assert (User.objects.get().pk, case.pk, case.household_id) == (1, 1, 1)


def somebody_waits():
    with as_owner() as owner:
        return owner.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").fetchone() == (True,)


def test_who_still_writes_is_waited_for():
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            some_rows()
            emptied = pool.submit(emptying.empty_all_tables)
            until(somebody_waits, what="the one who empties")
        emptied.result(10)

    assert not User.objects.exists()
