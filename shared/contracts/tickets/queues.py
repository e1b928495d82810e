"""Where tickets wait. Places change all the time and are broadcast; that nobody is there for them is a fact."""

from typing import ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event

QUEUES: Final = "tickets.queue"
QUEUES_TOPIC: Final = "tickets.queues"
"""The broadcast that tells all queues of one brand: a `QueuesTold`."""
QUEUES_WANTED_TOPIC: Final = "tickets.queues.wanted"
"""The broadcast that asks for the queues of one `brand`: told at once, and at every change for some time."""
QUEUES_WANTED_SECONDS: Final = 90.0
MOST_PLACES: Final = 200
"""So many tickets of one queue are told with their places, those served next."""


class QueuePlace(BaseModel):
    """A ticket that waits: everything that the same people serve before it, itself included, and for about how long.

    `eta_seconds` is None while nobody is there who could take it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ticket_id: UUID
    position: int
    eta_seconds: int | None


class QueueChanged(BaseModel):
    """A queue as it is now: how many wait, about how long the last of them, and the places of those served next.

    `eta_seconds` is None while nobody is there for any of them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    queue: str
    waiting: int
    eta_seconds: int | None
    places: tuple[QueuePlace, ...]


class QueuesTold(BaseModel):
    """Every queue of a brand in which somebody waits; what is not in it is empty."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    brand: str
    at: AwareDatetime
    queues: tuple[QueueChanged, ...]


class QueueFact(BaseModel):
    """What facts about a queue say; `queue` names rank, language and team of those who wait in it.

    `tickets` counts those for whom nobody is there, `ticket_ids` names the first `MOST_PLACES` of them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    queue: str
    tickets: int
    ticket_ids: tuple[UUID, ...]
    since: AwareDatetime
    occurred_at: AwareDatetime


_FACT = QueueFact(
    queue="standard:de:any", tickets=1, ticket_ids=(SAMPLE_ID,), since=SAMPLE_TIME, occurred_at=SAMPLE_TIME
)


class QueueStalled(QueueFact, Event):
    """Tickets wait for which nobody at all is there: no one present has their language, training, team or channel.

    Told once, however many tickets join them, until `QueueRecovered`.
    """

    type: ClassVar[str] = "tickets.queue.stalled.v1"
    aggregate: ClassVar[str] = "queue"
    stream: ClassVar[str] = QUEUES

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_FACT))


class QueueRecovered(QueueFact, Event):
    """Somebody is there again for every ticket of a queue, or none is left; `since` is when it had stalled."""

    type: ClassVar[str] = "tickets.queue.recovered.v1"
    aggregate: ClassVar[str] = "queue"
    stream: ClassVar[str] = QUEUES

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_FACT), "tickets": 0, "ticket_ids": ()})
