"""HTTP shapes of the clocks of tickets; durations are seconds on the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from services.sla.domain.clocks import Clock, business_elapsed, elapsed
from services.sla.domain.marks import Mark
from services.sla.domain.running import Schedule
from services.sla.domain.tracked import Ticket, time_spent
from shared.contracts.sla import ClockKind, ClockState


class ScheduleView(BaseModel):
    """What a clock was under until `replaced_at`; `cause` names the fields that changed, or `policy`."""

    policy_id: UUID
    policy_version: int
    warn_at: datetime | None
    due_at: datetime
    replaced_at: datetime
    cause: str

    @classmethod
    def of(cls, schedule: Schedule) -> Self:
        """Return the view of a schedule."""
        return cls.model_validate(schedule, from_attributes=True)


class WarningView(BaseModel):
    """A warning that is told, or was, when `percent` of a promise have run."""

    percent: int
    at: datetime
    told: bool

    @classmethod
    def of(cls, mark: Mark, clock: Clock) -> Self:
        """Return the view of a warning of a clock."""
        return cls(percent=mark.percent, at=mark.at, told=mark not in clock.upcoming)


class ClockView(BaseModel):
    """A promise being measured; `elapsed_seconds` leaves pauses out and is counted to the end, the pause or now.

    `business_seconds` is the part of it inside the opening hours of the policy's calendar, which decide when it
    falls due; without a calendar both are the same. `breached_at` is when the promise broke. `corrected` is true if a
    breach was recorded and taken back, because the deed had been done in time and only the news of it came late.
    `earlier` are the schedules it had before the ticket or a policy changed, oldest first.
    """

    id: UUID
    kind: ClockKind
    state: ClockState
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None
    warned_at: datetime | None
    warnings: list[WarningView] = []
    met_at: datetime | None
    breached_at: datetime | None
    paused_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: float
    business_seconds: float
    paused_seconds: float
    policy_id: UUID
    policy_version: int
    corrected: bool
    earlier: list[ScheduleView] = []

    @classmethod
    def of(cls, clock: Clock, *, now: datetime, earlier: Sequence[Schedule] = ()) -> Self:
        """Return the view of a clock at `now`."""
        return cls(
            id=clock.id,
            kind=clock.kind,
            state=clock.state,
            started_at=clock.started_at,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            warned_at=clock.warned_at,
            warnings=[WarningView.of(mark, clock) for mark in clock.warnings],
            met_at=clock.met_at,
            breached_at=clock.breached_at,
            paused_at=clock.paused_at,
            ended_at=clock.ended_at,
            elapsed_seconds=elapsed(clock, now).total_seconds(),
            business_seconds=business_elapsed(clock, now).total_seconds(),
            paused_seconds=clock.paused_for.total_seconds(),
            policy_id=clock.policy_id,
            policy_version=clock.policy_version,
            corrected=clock.corrected,
            earlier=[ScheduleView.of(schedule) for schedule in earlier],
        )


class TimeSpent(BaseModel):
    """On whom the ticket's time was spent until now, in seconds; a finished ticket takes nobody's time."""

    bot: float = 0
    queue: float = 0
    agent: float = 0
    player: float = 0
    back_office: float = 0
    snoozed: float = 0

    @classmethod
    def of(cls, ticket: Ticket, *, now: datetime) -> Self:
        """Return the view of a ticket's time at `now`."""
        return cls(**{party.value: time.total_seconds() for party, time in time_spent(ticket, now).items()})


class TicketClocks(BaseModel):
    """Every promise of one ticket, oldest first, and on whom its time was spent."""

    ticket_id: UUID
    clocks: list[ClockView]
    time_spent: TimeSpent = TimeSpent()
