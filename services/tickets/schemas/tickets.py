"""Tickets and their words as the HTTP API shows them.

Edits refuse fields they do not know, for a typo would look like success.
"""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from services.tickets.domain.corrections import Version
from services.tickets.domain.mentions import MOST_MENTIONS
from services.tickets.domain.quick_replies import MOST_QUICK_REPLIES
from services.tickets.domain.tickets import Ticket as Known
from services.tickets.domain.tiers import VIP_TIERS, ToldTier
from services.tickets.domain.timeline import INSIDE, Entry, EntryKind
from services.tickets.schemas.fields import (
    ButtonLabel,
    ButtonValue,
    Explanation,
    FieldKey,
    Id,
    Language,
    Moment,
    ReasonCode,
    SeenVersion,
    Subject,
    Text,
    Tier,
    left_out,
)
from services.tickets.settings import licences
from shared.contracts.base import Author as Speaker
from shared.contracts.base import AuthorKind, Channel, QuickReply
from shared.contracts.tickets import BackOffice, MessageKind, Priority, TicketState, TicketStatus
from shared.redaction import redact


class QuickReplyChoice(QuickReply):
    """An answer to choose from: what the button says, and the words that pressing it says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: ButtonLabel
    value: ButtonValue


Attachments = Annotated[
    tuple[UUID, ...],
    Field(max_length=10, description="files of the speaker's, uploaded to /v1/attachments"),
]


QuickReplies = Annotated[
    tuple[QuickReplyChoice, ...],
    Field(max_length=MOST_QUICK_REPLIES, description="answers that a live player may choose from, under a reply"),
]


class FirstMessage(BaseModel):
    """The words a ticket opens with."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    attachments: Attachments = ()


class OpenTicket(BaseModel):
    """A new ticket.

    `player_id` is for staff and servers, who must name the player; a player's token already does.
    """

    model_config = ConfigDict(extra="forbid")

    subject: Subject
    message: FirstMessage
    channel: Channel = Channel.FORM
    reason: ReasonCode | None = None
    language: Language | None = None
    player_id: Id | None = None
    licence: Annotated[
        Id | None,
        Field(
            description="for servers alone: the jurisdiction under which this player is served, where it is not the "
            f"brand's; one of {', '.join(licences())}"
        ),
    ] = None
    tier: Annotated[
        Tier | None,
        Field(
            description="the player's VIP tier, named by leads, admins and servers; a player's own is what the claim "
            f"`vip` of his token says. {', '.join(VIP_TIERS)} make the VIP line, in whatever letters. Null: he has "
            "none. Left out: that of his newest ticket"
        ),
    ] = None

    def told_tier(self) -> ToldTier | None:
        """Return what the caller says of the player's tier, if he says anything."""
        if "tier" not in self.model_fields_set:
            return None
        return ToldTier(None if self.tier is None else redact(self.tier))


class EditTicket(BaseModel):
    """What to change; fields left out stay. Null clears what is not `status`, `priority` or `subject`.

    Status `waiting` needs `waiting_on`, `snoozed` needs `snoozed_until`, at most 366 days ahead; both go when the
    ticket leaves the status. `tier` is for leads, admins and servers. Of `fields` those that are named change.
    """

    model_config = ConfigDict(extra="forbid")

    status: TicketStatus = Field(default_factory=left_out)
    priority: Priority = Field(default_factory=left_out)
    subject: Subject = Field(default_factory=left_out)
    language: Language | None = None
    reason: ReasonCode | None = None
    waiting_on: BackOffice | None = None
    snoozed_until: Moment | None = None
    tier: Annotated[
        Tier | None, Field(description=f"{', '.join(VIP_TIERS)} make the VIP line, in whatever letters")
    ] = None
    team_id: Id | None = None
    fields: dict[FieldKey, StrictStr | StrictBool | StrictInt | StrictFloat | None] = Field(
        default_factory=left_out, max_length=100
    )

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
    mentions: Annotated[
        list[Id],
        Field(max_length=MOST_MENTIONS, description="staff whom a note calls, besides `@[staff id]` in its text"),
    ] = []
    after_version: SeenVersion | None = None
    attachments: Attachments = ()
    quick_replies: QuickReplies = ()
    clear_draft: Annotated[bool, Field(description="forget the caller's draft of this kind for the ticket")] = True


class CorrectMessage(BaseModel):
    """Other words in the place of those that were said."""

    model_config = ConfigDict(extra="forbid")

    text: Text


class Assign(BaseModel):
    """Whose the ticket becomes: a staff id, `me`, or null for the queue."""

    model_config = ConfigDict(extra="forbid")

    assignee_id: Id | None


class Escalate(BaseModel):
    """Why a senior is needed."""

    model_config = ConfigDict(extra="forbid")

    reason: Explanation


class Ticket(BaseModel):
    """A ticket; `version` is its ETag and the sequence of its last event.

    Players and visitors see neither team, tags, tier, licence, what it waits for nor the brand's own fields.
    """

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
    team_id: str | None
    tags: tuple[str, ...]
    tier: str | None
    licence: str | None
    waiting_on: BackOffice | None
    snoozed_until: AwareDatetime | None
    merged_into: UUID | None
    complaint_id: UUID | None
    fields: dict[str, str | int | float | bool]
    received_at: Annotated[AwareDatetime, Field(description="the player's first words of all that was merged")]


class Contact(BaseModel):
    """An outside writer, how and from where he writes; `name` is what he calls himself. None of it proves a player."""

    channel: Channel
    address: str
    name: str | None


