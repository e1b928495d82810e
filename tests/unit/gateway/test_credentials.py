"""Credentials are told apart by form; nothing else passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.credentials import (
    STAFF_PREFIX,
    VISITOR_PREFIX,
    CredentialForm,
    CredentialRejected,
    new_api_key,
    new_opaque,
    parse_api_key,
    parse_authorization,
)

SECRET = "x" * 43


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (f"pbs_{SECRET}", CredentialForm.STAFF_SESSION),
        (f"pbv_{SECRET}", CredentialForm.VISITOR_SESSION),
        (f"pb_live_abcdefghijkm_{SECRET}", CredentialForm.API_KEY),
        ("aaa.bbb.ccc", CredentialForm.PLAYER_TOKEN),
    ],
)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_forms_are_recognised(value: str, form: CredentialForm, scheme: str) -> None:
    found = parse_authorization(f"{scheme} {value}")
    assert found is not None
    assert (found.form, found.value) == (form, value)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Basic pbs_{SECRET}",
        f"pbs_{SECRET}",
        f"Bearer pbr_{SECRET}",
        "Bearer aaa.bbb",
        "Bearer aaa.bbb.",
        f"Bearer pbs_{SECRET}x",
        f"Bearer pb_LIVE_abcdefghijkm_{SECRET}",
        f"Bearer pb_live_short_{SECRET}",
        "Bearer a.b.c.d",
        "Bearer " + "a" * 5000,
        "Bearer aaa.bbb.cc\u00e9",
        f"Bearer pbs_{SECRET} pbs_{SECRET}",
    ],
)
def test_everything_else_is_rejected(header: str) -> None:
    with pytest.raises(CredentialRejected):
        parse_authorization(header)


def test_an_absent_header_is_no_credential() -> None:
    assert parse_authorization(None) is None


@given(st.text(max_size=200))
def test_any_header_is_parsed_or_rejected(header: str) -> None:
    try:
        found = parse_authorization(f"Bearer {header}")
    except CredentialRejected:
        return
    assert found is not None
    assert len(found.digest) == 32


@given(st.sampled_from(["live", "test", "dev"]))
def test_a_made_key_reads_back(environment: str) -> None:
    key = new_api_key(environment)
    assert parse_api_key(key.text()) == key
    assert key.secret not in repr(key.digest())


def test_opaque_tokens_have_256_bits_and_their_form() -> None:
    for prefix, form in (
        (STAFF_PREFIX, CredentialForm.STAFF_SESSION),
        (VISITOR_PREFIX, CredentialForm.VISITOR_SESSION),
    ):
        found = parse_authorization(f"Bearer {new_opaque(prefix)}")
        assert found is not None
        assert found.form is form
