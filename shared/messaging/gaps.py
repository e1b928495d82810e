"""Events that wait for an earlier one of their strict stream, which another process holds, and are called in time.

With several processes on one queue the events of a busy aggregate lie with all of them. Each must be tried as soon as
the one before it is done elsewhere: tries at fixed times would let the stream crawl from pause to pause.
"""

import asyncio
from typing import Final

import structlog

from shared.db.engine import Database
from shared.db.fixed import Fixed
from shared.messaging.decoding import Work

PATIENCE: Final = 5.0
TRY_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.025
_logger = structlog.get_logger(module=__name__)
_CURSORS: Final = Fixed(
    "SELECT brand, stream, aggregate_id, sequence FROM aggregate_cursors WHERE consumer = :consumer "
    "AND (brand, stream, aggregate_id) IN (SELECT * FROM unnest("
    "CAST(:brands AS text[]), CAST(:streams AS text[]), CAST(:aggregate_ids AS text[])))"
)


class Gaps:
    """Watches the cursors of aggregates that have gaps, all of them with one statement, while there are any."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._consumer = consumer
        self._waiting: dict[Work, asyncio.Event] = {}
        self._watcher: asyncio.Task[None] | None = None

    def add(self, work: Work, bell: asyncio.Event) -> None:
        """Ring `bell` when the event before `work` is done, unless it is due already.

        While its stream moves at all, `work` keeps its patience.
        """
        now = _now()
        if work.due <= now:
            return
        work.waits_since = work.waits_since or now
        self._waiting[work] = bell
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch(), name=f"{self._consumer}-gaps")

    def forget(self, work: Work) -> None:
        """Watch no longer for this event."""
        self._waiting.pop(work, None)

    def is_patient(self, work: Work) -> bool:
        """True until its stream has stood still for five seconds."""
        return work.waits_since is None or _now() < work.waits_since + PATIENCE

    async def stop(self) -> None:
        """End the watch."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    async def _watch(self) -> None:
        while self._waiting:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - without a look they are tried at their own times
                _logger.info("gaps_not_seen", consumer=self._consumer, error=type(error).__name__)

    async def _look(self) -> None:
        keys = {work.key for work in self._waiting}
        brands, streams, aggregate_ids = map(list, zip(*keys, strict=True)) if keys else ([], [], [])
        values = {
            "consumer": self._consumer, "brands": brands, "streams": streams, "aggregate_ids": aggregate_ids,
        }  # fmt: skip
        async with self._database.glance() as session:
            rows = await _CURSORS.rows(session, values)
        reached = {(row["brand"], row["stream"], row["aggregate_id"]): row["sequence"] for row in rows}
        now = _now()
        for work, bell in list(self._waiting.items()):
            sequence = reached.get(work.key, 0)
            if sequence > work.seen:
                work.waits_since, work.seen = now, sequence
            if sequence >= work.envelope.sequence - 1:
                work.due = now
                self.forget(work)
                bell.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