class TicketRead(Ticket):
    """One ticket by itself, with whoever writes from outside; players and visitors are not shown that."""

    contact: Annotated[
        Contact | None, Field(description="who writes by e-mail or another outside channel, and is answered there")
    ]


class Author(BaseModel):
    """Who spoke or changed something."""

    kind: AuthorKind
    id: str
    name: str | None


class Message(BaseModel):
    """Words in a ticket, as they count now; `version` is the ticket's version at which they joined it.

    `edited_at` is since when they say so, `withdrawn_at` since when they say nothing: they have neither text nor files.
    """

    id: UUID
    ticket_id: UUID
    kind: MessageKind
    author: Author
    text: str
    automatic: bool
    created_at: Annotated[AwareDatetime, Field(description="the message's own time")]
    version: int
    attachments: Annotated[tuple[UUID, ...], Field(description="files it carries, held by intake")] = ()
    origin_ticket_id: Annotated[UUID | None, Field(description="the merged ticket it was said to")] = None
    copied_from: Annotated[UUID | None, Field(description="the message it is a copy of, after a split")] = None
    moved_to: Annotated[UUID | None, Field(description="the ticket it was split off to")] = None
    edited_at: AwareDatetime | None = None
    withdrawn_at: AwareDatetime | None = None


class MessageVersion(BaseModel):
    """What words said from `since` on, by whose hand, and why they were withdrawn if that was said; null: nothing."""

    text: str | None
    author: Author
    since: AwareDatetime
    reason: str | None


class MessageHistory(BaseModel):
    """Everything words ever said, the first ones first, and the files they carry or carried."""

    items: list[MessageVersion]
    attachments: tuple[UUID, ...]


class TimelineEntry(BaseModel):
    """Words (`text`, as they count now) or a change (`change`), in the order in which they happened."""

    id: UUID
    ticket_id: UUID
    kind: EntryKind
    occurred_at: AwareDatetime
    author: Author
    text: str | None
    automatic: bool
    change: dict[str, object] | None
    version: int
    attachments: Annotated[tuple[UUID, ...], Field(description="files the words carry, held by intake")] = ()
    origin_ticket_id: Annotated[UUID | None, Field(description="the merged ticket it happened to")] = None
    copied_from: Annotated[UUID | None, Field(description="the message it is a copy of, after a split")] = None
    moved_to: Annotated[UUID | None, Field(description="the ticket it was split off to")] = None
    edited_at: AwareDatetime | None = None
    withdrawn_at: AwareDatetime | None = None


_SHOWN: Final = tuple(name for name in Ticket.model_fields if name != "brand")
_HIDDEN: Final[dict[str, object]] = {
    "team_id": None,
    "tags": (),
    "tier": None,
    "licence": None,
    "waiting_on": None,
    "snoozed_until": None,
    "complaint_id": None,
    "fields": {},
}


def ticket_of(state: TicketState, brand: str, *, inside: bool) -> Ticket:
    """Return a ticket as the API shows it; `inside`: to staff and the operator's servers."""
    values = {name: getattr(state, name) for name in _SHOWN} | {"received_at": state.received_at or state.created_at}
    return Ticket.model_construct(brand=brand, **values if inside else values | _HIDDEN)


def ticket_read_of(ticket: Known, *, inside: bool) -> TicketRead:
    """Return one ticket by itself as the API shows it; `inside`: to staff and the operator's servers."""
    known, contact = ticket.contact, None
    if inside and known is not None:
        contact = Contact(channel=known.channel, address=known.address, name=known.name)
    shown = ticket_of(ticket.state, ticket.brand, inside=inside)
    return TicketRead.model_construct(**dict(shown), contact=contact)


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
        **_standing_of(entry),
        **_origins_of(entry, ticket_id),
    )


def timeline_entry_of(entry: Entry, ticket_id: UUID, *, inside: bool) -> TimelineEntry:
    """Return an entry as the API shows it; `inside`: to staff and the operator's servers."""
    hidden = frozenset[str]() if inside else INSIDE
    return TimelineEntry(
        id=entry.id,
        ticket_id=ticket_id,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        author=_author_of(entry),
        text=entry.text,
        automatic=entry.automatic,
        change=entry.change and {name: value for name, value in entry.change.items() if name not in hidden},
        version=entry.version,
        **_standing_of(entry),
        **_origins_of(entry, ticket_id),
    )


def history_of(entry: Entry, versions: Sequence[Version]) -> MessageHistory:
    """Return everything words ever said as the API shows it."""
    items = [
        MessageVersion(text=one.text, author=_author(one.author), since=one.since, reason=one.reason)
        for one in versions
    ]
    return MessageHistory(items=items, attachments=entry.attachments)


def _standing_of(entry: Entry) -> dict[str, object]:
    """Return what is left of words: what was withdrawn carries no files."""
    return {
        "attachments": () if entry.is_withdrawn else entry.attachments,
        "edited_at": None if entry.is_withdrawn else entry.edited_at,
        "withdrawn_at": entry.withdrawn_at,
    }


def _origins_of(entry: Entry, ticket_id: UUID) -> dict[str, UUID | None]:
    origin = entry.origin_id or entry.ticket_id
    return {
        "origin_ticket_id": None if origin == ticket_id else origin,
        "copied_from": entry.copied_from,
        "moved_to": entry.moved_to,
    }


def _author_of(entry: Entry) -> Author:
    return _author(entry.author)


def _author(author: Speaker) -> Author:
    return Author(kind=author.kind, id=author.id, name=author.name)
