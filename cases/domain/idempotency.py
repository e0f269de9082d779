"""Creates from outside happen once under one key, whatever the network did to the answer."""

import hashlib
import hmac
import json
import uuid
from datetime import date, time
from typing import Any

from django.conf import settings
from django.db import connection

from cases import policy
from cases.actors import Actor
from cases.errors import Invalid, KeyReused
from cases.models import Idempotency

MAX_KEY = 80


def _plain(value: Any) -> Any:
    """The same text in every process: a set's own order is not."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def fingerprint(body: Any) -> bytes:
    """HMAC of a body's canonical JSON: tells equal from different, and nothing else."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain)
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()


def claim(key: str, body: Any, *, by: Actor) -> uuid.UUID | None:
    """Claim `key` for the running verb; the uid made before under the same key and body, or None to go on.

    Two at once: the second waits here for the first to commit. Raises KeyReused when the body differs.
    """
    run = policy.current()
    assert run is not None
    if not key or len(key) > MAX_KEY or "\0" in key:
        raise Invalid(field="key")
    digest = fingerprint(body)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_idempotency (client, key, verb, body, created_at) VALUES (%s, %s, %s, %s, now())"
            " ON CONFLICT (client, key) DO NOTHING",
            [by.code, key, run.verb, digest],
        )
        if cursor.rowcount:
            return None
    row = Idempotency.objects.get(client=by.code, key=key)
    if bytes(row.body) != digest or row.verb != run.verb:
        raise KeyReused
    return row.result


def finish(key: str, result: uuid.UUID, *, by: Actor) -> None:
    """Say what the key made."""
    Idempotency.objects.filter(client=by.code, key=key).update(result=result)
