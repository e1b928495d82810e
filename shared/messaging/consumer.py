"""Deliveries become transactions here, in tasks the service owns and in order per aggregate."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from shared.db.engine import Database, Session
from shared.messaging import inbox
from shared.messaging.applying import apply, apply_all
from shared.messaging.decoding import Poison, Work, decode
from shared.messaging.metrics import HANDLED
from shared.messaging.settling import Settler, tell
from shared.messaging.stopping import asked_to_stop
from shared.messaging.subscriptions import Routes
from shared.messaging.transport import AggregateKey, Delivery

Step: TypeAlias = Callable[[Session, str, Sequence[Work]], Awaitable[None]]

_LANES: Final = 8
_BATCH: Final = 32


class Consumer:
    """Works off the deliveries of one service.

    A delivery goes to one of eight lanes by aggregate. What waits in a lane together shares one transaction; if that
    fails it is repeated with a savepoint for each event, and if that fails too they go one by one. An event that fails
    leaves the lane with all later ones of its aggregate and is tried alone (`settling`), so that its neighbours never
    wait for it.
    """

    def __init__(self, database: Database, routes: Routes, *, service: str) -> None:
        self._database = database
        self._routes = routes
        self._name = service
        self._lanes: list[asyncio.Queue[Delivery | None]] = [asyncio.Queue() for _ in range(_LANES)]
        self._tasks: list[asyncio.Task[None]] = []
        self._settler = Settler(database, service)

    def receive(self, delivery: Delivery) -> None:
        """Put a delivery into its lane; safe to call from a broker library's callback."""
        self._lanes[hash(delivery.key) % _LANES].put_nowait(delivery)

    async def start(self) -> None:
        """Open the lanes."""
        self._tasks = [asyncio.create_task(self._work(lane), name=f"{self._name}-lane") for lane in self._lanes]

    async def stop(self, limit: float) -> None:
        """Finish what is being handled within `limit` seconds and hand back what has not begun."""
        for lane in self._lanes:
            await tell(_waiting(lane), done=False)
            lane.put_nowait(None)
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=limit)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._settler.stop(limit)

    async def _work(self, lane: "asyncio.Queue[Delivery | None]") -> None:
        while (first := await lane.get()) is not None:
            batch = [first, *_waiting(lane, _BATCH - 1)]
            try:
                await self._handle(batch)
            except asyncio.CancelledError:
                if asked_to_stop():
                    await tell(batch, done=False)
                    raise

    async def _handle(self, batch: Sequence[Delivery]) -> None:
        works: list[Work] = []
        needless: list[Delivery] = []
        for delivery in batch:
            work = self._decoded(delivery, needless)
            if work is None:
                continue
            if self._settler.holds(work.key):
                self._settler.add(work)
            else:
                works.append(work)
        await tell(needless, done=True)
        if works:
            await self._together(works)

    def _decoded(self, delivery: Delivery, needless: list[Delivery]) -> Work | None:
        try:
            work = decode(delivery, self._routes) if delivery.only in (None, self._name) else None
        except Poison as poison:
            self._settler.refuse(delivery, poison)
            return None
        if work is None:
            needless.append(delivery)
            self._count("ignored")
        return work

    async def _together(self, works: Sequence[Work]) -> None:
        """Commit as many as possible at once, acknowledge those, and leave the rest to the settler."""
        failed: dict[Work, BaseException | None] = {}
        error = await self._error_of(self._commit_all(works))
        if error is not None and len(works) == 1:
            failed = {works[0]: error}
        elif error is not None:
            error = await self._error_of(self._commit_each(works, failed))
            failed = failed if error is None else dict.fromkeys(works)
        await tell([work.delivery for work in works if work not in failed], done=True)
        for work, failure in failed.items():
            self._settler.add(work, failure)

    async def _error_of(self, attempt: Coroutine[object, object, None]) -> BaseException | None:
        try:
            await attempt
        except asyncio.CancelledError as error:
            if asked_to_stop():
                raise
            return error
        except Exception as error:  # noqa: BLE001 - whatever broke the batch, each event gets its own chance
            return error
        return None

    async def _commit_all(self, works: Sequence[Work]) -> None:
        """Handle everything in one transaction that succeeds or fails as a whole: what nearly always happens."""
        handled = 0

        async def step(session: Session, brand: str, fresh: Sequence[Work]) -> None:
            nonlocal handled
            await apply_all(session, self._name, brand, fresh)
            handled += len(fresh)

        await self._in_one_transaction(works, step)
        self._count("handled", handled)
        self._count("duplicate", len(works) - handled)

    async def _commit_each(self, works: Sequence[Work], failed: dict[Work, BaseException | None]) -> None:
        """Handle each event behind a savepoint; one that fails takes the later ones of its aggregate along."""
        handled = 0
        behind: set[AggregateKey] = set()

        async def step(session: Session, _brand: str, fresh: Sequence[Work]) -> None:
            nonlocal handled
            for work in fresh:
                failure = None if work.key in behind else await self._error_behind_savepoint(session, work)
                if work.key in behind or failure is not None:
                    failed[work] = failure
                    behind.add(work.key)
            unhandled = [work for work in fresh if work in failed]
            if unhandled:
                await inbox.forget(session, self._name, unhandled)
            handled += len(fresh) - len(unhandled)

        await self._in_one_transaction(works, step)
        self._count("handled", handled)
        self._count("duplicate", len(works) - handled - len(failed))

    async def _error_behind_savepoint(self, session: Session, work: Work) -> Exception | None:
        try:
            async with session.begin_nested():
                await apply(session, self._name, work)
        except Exception as error:  # noqa: BLE001 - one event's failure is not its neighbours'
            return error
        return None

    async def _in_one_transaction(self, works: Sequence[Work], step: Step) -> None:
        """Take `step` brand by brand with what the inbox has not seen, and commit after the last."""
        by_brand: dict[str, dict[UUID, Work]] = {}
        for work in works:
            by_brand.setdefault(work.envelope.brand, {}).setdefault(work.envelope.id, work)
        async with self._database.begin(works[0].envelope.brand) as session:
            for number, (brand, unique) in enumerate(by_brand.items()):
                if number:
                    await self._database.scope(session, brand)
                fresh = await inbox.remember(session, self._name, brand, list(unique.values()))
                await step(session, brand, [work for work in unique.values() if work.envelope.id in fresh])

    def _count(self, outcome: str, amount: int = 1) -> None:
        HANDLED.labels(self._name, outcome).inc(amount)


def _waiting(lane: "asyncio.Queue[Delivery | None]", most: int | None = None) -> list[Delivery]:
    """Take what waits in a lane, at most so many, leaving the mark of its end in place."""
    taken: list[Delivery] = []
    while not lane.empty() and (most is None or len(taken) < most):
        delivery = lane.get_nowait()
        if delivery is None:
            lane.put_nowait(None)
            break
        taken.append(delivery)
    return taken
