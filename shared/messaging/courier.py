"""Everything that carries a service's events while it is alive: relay, consumer, redrive, hints and jobs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from shared.messaging.consumer import Consumer
from shared.messaging.hints import Hints
from shared.messaging.redrive import Redrive
from shared.messaging.relay import Relay
from shared.messaging.runtime import Ground, Job, start_jobs
from shared.messaging.subscriptions import Listener, Routes, Subscription, hear
from shared.messaging.upkeep import MEASURING, PRUNING
from shared.messaging.watchdog import Watchdog

_HINT_SECONDS: Final = 0.005


class Courier:
    """Starts the carriers of one service in the order that loses nothing, and stops them in the reverse one.

    The transport is stopped only if this service is the one that owns it: in one process all services share one.
    """

    def __init__(
        self,
        ground: Ground,
        *,
        subscriptions: Sequence[Subscription] = (),
        listeners: Sequence[Listener] = (),
        jobs: Sequence[Job] = (),
        owns_transport: bool = True,
    ) -> None:
        self._ground = ground
        self._service = ground.database.service
        self._topic = f"outbox.{self._service}"
        self._routes = Routes(subscriptions)
        self._consumer = Consumer(ground.database, self._routes, service=self._service)
        self._hints = Hints(ground, (*listeners, hear(self._topic, self._nudged)))
        self._relay = Relay(ground.database, ground.transport)
        self._relay.when_elsewhere = self._tell_elsewhere
        self._telling: asyncio.Task[None] | None = None
        self._jobs = (*jobs, *self._own_jobs())
        self._owns_transport = owns_transport

    @asynccontextmanager
    async def carried(self) -> AsyncIterator[None]:
        """Connect the transport and relay what the service records."""
        transport = self._ground.transport
        await transport.start()
        self._ground.database.after_commit.append(self._relay.wake)
        await self._relay.start()
        try:
            yield
        finally:
            self._ground.database.after_commit.remove(self._relay.wake)
            await self._relay.stop()
            if self._owns_transport:
                await transport.stop()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Consume, listen and run the jobs."""
        limit = self._ground.settings.drain_timeout.total_seconds()
        transport = self._ground.transport
        await self._consumer.start()
        await self._hints.start()
        # Attached even without subscriptions: a shared transport confirms nothing before everybody is there.
        await transport.consume(self._service, self._routes.bindings, self._consumer.receive)
        tasks = start_jobs(self._jobs, self._ground)
        try:
            yield
        finally:
            await transport.cancel(self._service)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._hints.stop()
            await self._consumer.stop(limit)

    def _own_jobs(self) -> tuple[Job, ...]:
        redrive = Redrive(self._ground.database, self._routes, service=self._service)

        async def redrive_round(_ground: Ground) -> timedelta:
            return await redrive.round()

        if not self._routes.bindings:
            return (PRUNING, MEASURING)
        watchdog = Watchdog(self._ground.transport, service=self._service)
        return (Job("redrive", redrive_round), watchdog.job, PRUNING, MEASURING)

    async def _nudged(self, _ground: Ground, _payload: dict[str, object]) -> None:
        self._relay.nudge()

    def _tell_elsewhere(self) -> None:
        """Tell the process that holds the relay's lease that there is something to do, at most every 5 ms."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._broadcast())

    async def _broadcast(self) -> None:
        await asyncio.sleep(_HINT_SECONDS)
        await self._ground.transport.broadcast(self._topic, {})
