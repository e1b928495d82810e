"""One promise being measured: a frozen value and the few things that can happen to it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.sla.domain.calendars import Calendar, Hours, add_business_time, business_time_between
from services.sla.domain.marks import BREACH, Mark, ahead
from services.sla.domain.pauses import Pauses
from services.sla.domain.policies import Promise
from shared.contracts.sla import ClockKind, ClockState

_ZERO: Final = timedelta(0)
_COUNTING: Final = (ClockState.RUNNING, ClockState.WARNED)


@dataclass(frozen=True, slots=True)
class Clock:
    """A promise of one ticket.

    `due_at` and `warnings` already contain the paused time. `warned_percent` is the highest warning that was told, so
    that none is told twice. `breached_at` is when the promise broke, not when somebody noticed. `ended_at` is set once
    nothing more happens by itself: met or cancelled. `generation` grows whenever the schedule changes, so that a timer
    set for an older schedule is recognised. `corrected` marks a clock whose recorded breach was taken back because the
    deed had been done in time and only the news of it came late. `pauses` are its policy's, null the usual ones.

    `calendar` is its policy's as it was when the clock began: its opening hours decide what counts until `due_at`.
    `paused_for` is the whole length of the pauses, `open_paused_for` the part of it inside opening hours.
    """

    id: UUID
    kind: ClockKind
    state: ClockState
    started_at: datetime
    warnings: tuple[Mark, ...]
    due_at: datetime
    policy_id: UUID
    policy_version: int
    warned_at: datetime | None = None
    warned_percent: int | None = None
    breached_at: datetime | None = None
    met_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    paused_for: timedelta = _ZERO
    corrected: bool = False
    generation: int = 1
    calendar: Calendar | None = None
    open_paused_for: timedelta = _ZERO
    pauses: Pauses | None = None

    @property
    def open(self) -> bool:
        """True while something can still happen to the clock."""
        return self.ended_at is None

    @property
    def correctable(self) -> bool:
        """True if late news could still show that an ended clock's promise was kept."""
        return self.ended_at is not None and self.state is ClockState.BREACHED

    @property
    def upcoming(self) -> tuple[Mark, ...]:
        """Return the warnings that have not been told."""
        return tuple(mark for mark in self.warnings if mark.percent > (self.warned_percent or 0))

    @property
    def warn_at(self) -> datetime | None:
        """Return when the next warning is due; of a broken promise or once all are told, when the last was."""
        following = self.upcoming[:1] if self.breached_at is None else ()
        marks = following or self.warnings[-1:]
        return marks[0].at if marks else None

    @property
    def hours(self) -> Hours | None:
        """Return the opening hours that count; null: round the clock."""
        return None if self.calendar is None else self.calendar.hours


def start(
    kind: ClockKind, *, ticket_id: UUID, ordinal: int, at: datetime, promise: Promise, known_at: datetime | None = None
) -> Clock:
    """Return a clock that runs from `at` on; `ordinal` is the sequence of the event that started it.

    Of the warnings that had passed when that became known, at `known_at`, only the highest is told.
    """
    target = promise.target
    hours = None if promise.calendar is None else promise.calendar.hours
    return Clock(
        id=_clock_id(ticket_id, kind, ordinal, at),
        kind=kind,
        state=ClockState.RUNNING,
        started_at=at,
        warnings=ahead(_marks(hours, at, promise), known_at or at),
        due_at=add_business_time(hours, at, target.breach),
        policy_id=promise.policy_id,
        policy_version=promise.policy_version,
        calendar=promise.calendar,
        pauses=target.pauses,
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
        warnings=tuple(
            Mark(mark.percent, add_business_time(clock.hours, mark.at, open_pause)) for mark in clock.warnings
        ),
        generation=clock.generation + 1,
    )


def make_good(clock: Clock, at: datetime) -> Clock | None:
    """Return a broken and ended clock as kept, if late news say that the deed was done at `at`, in time after all."""
    earlier = clock.met_at is None or at < clock.met_at
    if not clock.correctable or not earlier or not clock.started_at <= at <= clock.due_at:
        return None
    kept = replace(clock, state=ClockState.MET, met_at=at, ended_at=at, breached_at=None)
    return replace(kept, corrected=True, generation=clock.generation + 1)


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
    marks = ahead(_marks(hours, clock.started_at, promise, paused), counted)
    told = bool(marks) and marks[0].at <= counted and marks[0].percent <= (clock.warned_percent or 0)
    replanned = replace(
        settled,
        warnings=tuple(Mark(mark.percent, max(mark.at, counted)) for mark in marks if max(mark.at, counted) < due_at),
        warned_at=clock.warned_at if told else None,
        warned_percent=marks[0].percent if told else None,
        due_at=due_at,
        policy_id=promise.policy_id,
        policy_version=promise.policy_version,
        calendar=promise.calendar,
        open_paused_for=paused,
        generation=settled.generation + 1,
        pauses=promise.target.pauses,
    )
    return replanned if settled.paused_at else replace(replanned, state=_counting(replanned))


def breach(clock: Clock) -> Clock:
    """Return the clock after its promise was broken."""
    return replace(clock, state=ClockState.BREACHED, breached_at=clock.due_at)


def timers(clock: Clock) -> tuple[tuple[int, datetime], ...]:
    """Return at which percent something is still to happen by itself, and when."""
    if clock.state not in _COUNTING or not clock.open:
        return ()
    return (*((mark.percent, mark.at) for mark in clock.upcoming), (BREACH, clock.due_at))


def elapsed(clock: Clock, now: datetime) -> timedelta:
    """Return how long the promise has been counting: up to its end, its pause or `now`, pauses left out."""
    return max(_counted_until(clock, now) - clock.started_at - clock.paused_for, _ZERO)


def business_elapsed(clock: Clock, now: datetime) -> timedelta:
    """Return how much of the elapsed time lay inside the opening hours of the clock's calendar."""
    if clock.hours is None:
        return elapsed(clock, now)
    counted = business_time_between(clock.hours, clock.started_at, _counted_until(clock, now))
    return max(counted - clock.open_paused_for, _ZERO)


def _marks(hours: Hours | None, start: datetime, promise: Promise, paused: timedelta = _ZERO) -> tuple[Mark, ...]:
    return tuple(
        Mark(percent, add_business_time(hours, start, after + paused))
        for percent, after in promise.target.warned_after()
    )


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
