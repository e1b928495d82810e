"""The transport without a broker: all services in one process, each outbox row handed straight to its consumers."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from shared.messaging.subscriptions import covers
from shared.messaging.transport import Delivery, Hear, Message, PublishFailed, Receive, TransportState


class InprocessTransport:
    """Confirms an event only when every subscribed service has committed or parked it, so that a crash loses nothing.

    `services` names who must be there before anything is confirmed: while the process starts or stops, an event whose
    consumer is not attached stays in its owner's outbox. Without names only the attached services count.
    """

    publish_limit: Final = None

    def __init__(self, services: Collection[str] = ()) -> None:
        self._expected = frozenset(services)
        self._consumers: dict[str, tuple[Collection[str], Receive]] = {}
        self._listeners: dict[str, tuple[Collection[str], Receive]] = {}
        self._hearers: dict[str, tuple[Collection[str], Hear]] = {}
        self._stopped = False

    @property
    def state(self) -> TransportState:
        """Up until it is stopped."""
        return TransportState.STOPPED if self._stopped else TransportState.UP

    @property
    def can_publish(self) -> bool:
        """True until it is stopped."""
        return not self._stopped

    async def start(self) -> None:
        """Connect nothing."""
        self._stopped = False

    async def stop(self) -> None:
        """Forget everybody."""
        self._stopped = True
        self._consumers.clear()
        self._listeners.clear()
        self._hearers.clear()

    async def publish(self, message: Message) -> None:
        """Hand the event to every subscribed service and wait until each has dealt with it."""
        missing = self._expected - self._consumers.keys()
        if self._stopped or missing:
            reason = f"not attached: {sorted(missing)}"
            raise PublishFailed(reason)
        waiting = [
            _hand_over(message, receive)
            for service, (bindings, receive) in tuple(self._consumers.items())
            if message.only in (None, service) and covers(bindings, message.type)
        ]
        if message.only is None:
            self._hint(message)
        if not all(await asyncio.gather(*waiting)):
            reason = "a consumer stopped before it had handled the event"
            raise PublishFailed(reason)

    async def consume(self, service: str, bindings: Collection[str], receive: Receive) -> None:
        """Attach the consumer of a service."""
        self._consumers[service] = (bindings, receive)

    async def cancel(self, service: str) -> None:
        """Detach the consumer of a service; events for it wait in their outboxes if it is expected back."""
        self._consumers.pop(service, None)
        self._listeners.pop(service, None)
        self._hearers.pop(service, None)

    async def listen(self, service: str, types: Collection[str], receive: Receive) -> None:
        """Attach the fan-out of a service."""
        self._listeners[service] = (types, receive)

    async def hear(self, service: str, topics: Collection[str], hear: Hear) -> None:
        """Attach a service to broadcasts."""
        self._hearers[service] = (topics, hear)

    async def broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        """Tell every attached service in this process."""
        for topics, hear in tuple(self._hearers.values()):
            if topic in topics:
                hear(topic, dict(payload))

    async def consumers(self, service: str) -> int:
        """Return 1 for an attached service."""
        return int(service in self._consumers)

    async def rebuild(self, service: str) -> None:
        """Do nothing: there is no connection that could be lost."""

    def _hint(self, message: Message) -> None:
        for types, receive in tuple(self._listeners.values()):
            if message.type in types:
                receive(_delivery(message, asyncio.get_running_loop().create_future()))


def _hand_over(message: Message, receive: Receive) -> "asyncio.Future[bool]":
    settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    receive(_delivery(message, settled))
    return settled


def _delivery(message: Message, settled: "asyncio.Future[bool]") -> Delivery:
    async def settle(done: bool) -> None:
        if not settled.done():
            settled.set_result(done)

    return Delivery(
        body=message.body,
        id=str(message.id),
        type=message.type,
        brand=message.brand,
        stream=message.stream,
        aggregate_id=message.aggregate_id,
        sequence=message.sequence,
        settle=settle,
        only=message.only,
    )
