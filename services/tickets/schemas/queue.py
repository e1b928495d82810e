"""The queue as the HTTP API shows it."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from services.tickets.domain.lines import Standing, name_of
from shared.contracts.base import Channel


class Waiting(BaseModel):
    """A ticket that nobody has, and its position: 1 is served next. `queue` names those it stands in line with.

    `eta_seconds` is about how long it waits, null while nobody is there who could take it; `stalled_at` is since when
    that is so.
    """

    ticket_id: UUID
    queue: str
    position: int
    eta_seconds: int | None
    rank: str
    channel: Channel
    language: str | None
    team_id: str | None
    skill: str | None
    due_at: AwareDatetime | None
    enqueued_at: AwareDatetime
    reserved_for: str | None
    stalled_at: AwareDatetime | None


class QueuePosition(BaseModel):
    """Where a ticket stands, itself included, and about how long it waits; null once somebody has it.

    With a position `eta_seconds` is null while nobody is there who could take it.
    """

    ticket_id: UUID
    position: int | None
    eta_seconds: int | None


class Queue(BaseModel):
    """Tickets of one rank, language and team that wait for somebody.

    `eta_seconds` is about how long the last of them waits, null while nobody is there for any.
    """

    queue: str
    waiting: int
    stalled: int
    oldest_at: AwareDatetime
    eta_seconds: int | None


def waiting_of(standing: Standing) -> Waiting:
    """Return a waiting ticket as the API shows it."""
    place = standing.place
    return Waiting(
        ticket_id=place.ticket_id,
        queue=name_of(place),
        position=standing.position,
        eta_seconds=standing.eta_seconds,
        rank=place.rank.name.lower(),
        channel=place.channel,
        language=place.language,
        team_id=place.team_id,
        skill=place.skill,
        due_at=place.due_at,
        enqueued_at=place.enqueued_at,
        reserved_for=place.reserved_for,
        stalled_at=place.stalled_at,
    )
