"""One event of an iCalendar file being read: the days it brings, or why it brings none."""

import calendar as gregorian
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from icalendar import Event

from shared.errors import DomainError, Kind
from shared.redaction import redact

MOST_DAYS: Final = 366
_NAME_LENGTH: Final = 40
_UID_LENGTH: Final = 255
_DAY: Final = timedelta(days=1)
_RULE_PARTS: Final = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "WKST"}

Rule: TypeAlias = Mapping[str, Sequence[object]]


class HolidayFileInvalid(DomainError):
    """The file is no calendar that can be read (RFC 5545)."""

    kind: ClassVar[Kind] = Kind.INVALID


class HolidayUnclear(DomainError):
    """An event of the file repeats or lasts in a way that holidays cannot."""

    kind: ClassVar[Kind] = Kind.UNPROCESSABLE


class SkipReason(StrEnum):
    """Why an event brings no holiday.

    `whole_days_by_time`: it lasts whole days but names times of day, so that it is not certain that it is a day off.
    """

    CANCELLED = "cancelled"
    TIME_OF_DAY = "time_of_day"
    WHOLE_DAYS_BY_TIME = "whole_days_by_time"
    OTHER_YEARS = "other_years"


class Reading:
    """One event being read; lives for one reading of its file."""

    def __init__(self, event: Event, number: int) -> None:
        self._event = event
        self.skipped: SkipReason | None = None
        self.summary = _clean(event.get("SUMMARY", ""))[:_NAME_LENGTH].strip()
        self._called = f"event {number} ({self.summary})" if self.summary else f"event {number}"
        if event.errors:
            name, fault = event.errors[0]
            raise HolidayFileInvalid(f"{self._called}: {name} cannot be read: {_clean(fault)[:200]}")
        self.uid = _clean(event.get("UID", ""))[:_UID_LENGTH]
        if not self.uid:
            raise HolidayFileInvalid(f"{self._called} has no UID")

    def days(self, first: int, last: int) -> Iterator[date]:
        """Yield every date of the event in the years `first` to `last`."""
        start = self._date("DTSTART")
        if _clean(self._event.get("STATUS", "")).upper() == "CANCELLED":
            self.skipped = SkipReason.CANCELLED
            return
        if start is None:
            self.skipped = SkipReason.WHOLE_DAYS_BY_TIME if self._whole_days() else SkipReason.TIME_OF_DAY
            return
        length = self._length(start)
        without = self._excluded()
        for begin in self._beginnings(start, first, last):
            if begin not in without:
                yield from (
                    day for day in (begin + number * _DAY for number in range(length)) if first <= day.year <= last
                )

    def _beginnings(self, start: date, first: int, last: int) -> Iterator[date]:
        rule = self._rule(start)
        if rule is None:
            yield start
            return
        count, until = _only(rule, "COUNT"), _only(rule, "UNTIL")
        final = until.date() if isinstance(until, datetime) else until
        for year in range(max(start.year, first - 1), last + 1):
            nth = _nth(start, year)
            if nth is None:
                continue
            begin = start.replace(year=year)
            if (isinstance(count, int) and nth >= count) or (isinstance(final, date) and begin > final):
                return
            yield begin

    def _rule(self, start: date) -> Rule | None:
        if any(name in self._event for name in ("RDATE", "RECURRENCE-ID")):
            raise HolidayUnclear(f"{self._called} changes single repetitions; give those days an event of their own")
        rule = self._event.get("RRULE")
        if rule is None:
            return None
        if isinstance(rule, list):
            raise HolidayUnclear(f"{self._called} repeats by several rules")
        unknown = set(rule) - _RULE_PARTS
        usual = (
            _only(rule, "FREQ") == "YEARLY"
            and _only(rule, "INTERVAL") in (None, 1)
            and [str(month) for month in rule.get("BYMONTH", [start.month])] == [str(start.month)]
            and [str(day) for day in rule.get("BYMONTHDAY", [start.day])] == [str(start.day)]
        )
        if unknown or not usual:
            raise HolidayUnclear(f"{self._called} must repeat on the same day of every year, or not at all")
        return dict(rule)

    def _length(self, start: date) -> int:
        end, lasts = self._date("DTEND"), self._event.get("DURATION")
        days = 1
        if end is not None:
            days = (end - start).days or 1
        elif lasts is not None:
            days = lasts.dt // _DAY
        if not 1 <= days <= MOST_DAYS:
            raise HolidayUnclear(f"{self._called} must last 1 to {MOST_DAYS} days")
        return int(days)

    def _date(self, name: str) -> date | None:
        """Return a date of the event; null for one at a time of day, which is no holiday."""
        value = self._event.get(name)
        if value is None and name == "DTSTART":
            raise HolidayFileInvalid(f"{self._called} has no DTSTART")
        if isinstance(value, list):
            raise HolidayFileInvalid(f"{self._called} has more than one {name}")
        moment = getattr(value, "dt", None)
        return moment if isinstance(moment, date) and not isinstance(moment, datetime) else None

    def _whole_days(self) -> bool:
        """True if an event at a time of day covers at least one whole day of the place that its times are of."""
        begin, end = self._moment("DTSTART"), self._moment("DTEND")
        lasts = self._event.get("DURATION")
        if begin is not None and end is None and lasts is not None:
            end = begin + lasts.dt
        if begin is None or end is None:
            return False
        first = begin.date() if begin.time() == time() else begin.date() + _DAY
        return end.replace(tzinfo=None) >= datetime.combine(first + _DAY, time())

    def _moment(self, name: str) -> datetime | None:
        moment = getattr(self._event.get(name), "dt", None)
        return moment if isinstance(moment, datetime) else None

    def _excluded(self) -> frozenset[date]:
        listed = self._event.get("EXDATE", [])
        lists = listed if isinstance(listed, list) else [listed]
        return frozenset(
            one.dt.date() if isinstance(one.dt, datetime) else one.dt for some in lists for one in some.dts
        )


def _nth(start: date, year: int) -> int | None:
    """Return how many times the day came before `year`; null if it does not come then (29 February)."""
    if (start.month, start.day) != (2, 29):
        return year - start.year
    return gregorian.leapdays(start.year, year) if gregorian.isleap(year) else None


def _only(rule: Rule, part: str) -> object:
    values = rule.get(part)
    return values[0] if values else None


def _clean(value: object) -> str:
    return redact(" ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split()))
