"""What happens between tickets: merged and taken apart again, split, linked."""

from typing import ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Event
from shared.contracts.tickets.facts import TicketEvent
from shared.contracts.tickets.state import SAMPLE_AGENT, SAMPLE_TICKET, STREAM

SAMPLE_OTHER: Final = UUID("019ab000-0000-7000-8000-000000000002")


class TicketMerged(TicketEvent, Event):
    """A ticket went up in another one, which has its words from now on.

    Told again with the new survivor when that one goes up in another itself, or is taken out again. Its clocks end
    without an answer; no change of status is told.
    """

    type: ClassVar[str] = "tickets.ticket.merged.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    survivor_id: UUID
    survivor_number: str
    reason: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            survivor_id=SAMPLE_OTHER,
            survivor_number="LUCKY-1001",
        )


class TicketAbsorbed(TicketEvent, Event):
    """Another ticket went up in this one. `received_at` is when the player's first words of either were received.

    `waiting_since` is the time of the merged ticket's oldest words that nobody has answered.
    """

    type: ClassVar[str] = "tickets.ticket.absorbed.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    merged_id: UUID
    merged_number: str
    received_at: AwareDatetime
    waiting_since: AwareDatetime | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            merged_id=SAMPLE_OTHER,
            merged_number="LUCKY-1043",
            received_at=SAMPLE_TIME,
        )


class TicketUnmerged(TicketEvent, Event):
    """A merge was taken back: the ticket stands for itself again.

    `waiting_since` is the time of its player's oldest words that nobody has answered. What was said since the merge is
    the survivor's; where that is another person's it was told again here just before, and `told_again_since` is the
    time of the oldest of these words that nobody has answered.
    """

    type: ClassVar[str] = "tickets.ticket.unmerged.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    survivor_id: UUID
    waiting_since: AwareDatetime | None = None
    told_again_since: AwareDatetime | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            survivor_id=SAMPLE_OTHER,
        )


class TicketReleased(TicketEvent, Event):
    """A merge was taken back: the other ticket has its words again. `received_at` is this ticket's own again.

    `waiting_since` is the time of the oldest words that stay here, those said since the merge too, and that nobody has
    answered.
    """

    type: ClassVar[str] = "tickets.ticket.released.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    merged_id: UUID
    received_at: AwareDatetime
    waiting_since: AwareDatetime | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            merged_id=SAMPLE_OTHER,
            received_at=SAMPLE_TIME,
        )


class TicketSplit(TicketEvent, Event):
    """Some of the words became a ticket of their own."""

    type: ClassVar[str] = "tickets.ticket.split.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    new_ticket_id: UUID
    message_ids: tuple[UUID, ...]

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            new_ticket_id=SAMPLE_OTHER,
            message_ids=(SAMPLE_ID,),
        )


class TicketLinked(TicketEvent, Event):
    """Two tickets were said to belong together; told by both."""

    type: ClassVar[str] = "tickets.ticket.linked.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    other_id: UUID
    relation: str

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            other_id=SAMPLE_OTHER,
            relation="related",
        )


class TicketUnlinked(TicketEvent, Event):
    """Two tickets no longer belong together; told by both."""

    type: ClassVar[str] = "tickets.ticket.unlinked.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    other_id: UUID
    relation: str

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            other_id=SAMPLE_OTHER,
            relation="related",
        )
