"""The shapes of the HTTP API. Edits refuse fields they do not know, for a typo would look like success."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import unquote
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from services.tickets.domain.audit import AuditAction
from services.tickets.domain.audit import AuditEntry as Audited
from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.domain.words import SUBJECT_LIMIT, TEXT_LIMIT, unstorable_character
from shared.contracts.base import AuthorKind, Channel
from shared.contracts.tickets import MessageKind, Priority, TicketState, TicketStatus

REASON_LIMIT: Final = 200


def _left_out() -> Any:  # noqa: ANN401 - stands for "not sent" in fields that null would be wrong for
    return None


def _storable(text: str, *, multiline: bool) -> str:
    position = unstorable_character(text, multiline=multiline)
    if position is not None:
        raise PydanticCustomError(
            "control_character", "contains a control character at position {position}", {"position": position}
        )
    if not text.strip():
        raise PydanticCustomError("blank", "says nothing")
    return text


def _text(text: str) -> str:
    return _storable(text, multiline=True)


def _line(text: str) -> str:
    return _storable(text, multiline=False)


def _brief(text: str) -> str:
    if len(text) > REASON_LIMIT:
        raise PydanticCustomError("too_long", "has more than {limit} characters", {"limit": REASON_LIMIT})
    return text


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("out_of_range", "lies outside the years 1 to 9999 in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_LIMIT), AfterValidator(_text)]
Subject = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=SUBJECT_LIMIT), AfterValidator(_line)
]
Explanation = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_text)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_line)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
# Headers carry ASCII only (RFC 9110, section 5.5); other characters come percent-encoded as UTF-8 (RFC 3986).
Cause = Annotated[
    str,
    StringConstraints(pattern=r"^[\x20-\x7e]+$"),
    AfterValidator(unquote),
    AfterValidator(_brief),
    AfterValidator(_line),
]
ReasonCode = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_line)]


class FirstMessage(BaseModel):
    """The words a ticket opens with."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class OpenTicket(BaseModel):
    """A new ticket. `player_id` is for staff and servers, who must name the player; a player's token already does."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject
    message: FirstMessage
    channel: Channel = Channel.FORM
    reason: ReasonCode | None = None
    language: Language | None = None
    player_id: Id | None = None


class EditTicket(BaseModel):
    """What to change; fields left out stay. `language` and `reason` may be cleared with null."""

    model_config = ConfigDict(extra="forbid")

    status: TicketStatus = Field(default_factory=_left_out)
    priority: Priority = Field(default_factory=_left_out)
    subject: Subject = Field(default_factory=_left_out)
    language: Language | None = None
    reason: ReasonCode | None = None

    def wanted(self) -> dict[str, object]:
        """Return the fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class AddMessage(BaseModel):
    """Words for a ticket.

    `kind` is the staff's choice between `reply` (default) and `note`; players' words are always a `message`. A server
    passes a player's words on by naming the ticket's player. Unknown fields are refused: whoever writes `internal` and
    means a note must not send a reply.
    """

    model_config = ConfigDict(extra="forbid")

    text: Text
    kind: MessageKind | None = None
    player_id: Id | None = None


class Assign(BaseModel):
    """Whose the ticket becomes: a staff id, `me`, or null for the queue."""

    model_config = ConfigDict(extra="forbid")

    assignee_id: Id | None


class Escalate(BaseModel):
    """Why a senior is needed."""

    model_config = ConfigDict(extra="forbid")

    reason: Explanation


class Ticket(BaseModel):
    """A ticket; `version` is its ETag and the sequence of its last event."""

    id: UUID
    number: str
    brand: str
    player_id: str | None
    subject: str
    channel: Channel
    status: TicketStatus
    priority: Priority
    assignee_id: str | None
    language: str | None
    reason: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Author(BaseModel):
    """Who spoke or changed something."""

    kind: AuthorKind
    id: str
    name: str | None


class Message(BaseModel):
    """Words in a ticket; `version` is the ticket's version at which they joined it."""

    id: UUID
    ticket_id: UUID
    kind: MessageKind
    author: Author
    text: str
    automatic: bool
    created_at: Annotated[AwareDatetime, Field(description="the message's own time")]
    version: int


class TimelineEntry(BaseModel):
    """Words (`text`) or a change (`change`), in the order in which they happened."""

    id: UUID
    ticket_id: UUID
    kind: EntryKind
    occurred_at: AwareDatetime
    author: Author
    text: str | None
    automatic: bool
    change: dict[str, object] | None
    version: int


class AuditActor(BaseModel):
    """Who did it; `role` is a person's strongest at that time."""

    kind: AuthorKind
    id: str
    name: str | None
    role: str | None


class AuditEntry(BaseModel):
    """Something that staff or a server saw or changed.

    `filter` is what a list was narrowed to, `reason` what the caller gave in `X-Pitboss-Reason`. `position` is its
    place in the brand's chain, null in the first second.
    """

    id: UUID
    occurred_at: AwareDatetime
    actor: AuditActor
    action: str = Field(examples=[action.value for action in AuditAction])
    ticket_id: UUID | None
    player_id: str | None
    filter: dict[str, object] | None
    reason: str | None
    request_id: str
    trace_id: str | None
    position: int | None


def audit_entry_of(entry: Audited, position: int | None) -> AuditEntry:
    """Return an entry of the audit trail as the API shows it."""
    names = AuditEntry.model_fields.keys() - {"actor", "position", "filter"}
    return AuditEntry(
        **{name: getattr(entry, name) for name in names},
        actor=AuditActor(
            kind=AuthorKind(entry.actor_kind), id=entry.actor_id, name=entry.actor_name, role=entry.actor_role
        ),
        filter=None if entry.filter is None else dict(entry.filter),
        position=position,
    )


def ticket_of(state: TicketState, brand: str) -> Ticket:
    """Return a ticket as the API shows it."""
    values = {name: getattr(state, name) for name in Ticket.model_fields if name != "brand"}
    return Ticket.model_construct(brand=brand, **values)


def message_of(entry: Entry, ticket_id: UUID) -> Message:
    """Return words as the API shows them."""
    return Message(
        id=entry.id,
        ticket_id=ticket_id,
        kind=MessageKind(entry.kind),
        author=_author_of(entry),
        text=entry.text or "",
        automatic=entry.automatic,
        created_at=entry.occurred_at,
        version=entry.version,
    )


def timeline_entry_of(entry: Entry, ticket_id: UUID) -> TimelineEntry:
    """Return an entry as the API shows it."""
    return TimelineEntry(
        id=entry.id,
        ticket_id=ticket_id,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        author=_author_of(entry),
        text=entry.text,
        automatic=entry.automatic,
        change=entry.change,
        version=entry.version,
    )


def _author_of(entry: Entry) -> Author:
    return Author(kind=entry.author.kind, id=entry.author.id, name=entry.author.name)
