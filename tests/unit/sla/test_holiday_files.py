"""Holidays out of iCalendar files."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.domain.holiday_files import (
    LARGEST_FILE,
    MOST_EVENTS,
    HolidayFileInvalid,
    HolidayUnclear,
    SkipReason,
    read_holidays,
)
from shared.errors import DomainError


def ics(*events: str) -> bytes:
    """Return a file of events, each given by its lines apart from UID."""
    told = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}@test\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{told}END:VCALENDAR\r\n".encode()


def days(*events: str, year: int = 2026) -> dict[date, str]:
    return {day: one.name for day, one in sorted(read_holidays(ics(*events), year=year).days.items())}


def lines(*parts: str) -> str:
    return "\r\n".join(parts)


CHRISTMAS = lines("DTSTART;VALUE=DATE:20201225", "SUMMARY:Christmas")


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (lines("DTSTART;VALUE=DATE:20261225"), [date(2026, 12, 25)]),
        (
            lines("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227"),
            [date(2026, 12, 25), date(2026, 12, 26)],
        ),
        (lines("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261225"), [date(2026, 12, 25)]),
        (lines("DTSTART;VALUE=DATE:20261231", "DURATION:P2D"), [date(2026, 12, 31), date(2027, 1, 1)]),
        (lines(CHRISTMAS, "RRULE:FREQ=YEARLY"), [date(year, 12, 25) for year in range(2025, 2032)]),
        (lines(CHRISTMAS, "RRULE:FREQ=YEARLY;COUNT=7"), [date(2025, 12, 25), date(2026, 12, 25)]),
        (lines(CHRISTMAS, "RRULE:FREQ=YEARLY;UNTIL=20261225"), [date(2025, 12, 25), date(2026, 12, 25)]),
        (lines(CHRISTMAS, "RRULE:FREQ=YEARLY;UNTIL=20261224T230000Z"), [date(2025, 12, 25)]),
        (lines(CHRISTMAS, "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25;COUNT=6"), [date(2025, 12, 25)]),
        (
            lines(CHRISTMAS, "RRULE:FREQ=YEARLY;COUNT=8", "EXDATE;VALUE=DATE:20261225"),
            [date(2025, 12, 25), date(2027, 12, 25)],
        ),
        (lines("DTSTART;VALUE=DATE:20200229", "RRULE:FREQ=YEARLY"), [date(2028, 2, 29)]),
        (lines("DTSTART;VALUE=DATE:20200229", "RRULE:FREQ=YEARLY;COUNT=2"), []),
        (
            lines("DTSTART;VALUE=DATE:20241231", "DTEND;VALUE=DATE:20250102", "RRULE:FREQ=YEARLY;COUNT=1"),
            [date(2025, 1, 1)],
        ),
        (lines("DTSTART;VALUE=DATE:20261225", "STATUS:CANCELLED"), []),
        (lines("DTSTART:20261225T090000Z"), []),
        (lines("DTSTART;VALUE=DATE:20401225"), []),
        (lines("DTSTART;VALUE=DATE:19001225"), []),
    ],
)
def test_what_an_event_brings(event: str, expected: list[date]) -> None:
    assert list(days(event)) == expected


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY",
        "FREQ=YEARLY;INTERVAL=2",
        "FREQ=YEARLY;BYDAY=-1MO",
        "FREQ=YEARLY;BYMONTH=11",
        "FREQ=YEARLY;BYMONTHDAY=25,26",
        "FREQ=YEARLY;BYYEARDAY=1",
        "FREQ=YEARLY;BYSETPOS=1",
    ],
)
def test_rules_that_holidays_cannot_follow_are_refused_by_name(rule: str) -> None:
    with pytest.raises(HolidayUnclear) as refused:
        days(lines(CHRISTMAS, f"RRULE:{rule}"))
    assert "Christmas" in str(refused.value.detail)


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (lines("SUMMARY:No date"), "No date"),
        (lines("DTSTART;VALUE=DATE:2026", "SUMMARY:Torn"), "Torn"),
        (lines("DTSTART;VALUE=DATE:20261225", "DTSTART;VALUE=DATE:20261226", "SUMMARY:Twice"), "Twice"),
        (lines(CHRISTMAS, "RRULE:FREQ=NEVER"), "Christmas"),
        (lines(CHRISTMAS, "DURATION:P1D", "DURATION:P2D"), "event 2"),
    ],
)
def test_malformed_events_are_refused_by_name(event: str, word: str) -> None:
    with pytest.raises(HolidayFileInvalid) as refused:
        days(CHRISTMAS, event)
    assert word in str(refused.value.detail)
    assert "event 2" in str(refused.value.detail)


@pytest.mark.parametrize(
    "event",
    [
        lines("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261224"),
        lines("DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20281225"),
        lines(CHRISTMAS, "RDATE;VALUE=DATE:20261224"),
        lines(CHRISTMAS, "RECURRENCE-ID;VALUE=DATE:20261225"),
    ],
)
def test_what_cannot_be_said_exactly_is_refused(event: str) -> None:
    with pytest.raises(HolidayUnclear):
        days(event)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", b"\xff\xfe\x00", b"BEGIN:VEVENT\nEND:VEVENT"],
)
def test_what_is_no_calendar_is_refused(content: bytes) -> None:
    with pytest.raises(HolidayFileInvalid):
        read_holidays(content, year=2026)


def test_too_many_events_are_refused() -> None:
    with pytest.raises(HolidayFileInvalid):
        days(*([CHRISTMAS] * (MOST_EVENTS + 1)))


@pytest.mark.parametrize(
    "body",
    [
        "BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        "BEGIN:VEV\r\n ENT\r\nEND:VEVENT\r\n",
        "begin:vevent\r\nend:vevent\r\n",
        "BEGIN:VALARM\r\nEND:VALARM\r\n",
        "X-A:1\r\n",
        "X-A;B=C;D=E:1\r\n",
        "X-A:1\r",
        "RDATE:1,2,3,4\r\n",
    ],
)
def test_what_would_take_long_to_parse_is_refused_by_its_bytes(body: str) -> None:
    """The parser takes a moment for each line: the fault that it would find at the end is never reached."""
    content = f"BEGIN:VCALENDAR\r\n{body * (LARGEST_FILE // len(body))}no end of it".encode()
    with pytest.raises(HolidayFileInvalid) as refused:
        read_holidays(content, year=2026)
    assert "more than" in str(refused.value.detail)


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (lines(CHRISTMAS, "STATUS:CANCELLED"), SkipReason.CANCELLED),
        (lines("DTSTART:20261225T090000", "DTEND:20261225T100000"), SkipReason.TIME_OF_DAY),
        (lines("DTSTART:20261225T090000"), SkipReason.TIME_OF_DAY),
        (lines("DTSTART:20261225T120000", "DTEND:20261226T120000"), SkipReason.TIME_OF_DAY),
        (lines("DTSTART:20261225T000000", "DTEND:20261225T235959"), SkipReason.TIME_OF_DAY),
        (lines("DTSTART:20261225T000000", "DTEND:20261226T000000"), SkipReason.WHOLE_DAYS_BY_TIME),
        (lines("DTSTART:20261225T000000Z", "DURATION:P1D"), SkipReason.WHOLE_DAYS_BY_TIME),
        (
            lines("DTSTART;TZID=Europe/Malta:20261224T180000", "DTEND;TZID=Europe/Malta:20261227T060000"),
            SkipReason.WHOLE_DAYS_BY_TIME,
        ),
        (lines("DTSTART;VALUE=DATE:20401225"), SkipReason.OTHER_YEARS),
    ],
)
def test_what_brings_no_holiday_is_named_with_the_reason(event: str, reason: SkipReason) -> None:
    file = read_holidays(ics(CHRISTMAS, lines(event, "SUMMARY:Party")), year=2020)
    (skipped,) = file.skipped
    assert (skipped.number, skipped.reason) == (2, reason)
    assert "Party" in skipped.name or reason is SkipReason.CANCELLED


def test_an_event_without_uid_is_refused() -> None:
    with pytest.raises(HolidayFileInvalid):
        read_holidays(ics(CHRISTMAS).replace(b"UID:0@test", b"UID:"), year=2026)


def test_the_first_event_of_a_date_names_it_and_names_are_clean_and_short() -> None:
    day = "DTSTART;VALUE=DATE:20261225"
    named = days(lines(day, "SUMMARY:One\\, two\\nthree"), lines(day, "SUMMARY:Other"))
    assert named == {date(2026, 12, 25): "One, two three"}
    assert len(days(lines(day, f"SUMMARY:{'x' * 200}"))[date(2026, 12, 25)]) == 40


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(DomainError):
        read_holidays(content, year=2026)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60), max_size=6))
def test_any_lines_of_an_event_are_read_or_refused(texts: list[str]) -> None:
    with suppress(DomainError):
        days(lines(CHRISTMAS, *texts))
