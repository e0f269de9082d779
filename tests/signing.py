"""Signed requests, as an exchange or a gateway sends them."""

import base64
import json
import uuid
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

EVENTS, ASTERISK, TWILIO = "/api/v1/telephony/events", "/api/v1/telephony/asterisk", "/api/v1/telephony/twilio"
MESSAGES = "/api/v1/messages"
SECRET, NEXT_SECRET, FOREIGN = ("whsec_" + base64.b64encode(word * 8).decode() for word in (b"ours", b"next", b"evil"))


def signed(body: str, *, secret: str = SECRET, key: str = "", at: datetime | None = None) -> dict[str, str]:
    """The headers of a body, as a sender with this secret makes them."""
    key, at = key or f"msg_{uuid.uuid4().hex}", at or timezone.now()
    return {
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, at, body),
    }


def post(path: str, body: str, headers: dict[str, str]) -> Any:
    return Client().post(path, body, content_type="application/json", headers=headers)


def tell(body: Any, path: str = EVENTS, **how: Any) -> Any:
    """Send a body (as JSON, unless it is a text) with a fresh signature."""
    said = body if isinstance(body, str) else json.dumps(body)
    return post(path, said, signed(said, **how))


def problem(answer: Any) -> tuple[int, str]:
    """The status and the code of a "no", which must be problem+json."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]
