"""The hint to Celery: short, swallowed, and never what the work depends on."""

import base64
import json
import socket
import time
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone

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
    key = uuid.uuid4().hex
    jobs.nudge([key])
    assert reached_the_queue(key)


def reached_the_queue(key):
    """Whether a task with this job key waits in the broker, which other tests use too."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        messages = [json.loads(message) for message in client.lrange("celery", 0, -1)]
    return any(key in json.loads(base64.b64decode(message["body"]))[0][0] for message in messages)


@pytest.mark.django_db(transaction=True)
def test_enqueueing_nudges_after_the_commit():
    key = uuid.uuid4().hex
    with transaction.atomic():
        jobs.enqueue("test", key, subject=7)
        assert not reached_the_queue(key)
    assert reached_the_queue(key)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_job_and_one_for_later_nudge_nobody():
    undone, later = uuid.uuid4().hex, uuid.uuid4().hex
    with transaction.atomic():
        jobs.enqueue("test", undone)
        transaction.set_rollback(True)
    jobs.enqueue("test", later, due_at=timezone.now() + timedelta(minutes=1))
    assert not reached_the_queue(undone) and not reached_the_queue(later)


@pytest.mark.django_db(transaction=True)
def test_a_job_is_kept_when_the_broker_is_frozen(broker):
    with frozen_server() as port:
        broker(port)
        assert seconds_of(lambda: jobs.enqueue("test", "kept")) < LIMIT_SECONDS
    assert list(Job.objects.values_list("key", flat=True)) == ["kept"]
