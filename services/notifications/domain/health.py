"""How an endpoint fares: its concurrency, its breaker, and when it is given up."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

START_CAP: Final = 2
MOST_CAP: Final = 8
BREAKER_FAILURES: Final = 10
FAILING_FAILURES: Final = 3
PROBE_EVERY: Final = timedelta(seconds=30)
_FAST: Final = timedelta(seconds=1)
_DISABLE_AFTER: Final = timedelta(hours=120)
_LEAST_SPAN: Final = timedelta(hours=12)
_LEAST_ATTEMPTS: Final = 5
_WARN_HOURS: Final = (72, 24)


class DisableReason(StrEnum):
    """Why an endpoint was switched off."""

    GONE = "gone"
    FAILING = "failing"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one endpoint's run of attempts.

    `cap` is how many may be under way at once; `failures` counts the unbroken run that began at `failing_since`; while
    `open_until` lies ahead nothing is sent; `troubled` remembers that its operator was told; `warned_hours` is the last
    warning given (0, 24 or 72).
    """

    cap: int = START_CAP
    failures: int = 0
    failing_since: datetime | None = None
    open_until: datetime | None = None
    troubled: bool = False
    warned_hours: int = 0


def after_success(health: Health, *, latency: timedelta) -> Health:
    """Return the health after an answer 2xx: the run of failures is over and one more may go out at once."""
    cap = min(health.cap + 1, MOST_CAP) if latency < _FAST else health.cap
    return Health(cap=cap)


def after_failure(health: Health, *, now: datetime, scale: float = 1.0) -> Health:
    """Return the health after a failure: half the concurrency; from the tenth in a row on, one probe every 30 s."""
    failures = health.failures + 1
    is_open = failures >= BREAKER_FAILURES
    return replace(
        health,
        cap=max(1, health.cap // 2),
        failures=failures,
        failing_since=health.failing_since or now,
        open_until=now + PROBE_EVERY * scale if is_open else None,
        troubled=health.troubled or is_open,
    )


def should_disable(health: Health, *, now: datetime, scale: float = 1.0) -> bool:
    """True after 120 h of nothing but failures, if they span at least 12 h and are at least five."""
    if health.failing_since is None or health.failures < _LEAST_ATTEMPTS:
        return False
    return now - health.failing_since >= max(_DISABLE_AFTER, _LEAST_SPAN) * scale


def warning(health: Health, *, now: datetime, scale: float = 1.0) -> int:
    """Return the hours of failure to warn about now: 24 or 72, each once; else 0."""
    if health.failing_since is None:
        return 0
    for hours in _WARN_HOURS:
        if now - health.failing_since >= timedelta(hours=hours) * scale:
            return hours if health.warned_hours < hours else 0
    return 0


def effective_cap(cap: int, failures: int) -> int:
    """Return how many attempts may be under way: one probe behind a breaker, else the cap."""
    return 1 if failures >= BREAKER_FAILURES else cap
