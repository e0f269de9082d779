"""Telling open pages that something changed: a hint over Redis after the commit, never a promise.

A page that missed one asks every few seconds anyway. What is told holds codes and uids, nothing personal.
"""

import json
import logging
import time
from functools import lru_cache
from typing import Any, Final

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("hotline.stream")

CHANNEL: Final = "hotline:live"
TIMEOUT_SECONDS: Final = 0.2
PAUSE_SECONDS: Final = 5.0
DESK, ROOM, CONVOYS, SUPERVISOR = "desk", "room", "convoys", "supervisor"

_quiet_until = [0.0]


def personal(user_id: int) -> str:
    """The topic of one person's own pages."""
    return f"user:{user_id}"


def tell(topic: str, name: str, **data: Any) -> None:
    """Tell the pages of a topic, after the commit. An unreachable Redis costs at most 0.2 s, once in five seconds."""
    line = json.dumps({"topic": topic, "name": name, "data": data}, default=str)
    transaction.on_commit(lambda: _publish(line))


def _publish(line: str) -> None:
    if time.monotonic() < _quiet_until[0]:
        return
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, line)
    except (redis.RedisError, OSError) as error:
        _quiet_until[0] = time.monotonic() + PAUSE_SECONDS
        log.warning("pages are not told, they ask by themselves: %s", type(error).__name__)


@lru_cache(maxsize=2)
def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        max_connections=32,
    )
