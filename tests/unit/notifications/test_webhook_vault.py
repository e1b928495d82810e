"""Secrets at rest."""

import base64

import pytest
from cryptography.exceptions import InvalidTag

from services.notifications.domain.vault import Sealed, Vault, key_id, parse_key

KEY, OTHER = bytes(32), bytes([7]) * 32
NONCE = bytes(12)


def test_a_sealed_secret_opens_only_with_key_and_context() -> None:
    """AES-256-GCM: the wrong endpoint, key or byte is refused."""
    vault = Vault(KEY)
    sealed = vault.seal(b"secret", context=b"endpoint", nonce=NONCE)
    assert b"secret" not in sealed.blob
    assert vault.open(sealed, context=b"endpoint") == b"secret"
    with pytest.raises(InvalidTag):
        vault.open(sealed, context=b"another")
    with pytest.raises(InvalidTag):
        vault.open(Sealed(sealed.key_id, sealed.blob[:-1] + b"x"), context=b"endpoint")
    with pytest.raises(KeyError):
        Vault(OTHER).open(sealed, context=b"endpoint")


def test_keys_can_be_changed() -> None:
    """The previous key still opens what it sealed; the new one seals."""
    old = Vault(KEY).seal(b"secret", context=b"e", nonce=NONCE)
    both = Vault(OTHER, KEY)
    assert both.open(old, context=b"e") == b"secret"
    assert both.seal(b"secret", context=b"e", nonce=NONCE).key_id == key_id(OTHER)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_keys_are_read_from_base64(encode: object) -> None:
    """Both alphabets, padded or not."""
    key = bytes(range(224, 256))
    text = encode(key).decode()  # type: ignore[operator]
    assert parse_key(text) == parse_key(text.rstrip("=")) == key


@pytest.mark.parametrize("text", ["", "short", "not base64 !", base64.b64encode(bytes(16)).decode()])
def test_other_keys_are_refused(text: str) -> None:
    """A weak key stops the start, not the first customer."""
    with pytest.raises(ValueError, match="secrets key"):
        parse_key(text)
