"""When the timer job looks again, and which timers wait after an outage."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from services.sla.jobs import Pace, pause
from services.sla.settings import Settings
from services.sla.use_cases.firing import Round
from tests.support.sla import at

SETTINGS = Settings(
    database_url=SecretStr("postgresql://x"), worker_database_url=SecretStr("postgresql://x"), gateway_public_key="",
    cursor_secret=SecretStr("a secret of the tests, thirty-two bytes"), timer_batch=2,
)  # fmt: skip
LATE = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("lags", "nearest", "milliseconds"),
    [
        ((), None, 250),
        ((), timedelta(seconds=9), 250),
        ((), timedelta(milliseconds=40), 40),
        ((), timedelta(milliseconds=2), 10),
        ((LATE,), -LATE, 10),
        ((LATE, LATE), -LATE, 0),
    ],
)
def test_the_job_sleeps_until_the_nearest_timer(
    lags: tuple[timedelta, ...], nearest: timedelta | None, milliseconds: int
) -> None:
    assert pause(Round(lags, nearest), SETTINGS) == timedelta(milliseconds=milliseconds)


def pace() -> Pace:
    seconds = timedelta(seconds=1)
    return Pace(quiet=2 * seconds, limit=10 * seconds, standstill=2 * seconds, waiting_from=at(0))


def test_timers_overdue_at_the_start_wait_until_nothing_new_is_told() -> None:
    waiting = pace()
    assert waiting.after(at(1), flowing=True) == at(0)
    waiting.last_told = at(1.5)
    assert waiting.after(at(3), flowing=True) == at(0)
    released = waiting.after(at(3.6), flowing=True)
    assert released is not None
    assert released < at(0) - timedelta(days=3650)


def test_overdue_timers_do_not_wait_for_ever() -> None:
    waiting = pace()
    waiting.last_told = at(9.9)
    assert waiting.after(at(9.95), flowing=True) == at(0)
    assert waiting.after(at(10.1), flowing=True) != at(0)


def test_while_no_answer_can_be_heard_no_timer_fires() -> None:
    waiting = pace()
    assert waiting.after(at(60), flowing=False) is None
    assert waiting.after(at(61), flowing=True) == at(60)


def test_what_fell_due_in_a_standstill_waits_as_after_a_start() -> None:
    waiting = pace()
    free = waiting.after(at(20), flowing=True)
    waiting.awake_at = at(20.25)
    assert waiting.after(at(22), flowing=True) == free
    waiting.awake_at = at(22.25)
    assert waiting.after(at(31), flowing=True) == at(31)
    waiting.last_told, waiting.awake_at = at(32), at(31.25)
    assert waiting.after(at(33.2), flowing=True) == at(31)
    waiting.awake_at = at(33.25)
    assert waiting.after(at(34.1), flowing=True) == free
