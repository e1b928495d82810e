"""Secrets that must be read back are sealed: AES-256-GCM under a key of their brand, bound to their place."""

import base64
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = b"\x01"


class SealBroken(ValueError):
    """A sealed secret was changed, moved to another row, or sealed with another key."""


def seal(plain: bytes, *, key: bytes, brand: str, place: str) -> bytes:
    """Return `plain` sealed for one brand and one place (the id of its row)."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _FORM + nonce + AESGCM(_brand_key(key, brand)).encrypt(nonce, plain, place.encode())


def unseal(sealed: bytes, *, key: bytes, brand: str, place: str) -> bytes:
    """Return what was sealed; raise `SealBroken` if it was not sealed for exactly this."""
    if sealed[:1] != _FORM:
        raise SealBroken
    nonce = sealed[1 : 1 + _NONCE_BYTES]
    try:
        return AESGCM(_brand_key(key, brand)).decrypt(nonce, sealed[1 + _NONCE_BYTES :], place.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error


def _brand_key(key: bytes, brand: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"pitboss:" + brand.encode()).derive(key)


def public_half(private_key: bytes) -> str:
    """Return the Ed25519 public key as unpadded base64url, the form that services are configured with."""
    public = Ed25519PrivateKey.from_private_bytes(private_key).public_key()
    return base64.urlsafe_b64encode(public.public_bytes_raw()).decode().rstrip("=")


def decode_key(text: str) -> bytes:
    """Return the 32 bytes of a key given as base64url, with or without padding."""
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(raw) != KEY_BYTES:
        message = f"a key has {KEY_BYTES} bytes, not {len(raw)}"
        raise ValueError(message)
    return raw
