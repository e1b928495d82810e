"""Concurrency, breaker, warnings, and when an endpoint is given up."""

from datetime import UTC, datetime, timedelta

from services.notifications.domain.health import (
    BREAKER_FAILURES,
    MOST_CAP,
    START_CAP,
    Health,
    after_failure,
    after_success,
    effective_cap,
    should_disable,
    warning,
)

T0 = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
FAST = timedelta(milliseconds=50)


def _failing(*moments: timedelta) -> Health:
    health = Health()
    for moment in moments:
        health = after_failure(health, now=T0 + moment)
    return health


def test_success_adds_one_and_failure_halves() -> None:
    """Concurrency grows slowly to eight and falls fast to one."""
    health = Health()
    assert health.cap == START_CAP
    for _ in range(20):
        health = after_success(health, latency=FAST)
    assert health.cap == MOST_CAP
    caps = [(health := after_failure(health, now=T0)).cap for _ in range(4)]
    assert caps == [4, 2, 1, 1]


def test_slow_answers_do_not_earn_more() -> None:
    """An endpoint that needs more than a second is not asked for more at once."""
    assert after_success(Health(), latency=timedelta(seconds=2)).cap == START_CAP


def test_the_tenth_failure_in_a_row_opens_the_breaker() -> None:
    """From then on one probe every thirty seconds; a success closes it."""
    health = _failing(*[timedelta(0)] * (BREAKER_FAILURES - 1))
    assert health.open_until is None
    health = after_failure(health, now=T0)
    assert health.open_until == T0 + timedelta(seconds=30)
    assert health.troubled
    assert effective_cap(8, health.failures) == 1
    health = after_success(health, latency=FAST)
    assert (health.open_until, health.failures, health.failing_since, health.troubled) == (None, 0, None, False)


def test_five_days_of_nothing_but_failures_disable() -> None:
    """120 h since the first failure of an unbroken run of at least five."""
    hours = [timedelta(hours=h) for h in (0, 1, 50, 100, 119)]
    assert not should_disable(_failing(*hours), now=T0 + hours[-1])
    assert should_disable(_failing(*hours, timedelta(hours=120)), now=T0 + timedelta(hours=120))


def test_few_failures_far_apart_do_not_disable() -> None:
    """A quiet endpoint that failed twice in a week is not dead."""
    health = _failing(timedelta(0), timedelta(hours=130))
    assert not should_disable(health, now=T0 + timedelta(hours=130))


def test_a_success_in_the_middle_starts_the_count_anew() -> None:
    """Only an unbroken run counts."""
    health = after_success(_failing(*[timedelta(hours=h) for h in range(0, 119, 10)]), latency=FAST)
    health = after_failure(health, now=T0 + timedelta(hours=121))
    assert not should_disable(health, now=T0 + timedelta(hours=200))


def test_warnings_come_at_24_and_72_hours_once() -> None:
    """The operator hears of it long before the endpoint is switched off."""
    health = _failing(timedelta(0))
    assert warning(Health(), now=T0) == 0
    assert warning(health, now=T0 + timedelta(hours=23)) == 0
    assert warning(health, now=T0 + timedelta(hours=24)) == 24
    warned = Health(failures=3, failing_since=T0, warned_hours=24)
    assert warning(warned, now=T0 + timedelta(hours=71)) == 0
    assert warning(warned, now=T0 + timedelta(hours=72)) == 72
    assert warning(Health(failures=3, failing_since=T0, warned_hours=72), now=T0 + timedelta(hours=100)) == 0


def test_the_scale_shortens_days_too() -> None:
    """A test lives through five days in seconds."""
    health = _failing(*[timedelta(0)] * 5)
    assert should_disable(health, now=T0 + timedelta(seconds=5), scale=1e-5)
