"""Who may read the counters, and what a probe costs."""

import pytest

from cases.web import health


@pytest.fixture(autouse=True)
def _asked_afresh(monkeypatch):
    monkeypatch.setattr(health, "_migrated_until", [0.0])


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({}, 200),
        ({"REMOTE_ADDR": "::1"}, 200),
        ({"REMOTE_ADDR": "10.0.0.9"}, 404),
        ({"REMOTE_ADDR": ""}, 404),
        ({"HTTP_X_FORWARDED_FOR": "10.0.0.9"}, 404),
        ({"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer token"}, 200),
        ({"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer other"}, 404),
        ({"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer é"}, 404),
    ],
)
def test_counters_are_for_this_machine_and_for_who_has_the_token(client, settings, sent, answer):
    settings.HOTLINE_METRICS_TOKEN = "token"
    assert client.get("/metrics", **sent).status_code == answer


def test_without_a_token_set_none_opens(client, settings):
    settings.HOTLINE_METRICS_TOKEN = ""
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9", HTTP_AUTHORIZATION="Bearer ").status_code == 404


@pytest.mark.django_db
def test_migrations_are_read_once_in_five_seconds(client, monkeypatch):
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "MigrationExecutor", None)
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(health, "_migrated_until", [0.0])
    assert client.get("/readyz").status_code == 503
