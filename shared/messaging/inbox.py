"""The memory of what was handled: one row per consumer and event, in the transaction of the effect."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, tuple_

from shared.db.engine import Database, Session
from shared.db.fixed import Fixed
from shared.db.ground import inbox
from shared.messaging.decoding import Work
from shared.messaging.outbox import id_floor

_PRUNE_ROWS: Final = 1000
# Sorted, so that two consumers that hold the same redelivered events wait for each other instead of deadlocking.
_REMEMBER: Final = Fixed(
    "INSERT INTO inbox (consumer, event_id, brand) "
    "SELECT :consumer, event_id, :brand FROM unnest(CAST(:ids AS uuid[])) AS event_id ORDER BY event_id "
    "ON CONFLICT DO NOTHING RETURNING event_id"
)


async def remember(session: Session, consumer: str, brand: str, works: Sequence[Work]) -> set[UUID]:
    """Note events of one brand as handled and return the ids that are new; the session is bound to that brand."""
    ids = [work.envelope.id for work in works]
    rows = await _REMEMBER.rows(session, {"consumer": consumer, "brand": brand, "ids": ids})
    return {row["event_id"] for row in rows}


async def forget(session: Session, consumer: str, works: Iterable[Work]) -> None:
    """Take back `remember` for events whose handling failed, within the same transaction."""
    ids = [work.envelope.id for work in works]
    await session.execute(delete(inbox).where(inbox.c.consumer == consumer, inbox.c.event_id.in_(ids)))


async def prune(database: Database, before: datetime) -> int:
    """Delete one batch of rows of events told before `before`; return how many.

    An inbox must outlive every way an event can come again: the outbox's 7 days and 28 more to replay. Batched deletes
    are enough at this size; daily partitions are the next step (see `outbox.prune`).
    """
    old = (
        select(inbox.c.consumer, inbox.c.event_id)
        .where(inbox.c.event_id < id_floor(before))
        .order_by(inbox.c.event_id)
        .limit(_PRUNE_ROWS)
    )
    async with database.begin_worker() as session:
        done = await session.execute(delete(inbox).where(tuple_(inbox.c.consumer, inbox.c.event_id).in_(old)))
        return done.rowcount
