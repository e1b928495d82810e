"""Mentions, watchers, tags and drafts as the HTTP API shows them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.tickets.queries import collaboration as found
from services.tickets.queries import watching
from services.tickets.schemas.fields import Text
from shared.contracts.tickets import MessageKind


class MentionAuthor(BaseModel):
    """Who wrote the note."""

    id: str
    name: str | None


class Mention(BaseModel):
    """A note that calls the caller; `id` is the note's."""

    id: UUID
    ticket_id: UUID
    number: str
    subject: str
    author: MentionAuthor
    text: str
    mentioned_at: AwareDatetime
    read_at: AwareDatetime | None


class Watcher(BaseModel):
    """Who follows a ticket, since when."""

    staff_id: str
    name: str | None
    since_at: AwareDatetime


class Watchers(BaseModel):
    """Everybody who follows a ticket, longest first."""

    items: list[Watcher]


class Watched(BaseModel):
    """A ticket that the caller follows."""

    ticket_id: UUID
    number: str
    subject: str
    status: str
    updated_at: AwareDatetime
    since_at: AwareDatetime


class Tag(BaseModel):
    """A tag and on how many tickets it is."""

    tag: str
    tickets: int


class Tags(BaseModel):
    """The tags of the brand's tagged tickets changed last (10 000 of them at most), most used first."""

    items: list[Tag]


class SaveDraft(BaseModel):
    """Words not sent yet."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    kind: Literal[MessageKind.REPLY, MessageKind.NOTE] = MessageKind.REPLY


class Draft(BaseModel):
    """What somebody has written so far; `text` is null when it is not the caller's and the caller is no lead."""

    staff_id: str
    name: str | None
    kind: MessageKind
    text: Annotated[str | None, Field(description="redacted like everything written")]
    updated_at: AwareDatetime


class Drafts(BaseModel):
    """Who is drafting for a ticket, newest first."""

    items: list[Draft]


def mention_of(row: found.Mention) -> Mention:
    """Return a mention as the API shows it."""
    return Mention(
        id=row.entry_id,
        ticket_id=row.ticket_id,
        number=row.number,
        subject=row.subject,
        author=MentionAuthor(id=row.author_id, name=row.author_name),
        text=row.text,
        mentioned_at=row.mentioned_at,
        read_at=row.read_at,
    )


def watchers_of(rows: list[watching.Watcher]) -> Watchers:
    """Return watchers as the API shows them."""
    return Watchers(items=[Watcher(staff_id=row.staff_id, name=row.name, since_at=row.since_at) for row in rows])


def watched_of(row: watching.Watched) -> Watched:
    """Return a followed ticket as the API shows it."""
    return Watched(
        ticket_id=row.ticket_id,
        number=row.number,
        subject=row.subject,
        status=row.status,
        updated_at=row.updated_at,
        since_at=row.since_at,
    )


def draft_of(row: found.Draft) -> Draft:
    """Return a draft as the API shows it."""
    return Draft(staff_id=row.staff_id, name=row.name, kind=row.kind, text=row.text, updated_at=row.updated_at)
