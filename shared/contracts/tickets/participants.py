"""Who else of the staff is in a conversation beside its holder: asked, came, did not come, gone.

They are facts of the ticket and share its stream. Whoever holds a ticket is no guest of it.
"""

from enum import StrEnum
from typing import ClassVar, Self

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event
from shared.contracts.tickets.facts import TicketEvent
from shared.contracts.tickets.state import SAMPLE_AGENT, SAMPLE_TICKET, STREAM


class Parting(StrEnum):
    """Why somebody is no longer with a ticket.

    He left, was sent away, is asked no more, has the ticket himself now, may not handle it, or the ticket was closed or
    went up in another one.
    """

    LEFT = "left"
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"
    HOLDS = "holds"
    BARRED = "barred"
    CLOSED = "closed"
    MERGED = "merged"


class ParticipantInvited(TicketEvent, Event):
    """A member of staff is asked into a conversation; nothing changes for him before he joins."""

    type: ClassVar[str] = "tickets.participant.invited.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    staff_id: str
    name: str | None = None
    reason: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            staff_id=str(SAMPLE_ID),
            name="Bob",
            reason="He knows the provider",
        )


class ParticipantJoined(TicketEvent, Event):
    """A member of staff is in the conversation from now on: he accepted, or stays after it was taken over from him."""

    type: ClassVar[str] = "tickets.participant.joined.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    staff_id: str
    name: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            staff_id=str(SAMPLE_ID),
            name="Bob",
        )


class ParticipantDeclined(TicketEvent, Event):
    """A member of staff does not come, and says why."""

    type: ClassVar[str] = "tickets.participant.declined.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    staff_id: str
    name: str | None = None
    reason: str

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            staff_id=str(SAMPLE_ID),
            name="Bob",
            reason="On a call",
        )


class ParticipantLeft(TicketEvent, Event):
    """A member of staff is no longer with a ticket; `had_joined` tells guests from those who were only asked."""

    type: ClassVar[str] = "tickets.participant.left.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    staff_id: str
    name: str | None = None
    had_joined: bool
    cause: Parting

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            staff_id=str(SAMPLE_ID),
            name="Bob",
            had_joined=True,
            cause=Parting.LEFT,
        )
