"""Texts, messengers and rings through an HTTP gateway each (SMS_GATEWAY_URL and its like); to the console without."""

import json
import urllib.error
import urllib.request

from cases.channels.letter import Letter, TryLater, Undeliverable

TIMEOUT_SECONDS = 10


def send(letter: Letter, *, channel: str, url: str) -> str:
    """POST {"to", "text", "key"} as JSON; the gateway's answer may carry an "id", which becomes the receipt."""
    if not url:
        print(f"{channel} {letter.key}: not sent, no gateway is set")  # noqa: T201 - the console channel
        return "console"
    body = json.dumps({"to": letter.address, "text": letter.body, "key": letter.key}).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is the deployment's own
        url, data=body, headers={"Content-Type": "application/json", "Idempotency-Key": letter.key}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return str(json.loads(answer.read(10_000) or b"{}").get("id", ""))[:120]
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 429 or error.code >= 500:
            raise TryLater(f"gateway_{error.code}") from None
        raise Undeliverable(f"gateway_{error.code}") from None
    except (OSError, ValueError) as error:
        raise TryLater(f"gateway_{type(error).__name__.lower()}"[:40]) from None
