"""What operators are told: public shapes of internal facts, ids and states only unless content was asked for.

Fields marked "content" appear only at endpoints with `include_content`: they hold words, names and subjects.
"""

import json
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts import chat, sla, tickets
from shared.contracts.base import Author, AuthorKind, Channel

_MOST_TEXT_BYTES: Final = 12_000
_CONTENT: Final = "content: only at endpoints with include_content"


class Public(BaseModel):
    """A shape that operators see."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PublicAuthor(Public):
    """Who did it."""

    kind: AuthorKind
    id: str
    name: str | None = Field(default=None, description=_CONTENT)


class PublicTicket(Public):
    """The ticket after the fact; `url` is its path in the API."""

    id: UUID
    number: str
    url: str
    player_id: str | None
    channel: Channel
    status: tickets.TicketStatus
    priority: tickets.Priority
    assignee_id: str | None
    language: str | None
    reason: str | None
    reason_class: tickets.ReasonClass | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int
    subject: str | None = Field(default=None, description=_CONTENT)


class PublicMessage(Public):
    """Words that joined the timeline; `text` ends early, with `text_truncated`, past 12,000 bytes of JSON."""

    id: UUID
    kind: tickets.MessageKind
    author: PublicAuthor
    automatic: bool
    text: str | None = Field(default=None, description=_CONTENT)
    text_truncated: bool | None = Field(default=None, description=_CONTENT)


class TicketData(Public):
    """A fact about a ticket."""

    ticket: PublicTicket
    actor: PublicAuthor


class MessageData(TicketData):
    """A message was added."""

    message: PublicMessage


class CorrectedMessage(Public):
    """Words that were corrected, or withdrawn (`withdrawn`); `text` is what they say now, as in a message."""

    id: UUID
    kind: tickets.MessageKind
    author: PublicAuthor
    said_at: AwareDatetime
    withdrawn: bool
    text: str | None = Field(default=None, description=_CONTENT)
    text_truncated: bool | None = Field(default=None, description=_CONTENT)


class CorrectionData(TicketData):
    """Words were corrected or withdrawn; whoever keeps them replaces or forgets his copy."""

    message: CorrectedMessage


class AssignmentData(TicketData):
    """A ticket changed hands; `assignee_id` is null when it went back to the queue."""

    assignee_id: str | None
    previous_assignee_id: str | None


class StatusData(TicketData):
    """A ticket moved from one status to another."""

    before: tickets.TicketStatus
    after: tickets.TicketStatus


class EscalationData(TicketData):
    """A ticket was handed up."""

    cause: str
    senior_id: str | None


class EditData(TicketData):
    """Fields of a ticket were edited; `changes` maps each to [before, after]."""

    fields: tuple[str, ...]
    changes: dict[str, tuple[str | None, str | None]] | None = Field(default=None, description=_CONTENT)


class RelationData(TicketData):
    """A ticket and another one: merged into it, taken out of it again, or split from it."""

    other_id: UUID


class ClockData(Public):
    """A promised time; `elapsed_seconds` counts from its start to this fact."""

    ticket_id: UUID
    clock_id: UUID
    kind: sla.ClockKind
    state: sla.ClockState
    channel: Channel
    assignee_id: str | None
    started_at: AwareDatetime
    warn_at: AwareDatetime | None
    due_at: AwareDatetime
    met_at: AwareDatetime | None
    breached_at: AwareDatetime | None
    elapsed_seconds: float
    late_by_ms: int


class ClockWarnedData(ClockData):
    """A promise that is about to be broken: `percent` of it have run."""

    percent: int | None = None


class ChatStartedData(Public):
    """A live conversation began."""

    ticket_id: UUID
    player: PublicAuthor
    language: str | None
    started_at: AwareDatetime
    subject: str | None = Field(default=None, description=_CONTENT)


class ChatEndedData(Public):
    """A live conversation ended."""

    ticket_id: UUID
    reason: str
    ended_at: AwareDatetime


class QueueData(Public):
    """Tickets for which nobody is there; `queue` names rank, language and team, `ticket_ids` the first 200."""

    queue: str
    tickets: int
    ticket_ids: tuple[UUID, ...]
    since: AwareDatetime


class ChatRatedData(Public):
    """A player said how a conversation was, 1 (bad) to 5; `assignee_id` held its ticket when he was asked."""

    ticket_id: UUID
    round: int
    player: PublicAuthor
    assignee_id: str | None
    score: int
    comment: str | None = None
    rated_at: AwareDatetime


class TestData(Public):
    """A test that somebody asked for."""

    message: str


class PublicType(StrEnum):
    """The public event types; `endpoint.test` goes to one endpoint on request and needs no subscription."""

    TICKET_OPENED = "ticket.opened"
    TICKET_MESSAGE_ADDED = "ticket.message_added"
    TICKET_MESSAGE_CORRECTED = "ticket.message_corrected"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_STATUS_CHANGED = "ticket.status_changed"
    TICKET_ESCALATED = "ticket.escalated"
    TICKET_UPDATED = "ticket.updated"
    TICKET_MERGED = "ticket.merged"
    TICKET_UNMERGED = "ticket.unmerged"
    TICKET_SPLIT = "ticket.split"
    COMPLAINT_REGISTERED = "complaint.registered"
    COMPLAINT_CHANGED = "complaint.changed"
    COMPLAINT_WARNED = "complaint.warned"
    COMPLAINT_OVERDUE = "complaint.overdue"
    SLA_WARNED = "sla.warned"
    SLA_BREACHED = "sla.breached"
    SLA_MET = "sla.met"
    SLA_WITHDRAWN = "sla.withdrawn"
    CHAT_STARTED = "chat.started"
    CHAT_ENDED = "chat.ended"
    QUEUE_STALLED = "queue.stalled"
    QUEUE_RECOVERED = "queue.recovered"
    CHAT_RATED = "chat.rated"
    ENDPOINT_TEST = "endpoint.test"


def ticket_opened(event: tickets.TicketOpened, *, content: bool) -> TicketData:
    """Tell that a ticket was opened."""
    return TicketData(ticket=_ticket(event.ticket, content=content), actor=author_told(event.actor, content=content))


def message_added(event: tickets.MessageAdded, *, content: bool) -> MessageData:
    """Tell that words were added."""
    words = _words(event.text) if content else {}
    author = author_told(event.author, content=content)
    message = PublicMessage(id=event.message_id, kind=event.kind, author=author, automatic=event.automatic, **words)
    return MessageData(
        ticket=_ticket(event.ticket, content=content), actor=author_told(event.actor, content=content), message=message
    )


def message_corrected(event: tickets.MessageCorrected, *, content: bool) -> CorrectionData:
    """Tell that words say something else now, or nothing."""
    words = _words(event.text) if content and event.text is not None else {}
    message = CorrectedMessage(
        id=event.message_id,
        kind=event.kind,
        author=author_told(event.author, content=content),
        said_at=event.said_at,
        withdrawn=event.text is None,
        **words,
    )
    return CorrectionData(
        ticket=_ticket(event.ticket, content=content), actor=author_told(event.actor, content=content), message=message
    )


def ticket_assigned(event: tickets.TicketAssigned, *, content: bool) -> AssignmentData:
    """Tell that a ticket changed hands."""
    return AssignmentData(
        ticket=_ticket(event.ticket, content=content),
        actor=author_told(event.actor, content=content),
        assignee_id=event.assignee_id,
        previous_assignee_id=event.previous_assignee_id,
    )


def status_changed(event: tickets.TicketStatusChanged, *, content: bool) -> StatusData:
    """Tell that a ticket moved."""
    return StatusData(
        ticket=_ticket(event.ticket, content=content),
        actor=author_told(event.actor, content=content),
        before=event.before,
        after=event.after,
    )


def ticket_escalated(event: tickets.TicketEscalated, *, content: bool) -> EscalationData:
    """Tell that a ticket was handed up."""
    return EscalationData(
        ticket=_ticket(event.ticket, content=content),
        actor=author_told(event.actor, content=content),
        cause=event.cause,
        senior_id=event.senior_id,
    )


def ticket_updated(event: tickets.TicketUpdated, *, content: bool) -> EditData:
    """Tell which fields were edited; what they say may be words."""
    changes = {"changes": event.changes} if content else {}
    return EditData(
        ticket=_ticket(event.ticket, content=content),
        actor=author_told(event.actor, content=content),
        fields=tuple(event.changes),
        **changes,
    )


def ticket_related(
    event: tickets.TicketMerged | tickets.TicketUnmerged | tickets.TicketSplit, *, content: bool
) -> RelationData:
    """Tell what became of a ticket beside another one."""
    other = event.new_ticket_id if isinstance(event, tickets.TicketSplit) else event.survivor_id
    return RelationData(
        ticket=_ticket(event.ticket, content=content),
        actor=author_told(event.actor, content=content),
        other_id=other,
    )


def clock_told(event: sla.ClockEvent) -> ClockData:
    """Tell how a promised time fared."""
    shape = ClockWarnedData if isinstance(event, sla.ClockWarned) else ClockData
    return shape.model_validate(event.model_dump(include=set(shape.model_fields)))


def queue_told(event: tickets.QueueFact) -> QueueData:
    """Tell whether anybody is there for a queue."""
    return QueueData.model_validate(event.model_dump(include=set(QueueData.model_fields)))


def chat_started(event: chat.SessionStarted, *, content: bool) -> ChatStartedData:
    """Tell that a conversation began."""
    words = {"subject": event.subject} if content else {}
    return ChatStartedData(
        ticket_id=event.ticket_id,
        player=author_told(event.player, content=content),
        language=event.language,
        started_at=event.started_at,
        **words,
    )


def chat_ended(event: chat.SessionEnded) -> ChatEndedData:
    """Tell that a conversation ended."""
    return ChatEndedData(ticket_id=event.ticket_id, reason=event.reason, ended_at=event.ended_at)


def chat_rated(event: chat.RatingGiven, *, content: bool) -> ChatRatedData:
    """Tell what a player thinks of a conversation."""
    words = {"comment": event.comment} if content else {}
    return ChatRatedData(
        ticket_id=event.ticket_id,
        round=event.round,
        player=author_told(event.player, content=content),
        assignee_id=event.assignee_id,
        score=event.score,
        rated_at=event.rated_at,
        **words,
    )


def _ticket(state: tickets.TicketState, *, content: bool) -> PublicTicket:
    values = state.model_dump(include=set(PublicTicket.model_fields) - ({"subject"} if not content else set()))
    return PublicTicket.model_validate({**values, "url": f"/v1/tickets/{state.id}"})


def author_told(author: Author, *, content: bool) -> PublicAuthor:
    """Tell who did something."""
    if content:
        return PublicAuthor(kind=author.kind, id=author.id, name=author.name)
    return PublicAuthor(kind=author.kind, id=author.id)


def _words(text: str) -> dict[str, str | bool]:
    """Return the text, cut so that a body stays under 20 kB however it is escaped."""
    shown = text
    while _json_bytes(shown) > _MOST_TEXT_BYTES:
        shown = shown[: len(shown) * _MOST_TEXT_BYTES // _json_bytes(shown)]
    return {"text": shown, "text_truncated": shown != text}


def _json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))
