"""The broker's exchanges and queues: declared by one step at deployment, looked up passively by the services.

Repeating `apply` changes nothing. A queue that exists with other arguments is never altered: it has to be deleted, and
what was in it comes back with `reconcile`, because the databases are the ledger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import AMQPException, ChannelNotFoundEntity, ChannelPreconditionFailed

EVENTS: Final = "pitboss.events"
LIVE: Final = "pitboss.live"
UNROUTED: Final = "pitboss.unrouted"
DEAD: Final = "dead"
_SECONDS: Final = 10.0
_SETTLE_SECONDS: Final = 3.0

Arguments = dict[str, str | int]
Declare = Callable[[AbstractChannel], Awaitable[object]]


class TopologyMismatch(RuntimeError):
    """Something exists on the broker with other arguments than ours."""


def events_queue(service: str) -> str:
    """Return the name of a service's work queue."""
    return f"{service}.events"


def dead_queue(service: str) -> str:
    """Return the name of the queue for what the broker itself gave up for a service."""
    return f"{service}.dead"


def work_arguments(service: str) -> Arguments:
    """Return the arguments of a work queue, each stated because defaults differ between broker versions.

    The delivery limit is only the fuse for crash loops: our own attempts are counted in the database. At-least-once
    dead lettering silently becomes at most once without `reject-publish`.
    """
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": service,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 1_000_000,
    }


UNROUTED_ARGUMENTS: Final[Arguments] = {
    "x-queue-type": "quorum",
    "x-overflow": "drop-head",
    "x-max-length": 100_000,
}
DEAD_ARGUMENTS: Final[Arguments] = {"x-queue-type": "quorum"}


async def apply(url: str, queues: Mapping[str, Collection[str]], *, settle: float = _SETTLE_SECONDS) -> None:
    """Declare everything; `queues` maps each consuming service to its bindings (`Routes.bindings`).

    Returns `settle` seconds after it made a queue: a quorum queue whose broker crashes within about a second of its
    creation may stay without a leader for ever. A binding that is no longer wanted stays; consumers drop what they do
    not need.
    """
    connection = await aio_pika.connect(url, timeout=_SECONDS)
    async with connection:
        fresh = False
        for name, declare in _pieces(queues).items():
            exists = await _exists(connection, name)
            await _declare(connection, name, declare)
            fresh = fresh or not exists
        if fresh:
            await asyncio.sleep(settle)


async def check(url: str, queues: Mapping[str, Collection[str]]) -> list[str]:
    """Return what is missing, differs or does not answer within 10 s; nothing is changed."""
    findings: list[str] = []
    connection = await aio_pika.connect(url, timeout=_SECONDS)
    async with connection:
        for name, declare in _pieces(queues).items():
            try:
                if not await _exists(connection, name):
                    findings.append(f"{name} is missing")
                    continue
                await _declare(connection, name, declare)
            except TopologyMismatch:
                findings.append(f"{name} has other arguments")
            except TimeoutError:
                findings.append(f"{name} does not answer: no leader?")
    return findings


def _pieces(queues: Mapping[str, Collection[str]]) -> dict[str, Declare]:
    """Return what has to exist, by a name that says whether it is an exchange or a queue, in order of dependence."""
    pieces: dict[str, Declare] = {
        f"exchange {UNROUTED}": _exchange(UNROUTED, aio_pika.ExchangeType.FANOUT),
        f"queue {UNROUTED}": _queue(UNROUTED, UNROUTED_ARGUMENTS, {UNROUTED: ("",)}),
        f"exchange {EVENTS}": _exchange(EVENTS, aio_pika.ExchangeType.TOPIC, {"alternate-exchange": UNROUTED}),
        f"exchange {LIVE}": _exchange(LIVE, aio_pika.ExchangeType.DIRECT),
        f"exchange {DEAD}": _exchange(DEAD, aio_pika.ExchangeType.DIRECT),
    }
    for service, bindings in sorted(queues.items()):
        dead, events = dead_queue(service), events_queue(service)
        pieces[f"queue {dead}"] = _queue(dead, DEAD_ARGUMENTS, {DEAD: (service,)})
        pieces[f"queue {events}"] = _queue(events, work_arguments(service), {EVENTS: sorted(bindings)})
    return pieces


def _exchange(name: str, kind: aio_pika.ExchangeType, arguments: Arguments | None = None) -> Declare:
    async def declare(channel: AbstractChannel) -> None:
        await channel.declare_exchange(name, kind, durable=True, arguments=dict(arguments or {}))

    return declare


def _queue(name: str, arguments: Arguments, bindings: Mapping[str, Collection[str]]) -> Declare:
    async def declare(channel: AbstractChannel) -> None:
        queue = await channel.declare_queue(name, durable=True, arguments=dict(arguments))
        for exchange, keys in bindings.items():
            for key in keys:
                await queue.bind(exchange, key)

    return declare


async def _exists(connection: AbstractConnection, name: str) -> bool:
    kind, _space, plain = name.partition(" ")

    async def look(channel: AbstractChannel) -> None:
        if kind == "exchange":
            await channel.declare_exchange(plain, passive=True)
        else:
            await channel.declare_queue(plain, passive=True)

    try:
        await _on_channel(connection, look)
    except ChannelNotFoundEntity:
        return False
    return True


async def _declare(connection: AbstractConnection, name: str, declare: Declare) -> None:
    try:
        await _on_channel(connection, declare)
    except ChannelPreconditionFailed as error:
        message = f"{name} exists with other arguments: {error}"
        raise TopologyMismatch(message) from error


async def _on_channel(connection: AbstractConnection, work: Declare) -> None:
    """Work on a channel of its own: the broker closes a channel on every refusal."""
    channel = await connection.channel()
    try:
        async with asyncio.timeout(_SECONDS):
            await work(channel)
    finally:
        if not channel.is_closed:
            try:
                async with asyncio.timeout(_SECONDS):
                    await channel.close()
            except (AMQPException, TimeoutError):
                pass
