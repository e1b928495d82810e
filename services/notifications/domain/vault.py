"""Secrets at rest: AES-256-GCM, the key's id stored beside the sealed bytes so that keys can be changed."""

import base64
import binascii
import hashlib
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class Sealed(NamedTuple):
    """An encrypted secret: `blob` is nonce and ciphertext, `key_id` names the key that opens it."""

    key_id: str
    blob: bytes


class Vault:
    """Seals with the first of its keys and opens with any of them.

    `context` (the endpoint's id) is authenticated with the secret: a row copied to another endpoint does not open.
    """

    def __init__(self, *keys: bytes) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._active = key_id(keys[0])

    def seal(self, secret: bytes, *, context: bytes, nonce: bytes) -> Sealed:
        """Encrypt; `nonce` is 12 fresh random bytes (NIST SP 800-38D, section 8.2)."""
        return Sealed(self._active, nonce + self._ciphers[self._active].encrypt(nonce, secret, context))

    def open(self, sealed: Sealed, *, context: bytes) -> bytes:
        """Decrypt; KeyError for a key we do not hold, `InvalidTag` for bytes that were tampered with."""
        nonce, ciphertext = sealed.blob[:NONCE_BYTES], sealed.blob[NONCE_BYTES:]
        return self._ciphers[sealed.key_id].decrypt(nonce, ciphertext, context)


def key_id(key: bytes) -> str:
    """Return the public name of a key: it says nothing about the key."""
    return hashlib.sha256(b"pitboss secrets key:" + key).hexdigest()[:12]


def parse_key(text: str) -> bytes:
    """Return the 32 bytes written as base64 or base64url, padded or not; ValueError otherwise."""
    plain = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        message = "a secrets key is base64"
        raise ValueError(message) from error
    if len(key) != _KEY_BYTES:
        message = f"a secrets key has {_KEY_BYTES} bytes"
        raise ValueError(message)
    return key
