"""Promises that count while the desk is open, told as stories of one ticket; the sample time is a noon in UTC."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.sla.domain.calendars import Calendar, Hours, Window
from services.sla.domain.clocks import Clock, business_elapsed, elapsed
from services.sla.domain.policies import Policy, Source, Target
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind, ClockState
from shared.contracts.tickets import ReasonClass, TicketStatus
from tests.support.sla import Story, fire_all, tell

FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
BERLIN = "Europe/Berlin"
OFFICE = (Window(9 * 60, 12 * 60), Window(13 * 60, 18 * 60))
NIGHT = (Window(22 * 60, 30 * 60),)


def moment(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def policies(*week: tuple[Window, ...], breach: float, zone: str = BERLIN) -> list[Policy]:
    target = Target(minutes(breach / 2), minutes(breach))
    calendar = Calendar(UUID(int=7), 3, "Desk", Hours(zone, week))
    return [
        Policy(
            id=UUID(int=1), version=1, name="Desk", position=1, source=Source.BRAND,
            targets={FIRST: target, RESOLUTION: target}, calendar=calendar,
        )
    ]  # fmt: skip


def weekdays(*windows: Window) -> tuple[tuple[Window, ...], ...]:
    return (windows,) * 5 + ((),) * 2


def first_clock(start: str, *week: tuple[Window, ...], breach: float = 60, zone: str = BERLIN) -> Clock:
    story = Story(Channel.EMAIL, zero=moment(start, zone)).opened()
    return tell(story, policies=policies(*week, breach=breach, zone=zone)).one(FIRST)


def test_the_lunch_break_between_two_windows_does_not_count() -> None:
    clock = first_clock("2026-11-23T11:40", *weekdays(*OFFICE))
    assert (clock.warn_at, clock.due_at) == (moment("2026-11-23T13:10"), moment("2026-11-23T13:40"))
    assert business_elapsed(clock, moment("2026-11-23T12:50")) == minutes(20)
    assert elapsed(clock, moment("2026-11-23T12:50")) == minutes(70)


def test_words_after_hours_are_due_on_the_next_working_day() -> None:
    clock = first_clock("2026-11-27T19:00", *weekdays(*OFFICE))
    assert (clock.started_at, clock.due_at) == (moment("2026-11-27T19:00"), moment("2026-11-30T10:00"))
    assert business_elapsed(clock, moment("2026-11-30T08:00")) == timedelta(0)


def test_a_night_shift_goes_on_after_midnight() -> None:
    clock = first_clock("2026-11-23T23:40", *((NIGHT,) * 7))
    assert clock.due_at == moment("2026-11-24T00:40")
    assert first_clock("2026-11-24T05:50", *((NIGHT,) * 7)).due_at == moment("2026-11-24T22:50")


def test_a_night_shift_loses_the_hour_that_is_skipped() -> None:
    assert first_clock("2026-03-28T22:00", *((NIGHT,) * 7), breach=420).due_at == moment("2026-03-29T06:00")
    assert first_clock("2026-10-24T22:00", *((NIGHT,) * 7), breach=540).due_at == moment("2026-10-25T06:00")


def test_an_agent_in_another_time_zone_sees_the_same_due_time() -> None:
    """The desk in New York changes its clocks a week after Berlin: what counts is the desk's own day."""
    clock = first_clock("2026-10-30T16:30", *weekdays(Window(540, 1020)), zone="America/New_York")
    assert clock.due_at == moment("2026-11-02T09:30", "America/New_York") == moment("2026-11-02T15:30")


def test_a_policy_without_calendar_counts_round_the_clock() -> None:
    clock = tell(Story(Channel.EMAIL, zero=moment("2026-11-28T03:00")).opened()).one(FIRST)
    assert (clock.calendar, clock.due_at) == (None, moment("2026-11-28T05:00"))
    assert business_elapsed(clock, moment("2026-11-28T03:20")) == minutes(20)


def test_a_pause_moves_the_due_time_by_its_open_time_only() -> None:
    story = (
        Story(reason_class=ReasonClass.SIMPLE, zero=moment("2026-11-23T11:00"))
        .opened()
        .becomes(30 * 60, TicketStatus.PENDING)
        .becomes(150 * 60, TicketStatus.OPEN)
    )
    clock = tell(story, policies=policies(*weekdays(*OFFICE), breach=90)).one(RESOLUTION)
    assert (clock.paused_for, clock.open_paused_for) == (minutes(120), minutes(60))
    assert clock.due_at == moment("2026-11-23T14:30")
    assert business_elapsed(clock, moment("2026-11-23T13:45")) == minutes(45)
    assert elapsed(clock, moment("2026-11-23T13:45")) == minutes(45)


def test_hold_time_counts_when_a_paused_ticket_is_resolved_at_once() -> None:
    story = (
        Story(reason_class=ReasonClass.SIMPLE, zero=moment("2026-11-23T11:00"))
        .opened()
        .becomes(30 * 60, TicketStatus.PENDING)
        .becomes(24 * 3600, TicketStatus.RESOLVED)
    )
    clock = tell(story, policies=policies(*weekdays(*OFFICE), breach=60)).one(RESOLUTION)
    assert (clock.state, business_elapsed(clock, moment("2026-12-01T00:00"))) == (ClockState.MET, minutes(30))


def test_nothing_breaks_while_the_desk_is_closed() -> None:
    told = tell(Story(zero=moment("2026-11-27T17:30")).opened(), policies=policies(*weekdays(*OFFICE), breach=60))
    fire_all(told, moment("2026-11-30T09:29"))
    assert told.one(FIRST).state is ClockState.WARNED
    fire_all(told, moment("2026-11-30T09:30"))
    assert told.one(FIRST).breached_at == moment("2026-11-30T09:30")
