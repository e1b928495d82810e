"""When failed deliveries and mails are tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain import mail, schedule
from services.notifications.domain.attempts import Attempt, DeliveryState, Failure, failure_of, judge

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TABLE = [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


def _failed(retry_after: timedelta | None = None) -> Attempt:
    return Attempt(NOW, timedelta(seconds=1), 500, Failure.STATUS, b"", retry_after)


def test_the_table_spans_three_days() -> None:
    """Ten attempts over 75 h 35 min 5 s, as in the specification's example."""
    assert [delay.total_seconds() for delay in schedule.DELAYS] == TABLE
    assert sum(schedule.DELAYS, timedelta(0)) == timedelta(hours=75, minutes=35, seconds=5)


@given(made=st.integers(min_value=1, max_value=9), roll=st.floats(min_value=0, max_value=0.999999))
def test_jitter_stays_within_twenty_percent(made: int, roll: float) -> None:
    """Every delay lies within 20 % of the table."""
    delay = schedule.next_delay(made, roll=roll, retry_after=None)
    assert delay is not None
    assert 0.8 * TABLE[made] <= delay.total_seconds() + 1e-6
    assert delay.total_seconds() <= 1.2 * TABLE[made] + 1e-6


def test_the_tenth_failure_is_the_last() -> None:
    """There is no eleventh attempt."""
    assert schedule.next_delay(10, roll=0.5, retry_after=None) is None


@given(made=st.integers(min_value=1, max_value=9), asked=st.integers(min_value=0, max_value=10**7))
def test_retry_after_counts_within_once_to_twice_the_plan(made: int, asked: int) -> None:
    """A receiver may slow us down, but neither hurry us nor silence us for ever."""
    delay = schedule.next_delay(made, roll=0.5, retry_after=timedelta(seconds=asked))
    assert delay is not None
    assert TABLE[made] <= delay.total_seconds() <= 2 * TABLE[made]
    if TABLE[made] <= asked <= 2 * TABLE[made]:
        assert delay == timedelta(seconds=asked)


def test_scale_shortens_everything_alike() -> None:
    """Tests run the same schedule, only faster."""
    delay = schedule.next_delay(9, roll=0.5, retry_after=None, scale=1e-5)
    assert delay is not None
    assert delay.total_seconds() == pytest.approx(0.864)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Sun, 22 Nov 2026 09:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0),
        ("99999999", 7 * 86400),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: int) -> None:
    """Seconds or an HTTP date, a week at most."""
    assert schedule.parse_retry_after(header, now=NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "1.5", "9" * 40, "²"])
def test_senseless_retry_after_is_ignored(header: str | None) -> None:
    """What cannot be read changes nothing."""
    assert schedule.parse_retry_after(header, now=NOW) is None


@given(header=st.text(max_size=40))
def test_no_header_breaks_the_sender(header: str) -> None:
    """Any header is read or ignored."""
    schedule.parse_retry_after(header, now=NOW)


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (204, None),
        (299, None),
        (302, Failure.REDIRECT),
        (404, Failure.STATUS),
        (410, Failure.STATUS),
        (503, Failure.STATUS),
    ],
)
def test_only_2xx_is_success(status: int, failure: Failure | None) -> None:
    """Redirects are failures and never followed."""
    assert failure_of(status) is failure


def test_verdicts() -> None:
    """Delivered, tried again, or exhausted after the tenth."""
    delivered = judge(Attempt(NOW, timedelta(0), 200), step=4, roll=0.5)
    assert delivered.state is DeliveryState.DELIVERED
    again = judge(_failed(), step=0, roll=0.5)
    assert again == (DeliveryState.PENDING, timedelta(seconds=5))
    assert judge(_failed(), step=9, roll=0.5).state is DeliveryState.EXHAUSTED


def test_mails_are_tried_for_two_days() -> None:
    """The relay's 5xx ends it at once, everything else is tried again."""
    assert timedelta(days=2) <= sum(mail.DELAYS, timedelta(0)) <= timedelta(days=3)
    assert mail.next_try(10) is None
    assert mail.is_permanent(550)
    assert not mail.is_permanent(451)
    assert not mail.is_permanent(None)
