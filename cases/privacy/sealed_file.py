"""A file under a passphrase: a list that leaves the house on a stick or a phone, unreadable to who finds it.

The container, byte by byte: `HLLIST` (6) · version 1 (1) · salt (16) · nonce (12) · ciphertext with its tag (16).
The key is scrypt (RFC 7914) of the passphrase, N = 2^15, r = 8, p = 1, 32 bytes; the cipher AES-256-GCM (NIST
SP 800-38D), its associated data everything before the ciphertext.
"""

import os
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC: Final = b"HLLIST"
VERSION: Final = 1
SALT, NONCE, TAG = 16, 12, 16
HEAD: Final = len(MAGIC) + 1 + SALT + NONCE
# Crockford's base 32: nothing in it is mistaken for something else when it is read out on the telephone.
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10
_READ_AS: Final = str.maketrans("OIL", "011", " -\t\r\n")


class WrongPassphrase(ValueError):
    """The passphrase does not open this file, or the file was changed."""


class NotOurFile(ValueError):
    """This file is none of ours, or of a version we do not know."""


def new_passphrase() -> str:
    """50 random bits in two groups of five; each guess costs scrypt, 32 MB and about a tenth of a second."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return f"{drawn[:5]}-{drawn[5:]}"


def is_passphrase(text: str) -> bool:
    """Of the form that `new_passphrase` draws: a word somebody thought of is none."""
    read = _read(text)
    return len(read) == LENGTH and set(read) <= set(LETTERS)


def _read(text: str) -> str:
    """As it was meant: small letters, groups, and the letters Crockford leaves out."""
    return text.upper().translate(_READ_AS)


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(_read(passphrase).encode())


def seal(plain: bytes, passphrase: str) -> bytes:
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    head = MAGIC + bytes([VERSION]) + salt + nonce
    return head + AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, head)


def unseal(sealed: bytes, passphrase: str) -> bytes:
    """What was sealed. Raises NotOurFile, WrongPassphrase."""
    start = len(MAGIC)
    if sealed[: start + 1] != MAGIC + bytes([VERSION]) or len(sealed) < HEAD + TAG:
        raise NotOurFile
    salt, nonce = sealed[start + 1 : HEAD - NONCE], sealed[HEAD - NONCE : HEAD]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed[HEAD:], sealed[:HEAD])
    except InvalidTag:
        raise WrongPassphrase from None
