"""Tests run on the real engines, as the app role; the owner role only makes, migrates and empties the database."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase, override_settings
from playwright.sync_api import Playwright, sync_playwright

from cases.domain import jobs, reference
from cast import Cast, make_cast
from chaos.system import prepared
from emptying import empty_all_tables, leave
from turns import turn


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Tests with processes and clocks of their own have the machine to themselves: see the marker."""
    place = _shared(item.config, item.config._tmp_path_factory)  # type: ignore[attr-defined]
    with turn(place, alone=item.get_closest_marker("alone") is not None):
        return (yield)


def _shared(config: pytest.Config, factory: pytest.TempPathFactory) -> Path:
    """The directory that all test processes of a run have in common."""
    place = factory.getbasetemp()
    return place.parent if hasattr(config, "workerinput") else place


@pytest.fixture(scope="module")
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory, migrated and seeded once a run, for systems to begin as copies of."""
    return prepared(_shared(request.config, tmp_path_factory))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one driver of browsers that a process can hold."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """One database a worker process: made and migrated by the owner, seeded and used by the app role."""
    owner, app = connections["owner"], connections["default"]
    suffix = os.environ.get("HOTLINE_TEST_DB_SUFFIX", "")
    worker = suffix + getattr(request.config, "workerinput", {}).get("workerid", "main")
    owner.settings_dict["TEST"]["NAME"] = app.settings_dict["TEST"]["NAME"] = f"test_hotline_{worker}"
    with django_db_blocker.unblock(), override_settings(HOTLINE_DATA_DIR=tmp_path_factory.mktemp("data")):
        owner.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        app.close()
        app.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = owner.settings_dict["NAME"]
        reference.load()
        yield
        leave()
        app.close()  # a test may have cut it
        with app.cursor() as cursor:  # threads of live servers leave theirs open
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
            )
        app.close()
        owner.creation.destroy_test_db("hotline", verbosity=0)


# Slow hashes protect real passwords; the cast's would cost two seconds a test.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TransactionTestCase._fixture_teardown = empty_all_tables  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Any) -> None:
    """What is kept outside the database goes to a directory of the test's own."""
    settings.HOTLINE_DATA_DIR = tmp_path / "data"


@pytest.fixture
def cast(db: None) -> Cast:
    """The named people; see tests/cast.py."""
    return make_cast()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Any]:
    """A real SMTP server on loopback, and the settings that point at it."""
    from post_office import PostOffice

    with PostOffice() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield office


@pytest.fixture(autouse=True)
def _no_heartbeat_outlives_its_test() -> Iterator[None]:
    yield
    jobs.change_name()
    for thread in threading.enumerate():
        if thread.name == "heartbeat":
            thread.join(10)
