"""What happens to an event that failed: three quick tries, then the parking; what can never succeed is dead at once.

One that only waits for an earlier event, or for others to let go of what it needs, is not counted as failed.
"""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from shared.db.engine import Database, DatabaseUnavailable, is_passing
from shared.messaging import parking
from shared.messaging.applying import apply_alone, is_hopeless
from shared.messaging.cursors import Gap
from shared.messaging.decoding import Poison, Work
from shared.messaging.gaps import TRY_SECONDS, Gaps
from shared.messaging.metrics import HANDLED
from shared.messaging.parking import Fault, fault_of
from shared.messaging.stopping import asked_to_stop
from shared.messaging.transport import AggregateKey, Delivery

QUICK: Final = (0.1, 0.5, 2.0)
_LEAST_BACKOFF: Final = 0.2
_MOST_BACKOFF: Final = 5.0
# Hundreds of waiting aggregates must not take the connections that requests need.
_AT_ONCE: Final = 4
_logger = structlog.get_logger(module=__name__)


async def tell(deliveries: Sequence[Delivery], *, done: bool) -> None:
    """Acknowledge or hand back; a channel that died meanwhile delivers again, which the inbox absorbs."""
    for delivery in deliveries:
        try:
            await delivery.settle(done)
        except asyncio.CancelledError:
            if asked_to_stop():
                raise
        except Exception as error:  # noqa: BLE001 - the library's errors for a dead channel are many
            _logger.info("settling_failed", event_id=delivery.id, error=type(error).__name__)


@dataclass(slots=True)
class _Aggregate:
    """The events of one aggregate that wait here, and the bell that rings when another joins them."""

    items: list[Work] = field(default_factory=list)
    bell: asyncio.Event = field(default_factory=asyncio.Event)


