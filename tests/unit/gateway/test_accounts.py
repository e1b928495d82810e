"""Lockout, sessions and addresses of staff."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.accounts import (
    Failures,
    LockPolicy,
    SessionLife,
    after_failure,
    new_password,
    normal_email,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
POLICY = LockPolicy(failures=3, window=timedelta(minutes=15), lock=timedelta(minutes=15))


def fail(times: int, *, every: timedelta = timedelta(seconds=1)) -> tuple[Failures, datetime]:
    known, now = None, NOW
    for _ in range(times):
        known = after_failure(known, POLICY, now)
        now += every
    assert known is not None
    return known, now


def test_the_failure_that_reaches_the_limit_locks() -> None:
    assert fail(2)[0].seconds_locked(NOW) == 0
    assert fail(3)[0].seconds_locked(NOW) > 14 * 60


def test_failures_far_apart_never_lock() -> None:
    assert fail(50, every=timedelta(minutes=16))[0].locked_until is None


def test_a_lock_that_ran_out_starts_a_new_window() -> None:
    locked, _ = fail(3)
    later = NOW + timedelta(minutes=16)
    assert after_failure(locked, POLICY, later) == Failures(1, later)


def test_a_lock_is_not_prolonged_by_nothing() -> None:
    locked, _ = fail(3)
    assert locked.seconds_locked(NOW + timedelta(hours=1)) == 0


@given(st.lists(st.integers(0, 3600), max_size=60))
def test_a_lock_always_ends_within_its_time(gaps: list[int]) -> None:
    known, now = None, NOW
    for gap in gaps:
        now += timedelta(seconds=gap)
        known = after_failure(known, POLICY, now)
        assert known.seconds_locked(now) <= POLICY.lock.total_seconds()


@pytest.mark.parametrize(
    ("idle_minutes", "age_hours", "alive"),
    [(0, 0, True), (29, 1, True), (30, 1, False), (0, 12, False), (0, 11, True)],
)
def test_a_session_ends_idle_or_old(idle_minutes: int, age_hours: int, *, alive: bool) -> None:
    life = SessionLife(idle=timedelta(minutes=30), absolute=timedelta(hours=12))
    created = NOW - timedelta(hours=age_hours)
    ends_at = life.ends_at(created_at=created, last_seen_at=NOW - timedelta(minutes=idle_minutes))
    assert (ends_at > NOW) is alive


def test_addresses_are_compared_without_case_and_margin() -> None:
    assert normal_email("  Ann@Lucky.EXAMPLE ") == "ann@lucky.example"


def test_generated_passwords_are_long_and_differ() -> None:
    made = {new_password() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 20
