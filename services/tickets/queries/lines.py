"""What is told of lines: how fast tickets were taken, when places were told last, and which queues stall."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.tickets.domain.pace import Taking
from services.tickets.tables import queue_takings, queue_tellings, queues
from shared.db.engine import Session
from shared.db.fixed import Fixed
from shared.ids import new_id

TELLS_OF_TODAY: Final = timedelta(hours=1)
_NEWEST: Final = 200
# Several people take at once: nobody waits for what another one deletes.
_NOTE: Final = Fixed("""
    WITH old AS (
        SELECT id FROM queue_takings WHERE brand = :brand AND taken_at <= :before LIMIT 10 FOR UPDATE SKIP LOCKED
    ), forgotten AS (
        DELETE FROM queue_takings USING old WHERE queue_takings.id = old.id
    )
    INSERT INTO queue_takings (id, brand, tongue, team_id, enqueued_at, taken_at)
    VALUES (:id, :brand, :tongue, :team_id, :enqueued_at, :taken_at) RETURNING id
""")
_TELLING: Final = upsert(queue_tellings).values(brand=bindparam("of_brand"), told_at=bindparam("now"))
_CLAIM: Final = _TELLING.on_conflict_do_update(
    index_elements=[queue_tellings.c.brand],
    set_={"told_at": _TELLING.excluded.told_at},
    where=(queue_tellings.c.told_at <= bindparam("before")) & (queue_tellings.c.told_at < bindparam("moved_at")),
).returning(queue_tellings.c.told_at)


async def note_taking(session: Session, brand: str, taking: Taking) -> None:
    """Remember that somebody took a ticket that had waited, and forget what says nothing about today any more."""
    tongue, team_id = taking.peers
    values = {
        "id": new_id(), "brand": brand, "tongue": tongue, "team_id": team_id, "enqueued_at": taking.enqueued_at,
        "taken_at": taking.taken_at, "before": taking.taken_at - TELLS_OF_TODAY,
    }  # fmt: skip
    await _NOTE.value(session, values)


async def takings_of(session: Session, brand: str, now: datetime) -> list[Taking]:
    """Return the newest takings of a brand that say something about today, newest first."""
    columns = queue_takings.c
    statement = (
        select(columns.tongue, columns.team_id, columns.enqueued_at, columns.taken_at)
        .where(columns.brand == brand, columns.taken_at > now - TELLS_OF_TODAY)
        .order_by(columns.taken_at.desc())
        .limit(_NEWEST)
    )
    return [
        Taking((row.tongue, row.team_id), row.enqueued_at, row.taken_at) for row in await session.execute(statement)
    ]


async def claim_telling(
    session: Session, brand: str, *, moved_at: datetime, pause: timedelta, now: datetime
) -> datetime | None:
    """Be the one who tells the places of a brand now, and return None; else return when they were told last.

    Whoever claims is alone until his transaction ends. Nobody does within the `pause` after the last telling, or if
    that one already saw what moved.
    """
    values = {"of_brand": brand, "now": now, "before": now - pause, "moved_at": moved_at}
    if (await session.execute(_CLAIM, values)).first() is not None:
        return None
    told = select(queue_tellings.c.told_at).where(queue_tellings.c.brand == brand)
    told_at: datetime = (await session.execute(told)).scalar_one()
    return told_at


async def stalled_since(session: Session, brand: str) -> dict[str, datetime]:
    """Return which queues of a brand are known to stall, and since when."""
    statement = select(queues.c.queue, queues.c.stalled_at).where(
        queues.c.brand == brand, queues.c.stalled_at.is_not(None)
    )
    return {row.queue: row.stalled_at for row in await session.execute(statement)}


async def mark_queues(session: Session, brand: str, names: Collection[str], at: datetime | None) -> dict[str, int]:
    """Write since when these queues stall, None: no more; return the sequence of the fact that tells it, by queue."""
    if not names:
        return {}
    rows = [{"brand": brand, "queue": name, "sequence": 1, "stalled_at": at} for name in sorted(names)]
    statement = upsert(queues).values(rows)
    statement = statement.on_conflict_do_update(
        index_elements=[queues.c.brand, queues.c.queue],
        set_={"sequence": queues.c.sequence + 1, "stalled_at": statement.excluded.stalled_at},
    )
    told = await session.execute(statement.returning(queues.c.queue, queues.c.sequence))
    return {row.queue: row.sequence for row in told}
