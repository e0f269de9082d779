"""Key rings from the environment: the first key writes, every key reads."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by their id, in the order of the environment."""

    name: str
    keys: dict[str, bytes]

    @property
    def active(self) -> str:
        return next(iter(self.keys))

    def __getitem__(self, key_id: str) -> bytes:
        try:
            return self.keys[key_id]
        except KeyError:
            raise RetiredKey(f"{self.name} has no key “{key_id}”: put it back until everything is rewrapped.") from None


class RetiredKey(LookupError):
    """Something is still wrapped by a key that is no longer on the ring."""


@lru_cache(maxsize=8)
def parse(name: str, text: str) -> Ring:
    """Read "id:base64,…"; raises ImproperlyConfigured naming the variable, never the key."""
    keys: dict[str, bytes] = {}
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise ImproperlyConfigured(f"{name}: key “{key_id}” is not base64.") from None
        if not key_id or len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"{name}: each key is id:base64 of {KEY_BYTES} bytes.")
        if key_id in keys:
            raise ImproperlyConfigured(f"{name}: key id “{key_id}” stands twice.")
        keys[key_id] = key
    return Ring(name, keys)


def data_ring() -> Ring:
    return parse("HOTLINE_DATA_KEYS", settings.HOTLINE_DATA_KEYS)


def index_ring() -> Ring:
    return parse("HOTLINE_INDEX_KEYS", settings.HOTLINE_INDEX_KEYS)
