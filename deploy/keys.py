"""Secrets of a local installation: made once, kept in a file that only its owner may read."""

import base64
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.home import Home

_FILE: Final = "keys.env"
_KEY_BYTES: Final = 32


def local_keys(home: Home) -> dict[str, str]:
    """Return the secrets as environment variables, made at the first call and the same ever after."""
    path = home.path / _FILE
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines()) if path.exists() else {}
    keys = new_keys() | kept
    if keys != kept:
        home.write_private(_FILE, "".join(f"{name}={value}\n" for name, value in sorted(keys.items())))
    return keys


def new_keys() -> dict[str, str]:
    """Return fresh secrets as environment variables."""
    signing = Ed25519PrivateKey.generate()
    return {
        "GATEWAY_SIGNING_KEY": _text(signing.private_bytes_raw()),
        "PITBOSS_GATEWAY_PUBLIC_KEY": _text(signing.public_key().public_bytes_raw()),
        "PITBOSS_CURSOR_SECRET": secrets.token_urlsafe(_KEY_BYTES),
        "PITBOSS_REPLY_TOKEN_KEY": _text(secrets.token_bytes(_KEY_BYTES)),
        "TICKETS_AUDIT_SECRET": secrets.token_urlsafe(_KEY_BYTES),
        "PITBOSS_SECRETS_KEY": _plain_key(),
        "PITBOSS_PROVISIONING_SECRET": secrets.token_urlsafe(_KEY_BYTES),
    }


def _plain_key() -> str:
    """Return 32 random bytes whose base64 and base64url are the same text, for readers of either."""
    while True:
        raw = secrets.token_bytes(_KEY_BYTES)
        text = base64.b64encode(raw).decode()
        if "+" not in text and "/" not in text:
            return text


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
