"""What is told about clocks: the contract's events, made from a clock and what happened to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from services.sla.domain.clocks import Clock, elapsed
from shared.contracts.base import Channel
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockMet,
    ClockPaused,
    ClockStarted,
    ClockWarned,
    ClockWithdrawn,
)

ClockFact: TypeAlias = (
    ClockStarted | ClockWarned | ClockBreached | ClockWithdrawn | ClockMet | ClockPaused | ClockCancelled
)

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One clock after one fact about it, and when that fact happened."""

    fact: type[ClockFact]
    clock: Clock
    at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """The ticket of a clock, as far as the facts name it."""

    ticket_id: UUID
    channel: Channel
    assignee_id: str | None


def told(change: Change, owner: Owner, *, now: datetime) -> ClockFact:
    """Return the event that tells `change`.

    `late_by_ms` is how long after the time of the fact it is told, for facts that are late by their nature: warnings,
    breaches, and the correction of a breach that never was.
    """
    clock = change.clock
    warned = change.fact is ClockWarned
    return change.fact(
        ticket_id=owner.ticket_id,
        clock_id=clock.id,
        kind=clock.kind,
        state=clock.state,
        channel=owner.channel,
        assignee_id=owner.assignee_id,
        started_at=clock.started_at,
        warn_at=change.at if warned else clock.warn_at,
        due_at=clock.due_at,
        met_at=clock.met_at,
        breached_at=clock.breached_at,
        elapsed_seconds=elapsed(clock, change.at).total_seconds(),
        late_by_ms=_late_by_ms(change, now),
        occurred_at=change.at,
        **({"percent": clock.warned_percent} if warned else {}),
    )


def _late_by_ms(change: Change, now: datetime) -> int:
    if change.fact in (ClockWarned, ClockBreached) or change.clock.corrected:
        return max((now - change.at) // _MILLISECOND, 0)
    return 0
