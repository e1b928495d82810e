"""One promise being measured: a frozen value and the few things that can happen to it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.sla.domain.calendars import Calendar, Hours, add_business_time, business_time_between
from services.sla.domain.policies import Promise
from shared.contracts.sla import ClockKind, ClockState

_ZERO: Final = timedelta(0)
_COUNTING: Final = (ClockState.RUNNING, ClockState.WARNED)


class TimerKind(StrEnum):
    """What a timer brings about."""

    WARN = "warn"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise of one ticket.

    `due_at` and `warn_at` already contain the paused time. `breached_at` is when the promise broke, not when somebody
    noticed. `ended_at` is set once nothing more can happen: met or cancelled. `generation` grows whenever the
    schedule changes, so that a timer set for an older schedule is recognised. `corrected` marks a clock whose recorded
    breach was taken back because the deed had been done in time and only the news of it came late.

    `calendar` is its policy's as it was when the clock began: its opening hours decide what counts until `due_at`.
    `paused_for` is the whole length of the pauses, `open_paused_for` the part of it inside opening hours.
    """

    id: UUID
    kind: ClockKind
    state: ClockState
    started_at: datetime
    warn_at: datetime | None
    due_at: datetime
    policy_id: UUID
    policy_version: int
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    paused_for: timedelta = _ZERO
    corrected: bool = False
    generation: int = 1
    calendar: Calendar | None = None
    open_paused_for: timedelta = _ZERO

    @property
    def open(self) -> bool:
        """True while something can still happen to the clock."""
        return self.ended_at is None

    @property
    def hours(self) -> Hours | None:
        """Return the opening hours that count; null: round the clock."""
        return None if self.calendar is None else self.calendar.hours


def start(kind: ClockKind, *, ticket_id: UUID, ordinal: int, at: datetime, promise: Promise) -> Clock:
    """Return a running clock; `ordinal` is the sequence of the event that started it."""
    target = promise.target
    hours = None if promise.calendar is None else promise.calendar.hours
    return Clock(
        id=_clock_id(ticket_id, kind, ordinal, at),
        kind=kind,
        state=ClockState.RUNNING,
        started_at=at,
        warn_at=None if target.warn is None else add_business_time(hours, at, target.warn),
        due_at=add_business_time(hours, at, target.breach),
        policy_id=promise.policy_id,
        policy_version=promise.policy_version,
        calendar=promise.calendar,
    )


def settle(clock: Clock, at: datetime) -> Clock:
    """Return the clock as it must stand at `at`: broken if `at` is past the due time, otherwise not broken.

    A breach that was recorded although the deed happened by the due time is taken back.
    """
    if clock.state in _COUNTING and at > clock.due_at:
        return breach(clock)
    if clock.state is ClockState.BREACHED and clock.open and at <= clock.due_at:
        return replace(clock, state=_counting(clock), breached_at=None, corrected=True, generation=clock.generation + 1)
    return clock


def meet(clock: Clock, at: datetime) -> Clock:
    """Return the clock after the promised deed was done at `at`; a broken promise stays broken."""
    at = max(at, clock.started_at)
    settled = settle(resume(clock, at), at)
    state = ClockState.BREACHED if settled.state is ClockState.BREACHED else ClockState.MET
    return replace(settled, state=state, met_at=at, ended_at=at, generation=settled.generation + 1)


def cancel(clock: Clock, at: datetime) -> Clock:
    """Return the clock after its promise became pointless at `at`; a broken promise stays broken."""
    at = max(at, clock.started_at)
    settled = settle(resume(clock, at), at)
    state = ClockState.BREACHED if settled.state is ClockState.BREACHED else ClockState.CANCELLED
    return replace(settled, state=state, ended_at=at, generation=settled.generation + 1)


def pause(clock: Clock, at: datetime) -> Clock:
    """Return the clock standing still from `at` on; a broken promise cannot be paused."""
    at = max(at, clock.started_at)
    settled = settle(clock, at)
    if not settled.open or settled.state not in _COUNTING:
        return settled
    return replace(settled, state=ClockState.PAUSED, paused_at=at, generation=settled.generation + 1)


