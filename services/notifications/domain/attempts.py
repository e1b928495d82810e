"""What came of one attempt, and where it leaves the delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from services.notifications.domain.schedule import next_delay

RESPONSE_BYTES: Final = 16 * 1024
GONE: Final = 410
_SUCCESS: Final = range(200, 300)
_REDIRECTION: Final = range(300, 400)


class DeliveryState(StrEnum):
    """Where a delivery stands; `skipped` came while the endpoint was disabled and waits for a replay."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    SKIPPED = "skipped"


class Failure(StrEnum):
    """The class of a failed attempt."""

    REFUSED_ADDRESS = "refused_address"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    STATUS = "status"
    SECRET = "secret"  # noqa: S105 - the class of failure "the secret cannot be opened"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it went; `response` holds at most the first 16 KiB, `failure` is None after an answer 2xx."""

    attempted_at: datetime
    latency: timedelta
    status: int | None = None
    failure: Failure | None = None
    response: bytes = b""
    retry_after: timedelta | None = None


class Verdict(NamedTuple):
    """The state an attempt leaves its delivery in and, while that is pending, how long to wait."""

    state: DeliveryState
    delay: timedelta


def failure_of(status: int) -> Failure | None:
    """Return how a final status fails; redirects are never followed."""
    if status in _SUCCESS:
        return None
    return Failure.REDIRECT if status in _REDIRECTION else Failure.STATUS


def judge(attempt: Attempt, *, step: int, roll: float, scale: float = 1.0) -> Verdict:
    """Return what follows from an attempt that comes after `step` failed ones."""
    if attempt.failure is None:
        return Verdict(DeliveryState.DELIVERED, timedelta(0))
    delay = next_delay(step + 1, roll=roll, retry_after=attempt.retry_after, scale=scale)
    if delay is None:
        return Verdict(DeliveryState.EXHAUSTED, timedelta(0))
    return Verdict(DeliveryState.PENDING, delay)
