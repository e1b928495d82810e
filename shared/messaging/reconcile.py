"""Repeats told facts, the only defence against "confirmed, then lost": the database is the ledger, the broker a pipe.

A service sees its own database only, so it cannot know what a consumer missed. It repeats what it told, in order, and
each consumer's inbox drops what it had. What a consumer handles for the first time then shows up in
`events_handled_total`; everything else counts as duplicate.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping, func, select

from shared.db.engine import Database
from shared.db.ground import outbox
from shared.messaging.outbox import id_floor, message_of_row
from shared.messaging.transport import Transport

SETTLED: Final = timedelta(minutes=5)
_ROWS: Final = 200


async def reconcile(
    database: Database,
    transport: Transport,
    since: datetime,
    *,
    only: str | None = None,
    per_second: int = 200,
    settled: timedelta = SETTLED,
) -> int:
    """Publish again every confirmed event told since `since`, and return how many.

    `only` names a single consumer that shall look at them. Events younger than `settled` are left alone: they may still
    be on their way. Raises `PublishFailed` when the broker goes away; starting again from the same time is harmless.
    """
    count = 0
    position = 0
    loop = asyncio.get_running_loop()
    while rows := await _rows_after(database, position, since, settled):
        began = loop.time()
        for row in rows:
            async with asyncio.timeout(transport.publish_limit):
                await transport.publish(message_of_row(row, only=only))
        count += len(rows)
        position = rows[-1]["position"]
        await asyncio.sleep(max(0.0, len(rows) / per_second - (loop.time() - began)))
    return count


async def _rows_after(database: Database, position: int, since: datetime, settled: timedelta) -> Sequence[RowMapping]:
    statement = (
        select(outbox)
        .where(
            outbox.c.position > position,
            outbox.c.event_id >= id_floor(since),
            outbox.c.published_at < func.now() - settled,
        )
        .order_by(outbox.c.position)
        .limit(_ROWS)
    )
    async with database.begin_worker() as session:
        return (await session.execute(statement)).mappings().all()
