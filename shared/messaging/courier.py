"""Everything that carries a service's events while it is alive: relay, consumer, redrive, hints and jobs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from shared.messaging.consumer import Consumer
from shared.messaging.hints import Hints
from shared.messaging.redrive import Redrive
from shared.messaging.relay import Relay
from shared.messaging.runtime import Ground, Job, run_job
from shared.messaging.subscriptions import Listener, Routes, Subscription


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
        self._routes = Routes(subscriptions)
        self._consumer = Consumer(ground.database, self._routes, service=self._service)
        self._hints = Hints(ground, listeners)
        self._relay = Relay(ground.database, ground.transport)
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
            await self._relay.stop()
            if self._owns_transport:
                await transport.stop()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Consume, listen and run the jobs."""
        limit = self._ground.settings.drain_timeout.total_seconds()
        await self._consumer.start()
        await self._hints.start()
        if self._routes.bindings:
            await self._ground.transport.consume(self._service, self._routes.bindings, self._consumer.receive)
        tasks = [asyncio.create_task(run_job(job, self._ground), name=job.name) for job in self._jobs]
        try:
            yield
        finally:
            await self._ground.transport.cancel(self._service)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._hints.stop()
            await self._consumer.stop(limit)

    def _own_jobs(self) -> tuple[Job, ...]:
        redrive = Redrive(self._ground.database, self._routes, service=self._service)

        async def redrive_round(_ground: Ground) -> timedelta:
            return await redrive.round()

        return (Job("redrive", redrive_round),)
