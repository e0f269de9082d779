#!/usr/bin/env python3
"""Tell the hotline of one event of a call; a SIP server executes this. Standard library only: it starts at once.

    bridge.py KIND [CALL_ID [CALLER]]        kind: ringing answered held resumed transferred ended abandoned

What is not given is read from the environment, as Kamailio's exec module sets it: SIP_HF_CALLID, SIP_HF_FROM for the
caller, and SIP_USER for who answered. Values are never put on a shell's command line: a caller chooses them.
Needs HOTLINE_URL and HOTLINE_TELEPHONY_SECRET (or …_FILE).
Exit codes: 0 told, 1 not reached, 2 used wrongly, 3 refused.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

KINDS = ("ringing", "answered", "held", "resumed", "transferred", "ended", "abandoned")
PATH = "/api/v1/telephony/events"
PAUSES = (0.0, 0.3, 1.0, 2.0, 4.0)
TIMEOUT_SECONDS = 3.0
TOLD, NOT_REACHED, USED_WRONGLY, REFUSED = range(4)
FROM = re.compile(r"(?:sips?|tel):([^@;>\s]+)", re.IGNORECASE)


class Misused(Exception):
    """What is missing, in one sentence."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Tell of the event, again for some seconds while nobody answers."""
    try:
        body = event(arguments, environment).encode()
        address, secret = environment.get("HOTLINE_URL", ""), read_secret(environment)
        if urlsplit(address).scheme not in ("http", "https"):
            raise Misused("Set HOTLINE_URL to the address of the hotline.")
    except (Misused, OSError, ValueError) as error:
        return _say(USED_WRONGLY, str(error) if isinstance(error, Misused) else type(error).__name__)
    key, status = f"msg_{uuid.uuid4().hex}", 0
    for pause in PAUSES:
        time.sleep(pause)
        status = post(address, body, key, secret)
        if 200 <= status < 300:
            return TOLD
        if 400 <= status < 500 and status != 429:
            return _say(REFUSED, f"The hotline refused the event with {status}.")
    return _say(NOT_REACHED, f"The hotline did not take the event ({status or 'no answer'}).")


def event(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The event as JSON. Of one call, each kind is told once: a repeated request of SIP is the same event."""
    said = dict(zip(("kind", "call_id", "caller"), arguments, strict=False))
    kind = said.get("kind", environment.get("HOTLINE_CALL_KIND", ""))
    call_id = said.get("call_id", environment.get("HOTLINE_CALL_ID", environment.get("SIP_HF_CALLID", ""))).strip()
    if kind not in KINDS or not call_id:
        raise Misused(f"Use: bridge.py KIND CALL_ID [CALLER], where KIND is one of {', '.join(KINDS)}.")
    body = {"event_id": kind, "call_id": call_id, "kind": kind, "at": datetime.now(UTC).isoformat(), "caller": ""}
    if kind in ("ringing", "abandoned"):
        found = FROM.search(environment.get("SIP_HF_FROM", ""))
        body["caller"] = said.get("caller", environment.get("HOTLINE_CALLER", unquote(found[1]) if found else ""))
    if kind == "answered":
        body["agent"] = environment.get("HOTLINE_AGENT", environment.get("SIP_USER", ""))[:60]
    return json.dumps(body)


def read_secret(environment: Mapping[str, str]) -> bytes:
    """The key of the signature: base64, with or without whsec_ before it."""
    file = environment.get("HOTLINE_TELEPHONY_SECRET_FILE", "")
    said = Path(file).read_text("utf-8") if file else environment.get("HOTLINE_TELEPHONY_SECRET", "")
    key = base64.b64decode(said.strip().removeprefix("whsec_") + "==")
    if not key:
        raise Misused("Set HOTLINE_TELEPHONY_SECRET or HOTLINE_TELEPHONY_SECRET_FILE.")
    return key


def headers(body: bytes, key: str, secret: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks, signed for this moment."""
    stamp = str(int(time.time()))
    digest = hmac.new(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def post(address: str, body: bytes, key: str, secret: bytes) -> int:
    """The status of the answer; 0 when there was none. Goes round any proxy."""
    url = urlsplit(address)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", url.path.rstrip("/") + PATH, body, headers(body, key, secret))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _say(code: int, sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
