"""When a failed delivery is tried again: ten attempts over 75 h 35 min 5 s (Standard Webhooks' example)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

DELAYS: Final = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS: Final = len(DELAYS)
_JITTER: Final = 0.2
_MOST_DIGITS: Final = 9
_MOST_RETRY_AFTER: Final = timedelta(days=7)


def next_delay(made: int, *, roll: float, retry_after: timedelta | None, scale: float = 1.0) -> timedelta | None:
    """Return how long to wait after `made` failed attempts, or None when they were the last.

    The planned delay is jittered by at most 20 % with `roll` in [0, 1); what the receiver asks for in Retry-After is
    honoured inside once to twice the planned delay.
    """
    if made >= ATTEMPTS:
        return None
    planned = DELAYS[made] * scale
    if retry_after is not None:
        return min(max(retry_after, planned), planned * 2)
    return planned * (1 - _JITTER + 2 * _JITTER * roll)


def parse_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header (RFC 9110, section 10.2.3) asks for, or None if it makes no sense."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return min(timedelta(seconds=int(text)), _MOST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta(0)), _MOST_RETRY_AFTER)
