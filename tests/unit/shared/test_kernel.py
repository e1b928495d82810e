"""Errors, identifiers, settings, conditional requests."""

import time
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.settings import ServiceSettings
from shared.web.conditional import IfMatchMalformed, IfMatchMissing, Stale, demand, etag, parse_if_match
from shared.web.problems import STATUS, headers_of


class TicketClosed(DomainError):
    """The ticket is closed."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class Settings(ServiceSettings):
    """Settings of an imaginary service."""

    service: ClassVar[str] = "imaginary"


def test_an_error_names_itself() -> None:
    """Code, title and detail come from the class."""
    error = TicketClosed()
    assert (error.code(), error.title(), error.detail) == (
        "ticket-closed",
        "The ticket is closed",
        "The ticket is closed",
    )


def test_every_kind_has_a_status() -> None:
    """No refusal can fall through to 500 for want of a number."""
    assert set(STATUS) == set(Kind)


def test_refusals_that_pass_say_when_to_come_back() -> None:
    """503 and 429 always carry Retry-After."""

    class Away(DomainError):
        """Away."""

        kind: ClassVar[Kind] = Kind.UNAVAILABLE

    assert headers_of(Away()) == {"Retry-After": "1"}
    assert headers_of(Away(retry_after=7.4)) == {"Retry-After": "7"}
    assert headers_of(TicketClosed()) == {}


def test_identifiers_are_version_7_and_grow() -> None:
    """UUIDv7 carries the millisecond in front."""
    before = time.time_ns() // 1_000_000
    first = new_id()
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    assert before <= first.int >> 80 <= time.time_ns() // 1_000_000
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_own_variables_win_over_common_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """IMAGINARY_X is read before PITBOSS_X."""
    for name in ("DATABASE_URL", "WORKER_DATABASE_URL", "GATEWAY_PUBLIC_KEY", "CURSOR_SECRET"):
        monkeypatch.setenv(f"PITBOSS_{name}", "postgresql://common/x")
    monkeypatch.setenv("IMAGINARY_DATABASE_URL", "postgresql://own/x")
    monkeypatch.setenv("PITBOSS_PORT", "1234")
    settings = Settings()
    assert settings.database_url == SecretStr("postgresql://own/x")
    assert settings.worker_database_url == SecretStr("postgresql://common/x")
    assert settings.port == 1234
    assert "own" not in repr(settings)


@given(st.integers(min_value=0, max_value=10**17))
def test_an_etag_is_read_back(version: int) -> None:
    """If-Match takes what ETag gave."""
    assert parse_if_match(etag(version)) == version


@pytest.mark.parametrize(
    "header", ["", "7", "*", '"07"', '"00"', 'W/"7"', '"7', '"a"', '"7","8"', '"-1"', '"\u0667"', '"' + "9" * 30 + '"']
)
def test_a_malformed_if_match_is_refused(header: str) -> None:
    """Only one strong tag of ours is understood."""
    with pytest.raises(IfMatchMalformed):
        parse_if_match(header)


def test_an_edit_needs_if_match_and_the_current_version() -> None:
    """Missing is 428, old is 412."""
    with pytest.raises(IfMatchMissing):
        parse_if_match(None)
    with pytest.raises(Stale):
        demand(1, 2)
    demand(2, 2)
