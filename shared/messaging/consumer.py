"""Deliveries become transactions here, in tasks the service owns and in order per aggregate."""

import asyncio
from collections.abc import Sequence
from typing import Final

from shared.db.engine import Database
from shared.messaging import inbox
from shared.messaging.applying import apply, apply_alone
from shared.messaging.decoding import Poison, Work, decode
from shared.messaging.metrics import HANDLED
from shared.messaging.settling import Settler, asked_to_stop, tell
from shared.messaging.subscriptions import Routes
from shared.messaging.transport import AggregateKey, Delivery

_LANES: Final = 8
_BATCH: Final = 32


class Consumer:
    """Works off the deliveries of one service.

    A delivery goes to one of eight lanes by aggregate. What waits in a lane together shares one transaction, each event
    behind a savepoint of its own. An event that fails leaves the lane with all later ones of its aggregate and is tried
    alone (`settling`), so that its neighbours never wait for it.
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
        failed: dict[Work, BaseException | None]
        try:
            failed = dict(await self._commit(works))
        except asyncio.CancelledError:
            if asked_to_stop():
                raise
            failed = dict.fromkeys(works)
        except Exception as error:  # noqa: BLE001 - whatever broke the batch, each event gets its own chance
            failed = dict.fromkeys(works, error if len(works) == 1 else None)
        await tell([work.delivery for work in works if work not in failed], done=True)
        for work, failure in failed.items():
            self._settler.add(work, failure)

    async def _commit(self, works: Sequence[Work]) -> dict[Work, BaseException | None]:
        if len(works) == 1:
            self._count("handled" if await apply_alone(self._database, self._name, works[0]) else "duplicate")
            return {}
        failed: dict[Work, BaseException | None] = {}
        async with self._database.begin(works[0].envelope.brand) as session:
            fresh = await inbox.remember(self._database, session, self._name, works)
            handled = len(fresh)
            behind: set[AggregateKey] = set()
            bound = ""
            for work in works:
                if work.envelope.id not in fresh:
                    continue
                fresh.discard(work.envelope.id)
                if work.key in behind:
                    failed[work] = None
                    continue
                if bound != work.envelope.brand:
                    bound = work.envelope.brand
                    await self._database.scope(session, bound)
                try:
                    async with session.begin_nested():
                        await apply(session, self._name, work)
                except Exception as error:  # noqa: BLE001 - one event's failure is not its neighbours'
                    failed[work] = error
                    behind.add(work.key)
            if failed:
                await inbox.forget(self._database, session, self._name, list(failed))
        self._count("handled", handled - len(failed))
        self._count("duplicate", len(works) - handled)
        return failed

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
