"""The second life of parked events: tried again on schedule, shown to operators, replayed on request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, RowMapping, case, func, select, text, update

from shared.db.engine import Database, is_passing
from shared.db.ground import parked_events
from shared.messaging import cursors, parking
from shared.messaging.applying import apply_alone, is_hopeless
from shared.messaging.cursors import Gap
from shared.messaging.decoding import Poison, Work, decode
from shared.messaging.metrics import HANDLED
from shared.messaging.parking import GAP_PATIENCE, SCHEDULE, Fault, fault_of, some_delay
from shared.messaging.stopping import asked_to_stop
from shared.messaging.subscriptions import Routes

PER_SECOND: Final = 50
_AT_ONCE: Final = 8
_SOON: Final = timedelta(seconds=1)
_logger = structlog.get_logger(module=__name__)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which parked or dead events: every given condition must hold; times are those of the first failure."""

    ids: Sequence[UUID] = ()
    types: Sequence[str] = ()
    aggregate_id: str | None = None
    brand: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the selection as SQL."""
        columns = parked_events.c
        found: list[ColumnElement[bool] | None] = [
            columns.event_id.in_(self.ids) if self.ids else None,
            columns.type.in_(self.types) if self.types else None,
            columns.aggregate_id == self.aggregate_id if self.aggregate_id else None,
            columns.brand == self.brand if self.brand else None,
            columns.first_at >= self.since if self.since else None,
            columns.first_at < self.until if self.until else None,
        ]
        return [condition for condition in found if condition is not None]


async def kept_events(
    database: Database, state: str, selection: Selection | None = None, *, limit: int = 100
) -> Sequence[RowMapping]:
    """Return rows of `parked_events` in a state (`parked`, `dead`, `replayed`), oldest failure first."""
    conditions = (selection or Selection()).conditions()
    statement = select(parked_events).where(parked_events.c.state == state, *conditions)
    async with database.begin_worker() as session:
        rows = await session.execute(
            statement.order_by(parked_events.c.first_at, parked_events.c.sequence).limit(limit)
        )
        return rows.mappings().all()


async def replay(database: Database, selection: Selection, *, by: str, why: str, dry_run: bool = False) -> int:
    """Make dead and parked events due again, 50 a second, and return how many; `by` and `why` go to the log.

    A replay runs through the inbox like every delivery, so that repeating it changes nothing. Events of a strict stream
    that went on without them are applied late, out of their sequence.
    """
    columns = parked_events.c
    chosen = (
        select(
            columns.consumer,
            columns.event_id,
            func.row_number().over(order_by=(columns.first_at, columns.sequence)).label("place"),
        )
        .where(columns.state.in_(("dead", "parked")), *selection.conditions())
        .subquery()
    )
    async with database.begin_worker() as session:
        if dry_run:
            return int((await session.execute(select(func.count()).select_from(chosen))).scalar_one())
        done = await session.execute(
            update(parked_events)
            .where(columns.consumer == chosen.c.consumer, columns.event_id == chosen.c.event_id)
            .values(
                state="parked",
                late=case((columns.state == "dead", True), else_=columns.late),
                attempts=0,
                next_at=func.now() + chosen.c.place * timedelta(seconds=1 / PER_SECOND),
            )
        )
    _logger.info("events_replayed", count=done.rowcount, by=by, why=why)
    return done.rowcount


class Redrive:
    """Tries the parked events of one service again when they are due."""

    def __init__(self, database: Database, routes: Routes, *, service: str) -> None:
        self._database = database
        self._routes = routes
        self._name = service
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def round(self) -> timedelta:
        """Try what is due, at most fifty aggregates, and return how long to wait: one second keeps it to 50/s."""
        rows = await parking.claim_due(
            self._database, self._name, sorted(self._routes.strict_streams), limit=PER_SECOND
        )
        await asyncio.gather(*(self._chain(row) for row in rows))
        return timedelta(seconds=1)

    async def _chain(self, row: RowMapping) -> None:
        """Try an event and, as long as that works, those of its strict stream that waited behind it."""
        following: RowMapping | None = row
        async with self._slots:
            while following is not None:
                work = await self._retry(following)
                following = None
                if work is not None and work.strict:
                    following = await parking.claim_next(self._database, self._name, work)

    async def _retry(self, row: RowMapping) -> Work | None:
        """Try one event and write down what came of it; return it if it is done with."""
        work: Work | None = None
        try:
            work = decode(parking.delivery_of(row), self._routes)
            if work is not None:
                work.late = bool(row["late"])
                await apply_alone(self._database, self._name, work)
        except asyncio.CancelledError as error:
            if asked_to_stop():
                raise
            await self._write_failure(row, work, error)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed try
            await self._write_failure(row, work, error)
        else:
            await self._write(row, state="replayed", reason="done", next_at=None, attempts=row["attempts"] + 1)
            HANDLED.labels(self._name, "redriven").inc()
            return work
        return None

    async def _write_failure(self, row: RowMapping, work: Work | None, error: BaseException) -> None:
        if isinstance(error, Gap) and work is not None:
            await self._write_gap(row, work)
            return
        if is_passing(error):
            await self._write(row, reason="failed", next_at=_in(_SOON))
            return
        attempts = row["attempts"] + 1
        wait = some_delay(attempts)
        fault = fault_of(error, "refused" if is_hopeless(error) else "failed")
        if isinstance(error, Poison):
            fault = Fault(error.reason, str(error))
        if wait is None or is_hopeless(error):
            await self._write_dead(row, fault, attempts)
            return
        await self._write(
            row, reason=fault.reason, error=fault.error, error_hash=fault.hash, attempts=attempts, next_at=_in(wait)
        )

    async def _write_gap(self, row: RowMapping, work: Work) -> None:
        """Wait on for the missing event: for a week, as long as its owner can still repeat it; then go on without."""
        attempts = min(row["attempts"] + 1, len(SCHEDULE) - 1)
        async with self._database.begin_worker() as session:
            now = (await session.execute(select(func.now()))).scalar_one()
            if now - row["first_at"] > GAP_PATIENCE:
                await cursors.jump(session, self._name, work)
                await parking.finish(session, row, state="dead", reason="gap-never-closed", next_at=None)
                HANDLED.labels(self._name, "dead").inc()
            else:
                wait = some_delay(attempts) or SCHEDULE[-1]
                await parking.finish(session, row, reason="gap", attempts=attempts, next_at=_in(wait))

    async def _write_dead(self, row: RowMapping, fault: Fault, attempts: int) -> None:
        await self._write(
            row,
            state="dead",
            reason=fault.reason,
            error=fault.error,
            error_hash=fault.hash,
            attempts=attempts,
            next_at=None,
        )
        HANDLED.labels(self._name, "dead").inc()
        _logger.error(
            "event_dead", event_id=str(row["event_id"]), event_type=row["type"], reason=fault.reason, error=fault.error
        )

    async def _write(self, row: RowMapping, **changes: Any) -> None:  # noqa: ANN401 - column values
        async with self._database.begin_worker() as session:
            await parking.finish(session, row, **changes)


def _in(wait: timedelta) -> Any:  # noqa: ANN401 - a column value
    return text("now() + :wait").bindparams(wait=wait)
