"""HTTP shapes of calendars; times are those of the calendar's local clock."""

from collections.abc import Mapping
from datetime import date as Date  # noqa: N812 - a field of that name would hide its own type
from datetime import datetime, timedelta
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.sla.domain.calendars import (
    DAY_MINUTES,
    HOLIDAYS_PER_CALENDAR,
    WINDOWS_PER_DAY,
    Calendar,
    CalendarDraft,
    Holiday,
    Hours,
    Window,
    Windows,
)
from services.sla.schemas.promises import Name, Seconds

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_YEARS: Final = range(1970, 2200)


def _near(value: datetime) -> datetime:
    if value.year not in _YEARS:
        message = f"must lie in the years {_YEARS.start} to {_YEARS.stop - 1}"
        raise ValueError(message)
    return value


TimeZone = Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Berlin"])]
Opens = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Closes = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
HolidayName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=r"^[^\x00-\x1f]*$")]
Moment = Annotated[AwareDatetime, AfterValidator(_near)]


class OpenWindow(BaseModel):
    """Open from `opens` to `closes`; one that closes earlier than it opens ends on the next day."""

    model_config = ConfigDict(extra="forbid")

    opens: Opens
    closes: Closes

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.opens == self.closes:
            message = "a window must last; a whole day is 00:00 to 24:00"
            raise ValueError(message)
        return self

    def value(self) -> Window:
        """Return the window as the rules know it."""
        opens, closes = _minutes(self.opens), _minutes(self.closes)
        return Window(opens, closes if closes > opens else closes + DAY_MINUTES)

    @classmethod
    def of(cls, window: Window) -> Self:
        """Return the view of a window."""
        closes = window.closes if window.closes <= DAY_MINUTES else window.closes - DAY_MINUTES
        return cls(opens=_clock(window.opens), closes=_clock(closes))


DayWindows = Annotated[list[OpenWindow], Field(max_length=WINDOWS_PER_DAY, description="none: closed")]


class Week(BaseModel):
    """The windows that begin on each weekday."""

    model_config = ConfigDict(extra="forbid")

    monday: DayWindows = []
    tuesday: DayWindows = []
    wednesday: DayWindows = []
    thursday: DayWindows = []
    friday: DayWindows = []
    saturday: DayWindows = []
    sunday: DayWindows = []

    def value(self) -> tuple[Windows, ...]:
        """Return the week as the rules know it."""
        return tuple(_windows(getattr(self, day)) for day in WEEKDAYS)

    def revise(self, week: tuple[Windows, ...]) -> tuple[Windows, ...]:
        """Return the week with the days that the caller named."""
        return tuple(
            wanted if day in self.model_fields_set else before
            for day, wanted, before in zip(WEEKDAYS, self.value(), week, strict=True)
        )


class HolidayView(BaseModel):
    """A date on which only its own windows are open; without any it is closed from midnight to midnight."""

    model_config = ConfigDict(extra="forbid")

    date: Date
    name: HolidayName = ""
    windows: DayWindows = []


Holidays = Annotated[list[HolidayView], Field(max_length=HOLIDAYS_PER_CALENDAR)]


class NewCalendar(BaseModel):
    """A calendar to add."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    time_zone: TimeZone
    week: Week
    holidays: Holidays = []

    def draft(self) -> CalendarDraft:
        """Return the calendar as a person's decision."""
        return CalendarDraft(self.name, Hours(self.time_zone, self.week.value(), _by_date(self.holidays)))


class CalendarEdit(BaseModel):
    """What to change: what is absent stays, a weekday that is named is replaced, holidays are replaced as a whole."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    time_zone: TimeZone | None = None
    week: Week | None = None
    holidays: Holidays | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            message = "an edit must name at least one field"
            raise ValueError(message)
        return self

    def revise(self, draft: CalendarDraft) -> CalendarDraft:
        """Return the calendar after the edit."""
        before = draft.hours
        hours = Hours(
            zone=before.zone if self.time_zone is None else self.time_zone,
            week=before.week if self.week is None else self.week.revise(before.week),
            holidays=before.holidays if self.holidays is None else _by_date(self.holidays),
        )
        return CalendarDraft(draft.name if self.name is None else self.name, hours)


class CalendarView(BaseModel):
    """A calendar, its holidays by date."""

    id: UUID
    version: int
    name: str
    time_zone: str
    week: Week
    holidays: list[HolidayView]

    @classmethod
    def of(cls, calendar: Calendar) -> Self:
        """Return the view of a calendar."""
        hours = calendar.hours
        return cls(
            id=calendar.id,
            version=calendar.version,
            name=calendar.name,
            time_zone=hours.zone,
            week=Week(**{day: _views(windows) for day, windows in zip(WEEKDAYS, hours.week, strict=True)}),
            holidays=[
                HolidayView(date=day, name=holiday.name, windows=_views(holiday.windows))
                for day, holiday in sorted(hours.holidays.items())
            ],
        )


class DueTimeQuestion(BaseModel):
    """A promise that would begin at `start` and allow `seconds` of open time."""

    model_config = ConfigDict(extra="forbid")

    start: Moment
    seconds: Seconds

    def duration(self) -> timedelta:
        """Return the open time that is to pass."""
        return timedelta(seconds=self.seconds)


class DueTime(BaseModel):
    """When a promise would be due."""

    due_at: datetime


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _windows(views: list[OpenWindow]) -> Windows:
    return tuple(sorted(view.value() for view in views))


def _views(windows: Windows) -> list[OpenWindow]:
    return [OpenWindow.of(window) for window in windows]


def _by_date(views: list[HolidayView]) -> Mapping[Date, Holiday]:
    return {view.date: Holiday(_windows(view.windows), view.name) for view in views}
