"""When somebody is warned of a promise: moments at which so much of its time has run, in percent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BREACH: Final = 100
"""The percent at which a promise breaks; every lower one is a warning."""
ONLY_WARNING: Final = 80
"""The percent of the one warning of clocks that are older than percents."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A warning that is due when `percent` of a promise has run."""

    percent: int
    at: datetime


def part_of(whole: timedelta, percent: int) -> timedelta:
    """Return so much of a length of time."""
    return whole * percent / 100


def percent_of(whole: timedelta, part: timedelta) -> int:
    """Return which percent `part` is, at least 1 and below that of a breach."""
    return min(max(int(100 * (part / whole)), 1), BREACH - 1) if whole else 1


def ahead(marks: Iterable[Mark], now: datetime) -> tuple[Mark, ...]:
    """Return the marks that are still worth a warning at `now`: those to come, and the highest one that has passed.

    Whoever hears that half of the time is over need not hear, in the same moment, that a fifth was over before.
    """
    ordered = sorted(marks, key=lambda mark: mark.percent)
    passed = [mark for mark in ordered if mark.at <= now]
    return (*passed[-1:], *(mark for mark in ordered if mark.at > now))
