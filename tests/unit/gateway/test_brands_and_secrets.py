"""Brands' values, sealed secrets and keys."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.brands import LanguagesInconsistent, OriginInvalid, check_languages, check_origins, is_slug
from services.gateway.domain.secrets import SealBroken, decode_key, public_half, seal, unseal

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("slug", "good"),
    [
        ("lucky", True),
        ("l2", True),
        ("a-b", True),
        ("l", False),
        ("-a", False),
        ("Lucky", False),
        ("x" * 32, False),
        ("a_b", False),
        ("lucky\n", False),
    ],
)
def test_slugs(slug: str, *, good: bool) -> None:
    assert is_slug(slug) is good


@pytest.mark.parametrize(
    ("given_", "normal"),
    [
        ("https://Play.Example", "https://play.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:8080/", "http://a.example:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_origins_take_the_form_of_browsers(given_: str, normal: str) -> None:
    assert check_origins((given_,)) == (normal,)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "play.example",
        "https://",
        "https://a/b",
        "https://a?x",
        "ftp://a",
        "https://u@a",
        "null",
        "https://a:99999",
        "javascript:alert(1)",
    ],
)
def test_other_origins_are_refused(origin: str) -> None:
    with pytest.raises(OriginInvalid):
        check_origins((origin,))


def test_the_default_language_is_one_of_them() -> None:
    check_languages(("en", "de"), "de")
    with pytest.raises(LanguagesInconsistent):
        check_languages(("en",), "de")


@given(st.binary(max_size=200))
def test_what_was_sealed_comes_back_only_to_its_place(plain: bytes) -> None:
    sealed = seal(plain, key=KEY, brand="lucky", place="k1")
    assert unseal(sealed, key=KEY, brand="lucky", place="k1") == plain
    for other in ({"brand": "royal"}, {"place": "k2"}, {"key": bytes(32)}):
        with pytest.raises(SealBroken):
            unseal(sealed, **({"key": KEY, "brand": "lucky", "place": "k1"} | other))  # type: ignore[arg-type]


@given(st.binary(max_size=60))
def test_noise_is_not_unsealed(noise: bytes) -> None:
    with pytest.raises(SealBroken):
        unseal(noise, key=KEY, brand="lucky", place="k1")


def test_two_seals_of_the_same_differ() -> None:
    assert seal(b"x", key=KEY, brand="lucky", place="k") != seal(b"x", key=KEY, brand="lucky", place="k")


def test_keys_are_32_bytes_of_base64url() -> None:
    text = base64.urlsafe_b64encode(KEY).decode()
    assert decode_key(text) == decode_key(text.rstrip("=")) == KEY
    assert len(public_half(KEY)) == 43
    for bad in ("", "short", text[:-4], "!" * 43):
        with pytest.raises(ValueError, match=r"."):
            decode_key(bad)
