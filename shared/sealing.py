"""Seals what must be read back later but may not stand in a table in the clear: AES-256-GCM (NIST SP 800-38D)."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_FORM: Final = b"\x01"
_KEY_ID_BYTES: Final = 6
_HEADER_BYTES: Final = len(_FORM) + _KEY_ID_BYTES
_NONCE_BYTES: Final = 12


class SealBroken(ValueError):
    """A sealed value does not open: it was changed, moved to another place, or its key is gone."""


class Seal:
    """Seals with the first of its keys (32 bytes each) and opens with any of them, so that keys can be changed.

    A sealed value is form, key id, nonce and ciphertext. Its place (what it is, brand, id of its row) is authenticated
    with it: copied to another row it does not open. Each place has a key of its own, derived from the key of the seal,
    because one key is good for 2^32 random nonces only (section 8.3), fewer than there are answers to seal.
    """

    def __init__(self, *keys: bytes) -> None:
        self._keys = {_header(key): key for key in keys}
        self._active = _header(keys[0])

    def close(self, plain: bytes, place: Sequence[str]) -> bytes:
        """Return `plain` sealed for `place`; no two seals of the same are equal."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = _cipher(self._keys[self._active], place)
        return self._active + nonce + cipher.encrypt(nonce, plain, self._active)

    def open(self, sealed: bytes, place: Sequence[str]) -> bytes:
        """Return what was sealed for exactly this `place`; raise `SealBroken` otherwise."""
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        key = self._keys.get(header)
        if key is None:
            raise SealBroken
        try:
            return _cipher(key, place).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header)
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error

    def knows(self, sealed: bytes) -> bool:
        """True if one of the keys has the id that a sealed value names; whether it opens is not tried."""
        return sealed[:_HEADER_BYTES] in self._keys


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Return the key of 32 bytes that a secret has for one purpose (HKDF-SHA-256); it tells nothing of the others."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def parse_key(text: str) -> bytes:
    """Return the 32 bytes written as base64 or base64url, padded or not; ValueError otherwise."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("a key is written in base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    return key


def _header(key: bytes) -> bytes:
    """Return the form and the id of a key, which says nothing about the key."""
    return _FORM + hashlib.sha256(b"pitboss key id:" + key).digest()[:_KEY_ID_BYTES]


def _cipher(key: bytes, place: Sequence[str]) -> AESGCM:
    """Return the cipher of a place; its key is one block of HKDF-Expand: a key needs no extracting (RFC 5869, 3.3)."""
    info = f"pitboss seal: {json.dumps(list(place))}"
    return AESGCM(hmac.digest(key, info.encode() + b"\x01", "sha256"))
