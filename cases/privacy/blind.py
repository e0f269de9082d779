"""Blind indexes: keyed HMAC-SHA256 of a normalised value, under keys of their own ring."""

import hmac
from collections.abc import Iterable

from cases.privacy import rings


def digest(kind: str, value: str, key_id: str | None = None) -> bytes:
    """The 32-byte token of `value` under one index key (the writing one unless told)."""
    ring = rings.index_ring()
    return hmac.digest(ring[key_id or ring.active], f"{kind}\0{value}".encode(), "sha256")


def digests(kind: str, value: str) -> list[bytes]:
    """The token under every live index key; a look-up tries all of them."""
    return [digest(kind, value, key_id) for key_id in rings.index_ring().keys]


def active_key() -> str:
    return rings.index_ring().active


def short(kind: str, value: str, key_id: str | None = None) -> int:
    """The first 64 bits of the token, as PostgreSQL's bigint: for what is looked up by many tokens at once.

    Two values meet in one by chance once in some 10^19 pairs; what is found is opened and compared anyway.
    """
    return int.from_bytes(digest(kind, value, key_id)[:8], "big", signed=True)


def shorts(kind: str, values: Iterable[str]) -> list[int]:
    """The short tokens of these values under every live index key, sorted."""
    return sorted({short(kind, value, key_id) for value in values for key_id in rings.index_ring().keys})