def resume(clock: Clock, at: datetime) -> Clock:
    """Return the clock counting again, its due time moved by the open time of the pause."""
    if clock.paused_at is None:
        return clock
    open_pause = business_time_between(clock.hours, clock.paused_at, at)
    return replace(
        clock,
        state=_counting(clock),
        paused_at=None,
        paused_for=clock.paused_for + max(at - clock.paused_at, _ZERO),
        open_paused_for=clock.open_paused_for + open_pause,
        due_at=add_business_time(clock.hours, clock.due_at, open_pause),
        warn_at=None if clock.warn_at is None else add_business_time(clock.hours, clock.warn_at, open_pause),
        generation=clock.generation + 1,
    )


def replan(clock: Clock, promise: Promise, at: datetime) -> Clock:
    """Return the clock under another promise from `at` on, as if it had been made when the clock began.

    Nobody is late by the change itself: what would have been due earlier is due at `at`. Pauses are kept; if the
    calendar changes too, they move the due time by what was open of them before. A broken promise stays broken.
    """
    at = max(at, clock.started_at)
    settled = settle(clock, at)
    if settled.state is ClockState.BREACHED or not settled.open:
        return settled
    hours = None if promise.calendar is None else promise.calendar.hours
    paused = clock.paused_for if hours is None else clock.open_paused_for
    counted = clock.paused_at or at
    due_at = max(add_business_time(hours, clock.started_at, promise.target.breach + paused), counted)
    return replace(
        settled,
        state=settled.state if settled.state is ClockState.PAUSED else ClockState.RUNNING,
        warn_at=_replanned_warning(clock, promise, paused, counted, due_at),
        warned_at=None,
        due_at=due_at,
        policy_id=promise.policy_id,
        policy_version=promise.policy_version,
        calendar=promise.calendar,
        open_paused_for=paused,
        generation=settled.generation + 1,
    )


def breach(clock: Clock) -> Clock:
    """Return the clock after its promise was broken."""
    return replace(clock, state=ClockState.BREACHED, breached_at=clock.due_at)


def timers(clock: Clock) -> tuple[tuple[TimerKind, datetime], ...]:
    """Return what is still to happen by itself, and when."""
    if clock.state not in _COUNTING or not clock.open:
        return ()
    due = (TimerKind.BREACH, clock.due_at)
    if clock.state is ClockState.RUNNING and clock.warn_at is not None:
        return ((TimerKind.WARN, clock.warn_at), due)
    return (due,)


def elapsed(clock: Clock, now: datetime) -> timedelta:
    """Return how long the promise has been counting: up to its end, its pause or `now`, pauses left out."""
    return max(_counted_until(clock, now) - clock.started_at - clock.paused_for, _ZERO)


def business_elapsed(clock: Clock, now: datetime) -> timedelta:
    """Return how much of the elapsed time lay inside the opening hours of the clock's calendar."""
    if clock.hours is None:
        return elapsed(clock, now)
    counted = business_time_between(clock.hours, clock.started_at, _counted_until(clock, now))
    return max(counted - clock.open_paused_for, _ZERO)


def _replanned_warning(
    clock: Clock, promise: Promise, paused: timedelta, counted: datetime, due_at: datetime
) -> datetime | None:
    """Return when to warn: at once if that moment is past, not at all if the due time has come with it."""
    warn = promise.target.warn
    if warn is None:
        return None
    hours = None if promise.calendar is None else promise.calendar.hours
    warn_at = max(add_business_time(hours, clock.started_at, warn + paused), counted)
    return warn_at if warn_at < due_at else None


def _counted_until(clock: Clock, now: datetime) -> datetime:
    return clock.met_at or clock.ended_at or clock.paused_at or now


def _counting(clock: Clock) -> ClockState:
    return ClockState.RUNNING if clock.warned_at is None else ClockState.WARNED


def _clock_id(ticket_id: UUID, kind: ClockKind, ordinal: int, at: datetime) -> UUID:
    """Return an id that a replay of the same events finds again, in the form of a UUIDv7 (RFC 9562, section 5.7)."""
    digest = hashlib.sha256(f"{ticket_id}/{kind.value}/{ordinal}".encode()).digest()
    milliseconds = int(at.timestamp() * 1000).to_bytes(6, "big")
    body = bytearray(milliseconds + digest[:10])
    body[6] = 0x70 | (body[6] & 0x0F)
    body[8] = 0x80 | (body[8] & 0x3F)
    return UUID(bytes=bytes(body))
