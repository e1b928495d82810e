"""Complaints as far as their clocks need them, the clocks, and the timers that fire on the database's `now()`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.sla.domain.jurisdictions import Clock
from services.sla.tables import clocked_complaints, complaint_clocks, complaint_timers
from shared.contracts.tickets import ComplaintState
from shared.db.engine import Session

# Rows that a consumer or another worker holds are skipped, never waited for, so this side can be in no deadlock.
_DUE: Final = text(
    """
    WITH picked AS MATERIALIZED (
        SELECT complaint_id, kind, percent, due_at, generation FROM complaint_timers
        WHERE state = 'pending' AND due_at <= now()
        ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
    ), due AS MATERIALIZED (
        SELECT picked.*, clock.brand, clock.started_at, clock.due_at AS clock_due_at, complaint.ticket_id,
               complaint.jurisdiction, complaint.owner_id, complaint.told, now() AS now,
               picked.generation = clock.generation AND clock.met_at IS NULL AND NOT clock.ended
                   AND NOT clock.stands AS heeded
        FROM picked
        JOIN complaint_clocks AS clock ON clock.complaint_id = picked.complaint_id AND clock.kind = picked.kind
        JOIN clocked_complaints AS complaint ON complaint.id = picked.complaint_id
        FOR UPDATE OF clock, complaint SKIP LOCKED
    ), marked AS (
        UPDATE complaint_timers AS timer SET state = CASE WHEN due.heeded THEN 'fired' ELSE 'cancelled' END
        FROM due
        WHERE timer.complaint_id = due.complaint_id AND timer.kind = due.kind AND timer.percent = due.percent
    ), broken AS (
        UPDATE complaint_clocks AS clock SET breached_at = clock.due_at
        FROM due
        WHERE due.heeded AND due.percent = 100
          AND clock.complaint_id = due.complaint_id AND clock.kind = due.kind
    ), counted AS (
        UPDATE clocked_complaints AS complaint SET told = complaint.told + news.count
        FROM (SELECT complaint_id, count(*) FROM due WHERE heeded GROUP BY complaint_id) AS news
        WHERE complaint.id = news.complaint_id
    )
    SELECT due.*,
           told + row_number() OVER (PARTITION BY complaint_id, heeded ORDER BY due_at, percent, kind) AS sequence
    FROM due ORDER BY due_at, percent, kind
    """
)
_SET_TIMER: Final = insert(complaint_timers)
# What was told is not told again, unless its time is still to come under the new schedule.
_SET: Final = _SET_TIMER.on_conflict_do_update(
    index_elements=[complaint_timers.c.complaint_id, complaint_timers.c.kind, complaint_timers.c.percent],
    set_={name: _SET_TIMER.excluded[name] for name in ("due_at", "generation", "state")},
    where=(complaint_timers.c.state != "fired") | (_SET_TIMER.excluded.due_at > func.now()),
)


@dataclass(frozen=True, slots=True)
class Locked:
    """A complaint nobody else can change meanwhile, with its clocks' rows by kind, and the database's time."""

    seen: int
    told: int
    now: datetime
    clocks: Mapping[str, Row[Any]]


async def lock_complaint(session: Session, brand: str, complaint: ComplaintState) -> Locked:
    """Return a complaint, locked; one that is not known yet is stored."""
    new = {
        "id": complaint.id, "brand": brand, "ticket_id": complaint.ticket_id, "jurisdiction": complaint.jurisdiction,
        "owner_id": complaint.owner_id, "seen": 0, "told": 0,
    }  # fmt: skip
    await session.execute(insert(clocked_complaints).values(new).on_conflict_do_nothing())
    which = and_(clocked_complaints.c.brand == brand, clocked_complaints.c.id == complaint.id)
    row = (
        await session.execute(select(clocked_complaints, func.now().label("now")).where(which).with_for_update())
    ).one()
    clocks = await session.execute(
        select(complaint_clocks).where(
            complaint_clocks.c.brand == brand, complaint_clocks.c.complaint_id == complaint.id
        )
    )
    return Locked(row.seen, row.told, row.now, {clock.kind: clock for clock in clocks})


async def save_complaint(session: Session, brand: str, complaint: ComplaintState, *, seen: int, told: int) -> None:
    """Store what changed in a locked complaint."""
    await session.execute(
        update(clocked_complaints)
        .where(clocked_complaints.c.brand == brand, clocked_complaints.c.id == complaint.id)
        .values(jurisdiction=complaint.jurisdiction, owner_id=complaint.owner_id, seen=seen, told=told)
    )


async def save_clock(
    session: Session, brand: str, complaint_id: UUID, clock: Clock, *, broken_at: datetime | None, generation: int,
    now: datetime,
) -> None:  # fmt: skip
    """Store a clock of a locked complaint and make its timers what they are now."""
    values = {
        "started_at": clock.started_at, "due_at": clock.due_at, "stands": clock.stands, "met_at": clock.met_at,
        "ended": clock.ended, "breached_at": broken_at, "generation": generation,
    }  # fmt: skip
    keys = {"complaint_id": complaint_id, "kind": clock.kind.value}
    statement = insert(complaint_clocks).values(brand=brand, **keys, **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[complaint_clocks.c.complaint_id, complaint_clocks.c.kind], set_=values
        )
    )
    await session.execute(
        update(complaint_timers)
        .where(
            complaint_timers.c.brand == brand,
            complaint_timers.c.complaint_id == complaint_id,
            complaint_timers.c.kind == clock.kind.value,
            complaint_timers.c.state == "pending",
        )
        .values(state="cancelled")
    )
    rows = [
        {**keys, "brand": brand, "percent": one.percent, "due_at": one.at, "generation": generation, "state": "pending"}
        for one in clock.timers(now)
    ]
    if rows:
        await session.execute(_SET, rows)


async def clocks_of(session: Session, brand: str, complaint_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
    """Return the clocks of some complaints."""
    statement = select(complaint_clocks).where(
        complaint_clocks.c.brand == brand, complaint_clocks.c.complaint_id.in_(list(complaint_ids))
    )
    return (await session.execute(statement)).all()


async def take_due(session: Session, *, limit: int) -> Sequence[Row[Any]]:
    """Mark up to `limit` overdue timers, in due order, and return them; those not `heeded` tell nothing."""
    return (await session.execute(_DUE, {"limit": limit})).all()
