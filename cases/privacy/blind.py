"""Blind indexes: keyed HMAC-SHA256 of a normalised value, under keys of their own ring."""

import hashlib
import hmac

from cases.privacy import rings


def digest(kind: str, value: str, key_id: str | None = None) -> bytes:
    """The 32-byte token of `value` under one index key (the writing one unless told)."""
    ring = rings.index_ring()
    return hmac.new(ring[key_id or ring.active], f"{kind}\0{value}".encode(), hashlib.sha256).digest()


def digests(kind: str, value: str) -> list[bytes]:
    """The token under every live index key; a look-up tries all of them."""
    return [digest(kind, value, key_id) for key_id in rings.index_ring().keys]


def active_key() -> str:
    return rings.index_ring().active
