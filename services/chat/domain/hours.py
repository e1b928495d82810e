"""When somebody of a brand is there to talk: hours of the week on the brand's own clock."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from services.chat.domain.errors import RulesUnusable

_DAY: Final = timedelta(days=1)
_MINUTES: Final = 24 * 60
# The database of time zones has them beside those of places: one for clocks nobody has set, one for this machine.
_OF_NO_PLACE: Final = frozenset({"Factory", "localtime"})


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of one weekday (0 is Monday), in minutes from midnight; `until` may be 1440, the end of the day."""

    weekday: int
    begins: int
    until: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The shifts of a week; they may touch and overlap."""

    shifts: tuple[Shift, ...]

    def is_open(self, now: datetime, zone: str) -> bool:
        """True if somebody is there at `now`."""
        here = now.astimezone(ZoneInfo(zone))
        minute = here.hour * 60 + here.minute
        return any(one.weekday == here.weekday() and one.begins <= minute < one.until for one in self.shifts)

    def opens_at(self, now: datetime, zone: str) -> datetime | None:
        """Return when somebody is there next, `now` if somebody is; None: never."""
        if self.is_open(now, zone):
            return now
        here = now.astimezone(ZoneInfo(zone))
        openings = [
            _moment(here, days, one.begins)
            for days in range(8)
            for one in self.shifts
            if one.weekday == (here.weekday() + days) % 7
        ]
        return min((one for one in openings if one > now), default=None)


def check_kept(hours: Hours | None, zone: str) -> None:
    """Refuse hours in which nobody ever is there, and a clock that hangs nowhere."""
    if hours is not None and not hours.shifts:
        raise RulesUnusable("nobody would ever be there; null means day and night", field="hours")
    if zone not in _zones():
        raise RulesUnusable(f"{zone} is the time zone of no place", field="time_zone")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _OF_NO_PLACE


def _moment(here: datetime, days: int, minute: int) -> datetime:
    """Return a minute of a later day on the clock of the wall; in the hour that a spring skips it is an hour later."""
    day = here.date() + _DAY * days
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=here.tzinfo)


def as_minutes(text: str) -> int:
    """Return the minute of the day of `HH:MM`; 24:00 is the end of the day. Raises ValueError."""
    hours, _, minutes = text.partition(":")
    minute = int(hours) * 60 + int(minutes)
    if not 0 <= minute <= _MINUTES:
        raise ValueError(text)
    return minute


def as_text(minute: int) -> str:
    """Return a minute of the day as `HH:MM`."""
    return f"{minute // 60:02}:{minute % 60:02}"
