"""Business hours: moments counted inside local windows, across changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.calendars import (
    CalendarNeverOpen,
    DueTimeTooFar,
    Holiday,
    Hours,
    TimeZoneUnknown,
    TooManyHolidays,
    Window,
    WindowInvalid,
    Windows,
    add_business_time,
    business_time_between,
    check_hours,
    check_reach,
)

BERLIN, NEW_YORK, LORD_HOWE, TEHRAN = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran"


def window(opens: str, closes: str) -> Window:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    return Window(start, end if end > start else end + 1440)


def daily(*windows: Window, zone: str = BERLIN, holidays: dict[date, Holiday] | None = None) -> Hours:
    return Hours(zone, (windows,) * 7, holidays or {})


def office(*windows: Window, zone: str = BERLIN, holidays: dict[date, Holiday] | None = None) -> Hours:
    return Hours(zone, (windows,) * 5 + ((),) * 2, holidays or {})


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


NIGHT = window("22:00", "06:00")
LUNCH = (window("09:00", "12:00"), window("13:00", "18:00"))


@pytest.mark.parametrize(
    ("zone", "evening", "expected"),
    [
        (BERLIN, "2026-03-28", 7), (BERLIN, "2026-10-24", 9), (BERLIN, "2026-06-01", 8),
        (NEW_YORK, "2026-03-07", 7), (NEW_YORK, "2026-10-31", 9), (NEW_YORK, "2026-06-01", 8),
        (LORD_HOWE, "2026-04-04", 8.5), (LORD_HOWE, "2026-10-03", 7.5), (LORD_HOWE, "2026-06-01", 8),
        (TEHRAN, "2021-03-21", 7), (TEHRAN, "2021-09-21", 9), (TEHRAN, "2026-06-01", 8),
    ],
)  # fmt: skip
def test_a_night_shift_is_as_long_as_it_really_was(zone: str, evening: str, expected: float) -> None:
    begin = local(f"{evening}T12:00", zone)
    shift = daily(NIGHT, zone=zone)
    assert business_time_between(shift, begin, begin + hours(24)) == hours(expected)
    assert add_business_time(shift, begin, hours(expected)) == local(f"{evening}T06:00", zone) + hours(
        24 + expected - 8
    )


@pytest.mark.parametrize(
    ("start", "allowed", "due"),
    [
        ("2026-11-23T10:00", 1, "2026-11-23T11:00"),
        ("2026-11-23T11:30", 1, "2026-11-23T13:30"),
        ("2026-11-23T12:30", 1, "2026-11-23T14:00"),
        ("2026-11-23T17:30", 1, "2026-11-24T09:30"),
        ("2026-11-27T17:30", 1, "2026-11-30T09:30"),
        ("2026-11-27T17:00", 1, "2026-11-27T18:00"),
        ("2026-11-23T06:00", 3, "2026-11-23T12:00"),
        ("2026-11-23T09:00", 40, "2026-11-27T18:00"),
    ],
)
def test_a_lunch_break_does_not_count(start: str, allowed: float, due: str) -> None:
    assert add_business_time(office(*LUNCH), local(start, BERLIN), hours(allowed)) == local(due, BERLIN)


def test_a_closed_day_ends_the_night_before_it_and_begins_no_night() -> None:
    shift = daily(NIGHT, holidays={date(2026, 12, 25): Holiday(name="Christmas")})
    start = local("2026-12-24T23:00", BERLIN)
    assert add_business_time(shift, start, hours(1)) == local("2026-12-25T00:00", BERLIN)
    assert add_business_time(shift, start, hours(2)) == local("2026-12-26T23:00", BERLIN)


def test_a_holiday_may_have_windows_of_its_own() -> None:
    short = office(*LUNCH, holidays={date(2026, 12, 24): Holiday((window("10:00", "12:00"),))})
    begin = local("2026-12-24T00:00", BERLIN)
    assert business_time_between(short, begin, begin + hours(24)) == hours(2)
    assert add_business_time(short, begin, hours(3)) == local("2026-12-25T10:00", BERLIN)


def test_windows_that_overlap_count_once() -> None:
    begin = local("2026-11-23T07:00", BERLIN)
    both = daily(window("09:00", "13:00"), window("12:00", "15:00"), NIGHT, window("05:00", "07:00"))
    assert business_time_between(both, begin, begin + hours(24)) == hours(6 + 9)


@pytest.mark.parametrize(
    ("opens", "closes", "day", "expected"),
    [
        ("02:15", "02:45", "2026-03-29", 0),
        ("02:30", "04:00", "2026-03-29", 1),
        ("01:00", "02:30", "2026-03-29", 1),
        ("02:00", "02:30", "2026-10-25", 0.5),
        ("02:30", "03:00", "2026-10-25", 1.5),
        ("01:00", "04:00", "2026-10-25", 4),
    ],
)
def test_times_that_are_skipped_or_come_twice(opens: str, closes: str, day: str, expected: float) -> None:
    begin = local(f"{day}T00:00", BERLIN)
    assert business_time_between(daily(window(opens, closes)), begin, begin + hours(20)) == hours(expected)


def test_a_day_that_a_country_skipped_is_not_open() -> None:
    samoa = daily(window("00:00", "24:00"), zone="Pacific/Apia")
    begin = datetime(2011, 12, 29, tzinfo=UTC)
    assert business_time_between(samoa, begin, begin + hours(72)) == hours(72)


def test_the_same_moment_is_open_or_closed_wherever_the_agent_sits() -> None:
    """Each desk counts by its own clock; the answer is the same instant for everybody."""
    start = local("2026-10-30T16:00", BERLIN)
    assert add_business_time(office(*LUNCH), start, hours(3)) == local("2026-11-02T10:00", BERLIN)
    overseas = office(window("09:00", "17:00"), zone=NEW_YORK)
    assert add_business_time(overseas, start, hours(3)) == local("2026-10-30T14:00", NEW_YORK)


@pytest.mark.parametrize(
    ("unfit", "error"),
    [
        (Hours(BERLIN, ((),) * 7), CalendarNeverOpen),
        (Hours(BERLIN, ((),) * 7, {date(2026, 1, 1): Holiday((NIGHT,))}), CalendarNeverOpen),
        (daily(NIGHT, zone="Europe/Atlantis"), TimeZoneUnknown),
        (daily(NIGHT, zone="../etc/passwd"), TimeZoneUnknown),
        (daily(NIGHT, zone="localtime"), TimeZoneUnknown),
        (daily(Window(600, 600)), WindowInvalid),
        (daily(Window(600, 3000)), WindowInvalid),
        (daily(*[window("09:00", "10:00")] * 5), WindowInvalid),
        (daily(NIGHT, holidays={date(2026, 1, 1): Holiday((Window(1440, 1500),))}), WindowInvalid),
        (
            daily(NIGHT, holidays={date(2026, 1, 1) + timedelta(days=n): Holiday() for n in range(151)}),
            TooManyHolidays,
        ),
    ],
)
def test_hours_that_cannot_be_counted_are_refused(unfit: Hours, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_hours(unfit)


def test_a_promise_that_takes_more_than_ten_years_is_refused() -> None:
    rare = Hours(BERLIN, ((window("09:00", "10:00"),), *((),) * 6))
    check_hours(rare)
    check_reach(rare, [hours(520)], field="#/week")
    assert add_business_time(rare, local("2026-01-01T00:00", BERLIN), hours(520)).year == 2035
    with pytest.raises(DueTimeTooFar):
        check_reach(rare, [hours(521)], field="#/week")


_ZONES = st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, TEHRAN, "Pacific/Apia", "UTC"])
_WINDOW = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda pair: Window(pair[0], sum(pair)))
_DAY: st.SearchStrategy[Windows] = st.lists(_WINDOW, max_size=3).map(tuple)
_START = st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - as hypothesis asks
_DURATION = st.integers(0, 30 * 24 * 3600 * 1000).map(lambda value: timedelta(milliseconds=value))


@st.composite
def _calendars(draw: st.DrawFn) -> Hours:
    week = draw(st.lists(_DAY, min_size=6, max_size=6))
    always = draw(_WINDOW.filter(lambda chosen: chosen.closes - chosen.opens >= 240))
    holidays = draw(st.dictionaries(st.dates(date(2011, 1, 1), date(2027, 12, 31)), _DAY.map(Holiday), max_size=9))
    return Hours(draw(_ZONES), ((always,), *week), holidays)


@given(_calendars(), _START, _DURATION)
def test_what_is_added_is_measured(calendar: Hours, start: datetime, duration: timedelta) -> None:
    due = add_business_time(calendar, start, duration)
    assert business_time_between(calendar, start, due) == duration


@given(_calendars(), _START, _DURATION, _DURATION)
def test_adding_is_monotone_and_additive(calendar: Hours, start: datetime, first: timedelta, more: timedelta) -> None:
    due = add_business_time(calendar, start, first)
    later = add_business_time(calendar, start, first + more)
    assert add_business_time(calendar, due, more) == later
    assert (later > due) == (more > timedelta(0))
    assert add_business_time(calendar, start + more, first) >= due


@given(_calendars(), _START, _DURATION, _DURATION)
def test_measuring_adds_up(calendar: Hours, start: datetime, first: timedelta, more: timedelta) -> None:
    middle, end = start + first, start + first + more
    parts = business_time_between(calendar, start, middle) + business_time_between(calendar, middle, end)
    assert business_time_between(calendar, start, end) == parts <= first + more
    assert business_time_between(calendar, end, start) == timedelta(0)


@given(_ZONES, _START, _DURATION)
def test_round_the_clock_is_plain_addition(zone: str, start: datetime, duration: timedelta) -> None:
    for calendar in (None, daily(window("00:00", "24:00"), zone=zone)):
        assert add_business_time(calendar, start, duration) == start + duration
        assert business_time_between(calendar, start, start + duration) == duration
