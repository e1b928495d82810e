"""Shifts: who is on, at the edges, through the night and through the days on which clocks jump."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.people import Person, Shift
from shared.contracts.base import Channel
from shared.contracts.gateway import StaffRole, StaffStatus

WEEK = frozenset(range(7))
ZONES = ("Europe/Malta", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
BEFORE = timedelta(microseconds=1)


def _person(zone: str, *shifts: Shift) -> Person:
    since = datetime(2025, 1, 1, tzinfo=UTC)
    return Person(
        "s-1", StaffRole.AGENT, StaffStatus.ONLINE, True, True, since, since,  # noqa: FBT003
        shifts=shifts, time_zone=zone,
    )  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_shift_begins_and_ends_at_the_very_moment(zone: str) -> None:
    """Its first moment is inside, its last is not; on the person's own clock."""
    person = _person(zone, Shift(frozenset({1}), time(9), time(17)))
    begins, ends = (datetime(2026, 11, 24, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC) for hour in (9, 17))
    inside = [person.takes(Channel.FORM, at) for at in (begins - BEFORE, begins, ends - BEFORE, ends)]
    assert inside == [False, True, True, False]
    assert not person.is_on_shift(begins + timedelta(days=1))


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    """Friday night goes on until Saturday morning, Saturday night is none."""
    person = _person("UTC", Shift(frozenset({4}), time(22), time(6)))
    moments = {
        datetime(2026, 11, 27, 5, tzinfo=UTC): False,
        datetime(2026, 11, 27, 22, tzinfo=UTC): True,
        datetime(2026, 11, 28, 5, 59, tzinfo=UTC): True,
        datetime(2026, 11, 28, 6, tzinfo=UTC): False,
        datetime(2026, 11, 28, 22, tzinfo=UTC): False,
    }
    assert {at: person.is_on_shift(at) for at in moments} == moments


def test_who_begins_and_ends_at_the_same_hour_is_on_all_day() -> None:
    """From that hour to the same of the next day."""
    person = _person("UTC", Shift(frozenset({0}), time(8), time(8)))
    begins = datetime(2026, 11, 23, 8, tzinfo=UTC)
    moments = [begins - BEFORE, begins, begins + timedelta(hours=24) - BEFORE, begins + timedelta(hours=24)]
    assert [person.is_on_shift(at) for at in moments] == [False, True, True, False]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Malta", date(2026, 3, 29), 7),
        ("Europe/Malta", date(2026, 10, 25), 9),
        ("America/New_York", date(2026, 3, 8), 7),
        ("America/New_York", date(2026, 11, 1), 9),
        ("Australia/Lord_Howe", date(2026, 10, 4), 7.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 8.5),
    ],
)
def test_a_shift_over_a_jump_of_the_clocks_is_as_long_as_the_clock_says(zone: str, day: date, hours: float) -> None:
    """00:00 to 08:00 on the wall: an hour less in spring, one more in autumn, and never off in between."""
    person = _person(zone, Shift(WEEK, time(0), time(8)))
    begins = datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
    minutes = [person.is_on_shift(begins + timedelta(minutes=n)) for n in range(24 * 60)]
    assert minutes.index(False) == hours * 60
    assert not any(minutes[int(hours * 60) : int(hours * 60) + 600])


@pytest.mark.parametrize("zone", ZONES)
@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    begins=st.times(),
    ends=st.times(),
    days=st.frozensets(st.integers(0, 6), min_size=1),
)
def test_between_two_turns_nobody_comes_or_goes(
    zone: str, at: datetime, begins: time, ends: time, days: frozenset[int]
) -> None:
    """The queue is looked at again at the next turn, so nothing may change before it; and it always lies ahead."""
    shift = Shift(days, begins.replace(microsecond=0, fold=0), ends.replace(microsecond=0, fold=0))
    person = _person(zone, shift)
    turn = person.next_turn(at)
    assert turn is not None
    assert turn > at
    on = person.is_on_shift(at)
    for part in range(1, 50):
        between = at + (turn - at) * part / 50
        assert person.is_on_shift(between) == on, between


@pytest.mark.parametrize("zone", ["Europe/Malta", "America/New_York", "Australia/Lord_Howe"])
@given(minutes=st.integers(0, 60 * 24 * 2), begins=st.integers(0, 239), ends=st.integers(0, 239), spring=st.booleans())
def test_a_shift_that_begins_or_ends_while_the_clocks_jump_is_not_looked_at_late(
    zone: str, minutes: int, begins: int, ends: int, *, spring: bool
) -> None:
    """The jump itself may be the moment at which somebody comes or goes."""
    days = {
        "Europe/Malta": (date(2026, 3, 28), date(2026, 10, 24)),
        "America/New_York": (date(2026, 3, 7), date(2026, 10, 31)),
        "Australia/Lord_Howe": (date(2026, 10, 3), date(2026, 4, 4)),
    }
    day = days[zone][0 if spring else 1]
    at = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC) + timedelta(minutes=minutes)
    clocks = [time(minute // 60, minute % 60) for minute in (begins, ends)]
    person = _person(zone, Shift(WEEK, *clocks))
    turn = person.next_turn(at)
    assert turn is not None
    ahead = [at + timedelta(minutes=n) for n in range(24 * 60) if at + timedelta(minutes=n) < turn]
    assert {person.is_on_shift(moment) for moment in ahead} == {person.is_on_shift(at)}


def test_without_shifts_there_is_no_turn() -> None:
    """Who has none is always on."""
    person = _person("UTC")
    assert person.next_turn(datetime(2026, 11, 24, tzinfo=UTC)) is None
    assert person.is_on_shift(datetime(2026, 11, 24, tzinfo=UTC))
