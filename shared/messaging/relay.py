"""From the outbox to the transport: every row, in order per aggregate, until it is confirmed."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from shared.db.engine import Database
from shared.db.fixed import Fixed
from shared.db.ground import outbox
from shared.messaging.lease import RENEW_SECONDS, Lease
from shared.messaging.metrics import PUBLISHED, RELAY_LAST_SUCCESS
from shared.messaging.outbox import message_of_row
from shared.messaging.stopping import asked_to_stop
from shared.messaging.transport import AggregateKey, Message, PublishFailed, Transport, Unroutable
from shared.messaging.window import Window

_POLL_SECONDS: Final = 0.5
_MARK_SECONDS: Final = 0.02
_READ_ROWS: Final = 500
_LOADED_ROWS: Final = 2000
_LEAST_BACKOFF: Final = 0.2
_MOST_BACKOFF: Final = 5.0
_DRAIN_SECONDS: Final = 5.0
_logger = structlog.get_logger(module=__name__)

_PENDING: Final = Fixed(
    select(outbox)
    .where(
        outbox.c.published_at.is_(None),
        outbox.c.parked_at.is_(None),
        outbox.c.position != func.all(bindparam("loaded", type_=ARRAY(BigInteger))),
    )
    .order_by(outbox.c.position)
    .limit(_READ_ROWS)
)
_MARK: Final = Fixed(
    "UPDATE outbox SET published_at = CASE WHEN m.error IS NULL THEN now() END, "
    "parked_at = CASE WHEN m.error IS NOT NULL THEN now() END, last_error = m.error "
    "FROM unnest(CAST(:positions AS bigint[]), CAST(:errors AS text[])) AS m(position, error) "
    "WHERE outbox.position = m.position AND EXISTS "
    "(SELECT FROM leases WHERE name = :name AND owner = :owner AND fence = :fence)"
)


@dataclass(slots=True)
class _Row:
    position: int
    message: Message


class Relay:
    """Publishes what one service recorded, alone among its processes (lease with a fencing number).

    Rows are read again until they are marked, never "after the last one seen", which loses rows that commit late. Up to
    200 publishes are in flight across aggregates, fewer while the broker is slow, and one within an aggregate. A crash
    between confirmation and mark repeats the event; the consumers' inboxes absorb that.
    """

    def __init__(self, database: Database, transport: Transport, *, in_flight: int = 200) -> None:
        self._database = database
        self._transport = transport
        self._name = database.service
        self._lease = Lease(database, "relay")
        self._window = Window(in_flight)
        self._lanes: dict[AggregateKey, deque[_Row]] = {}
        self._loaded: set[int] = set()
        self._outcomes: list[tuple[int, str | None]] = []
        self._failures = 0
        self._faulty = False
        self._backoff = 0.0
        self._woken = asyncio.Event()
        self._marking = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self.when_elsewhere: Callable[[], None] | None = None

    def wake(self) -> None:
        """Look at the outbox now; called after every commit that recorded an event.

        If another process holds the lease, `when_elsewhere` is called so that it can be told.
        """
        self._woken.set()
        if not self._lease.held and self.when_elsewhere is not None:
            self.when_elsewhere()

    def nudge(self) -> None:
        """Look at the outbox now, because another process recorded something."""
        self._woken.set()

    async def start(self) -> None:
        """Begin to relay."""
        loops = (self._keep_lease, self._pump, self._mark)
        self._loops = [asyncio.create_task(self._for_ever(loop), name=f"{self._name}-relay") for loop in loops]

    async def stop(self) -> None:
        """Finish what is in flight, mark it and let the next relay in."""
        await _cancelled(self._loops[:2])
        held, self._lease.held = self._lease.held, False
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_DRAIN_SECONDS)
        await _cancelled([*self._loops[2:], *self._tasks])
        if not held:
            return
        try:
            await self._write_outcomes()
            await self._lease.release()
        except Exception as error:  # noqa: BLE001 - the lease ends by itself and unmarked rows are only repeated
            _logger.info("relay_release_failed", service=self._name, error=type(error).__name__)

    async def _for_ever(self, loop: Callable[[], Awaitable[None]]) -> None:
        """Repeat one step of a loop; no failure ends it, only a cancellation that is meant for it."""
        backoff = _LEAST_BACKOFF
        while True:
            try:
                await loop()
                backoff = _LEAST_BACKOFF
            except asyncio.CancelledError:
                if asked_to_stop():
                    raise
            except Exception as error:  # noqa: BLE001 - a supervised loop outlives every failure of one round
                _logger.warning("relay_failed", service=self._name, error=repr(error))
                await asyncio.sleep(_jittered(backoff))
                backoff = min(backoff * 2, _MOST_BACKOFF)

    async def _keep_lease(self) -> None:
        had = self._lease.held
        held = await self._lease.renew()
        if held and not had:
            _logger.info("relay_leads", service=self._name, fence=self._lease.fence)
            self._woken.set()
        await asyncio.sleep(RENEW_SECONDS if held else _jittered(1.0))

    async def _pump(self) -> None:
        """Read what is pending into the lanes, then wait for a wake or half a second."""
        self._woken.clear()
        if not self._transport.can_publish:
            self._faulty, self._backoff = False, 0.0
            await asyncio.sleep(_jittered(_LEAST_BACKOFF))
            return
        room = len(self._loaded) < _LOADED_ROWS
        more = self._lease.held and room and await self._read()
        if self._faulty:
            self._faulty = False
            self._backoff = min(max(self._backoff * 2, _LEAST_BACKOFF), _MOST_BACKOFF)
            await asyncio.sleep(_jittered(self._backoff))
        elif not more:
            await self._nap()

    async def _nap(self) -> None:
        try:
            async with asyncio.timeout(_jittered(_POLL_SECONDS)):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _read(self) -> bool:
        """Load pending rows that are not in flight; True if there may be more.

        If a lane failed while we read, the rows are dropped: theirs may follow one that went back to the outbox.
        """
        failures = self._failures
        async with self._database.glance() as session:
            rows = await _PENDING.rows(session, {"loaded": list(self._loaded)})
        RELAY_LAST_SUCCESS.labels(self._name).set_to_current_time()
        if failures != self._failures:
            return True
        self._enqueue(rows)
        return len(rows) == _READ_ROWS

    def _enqueue(self, rows: "Sequence[asyncpg.Record]") -> None:
        for row in rows:
            message = message_of_row(row)
            self._loaded.add(row["position"])
            lane = self._lanes.get(message.key)
            if lane is None:
                lane = self._lanes[message.key] = deque()
                task = asyncio.create_task(self._send_in_order(message.key, lane), name=f"{self._name}-relay")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            lane.append(_Row(row["position"], message))

    async def _send_in_order(self, key: AggregateKey, lane: deque[_Row]) -> None:
        try:
            while lane and self._lease.held:
                async with self._window.admitted() as closings:
                    if not await self._send(lane[0], closings):
                        break
                lane.popleft()
        finally:
            del self._lanes[key]
            if lane:
                self._failures += 1
                self._loaded.difference_update(row.position for row in lane)

    async def _send(self, row: _Row, closings: int) -> bool:
        """Publish one row; False if it must be tried again later, whatever the reason."""
        try:
            async with asyncio.timeout(self._transport.publish_limit):
                await self._transport.publish(row.message)
        except asyncio.CancelledError:
            if asked_to_stop():
                raise
            return self._failed(row, "cancelled by the broker library")
        except Unroutable as error:
            return self._parked(row, str(error))
        except TimeoutError:
            self._window.failed(closings)
            return self._failed(row, "no confirmation in time")
        except Exception as error:  # noqa: BLE001 - not confirmed is not confirmed, whatever the transport says
            return self._failed(row, repr(error) if isinstance(error, PublishFailed) else type(error).__name__)
        PUBLISHED.labels(self._name, "confirmed").inc()
        self._backoff = 0.0
        self._window.confirmed()
        self._note(row, None)
        return True

    def _failed(self, row: _Row, why: str) -> bool:
        PUBLISHED.labels(self._name, "failed").inc()
        if not self._faulty:
            _logger.warning("publish_failed", service=self._name, event_type=row.message.type, why=why)
        self._faulty = True
        self._woken.set()
        return False

    def _parked(self, row: _Row, why: str) -> bool:
        PUBLISHED.labels(self._name, "unroutable").inc()
        _logger.error("event_unroutable", event_id=str(row.message.id), event_type=row.message.type, why=why)
        self._note(row, why or "unroutable")
        return True

    def _note(self, row: _Row, error: str | None) -> None:
        self._outcomes.append((row.position, error))
        self._marking.set()

    async def _mark(self) -> None:
        """Write down what was confirmed, in batches: nobody waits for a mark, and each costs a transaction."""
        await self._marking.wait()
        await asyncio.sleep(_MARK_SECONDS)
        self._marking.clear()
        await self._write_outcomes()
        if len(self._loaded) >= _LOADED_ROWS - _READ_ROWS:
            self._woken.set()

    async def _write_outcomes(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        if not outcomes:
            return
        try:
            async with self._database.glance() as session:
                await _MARK.rows(
                    session,
                    {
                        "positions": [position for position, _error in outcomes],
                        "errors": [error for _position, error in outcomes],
                        "name": self._lease.name,
                        "owner": self._lease.owner,
                        "fence": self._lease.fence,
                    },
                )
        except BaseException:
            self._outcomes[:0] = outcomes
            self._marking.set()
            raise
        self._loaded.difference_update(position for position, _error in outcomes)
        RELAY_LAST_SUCCESS.labels(self._name).set_to_current_time()


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


async def _cancelled(tasks: Iterable["asyncio.Task[None]"]) -> None:
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
