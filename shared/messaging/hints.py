"""Fan-out: every process of a service reacts to hints, which may be lost and must never hold anything up."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Final

import structlog
from pydantic import ValidationError

from shared.contracts.base import Envelope
from shared.messaging.metrics import HINTS_LOST
from shared.messaging.runtime import Ground
from shared.messaging.stopping import asked_to_stop
from shared.messaging.subscriptions import Listener, Received
from shared.messaging.transport import Delivery
from shared.telemetry import message_context

_MOST_WAITING: Final = 10_000
_logger = structlog.get_logger(module=__name__)


class Hints:
    """Calls the listeners of one process in the order the hints came; when too many wait, new ones are dropped."""

    def __init__(self, ground: Ground, listeners: Iterable[Listener]) -> None:
        self._ground = ground
        self._events = {item.event.type: item for item in listeners if item.event is not None}
        self._topics = {item.topic: item for item in listeners if item.topic is not None}
        self._waiting: asyncio.Queue[Coroutine[object, object, None]] = asyncio.Queue(_MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Subscribe to what the listeners name and begin to call them."""
        service = self._ground.database.service
        self._task = asyncio.create_task(self._work(), name=f"{service}-hints")
        if self._events:
            await self._ground.transport.listen(service, tuple(self._events), self._receive)
        if self._topics:
            await self._ground.transport.hear(service, tuple(self._topics), self._hear)

    async def stop(self) -> None:
        """Forget what still waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        while not self._waiting.empty():
            self._waiting.get_nowait().close()

    def _receive(self, delivery: Delivery) -> None:
        self._put(self._on_event(delivery))

    def _hear(self, topic: str, payload: Mapping[str, object]) -> None:
        self._put(self._on_broadcast(topic, payload))

    def _put(self, call: Coroutine[object, object, None]) -> None:
        try:
            self._waiting.put_nowait(call)
        except asyncio.QueueFull:
            call.close()
            HINTS_LOST.labels(self._ground.database.service).inc()

    async def _work(self) -> None:
        while True:
            call = await self._waiting.get()
            try:
                await call
            except asyncio.CancelledError:
                if asked_to_stop():
                    raise
            except Exception as error:  # noqa: BLE001 - a hint that fails must not silence the next
                _logger.warning("hint_failed", service=self._ground.database.service, error=repr(error))

    async def _on_event(self, delivery: Delivery) -> None:
        try:
            envelope = Envelope.model_validate_json(delivery.body)
            listener = self._events[envelope.type]
            if listener.event is None or listener.on_event is None:
                return
            event = listener.event.model_validate(envelope.data)
        except (ValidationError, KeyError) as error:
            _logger.warning("hint_undecodable", error=type(error).__name__)
            return
        received = Received(event, envelope.brand, envelope.id, envelope.time, envelope.sequence, envelope.source)
        with message_context(envelope):
            await listener.on_event(self._ground, received)

    async def _on_broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        listener = self._topics[topic]
        if listener.on_broadcast is not None:
            await listener.on_broadcast(self._ground, dict(payload))
