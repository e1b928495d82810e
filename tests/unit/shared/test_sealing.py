"""Secrets at rest."""

import base64
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sealing import Seal, SealBroken, derive_key, parse_key

KEY, OTHER = bytes(range(32)), bytes([7]) * 32
PLACE = ("a secret", "lucky", "row 1")


@given(st.binary(max_size=200))
def test_what_was_sealed_opens_in_its_place_only(plain: bytes) -> None:
    """Another purpose, brand, row or key is refused, and so is a place that only looks the same when joined."""
    sealed = Seal(KEY).close(plain, PLACE)
    assert Seal(KEY).open(sealed, PLACE) == plain
    for place in (
        ("another", *PLACE[1:]),
        ("a secret", "royal", "row 1"),
        (*PLACE[:2], "row 2"),
        ("a secret", "luckyrow 1"),
    ):
        with pytest.raises(SealBroken):
            Seal(KEY).open(sealed, place)
    with pytest.raises(SealBroken):
        Seal(OTHER).open(sealed, PLACE)


@given(st.binary(max_size=60), st.integers(min_value=0))
def test_any_changed_byte_is_noticed(plain: bytes, position: int) -> None:
    """Form, key id, nonce, ciphertext and tag."""
    sealed = bytearray(Seal(KEY).close(plain, PLACE))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(SealBroken):
        Seal(KEY).open(bytes(sealed), PLACE)


@given(st.binary(max_size=60), st.integers(min_value=0, max_value=34))
def test_noise_and_stumps_do_not_open(noise: bytes, length: int) -> None:
    """Whatever stands in the row, the answer is the same error."""
    for sealed in (noise, Seal(KEY).close(b"", PLACE)[:length]):
        with pytest.raises(SealBroken):
            Seal(KEY).open(sealed, PLACE)


def test_a_sealed_value_shows_nothing() -> None:
    """Neither the words nor that two of them are equal."""
    first, second = Seal(KEY).close(b"secret words", PLACE), Seal(KEY).close(b"secret words", PLACE)
    assert first != second
    assert b"secret" not in first + second


def test_keys_can_be_changed() -> None:
    """The previous key still opens what it sealed; the new one seals."""
    both = Seal(OTHER, KEY)
    assert both.open(Seal(KEY).close(b"old", PLACE), PLACE) == b"old"
    assert Seal(OTHER).open(both.close(b"new", PLACE), PLACE) == b"new"


def test_a_secret_has_another_key_for_each_purpose() -> None:
    """HKDF-SHA-256 without salt (RFC 5869), so that the stored stays readable over releases."""
    extracted = hmac.digest(bytes(32), b"secret", "sha256")
    assert derive_key(b"secret", "a") == hmac.digest(extracted, b"a\x01", "sha256")
    assert len({derive_key(secret, purpose) for secret in (b"s", b"t") for purpose in ("a", "b")}) == 4


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_keys_are_read_from_base64(encode: Callable[[bytes], bytes]) -> None:
    """Both alphabets, padded or not."""
    key = bytes(range(224, 256))
    text = encode(key).decode()
    assert parse_key(text) == parse_key(text.rstrip("=")) == key


@pytest.mark.parametrize(
    "text", ["", "short", "not base64 !", "!" * 44, "QUJD", "é" * 43, base64.b64encode(bytes(16)).decode()]
)
def test_other_keys_are_refused(text: str) -> None:
    """A weak key stops the start, not the first customer."""
    with pytest.raises(ValueError, match=r"."):
        parse_key(text)
