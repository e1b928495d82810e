"""What a service reacts to, as data: each `events.py` ends with tuples of these."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from shared.contracts.base import Event
from shared.db.engine import Session
from shared.messaging.runtime import Ground, Job
from shared.messaging.transport import matches

__all__ = ["Job", "Listener", "Received", "Routes", "Subscription", "hear", "listen", "on"]

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event with its circumstances; `sequence` is the version of its aggregate within the event's stream."""

    event: E_co
    brand: str
    id: UUID
    time: datetime
    sequence: int
    source: str


Handler: TypeAlias = Callable[[Session, Received[Any]], Awaitable[None]]
ListenerHandler: TypeAlias = Callable[[Ground, Received[Any]], Awaitable[None]]
HearerHandler: TypeAlias = Callable[[Ground, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler for one event; `strict` streams are applied in exact sequence per aggregate.

    Events that are not `wanted` are confirmed without being handled or remembered.
    """

    event: type[Event]
    handler: Handler
    strict: bool = False
    wanted: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A reaction of every process to a hint: an event (`event`) or a broadcast (`topic`)."""

    event: type[Event] | None = None
    on_event: ListenerHandler | None = None
    topic: str | None = None
    on_broadcast: HearerHandler | None = None


def on(
    event: type[E],
    handler: Callable[[Session, Received[E]], Awaitable[None]],
    *,
    strict: bool = False,
    wanted: Callable[[E], bool] | None = None,
) -> Subscription:
    """Handle an event once, in one transaction with the memory that it was handled.

    Only events that are `wanted` cost that transaction; a strict stream wants all of them.

    With `strict` the stream's events are applied per aggregate in exact sequence, from the first one on: a gap is
    retried, then parked until it closes, and types of the stream without a handler only move the cursor. Without, the
    handler must be order-tolerant: compare `received.sequence` with what it stored and ignore older facts, or commute.
    """
    if strict and wanted is not None:
        message = f"{event.type} is of a strict stream, which wants all of its events"
        raise ValueError(message)
    return Subscription(event, handler, strict, wanted)


def listen(event: type[E], handler: Callable[[Ground, Received[E]], Awaitable[None]]) -> Listener:
    """Tell every process of the service about an event: a hint that may be lost, outside any transaction."""
    return Listener(event=event, on_event=handler)


def hear(topic: str, handler: Callable[[Ground, dict[str, Any]], Awaitable[None]]) -> Listener:
    """Tell every process of the service about a broadcast on `topic`: a hint that may be lost."""
    return Listener(topic=topic, on_broadcast=handler)


class Routes:
    """The subscriptions of one service by type; refuses two handlers for one event, and half-strict streams."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        by_type: dict[str, Subscription] = {}
        for subscription in subscriptions:
            if by_type.setdefault(subscription.event.type, subscription) is not subscription:
                message = f"{subscription.event.type} has two handlers in one service"
                raise ValueError(message)
        self.by_type: Final[Mapping[str, Subscription]] = by_type
        self.strict_streams: Final = frozenset(s.event.stream for s in by_type.values() if s.strict)
        loose = {s.event.stream for s in by_type.values() if not s.strict}
        if self.strict_streams & loose:
            message = f"these streams are strict for some events only: {sorted(self.strict_streams & loose)}"
            raise ValueError(message)

    @property
    def bindings(self) -> frozenset[str]:
        """Return the routing keys the service's queue is bound to.

        A strict stream needs every event of its sequence, also types declared after this code was written, so the queue
        takes all its owner tells; what is not needed moves the cursor or is dropped unseen.
        """
        owners = {f"{stream.split('.', 1)[0]}.#" for stream in self.strict_streams}
        exact = {type_ for type_ in self.by_type if not any(matches(owner, type_) for owner in owners)}
        return frozenset(owners | exact)


def covers(bindings: Collection[str], type_: str) -> bool:
    """True if any binding takes events of this type."""
    return any(matches(binding, type_) for binding in bindings)
