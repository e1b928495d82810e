"""Facts about tickets that are handed up: a senior is asked, takes them on, declines, or is asked no more."""

from typing import ClassVar, Self

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Event
from shared.contracts.tickets.facts import TicketEvent
from shared.contracts.tickets.state import SAMPLE_AGENT, SAMPLE_TICKET, STREAM


class TicketEscalated(TicketEvent, Event):
    """A ticket was handed up, by a breach, by its reason or by hand; `senior_id` is null while no senior is available.

    A senior who is `asked` does not have the ticket before the escalation is accepted.
    """

    type: ClassVar[str] = "tickets.ticket.escalated.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    cause: str
    senior_id: str | None = None
    asked: bool = False

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=Author(kind=AuthorKind.SYSTEM, id="sla"),
            occurred_at=SAMPLE_TIME,
            cause="sla.first_response.breached",
            senior_id=str(SAMPLE_ID),
        )


class TicketEscalationAccepted(TicketEvent, Event):
    """A senior took the escalated ticket on: the promise `senior_accepts` is kept."""

    type: ClassVar[str] = "tickets.ticket.escalation_accepted.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    senior_id: str

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            senior_id=str(SAMPLE_ID),
        )


class TicketEscalationWithdrawn(TicketEvent, Event):
    """A ticket was handed up at `escalated_at` for a breach that was none, and nobody has taken it on meanwhile.

    Whoever was asked before it is asked still, `senior_id`, null if nobody was; `handed_up_before` also if that was
    accepted.
    """

    type: ClassVar[str] = "tickets.ticket.escalation_withdrawn.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    cause: str
    escalated_at: AwareDatetime
    senior_id: str | None = None
    handed_up_before: bool = False

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=Author(kind=AuthorKind.SYSTEM, id="sla"),
            occurred_at=SAMPLE_TIME,
            cause="sla.first_response.withdrawn",
            escalated_at=SAMPLE_TIME,
        )


class TicketEscalationDeclined(TicketEvent, Event):
    """A senior did not take the escalated ticket; `next_senior_id` is asked instead, null while there is nobody."""

    type: ClassVar[str] = "tickets.ticket.escalation_declined.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = STREAM

    senior_id: str
    reason: str
    next_senior_id: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            ticket=SAMPLE_TICKET,
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            senior_id=str(SAMPLE_ID),
            reason="No French",
        )
