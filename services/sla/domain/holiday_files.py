"""Holidays out of an iCalendar file (RFC 5545): its all-day events, once or every year.

What a calendar cannot say exactly is refused by the name of its event, never guessed. What brings no holiday is named
with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from icalendar import Calendar, Event

from services.sla.domain.holiday_events import HolidayFileInvalid, HolidayUnclear, Reading, SkipReason
from shared.errors import DomainError, Kind

__all__ = [
    "LARGEST_FILE",
    "HolidayFile",
    "HolidayFileInvalid",
    "HolidayFileTooLarge",
    "HolidayUnclear",
    "SkipReason",
    "read_holidays",
]

LARGEST_FILE: Final = 256 * 1024
MOST_EVENTS: Final = 1000
# Lines, parameters and values: what takes the parser its time. A thousand events as calendars write them have fewer.
MOST_PARTS: Final = 15_000
YEARS_BACK: Final = 1
YEARS_AHEAD: Final = 5


class HolidayFileTooLarge(DomainError):
    """A calendar file may have at most 256 KiB."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event that brings no holiday, by its number in the file."""

    number: int
    name: str
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class ImportedDay:
    """A date that an event brings."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class HolidayFile:
    """What a file says: its days, the first event of a date counts; all its events; those that bring no day."""

    days: Mapping[date, ImportedDay]
    uids: frozenset[str]
    skipped: tuple[Skipped, ...]


def read_holidays(content: bytes, *, year: int) -> HolidayFile:
    """Return the days of the all-day events of a file from last year to five years ahead of `year`.

    Cancelled events and those at a time of day bring no holiday.
    """
    days: dict[date, ImportedDay] = {}
    uids: set[str] = set()
    skipped: list[Skipped] = []
    for number, event in enumerate(_events(content), start=1):
        one, found = _read(event, number, year)
        uids.add(one.uid)
        if not found:
            skipped.append(Skipped(number, one.summary, one.skipped or SkipReason.OTHER_YEARS))
        days = found | days
    return HolidayFile(days, frozenset(uids), tuple(skipped))


def _check_size(content: bytes) -> None:
    """Refuse a file that is too much to parse, before it is parsed: this looks at its bytes only."""
    unfolded = content.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")
    if unfolded.upper().count(b"BEGIN:VEVENT") > MOST_EVENTS:
        raise HolidayFileInvalid(f"it holds more than {MOST_EVENTS} events")
    if sum(unfolded.count(mark) for mark in (b"\n", b"\r", b";", b",")) > MOST_PARTS:
        raise HolidayFileInvalid(f"it holds more than {MOST_PARTS} lines, parameters and values")


def _events(content: bytes) -> list[Event]:
    _check_size(content)
    try:
        parsed = Calendar.from_ical(content)
        events = [event for event in parsed.walk("VEVENT") if isinstance(event, Event)]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise HolidayFileInvalid("it begins with BEGIN:VCALENDAR and ends what it begins") from error
    if parsed.name != "VCALENDAR":
        raise HolidayFileInvalid("it holds no VCALENDAR")
    if len(events) > MOST_EVENTS:
        raise HolidayFileInvalid(f"it holds more than {MOST_EVENTS} events")
    return events


def _read(event: Event, number: int, year: int) -> tuple[Reading, dict[date, ImportedDay]]:
    """Return the event and its days; the parser tells of some faults by errors of Python's own."""
    try:
        one = Reading(event, number)
        days = one.days(year - YEARS_BACK, year + YEARS_AHEAD)
        return one, dict.fromkeys(days, ImportedDay(one.uid, one.summary))
    except (AttributeError, TypeError, ValueError, KeyError, OverflowError) as error:
        raise HolidayFileInvalid(f"event {number} cannot be read") from error
