"""The seam between events and what carries them: nothing above it knows whether a broker is there."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeAlias
from uuid import UUID

MAX_EVENT_BYTES: Final = 256 * 1024

AggregateKey: TypeAlias = tuple[str, str, str]


class PublishFailed(Exception):
    """The event was not confirmed; it may have arrived all the same. Publish it again later."""


class Unroutable(Exception):
    """The broker has no place for the event, not even for the unrouted: the topology is broken."""


class TransportState(StrEnum):
    """What readiness shows; a missing broker never makes a service unready, the outbox absorbs it."""

    UP = "up"
    DEGRADED = "degraded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way; `only` names the single consumer that a repeated event is meant for."""

    id: UUID
    type: str
    brand: str
    stream: str
    aggregate_id: str
    sequence: int
    body: bytes
    only: str | None = None

    @property
    def key(self) -> AggregateKey:
        """Return what must stay in order: brand, stream and aggregate."""
        return self.brand, self.stream, self.aggregate_id


@dataclass(slots=True, eq=False)
class Delivery:
    """One event as it reached a consumer. The fields repeat what the carrier's headers say, empty if they say nothing.

    `settle(True)` tells the carrier that the event is dealt with for ever; `settle(False)` that it must come again.
    """

    body: bytes
    id: str
    type: str
    brand: str
    stream: str
    aggregate_id: str
    sequence: int
    settle: Callable[[bool], Awaitable[None]]
    only: str | None = None
    exhausted: bool = False

    @property
    def key(self) -> AggregateKey:
        """Return what must stay in order; an event that names no aggregate stands alone."""
        return self.brand, self.stream, self.aggregate_id or self.id


Receive: TypeAlias = Callable[[Delivery], None]
Hear: TypeAlias = Callable[[str, Mapping[str, object]], None]


class Transport(Protocol):
    """Carries confirmed events to every subscribed service, and hints to every process.

    `Receive` and `Hear` callbacks return at once: the work is done by tasks the service owns, because a broker library
    cancels its own tasks when a connection dies.
    """

    @property
    def state(self) -> TransportState:
        """Return whether events flow now."""
        ...

    @property
    def can_publish(self) -> bool:
        """Return whether a publish has a chance now."""
        ...

    @property
    def publish_limit(self) -> float | None:
        """Return how many seconds a publish may take; None if it waits for the consumers themselves."""
        ...

    async def start(self) -> None:
        """Begin to connect and return at once, whether a broker answers or not; may be called again."""
        ...

    async def stop(self) -> None:
        """Close every connection; what was not settled comes again elsewhere."""
        ...

    async def publish(self, message: Message) -> None:
        """Return when the event is safe; raise `PublishFailed`, `Unroutable`, or TimeoutError from a slow broker."""
        ...

    async def consume(self, service: str, bindings: Collection[str], receive: Receive) -> None:
        """Deliver the events of `service`'s queue to `receive`; `bindings` are types or patterns such as `chat.#`."""
        ...

    async def cancel(self, service: str) -> None:
        """Deliver nothing more to `service`; what it holds may still be settled until `stop`."""
        ...

    async def listen(self, service: str, types: Collection[str], receive: Receive) -> None:
        """Deliver a copy of these events to this process as a hint; hints may be lost and need no settling."""
        ...

    async def hear(self, service: str, topics: Collection[str], hear: Hear) -> None:
        """Call `hear(topic, payload)` for what any process broadcasts."""
        ...

    async def broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        """Tell every process something that may be lost; never raises, never waits for long."""
        ...

    async def consumers(self, service: str) -> int:
        """Return how many consumers the queue of `service` has; raise `PublishFailed` if nobody can say."""
        ...

    async def rebuild(self, service: str) -> None:
        """Open the consuming connection of `service` anew."""
        ...


def matches(binding: str, type_: str) -> bool:
    """True if a binding, `owner.#` or an exact type, covers an event type."""
    return type_.startswith(binding[:-1]) if binding.endswith(".#") else binding == type_
