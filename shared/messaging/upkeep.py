"""What keeps the ledger tables small and the operators informed, as periodic tasks."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, func, literal, select, tuple_

from shared.db.engine import Database
from shared.db.ground import idempotency_keys, parked_events
from shared.messaging import inbox, outbox, parking
from shared.messaging.metrics import DEAD, OUTBOX_OLDEST, OUTBOX_PARKED, OUTBOX_PENDING, PARKED
from shared.messaging.runtime import Ground, Job

OUTBOX_KEPT: Final = timedelta(days=7)
INBOX_KEPT: Final = timedelta(days=35)
IDEMPOTENCY_KEPT: Final = timedelta(hours=48)
REPLAYED_KEPT: Final = timedelta(days=35)
_HOUR: Final = timedelta(hours=1)
_SOON: Final = timedelta(seconds=1)
_MEASURE_EVERY: Final = timedelta(seconds=5)
_ROWS: Final = 1000
_BATCHES: Final = 20


async def prune(ground: Ground) -> timedelta:
    """Delete what is past its time, in batches of 1000 rows; return soon if there is more.

    Outbox rows stay 7 days, inbox rows 35, idempotency keys 48 h, replayed events 35 days. Unconfirmed, parked and dead
    events stay for ever. Batched deletes are enough at this size; daily partitions are the next step.
    """
    now = ground.clock.now()
    database = ground.database
    steps: tuple[Callable[[], Awaitable[int]], ...] = (
        lambda: outbox.prune(database, now - OUTBOX_KEPT),
        lambda: inbox.prune(database, now - INBOX_KEPT),
        lambda: _forget_keys(database),
        lambda: _forget_replayed(database),
    )
    more = [await _until_done(step) for step in steps]
    return _SOON if any(more) else _HOUR


async def measure(ground: Ground) -> timedelta:
    """Publish the depth of outbox and parking as metrics."""
    service = ground.database.service
    backlog = await outbox.backlog(ground.database)
    OUTBOX_PENDING.labels(service).set(backlog.pending)
    OUTBOX_OLDEST.labels(service).set(backlog.oldest_seconds)
    OUTBOX_PARKED.labels(service).set(backlog.unroutable)
    parked, dead = await parking.counts(ground.database, service)
    PARKED.labels(service).set(parked)
    DEAD.labels(service).set(dead)
    return _MEASURE_EVERY


PRUNING: Final = Job("messaging-prune", prune)
MEASURING: Final = Job("messaging-measure", measure)


async def _until_done(step: Callable[[], Awaitable[int]]) -> bool:
    """Repeat a batch until nothing is left; True if it stopped before that, to let others work."""
    for _batch in range(_BATCHES):
        if await step() < _ROWS:
            return False
    return True


async def _forget_keys(database: Database) -> int:
    columns = (
        idempotency_keys.c.brand,
        idempotency_keys.c.principal,
        idempotency_keys.c.route,
        idempotency_keys.c.key,
    )
    async with database.begin_worker() as session:
        old = select(*columns).where(idempotency_keys.c.created_at < _ago(IDEMPOTENCY_KEPT)).limit(_ROWS)
        done = await session.execute(delete(idempotency_keys).where(tuple_(*columns).in_(old)))
        return done.rowcount


async def _forget_replayed(database: Database) -> int:
    columns = (parked_events.c.consumer, parked_events.c.event_id)
    async with database.begin_worker() as session:
        past = parked_events.c.last_at < _ago(REPLAYED_KEPT)
        old = select(*columns).where(parked_events.c.state == "replayed", past).limit(_ROWS)
        done = await session.execute(delete(parked_events).where(tuple_(*columns).in_(old)))
        return done.rowcount


def _ago(kept: timedelta) -> ColumnElement[datetime]:
    return func.now() - literal(kept)