class Settler:
    """Holds the aggregates whose events failed, each in a task of its own, until nothing of them waits any more."""

    def __init__(self, database: Database, consumer: str) -> None:
        self._database = database
        self._consumer = consumer
        self._gaps = Gaps(database, consumer)
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._held: dict[AggregateKey, _Aggregate] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def holds(self, key: AggregateKey) -> bool:
        """True if later events of this aggregate must wait here."""
        return key in self._held

    def add(self, work: Work, error: BaseException | None = None) -> None:
        """Take over an event, with the error of its first try if there was one."""
        if error is not None:
            _note(work, error)
        aggregate = self._held.get(work.key)
        if aggregate is None:
            aggregate = self._held[work.key] = _Aggregate()
            self._spawn(self._work_off(work.key, aggregate))
        aggregate.items.append(work)
        aggregate.bell.set()

    def refuse(self, delivery: Delivery, poison: Poison) -> None:
        """Bury what cannot even be decoded."""
        self._spawn(self._refuse(delivery, Fault(poison.reason, str(poison))))

    async def stop(self, limit: float) -> None:
        """Let running tries finish within `limit` seconds; the rest is handed back."""
        self._stopping.set()
        for aggregate in self._held.values():
            aggregate.bell.set()
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=limit)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._gaps.stop()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name=f"{self._consumer}-settling")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_off(self, key: AggregateKey, aggregate: _Aggregate) -> None:
        try:
            while aggregate.items and not self._stopping.is_set():
                aggregate.bell.clear()
                work = min(aggregate.items, key=_sequence)
                if await self._is_settled(work, aggregate):
                    aggregate.items.remove(work)
        finally:
            del self._held[key]
            for work in aggregate.items:
                self._gaps.forget(work)
            await tell([work.delivery for work in aggregate.items], done=False)

    async def _is_settled(self, work: Work, aggregate: _Aggregate) -> bool:
        """Do the next thing for an event; False if it is still here afterwards."""
        try:
            fault = await self._verdict(work)
            if fault is not None:
                await self._leave(work, fault)
                return True
        except Exception as error:  # noqa: BLE001 - without its row the event must not leave: wait for the database
            await self._database_back(error)
            return False
        if isinstance(work.error, Gap):
            self._gaps.add(work, aggregate.bell)
        if not await _is_due(work, aggregate.bell):
            return False
        self._gaps.forget(work)
        failure = await self._failure_of_try(work)
        if failure is None:
            await tell([work.delivery], done=True)
            return True
        if isinstance(failure, DatabaseUnavailable):
            await self._database_back(failure)
        _note(work, failure)
        return False

    async def _verdict(self, work: Work) -> Fault | None:
        """Return why an event must leave, or None if it gets another try."""
        error = work.error
        if error is None or is_passing(error):
            return None
        if is_hopeless(error):
            return fault_of(error, "refused")
        last = work.attempts > len(QUICK)
        if not isinstance(error, Gap):
            return fault_of(error) if last else None
        if work.attempts == 1 and await self._is_blocked(work):
            return Fault("behind")
        return None if self._gaps.is_patient(work) else Fault("gap")

    async def _is_blocked(self, work: Work) -> bool:
        async with self._slots:
            return await parking.is_blocked(self._database, self._consumer, work)

    async def _failure_of_try(self, work: Work) -> BaseException | None:
        try:
            async with self._slots:
                fresh = await apply_alone(self._database, self._consumer, work)
        except asyncio.CancelledError as error:
            if asked_to_stop():
                raise
            return error
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is a failed try
            return error
        self._count("handled" if fresh else "duplicate")
        return None

    async def _leave(self, work: Work, fault: Fault) -> None:
        if work.error is not None and is_hopeless(work.error):
            await self._bury(work.delivery, work, fault)
            return
        async with self._slots:
            await parking.park(self._database, self._consumer, work, fault)
        self._count("parked")
        _logger.warning(
            "event_parked",
            event_id=str(work.envelope.id),
            event_type=work.envelope.type,
            reason=fault.reason,
            error=fault.error,
        )
        await tell([work.delivery], done=True)

    async def _bury(self, delivery: Delivery, work: Work | None, fault: Fault) -> None:
        async with self._slots:
            await parking.bury(self._database, self._consumer, delivery, work, fault)
        self._count("dead")
        _logger.error(
            "event_dead", event_id=delivery.id, event_type=delivery.type, reason=fault.reason, error=fault.error
        )
        await tell([delivery], done=True)

    async def _refuse(self, delivery: Delivery, fault: Fault) -> None:
        while not self._stopping.is_set():
            try:
                await self._bury(delivery, None, fault)
            except Exception as error:  # noqa: BLE001 - without its row the event must not leave: wait for the database
                await self._database_back(error)
            else:
                return
        await tell([delivery], done=False)

    async def _database_back(self, error: BaseException) -> None:
        """Return when the database answers again, after at least a moment, or when it is time to stop."""
        _logger.warning("consumer_waits_for_database", consumer=self._consumer, error=type(error).__name__)
        pause = _LEAST_BACKOFF
        while not self._stopping.is_set():
            await _rings(self._stopping, pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, _MOST_BACKOFF)
            try:
                await self._database.ping()
            except Exception:  # noqa: BLE001, S112 - it will be asked again
                continue
            return

    def _count(self, outcome: str) -> None:
        HANDLED.labels(self._consumer, outcome).inc()


def _note(work: Work, error: BaseException) -> None:
    """Remember a failed try and when the next one is due; one that only met others at work does not count."""
    work.error = error
    if is_passing(error):
        work.due = _now() + QUICK[0] * random.uniform(1, 5)  # noqa: S311 - jitter, not a secret
        return
    work.attempts += 1
    if isinstance(error, Gap):
        work.due = _now() + TRY_SECONDS
        return
    work.due = _now() + QUICK[min(work.attempts, len(QUICK)) - 1]


async def _is_due(work: Work, bell: asyncio.Event) -> bool:
    """Wait until the next try is due; False if another event of the aggregate came first, which may close a gap."""
    return work.error is None or not await _rings(bell, work.due - _now())


async def _rings(bell: asyncio.Event, seconds: float) -> bool:
    """True if the bell rang within so many seconds."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await bell.wait()
    except TimeoutError:
        return False
    return True


def _now() -> float:
    return asyncio.get_running_loop().time()


def _sequence(work: Work) -> int:
    return work.envelope.sequence
