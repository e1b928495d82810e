"""What happens to one ticket: opened, words, moves, edits, hands, escalation."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import (
    SAMPLE_ID,
    SAMPLE_TIME,
    Author,
    AuthorKind,
    Channel,
    ContactRef,
    Event,
    QuickReply,
)
from shared.contracts.tickets.state import (
    SAMPLE_AGENT,
    SAMPLE_TICKET,
    STREAM,
    MessageKind,
    TicketState,
    TicketStatus,
)


class TicketEvent(BaseModel):
    """What every fact about a ticket says besides its own content."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ticket_id: UUID
    ticket: TicketState
    actor: Author
    occurred_at: AwareDatetime


class TicketOpened(TicketEvent, Event):
    """A ticket was opened. `occurred_at` is when the player's first words were received."""

    type: ClassVar[str] = "tickets.ticket.opened.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=Author(kind=AuthorKind.PLAYER, id="p-1"),
            occurred_at=SAMPLE_TIME,
        )


class MessageAdded(TicketEvent, Event):
    """Words joined the timeline. `occurred_at` is the message's own time: clocks use it.

    `automatic` marks robots' messages, which stop no clock and reopen nothing. `contact` is set when the ticket's
    player is answered outside web chat, and on words of his that came another way than the ticket's own, which
    `channel` then names. `live` marks a reply to a conversation that chat holds; `also_for` names such
    conversations of the same player that were merged into this ticket. `origin_id` is the merged ticket that the words
    were said to; `copied_from` is the message they were copied from in a split, which nobody is to hear again.
    `mentions` are the staff whom a note calls, `attachments` ids of files that intake holds, `quick_replies` answers
    that a live player may choose from.
    """

    type: ClassVar[str] = "tickets.message.added.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    message_id: UUID
    kind: MessageKind
    author: Author
    text: str
    automatic: bool = False
    contact: ContactRef | None = None
    live: bool = False
    mentions: tuple[str, ...] = ()
    also_for: tuple[UUID, ...] = ()
    origin_id: UUID | None = None
    copied_from: UUID | None = None
    attachments: tuple[UUID, ...] = ()
    channel: Channel | None = None
    quick_replies: tuple[QuickReply, ...] = ()

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            message_id=SAMPLE_ID,
            kind=MessageKind.REPLY,
            author=SAMPLE_AGENT,
            text="It is on its way.",
            live=True,
        )


class MessageCorrected(TicketEvent, Event):
    """Words in the timeline were corrected, or withdrawn with the files they carried (`text` null).

    `actor` did it, `author` had said the words, `said_at` is when: no clock goes back. `ticket_id` is where they are
    recorded, `heard_in` the live conversations that were given a reply. `copied_from` is set where the words are a copy
    that a split made. `reason` is why they were withdrawn, as far as that was said; `attachments` are the
    files that went with them.
    """

    type: ClassVar[str] = "tickets.message.corrected.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    message_id: UUID
    correction_id: UUID
    kind: MessageKind
    author: Author
    text: str | None
    said_at: AwareDatetime
    heard_in: tuple[UUID, ...] = ()
    copied_from: UUID | None = None
    reason: str | None = None
    attachments: tuple[UUID, ...] = ()

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            message_id=SAMPLE_ID,
            correction_id=SAMPLE_ID,
            kind=MessageKind.REPLY,
            author=SAMPLE_AGENT,
            text="It is on its way since noon.",
            said_at=SAMPLE_TIME,
            heard_in=(SAMPLE_ID,),
        )


class TicketAssigned(TicketEvent, Event):
    """A ticket changed hands; `assignee_id` is null when it went back to the queue.

    `taken_over`: the actor, a senior, took it from whoever had it, for this `reason`.
    """

    type: ClassVar[str] = "tickets.ticket.assigned.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    assignee_id: str | None
    assignee_role: str | None = None
    previous_assignee_id: str | None = None
    taken_over: bool = False
    reason: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            assignee_id=str(SAMPLE_ID),
            assignee_role="agent",
        )


class TicketStatusChanged(TicketEvent, Event):
    """A ticket moved from one status to another."""

    type: ClassVar[str] = "tickets.ticket.status_changed.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    before: TicketStatus
    after: TicketStatus

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            before=TicketStatus.NEW,
            after=TicketStatus.OPEN,
        )


class TicketUpdated(TicketEvent, Event):
    """Fields of a ticket were edited, such as priority, reason or tags; `changes` maps each to [before, after]."""

    type: ClassVar[str] = "tickets.ticket.updated.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    changes: dict[str, tuple[str | None, str | None]]

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            changes={"priority": ("normal", "high")},
        )
