"""The hint to Celery: short, swallowed, and never what the work depends on."""

import base64
import json
import socket
import time
from contextlib import contextmanager

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

from cases.domain import jobs
from cases.models import Job
from hotline.engines import free_port

LIMIT_SECONDS = 1.0


@pytest.fixture(autouse=True)
def _circuit(monkeypatch):
    monkeypatch.setattr(jobs, "_quiet_until", [0.0])


@pytest.fixture
def broker(monkeypatch):
    """Point the nudges at a port of this machine."""
    return lambda port: monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://:x@127.0.0.1:{port}/0")


@contextmanager
def frozen_server():
    """A port that takes connections and never answers, as a stopped Redis does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield server.getsockname()[1]


def seconds_of(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def test_a_refused_connection_is_swallowed_at_once(broker):
    broker(free_port())
    assert seconds_of(lambda: jobs.nudge(["a"])) < LIMIT_SECONDS
    assert jobs._quiet_until[0] > time.monotonic()


def test_a_frozen_server_costs_less_than_a_second(broker):
    with frozen_server() as port:
        broker(port)
        assert seconds_of(lambda: jobs.nudge(["a"])) < LIMIT_SECONDS
        assert jobs._quiet_until[0] > time.monotonic()


def test_without_the_short_timeout_it_would_hang(broker, monkeypatch):
    """The negative control: the worker's own patience is far too long for a request."""
    monkeypatch.setattr(jobs, "_NUDGE_OPTIONS", jobs._NUDGE_OPTIONS | {"socket_timeout": 2 * LIMIT_SECONDS})
    with frozen_server() as port:
        broker(port)
        assert seconds_of(lambda: jobs.nudge(["a"])) > LIMIT_SECONDS


def test_after_a_failure_nobody_is_asked_for_a_while(broker):
    with frozen_server() as port:
        broker(port)
        jobs.nudge(["a"])
        assert seconds_of(lambda: [jobs.nudge(["a"]) for _ in range(100)]) < 0.05


def test_when_the_pause_is_over_the_broker_is_asked_again(broker, monkeypatch):
    broker(free_port())
    jobs.nudge(["a"])
    jobs._quiet_until[0] = time.monotonic() - 0.001
    monkeypatch.undo()
    assert sent_keys(lambda: jobs.nudge(["back again"])) == ["back again"]


def sent_keys(work):
    """The job keys that reached the broker's queue meanwhile."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        before = client.llen("celery")
        work()
        fresh = client.lrange("celery", 0, client.llen("celery") - before - 1)
    bodies = [json.loads(base64.b64decode(json.loads(message)["body"])) for message in fresh]
    return [key for args, _, _ in bodies for key in args[0]]


@pytest.mark.django_db(transaction=True)
def test_enqueueing_nudges_after_the_commit_with_keys_only():
    def enqueue():
        with transaction.atomic():
            jobs.enqueue("test", "one", subject=7)
            assert sent_keys(lambda: None) == []

    assert sent_keys(enqueue) == ["one"]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_job_nudges_nobody():
    def undone():
        with transaction.atomic():
            jobs.enqueue("test", "never")
            transaction.set_rollback(True)

    assert sent_keys(undone) == []


@pytest.mark.django_db(transaction=True)
def test_a_job_is_kept_when_the_broker_is_frozen(broker):
    with frozen_server() as port:
        broker(port)
        assert seconds_of(lambda: jobs.enqueue("test", "kept")) < LIMIT_SECONDS
    assert list(Job.objects.values_list("key", flat=True)) == ["kept"]
