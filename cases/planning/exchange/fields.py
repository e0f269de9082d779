"""Single fields of what exchanges send, and the one event made of them. No sentence repeats what was sent."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cases.enums import TelephonyKind
from cases.planning.telephony import Heard

Fields = Mapping[str, Any]

_LONGEST: Final = 1_000
_CALL_ID: Final = 90  # with the provider's name it fits Call.provider_id
_AGENT: Final = 60
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
# What an exchange writes where the number is hidden; some send the word as the digits of its keys.
_HIDDEN_WORDS: Final = "anonymous restricted unavailable unknown blocked private withheld".split()
_KEYS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_HIDDEN: Final = frozenset({*_HIDDEN_WORDS, *(word.translate(_KEYS) for word in _HIDDEN_WORDS)})
_SCHEME: Final = re.compile(r"^(?:sips?|tel|client|whatsapp):", re.IGNORECASE)
# "PJSIP/olena-00000001", "Local/olena@queue-0000;1", "SIP/olena"
_CHANNEL: Final = re.compile(r"^[^/]+/(?P<name>[^@]+?)(?:@.*|-[0-9a-f]{4,}(?:;\d)?)?$", re.IGNORECASE)


class NotUnderstood(ValueError):
    """A body that cannot be read; `field` says where it is wrong."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def text(fields: Fields, name: str, *, needed: bool = False) -> str:
    """A short, printable field; empty when it is not there and not needed."""
    value = fields.get(name)
    value = "" if value is None else value
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise NotUnderstood(f"{name} must be a short text.", name)
    if needed and not value.strip():
        raise NotUnderstood(f"{name} is missing.", name)
    return value.strip()


def number_in(fields: Fields, name: str) -> str:
    """The caller's number, empty when it is hidden. For one that cannot be, too: the call must ring all the same."""
    value = fields.get(name)
    said = str(value) if isinstance(value, str | int) else ""
    return _number(said) if len(said) <= _LONGEST and said.isprintable() else ""


def moment(said: str, name: str = "at") -> datetime:
    """An ISO 8601 moment with its zone."""
    wrong = NotUnderstood(f"{name} must be a moment as ISO 8601 writes it, with its zone.", name)
    try:
        at = datetime.fromisoformat(said)
        if at.tzinfo is None or at < EARLIEST:
            raise wrong
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise wrong from None


def _number(said: str) -> str:
    """The number behind what an exchange calls the caller; empty when it is hidden."""
    plain = re.split(r"[@;]", _SCHEME.sub("", said.strip()), maxsplit=1)[0].strip()
    bare = plain.strip("<>").lower()
    return "" if bare.lstrip("+") in _HIDDEN else plain


def user_of(address: str) -> str:
    """The user name in a telephone's address: "client:olena", "sip:olena@host"; empty for a plain number."""
    name = _number(address) if _SCHEME.match(address) else ""
    return "" if re.fullmatch(r"\+?\d{6,}", name) else name[:_AGENT]


def on_channel(channel: str) -> str:
    """The user name in the name of an Asterisk channel."""
    found = _CHANNEL.match(channel)
    return found["name"][:_AGENT] if found else ""


def _short(call_id: str) -> str:
    return call_id if len(call_id) <= _CALL_ID else hashlib.sha256(call_id.encode()).hexdigest()


def heard(
    provider: str,
    call_id: str,
    kind: TelephonyKind,
    at: datetime,
    *,
    now: datetime,
    key: str = "",
    caller: str = "",
    agent: str = "",
) -> Heard:
    """The event. Its key is of its own call, so that two calls may number their events alike."""
    known = json.dumps([call_id, kind, key or at.isoformat()])
    return Heard(
        provider=provider,
        event_id=hashlib.sha256(known.encode()).hexdigest(),
        call_id=_short(call_id),
        kind=kind,
        at=min(at, now),  # a clock that is ahead must not keep a call from ringing
        caller=caller,
        agent=agent[:_AGENT],
    )
