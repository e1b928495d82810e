"""A private RabbitMQ for one test session, emptied between tests, and a transport that fails on purpose."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import aio_pika

from deploy.local.rabbitmq import LocalRabbitMQ
from shared.messaging import topology, wire
from shared.messaging.transport import Delivery, Hear, Message, Receive, Transport, TransportState
from tests.support.places import throw_away_folder

BINDINGS: Final = {"tickets": ("chat.#",)}


@dataclass(frozen=True, slots=True)
class Broker:
    """A running node."""

    node: LocalRabbitMQ

    @property
    def url(self) -> str:
        """Its AMQP address."""
        return self.node.url

    async def wipe(self) -> None:
        """Delete every queue and exchange of the product, as if the broker had been lost."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            for service in BINDINGS:
                await self._delete(connection, queue=topology.events_queue(service))
                await self._delete(connection, queue=topology.dead_queue(service))
            await self._delete(connection, queue=topology.UNROUTED)
            for exchange in (topology.EVENTS, topology.LIVE, topology.UNROUTED, topology.DEAD):
                channel = await connection.channel()
                await channel.exchange_delete(exchange)
                await channel.close()

    async def prepare(self, *, settle: float = 0.0) -> None:
        """Declare the topology."""
        await topology.apply(self.url, BINDINGS, settle=settle)

    async def fresh(self) -> None:
        """Empty and prepare."""
        await self.wipe()
        await self.prepare()

    async def delete_queue(self, name: str) -> None:
        """Delete one queue."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            await self._delete(connection, queue=name)

    async def declare_queue(self, name: str, arguments: Mapping[str, str | int], *keys: str) -> None:
        """Declare a queue with arguments that are not ours."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(name, durable=True, arguments=dict(arguments))
            for key in keys:
                await queue.bind(topology.EVENTS, key)

    async def send(self, exchange: str, key: str, message: Message) -> None:
        """Publish to any exchange."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            channel = await connection.channel()
            target = await channel.get_exchange(exchange, ensure=False)
            await target.publish(wire.outgoing(message, "test"), key)

    async def depth(self, name: str) -> int:
        """Return how many messages are ready in a queue, by taking them all."""
        connection = await aio_pika.connect(self.url, timeout=10)
        async with connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(name, passive=True)
            count = 0
            while await queue.get(no_ack=True, fail=False) is not None:
                count += 1
            return count

    async def _delete(self, connection: aio_pika.abc.AbstractConnection, *, queue: str) -> None:
        channel = await connection.channel()
        await channel.queue_delete(queue)
        await channel.close()


@contextmanager
def private_broker() -> Iterator[Broker]:
    """Run a node until the block ends."""
    with throw_away_folder("pitboss-tests-") as folder:
        node = LocalRabbitMQ(folder / "rabbitmq", follow_parent=True).start()
        try:
            yield Broker(node)
        finally:
            node.thaw()
            node.remove()


class FaultyTransport:
    """A transport that loses confirmations or acknowledgements when told to."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.lose_confirmations = False
        self.lose_acknowledgements = False
        self.published = 0

    @property
    def state(self) -> TransportState:
        """As within."""
        return self._inner.state

    @property
    def can_publish(self) -> bool:
        """As within."""
        return self._inner.can_publish

    @property
    def publish_limit(self) -> float | None:
        """As within."""
        return self._inner.publish_limit

    async def start(self) -> None:
        """As within."""
        await self._inner.start()

    async def stop(self) -> None:
        """As within."""
        await self._inner.stop()

    async def publish(self, message: Message) -> None:
        """Publish, and forget to say so."""
        await self._inner.publish(message)
        self.published += 1
        if self.lose_confirmations:
            reason = "the connection was cut before the confirmation"
            raise ConnectionResetError(reason)

    async def consume(self, service: str, bindings: Collection[str], receive: Receive) -> None:
        """Deliver, and lose what the consumer says."""

        def take(delivery: Delivery) -> None:
            async def settle(done: bool) -> None:
                if not self.lose_acknowledgements:
                    await delivery.settle(done)

            receive(replace(delivery, settle=settle))

        await self._inner.consume(service, bindings, take)

    async def cancel(self, service: str) -> None:
        """As within."""
        await self._inner.cancel(service)

    async def listen(self, service: str, types: Collection[str], receive: Receive) -> None:
        """As within."""
        await self._inner.listen(service, types, receive)

    async def hear(self, service: str, topics: Collection[str], hear: Hear) -> None:
        """As within."""
        await self._inner.hear(service, topics, hear)

    async def broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        """As within."""
        await self._inner.broadcast(topic, payload)

    async def consumers(self, service: str) -> int:
        """As within."""
        return await self._inner.consumers(service)

    async def rebuild(self, service: str) -> None:
        """As within."""
        await self._inner.rebuild(service)
