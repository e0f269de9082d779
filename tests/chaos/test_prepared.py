"""A system that begins as a copy: as one made from nothing, and nobody else's."""

from contextlib import ExitStack

import pytest

from chaos.system import System, copied

pytestmark = pytest.mark.chaos


def test_a_copy_is_whole_and_what_happens_in_it_stays_in_it(tmp_path, filled):
    with ExitStack() as stack:
        copied(filled, tmp_path / "first")
        first = System(stack, tmp_path / "first", {})
        first.run("migrated", "manage.py", "migrate", "--check")
        assert first.value("SELECT count(*) FROM cases_place") > 0
        with first.database() as database:
            database.execute("DELETE FROM cases_placekey")
        first.broker().set("left", "behind")
        copied(filled, tmp_path / "second")
        second = System(stack, tmp_path / "second", {})
        assert first.value("SELECT count(*) FROM cases_placekey") == 0
        assert second.value("SELECT count(*) FROM cases_placekey") > 0
        assert second.broker().get("left") is None
