"""AES-256-GCM (NIST SP 800-38D) over one data key a subject, each data key wrapped by the ring.

A sealed value is nonce (12 bytes) + ciphertext + tag; its associated data is `table.column:uid`, so that a value
moved to another row or column does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cases.privacy import rings

NONCE_BYTES = 12


class Tampered(ValueError):
    """A sealed value does not belong where it stands, or was changed."""


def _seal(key: bytes, plain: bytes, context: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, context.encode())


def _open(key: bytes, sealed: bytes, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode())
    except InvalidTag:
        raise Tampered(context) from None


def seal_text(key: bytes, text: str, context: str) -> bytes:
    return _seal(key, text.encode(), context)


def open_text(key: bytes, sealed: bytes, context: str) -> str:
    return _open(key, sealed, context).decode()


def new_data_key() -> bytes:
    return AESGCM.generate_key(bit_length=256)


def wrap(key: bytes, uid: str) -> tuple[str, bytes]:
    """Wrap a data key by the ring's writing key; returns (ring key id, wrapped)."""
    ring = rings.data_ring()
    return ring.active, _seal(ring[ring.active], key, f"data_key:{uid}")


def unwrap(wrapped: bytes, ring_key: str, uid: str) -> bytes:
    return _open(rings.data_ring()[ring_key], wrapped, f"data_key:{uid}")
