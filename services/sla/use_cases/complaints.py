"""Counting the legal time of complaints: what a complaint's facts do to its clocks, and what the clocks tell."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.sla.domain.jurisdictions import DEFAULT, Clock, clocks
from services.sla.queries import complaints as queries
from services.sla.queries.complaints import Locked
from services.sla.settings import jurisdictions
from shared.contracts.sla import (
    ClockKind,
    ComplaintBreached,
    ComplaintClockEvent,
    ComplaintMet,
    ComplaintScheduled,
    ComplaintWarned,
)
from shared.contracts.tickets import ComplaintState
from shared.db.engine import Session
from shared.messaging.outbox import record, record_rows, row_of

_ALL: int = 100


async def follow_complaint(
    session: Session, complaint: ComplaintState, *, brand: str, sequence: int, scale: float
) -> None:
    """Make the clocks of a complaint what they are after its fact number `sequence`; an older fact changes nothing."""
    locked = await queries.lock_complaint(session, brand, complaint)
    if sequence <= locked.seen:
        return
    rules = jurisdictions().get(complaint.jurisdiction, jurisdictions()[DEFAULT])
    told = locked.told
    for clock in clocks(complaint, rules, scale=scale):
        for news in await _follow_clock(session, brand, complaint, clock, locked):
            told += 1
            await record(session, news, brand=brand, sequence=told, at=locked.now)
    await queries.save_complaint(session, brand, complaint, seen=sequence, told=told)


async def fire_complaint_timers(session: Session, *, limit: int) -> int:
    """Tell what fell due, each timer once, and return how many timers were taken."""
    taken = await queries.take_due(session, limit=limit)
    rows = [
        row_of(_fired(row), service=ComplaintBreached.owner(), brand=row.brand, sequence=row.sequence, at=row.now)
        for row in taken
        if row.heeded
    ]
    if rows:
        await record_rows(session, rows)
    return len(taken)


async def _follow_clock(
    session: Session, brand: str, complaint: ComplaintState, clock: Clock, locked: Locked
) -> Sequence[ComplaintScheduled | ComplaintBreached | ComplaintMet]:
    known = locked.clocks.get(clock.kind.value)
    if known is not None and _same(known, clock):
        return ()
    before = None if known is None else known.breached_at
    broken_at = clock.broken_at(before)
    generation = known.generation + 1 if known else 1
    await queries.save_clock(
        session, brand, complaint.id, clock, broken_at=broken_at, generation=generation, now=locked.now
    )
    common = _common(complaint, clock, locked)
    news: list[ComplaintScheduled | ComplaintBreached | ComplaintMet] = []
    if broken_at is not None and before is None:
        late = int((locked.now - broken_at).total_seconds() * 1000)
        news.append(ComplaintBreached(**common | {"occurred_at": broken_at, "late_by_ms": late}))
    if clock.met_at is not None:
        if known is None or known.met_at != clock.met_at:
            news.append(ComplaintMet(**common, met_at=clock.met_at))
    elif not clock.ended and (known is None or known.due_at != clock.due_at):
        news.append(ComplaintScheduled(**common))
    return news


def _same(known: Row[Any], clock: Clock) -> bool:
    return (known.due_at, known.stands, known.met_at, known.ended) == (
        clock.due_at,
        clock.stands,
        clock.met_at,
        clock.ended,
    )


def _common(complaint: ComplaintState, clock: Clock, locked: Locked) -> dict[str, Any]:
    return {
        "complaint_id": complaint.id,
        "ticket_id": complaint.ticket_id,
        "kind": clock.kind,
        "jurisdiction": complaint.jurisdiction,
        "owner_id": complaint.owner_id,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "occurred_at": locked.now,
    }


def _fired(row: Row[Any]) -> ComplaintWarned | ComplaintBreached:
    common = ComplaintClockEvent(
        complaint_id=UUID(str(row.complaint_id)),
        ticket_id=UUID(str(row.ticket_id)),
        kind=ClockKind(row.kind),
        jurisdiction=row.jurisdiction,
        owner_id=row.owner_id,
        started_at=row.started_at,
        due_at=row.clock_due_at,
        late_by_ms=int((row.now - row.due_at).total_seconds() * 1000),
        occurred_at=row.due_at,
    )
    if row.percent == _ALL:
        return ComplaintBreached(**dict(common))
    return ComplaintWarned(**dict(common), percent=row.percent)
