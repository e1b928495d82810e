"""Firing timers: warnings and breaches that come by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.sla.domain.clocks import Clock
from services.sla.domain.facts import fire, told
from services.sla.queries import timers as queries
from services.sla.queries.timers import CANCELLED, FIRED, DueTimer
from shared.db.engine import Session
from shared.messaging.outbox import row_of

_NOW: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: how late each timer it took was, and when the nearest one was due, null if there is none."""

    lags: tuple[timedelta, ...]
    nearest: timedelta | None


async def fire_due_timers(session: Session, *, after: datetime, limit: int) -> Round:
    """Fire up to `limit` overdue timers that were due later than `after`, in due order.

    Each timer fires once: its row is marked in the transaction that tells the fact, and it is only heeded if it was set
    for the schedule that its clock still has.
    """
    nearest = await queries.nearest_due(session, after=after)
    if nearest is None or nearest > _NOW:
        return Round((), nearest)
    batch = _Batch(str(session.info["service"]))
    for timer in await queries.claim_due(session, after=after, limit=limit):
        batch.take(timer)
    await batch.store(session)
    return Round(tuple(batch.lags), nearest)


@dataclass(slots=True)
class _Batch:
    """What a batch of timers leads to; a ticket with several due timers is told of them in due order."""

    service: str
    lags: list[timedelta] = field(default_factory=list)
    states: list[tuple[DueTimer, str]] = field(default_factory=list)
    clocks: dict[UUID, Clock] = field(default_factory=dict)
    told: dict[UUID, int] = field(default_factory=dict)
    rows: list[Mapping[str, object]] = field(default_factory=list)

    def take(self, timer: DueTimer) -> None:
        """Decide about one timer."""
        clock = self.clocks.get(timer.clock.id, timer.clock)
        change = fire(clock, timer.kind, timer.generation)
        self.lags.append(timer.now - timer.due_at)
        self.states.append((timer, CANCELLED if change is None else FIRED))
        if change is None:
            return
        ticket_id = timer.owner.ticket_id
        sequence = self.told.get(ticket_id, timer.told) + 1
        event = told(change, timer.owner, now=timer.now)
        self.rows.append(row_of(event, service=self.service, brand=timer.brand, sequence=sequence, at=timer.now))
        self.clocks[clock.id] = change.clock
        self.told[ticket_id] = sequence

    async def store(self, session: Session) -> None:
        """Write everything in a handful of statements."""
        if self.states:
            await queries.mark(session, self.states)
        if self.rows:
            await queries.advance(session, self.clocks.values(), self.told)
            await queries.insert_told(session, self.rows)
