"""Brands' values."""

import pytest

from services.gateway.domain.brands import (
    LanguagesInconsistent,
    OriginInvalid,
    check_languages,
    check_origins,
    is_slug,
    normal_mailbox,
)


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


@pytest.mark.parametrize(
    "address", ["help@a.example", " Help@A.example ", "help+t-x.y@a.example", "HELP+a+b@a.example"]
)
def test_spellings_of_one_mailbox_are_the_same(address: str) -> None:
    assert normal_mailbox(address) == "help@a.example"
