"""Business hours: when a desk is open, and real time that counts only while it is.

A calendar says local times; what is counted are moments. A night shift from 22:00 to 06:00 lasts seven hours when the
clocks go forward meanwhile and nine when they go back. A local time that is skipped stands for the moment of the jump,
one that comes twice for its first coming.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import DomainError, Kind

CALENDARS_PER_BRAND: Final = 50
HOLIDAYS_PER_CALENDAR: Final = 150
WINDOWS_PER_DAY: Final = 4
DAY_MINUTES: Final = 24 * 60

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
_ZERO: Final = timedelta(0)
_ANY_MONDAY: Final = datetime(2024, 1, 1, tzinfo=UTC)
# Nothing that is promised may take longer than ten years of weeks, holidays apart; counting gives up well after that.
_MOST_WEEKS: Final = 520
_COUNTED_DAYS: Final = 40 * 366
# Follows the machine's own settings, so that two replicas could disagree.
_NOT_A_PLACE: Final = "localtime"


class CalendarNotFound(DomainError):
    """There is no such calendar."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class CalendarUnknown(DomainError):
    """A policy must name a calendar of its brand."""

    kind: ClassVar[Kind] = Kind.INVALID


class CalendarInUse(DomainError):
    """A policy follows this calendar."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TooManyCalendars(DomainError):
    """A brand cannot have more calendars."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class TimeZoneUnknown(DomainError):
    """A time zone must be named as in the IANA database."""

    kind: ClassVar[Kind] = Kind.INVALID


class WindowInvalid(DomainError):
    """A window must open on its day and close within 24 hours."""

    kind: ClassVar[Kind] = Kind.INVALID


class TooManyHolidays(DomainError):
    """A calendar cannot have more holidays."""

    kind: ClassVar[Kind] = Kind.INVALID


class CalendarNeverOpen(DomainError):
    """A calendar must be open at least once in a usual week."""

    kind: ClassVar[Kind] = Kind.INVALID


class DueTimeTooFar(DomainError):
    """So few open hours cannot hold what is promised within ten years."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open from `opens` until just before `closes`: minutes of the local clock from the midnight its day begins with.

    A window that closes after 1440 reaches into the next day.
    """

    opens: int
    closes: int


Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date with windows of its own; without any it is closed from midnight to midnight."""

    windows: Windows = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """When a desk is open: the windows of each weekday, Monday first, and the dates that differ.

    On a holiday only its own windows are open: those of its weekday do not begin, and the window of the night before
    ends at midnight. Windows that overlap count once.
    """

    zone: str
    week: tuple[Windows, ...]
    holidays: Mapping[date, Holiday] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """What a person decides about a calendar."""

    name: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours that policies may follow, as they were at one version."""

    id: UUID
    version: int
    name: str
    hours: Hours

    def draft(self) -> CalendarDraft:
        """Return the part of the calendar that a person may edit."""
        return CalendarDraft(self.name, self.hours)


def add_business_time(hours: Hours | None, start: datetime, duration: timedelta) -> datetime:
    """Return the first moment from `start` on by which `duration` of open time has passed; no hours: always open."""
    if hours is None or duration <= _ZERO:
        return start + duration
    left = duration
    for opened, closed in _open_spans(hours, start):
        if closed - opened >= left:
            return opened + left
        left -= closed - opened
    raise DueTimeTooFar


def business_time_between(hours: Hours | None, start: datetime, end: datetime) -> timedelta:
    """Return how much of the time from `start` to `end` is open, none if `end` comes first; no hours: always open."""
    if hours is None:
        return max(end - start, _ZERO)
    total = _ZERO
    for opened, closed in _open_spans(hours, start):
        if opened >= end:
            break
        total += min(closed, end) - opened
    return total


def check_hours(hours: Hours) -> None:
    """Refuse hours that cannot be counted, or that are never open; the error names the field."""
    if hours.zone == _NOT_A_PLACE or hours.zone not in _zones():
        raise TimeZoneUnknown(field="#/time_zone")
    if len(hours.holidays) > HOLIDAYS_PER_CALENDAR:
        raise TooManyHolidays(f"a calendar holds at most {HOLIDAYS_PER_CALENDAR} holidays", field="#/holidays")
    for windows in hours.week:
        _check_windows(windows, "#/week")
    for holiday in hours.holidays.values():
        _check_windows(holiday.windows, "#/holidays")
    if not any(hours.week):
        raise CalendarNeverOpen(field="#/week")


def check_reach(hours: Hours, durations: Iterable[timedelta], *, field: str) -> None:
    """Refuse open hours so few that one of `durations` would fall due after ten years; the error names `field`."""
    in_a_week = business_time_between(
        replace(hours, zone="UTC", holidays={}), _ANY_MONDAY + _WEEK, _ANY_MONDAY + 2 * _WEEK
    )
    if any(duration > in_a_week * _MOST_WEEKS for duration in durations):
        raise DueTimeTooFar(field=field)


def _check_windows(windows: Windows, at: str) -> None:
    if len(windows) > WINDOWS_PER_DAY:
        raise WindowInvalid(f"a day has at most {WINDOWS_PER_DAY} windows", field=at)
    if not all(
        0 <= window.opens < DAY_MINUTES and 0 < window.closes - window.opens <= DAY_MINUTES for window in windows
    ):
        raise WindowInvalid(field=at)


def _open_spans(hours: Hours, start: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open stretches after `start` in UTC, in order, none overlapping another."""
    zone, seen = ZoneInfo(hours.zone), start.astimezone(UTC)
    yesterday = seen.astimezone(zone).date() - _DAY
    for number in range(_COUNTED_DAYS):
        for opens, closes in _windows_on(hours, yesterday + number * _DAY):
            opened, closed = max(_moment(opens, zone), seen), _moment(closes, zone)
            if closed > opened:
                yield opened, closed
                seen = closed


def _windows_on(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield the local times of the windows that begin on `day`, in the order of their opening."""
    holiday = hours.holidays.get(day)
    midnight = datetime.combine(day, time())
    end = midnight + (_DAY if day + _DAY in hours.holidays else 2 * _DAY)
    for window in sorted(hours.week[day.weekday()] if holiday is None else holiday.windows):
        yield midnight + timedelta(minutes=window.opens), min(midnight + timedelta(minutes=window.closes), end)


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clocks of `zone` first show `local`; if they skip it, when they jump over it."""
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if _shown(moment, zone) == local:
        return moment
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    span = range(int((moment - before).total_seconds()) + 1)
    return before + timedelta(
        seconds=bisect_left(span, 1, key=lambda second: _shown(before + timedelta(seconds=second), zone) > local)
    )


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
