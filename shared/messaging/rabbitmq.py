"""The transport over RabbitMQ: services as separate processes, replicas, many machines."""

import asyncio
import json
from collections.abc import Collection, Coroutine, Mapping
from functools import partial
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity, PublishError

from shared.messaging import wire
from shared.messaging.link import HEARTBEAT_SECONDS, Link
from shared.messaging.stopping import asked_to_stop
from shared.messaging.topology import EVENTS, LIVE, dead_queue, events_queue
from shared.messaging.transport import Hear, Message, PublishFailed, Receive, TransportState, Unroutable

PREFETCH: Final = 200
_PUBLISH_SECONDS: Final = 5.0
_BRIEF_SECONDS: Final = 2.0
_logger = structlog.get_logger(module=__name__)


class RabbitMQTransport:
    """Three connections, so that none holds up another: publishing, consuming and fan-out.

    Nothing is declared but this process's own fan-out queue: the rest is the work of `topology.apply`.
    """

    publish_limit: Final = _PUBLISH_SECONDS

    def __init__(
        self,
        url: str,
        *,
        name: str,
        jitter: float = 2.0,
        prefetch: int = PREFETCH,
        heartbeat: int = HEARTBEAT_SECONDS,
    ) -> None:
        self._name = name
        self._prefetch = prefetch
        link = partial(Link, url, jitter=jitter, heartbeat=heartbeat)
        self._publishing = link(f"{name}-publish", self._open_publishing)
        self._consuming = link(f"{name}-consume", self._open_consuming)
        self._fanning = link(f"{name}-fanout", self._open_fanout)
        self._consumers: dict[str, Receive] = {}
        self._listeners: dict[str, tuple[Collection[str], Receive]] = {}
        self._hearers: dict[str, tuple[Collection[str], Hear]] = {}
        self._reading: dict[str, list[tuple[AbstractQueue, str]]] = {}
        self._confirmed: AbstractChannel | None = None
        self._live: AbstractExchange | None = None
        # The library keeps what it hands out by weak references only; these are ours.
        self._kept: dict[str, list[object]] = {}
        self._stopped = False

    @property
    def state(self) -> TransportState:
        """Up while every link that is needed is."""
        if self._stopped:
            return TransportState.STOPPED
        needed = [self._publishing]
        needed += [self._consuming] if self._consumers else []
        needed += [self._fanning] if self._listeners or self._hearers else []
        return TransportState.UP if all(link.is_up for link in needed) else TransportState.DEGRADED

    @property
    def can_publish(self) -> bool:
        """True while the publishing link is up."""
        return self._publishing.is_up

    async def start(self) -> None:
        """Begin to connect and return at once."""
        self._stopped = False
        self._publishing.start()

    async def stop(self) -> None:
        """Close every connection; the broker delivers again what was not settled."""
        self._stopped = True
        await asyncio.gather(self._consuming.stop(), self._fanning.stop(), self._publishing.stop())

    async def publish(self, message: Message) -> None:
        """Publish persistently and mandatorily and return with the broker's confirmation."""
        channel = self._confirmed
        if channel is None or not self._publishing.is_up:
            reason = "not connected"
            raise PublishFailed(reason)
        outgoing = wire.outgoing(message, self._name)
        try:
            underlay = await channel.get_underlay_channel()
            # `Exchange.publish` holds the channel's lock until the bytes are flushed: several turns of the event loop
            # each, one publish after the other. Beside a busy consumer that was twenty publishes a second.
            await underlay.basic_publish(
                outgoing.body,
                exchange=EVENTS,
                routing_key=message.type,
                properties=outgoing.properties,
                mandatory=True,
                timeout=_PUBLISH_SECONDS,
                wait=False,  # type: ignore[call-arg] # the library's abstract class forgets it
            )
        except PublishError as error:
            raise Unroutable(message.type) from error
        except TimeoutError:
            raise
        except Exception as error:
            raise PublishFailed(type(error).__name__) from error

    async def consume(self, service: str, bindings: Collection[str], receive: Receive) -> None:
        """Read the service's queue; its bindings are the work of `topology.apply`."""
        if not bindings:
            return
        self._consumers[service] = receive
        self._consuming.start()
        if self._consuming.is_up:
            self._consuming.renew()

    async def cancel(self, service: str) -> None:
        """Stop reading; what was delivered may still be settled until `stop`."""
        self._consumers.pop(service, None)
        self._listeners.pop(service, None)
        self._hearers.pop(service, None)
        for queue, tag in self._reading.pop(service, []):
            await _briefly(queue.cancel(tag))

    async def listen(self, service: str, types: Collection[str], receive: Receive) -> None:
        """Bind this process's fan-out queue to these types."""
        self._listeners[service] = (types, receive)
        self._renew_fanout()

    async def hear(self, service: str, topics: Collection[str], hear: Hear) -> None:
        """Bind this process's fan-out queue to these broadcasts."""
        self._hearers[service] = (topics, hear)
        self._renew_fanout()

    async def broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        """Publish without persistence and without confirmation."""
        exchange = self._live
        if exchange is None or not self._publishing.is_up:
            return
        body = aio_pika.Message(json.dumps(payload).encode(), content_type="application/json")
        await _briefly(exchange.publish(body, topic, mandatory=False))

    async def consumers(self, service: str) -> int:
        """Ask the broker how many consumers the service's queue has; 0 also if the queue does not exist."""
        connection = self._publishing.connection
        if connection is None or not self._publishing.is_up:
            reason = "not connected"
            raise PublishFailed(reason)
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                channel = await connection.channel()
                queue = await channel.declare_queue(events_queue(service), passive=True)
                await channel.close()
        except ChannelNotFoundEntity:
            return 0
        except Exception as error:
            raise PublishFailed(type(error).__name__) from error
        return queue.declaration_result.consumer_count or 0

    async def rebuild(self, service: str) -> None:
        """Open the consuming connection anew."""
        if service in self._consumers:
            self._consuming.renew()

    def _renew_fanout(self) -> None:
        self._fanning.start()
        if self._fanning.is_up:
            self._fanning.renew()

    async def _open_publishing(self, link: Link, connection: AbstractConnection) -> None:
        confirmed = await link.channel(connection, confirms=True)
        plain = await link.channel(connection, confirms=False)
        self._confirmed = confirmed
        self._live = await plain.get_exchange(LIVE, ensure=False)
        self._kept["publish"] = [confirmed, plain]

    async def _open_consuming(self, link: Link, connection: AbstractConnection) -> None:
        channel = await link.channel(connection, confirms=False)
        await channel.set_qos(prefetch_count=self._prefetch)
        self._kept["consume"] = [channel]
        for service, receive in tuple(self._consumers.items()):
            self._reading[service] = [
                await _read(channel, events_queue(service), receive, exhausted=False),
                await _read(channel, dead_queue(service), receive, exhausted=True),
            ]

    async def _open_fanout(self, link: Link, connection: AbstractConnection) -> None:
        channel = await link.channel(connection, confirms=False)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        self._kept["fanout"] = [channel, queue]
        for types, _receive in self._listeners.values():
            for type_ in types:
                await queue.bind(EVENTS, type_)
        for topics, _hear in self._hearers.values():
            for topic in topics:
                await queue.bind(LIVE, topic)
        await queue.consume(self._on_hint, no_ack=True)

    async def _on_hint(self, message: AbstractIncomingMessage) -> None:
        if message.exchange == LIVE:
            self._on_broadcast(str(message.routing_key), message.body)
            return
        for types, receive in self._listeners.values():
            if message.routing_key in types:
                receive(wire.incoming(message))

    def _on_broadcast(self, topic: str, body: bytes) -> None:
        try:
            payload = json.loads(body)
        except ValueError:
            return
        for topics, hear in self._hearers.values():
            if topic in topics and isinstance(payload, dict):
                hear(topic, payload)


async def _briefly(work: Coroutine[object, object, object]) -> None:
    """Wait for what may fail, but not for long: a frozen broker never answers, a dead one in many ways."""
    try:
        async with asyncio.timeout(_BRIEF_SECONDS):
            await work
    except asyncio.CancelledError:
        if asked_to_stop():
            raise
    except Exception as error:  # noqa: BLE001 - see above
        _logger.info("broker_did_not_answer", error=type(error).__name__)


async def _read(channel: AbstractChannel, name: str, receive: Receive, *, exhausted: bool) -> tuple[AbstractQueue, str]:
    queue = await channel.declare_queue(name, passive=True)

    async def take(message: AbstractIncomingMessage) -> None:
        receive(wire.incoming(message, exhausted=exhausted))

    return queue, await queue.consume(take)
