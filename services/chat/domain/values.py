"""The words chat works with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from services.chat.domain.errors import TextRefused
from shared.contracts.base import Author, AuthorKind, Channel, QuickReply
from shared.words import is_blank

LONGEST_TEXT: Final = 16_000
MOST_ATTACHMENTS: Final = 10
LONGEST_FILE_NAME: Final = 150
_LEAST_STEP: Final = timedelta(microseconds=1)


class CloseCode(IntEnum):
    """Why the server ends a socket; 4000-4999 are ours (RFC 6455, section 7.4.2)."""

    GOING_AWAY = 1001
    TOO_BIG = 1009
    RESTART = 1012
    OVERLOADED = 1013
    BAD_FRAME = 4400
    EXPIRED = 4401
    FORBIDDEN = 4403
    SLOW = 4408
    REPLACED = 4409
    RATE = 4429


@dataclass(frozen=True, slots=True)
class Look:
    """When, in which request and why somebody looks at a conversation; `request_id` names a request or a socket."""

    at: datetime
    request_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever holds a socket or a session: a player, a visitor or a member of staff of one brand.

    `vip` is what the operator signed about the tier of a player who just called; no part of who he is.
    """

    brand: str
    kind: AuthorKind
    id: str
    name: str | None = None
    vip: str | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two sockets belong to the same person; the display name does not."""
        return self.brand, self.kind.value, self.id

    @property
    def is_staff(self) -> bool:
        """True for people at the desk."""
        return self.kind is AuthorKind.STAFF

    @property
    def is_inside(self) -> bool:
        """True for staff and the operator's servers, who see what is not their own."""
        return self.kind in {AuthorKind.STAFF, AuthorKind.SERVER}

    def author(self) -> Author:
        """Return the person as the author of words."""
        return Author(kind=self.kind, id=self.id, name=self.name)

    def wrote(self, message: "Message") -> bool:
        """True if the words are this person's."""
        return message.author.id == self.id and message.author.kind is self.kind


@dataclass(frozen=True, slots=True)
class Details:
    """What few messages have: how they came if not live, answers to choose from, and which message they answer."""

    channel: Channel | None = None
    quick_replies: tuple[QuickReply, ...] = ()
    in_reply_to: UUID | None = None


PLAIN: Final = Details()


@dataclass(frozen=True, slots=True)
class Draft:
    """Words that want a place in a transcript.

    Either `client_msg_id` (words from a socket or from HTTP) or `message_id` (a reply that entered through tickets)
    recognises a repetition. `said_at` is the time of a reply; words from here are dated when they are written.
    `attachments` are ids of files: intake lets words carry only what their speaker has uploaded.
    """

    ticket_id: UUID
    author: Author
    text: str
    client_msg_id: str | None = None
    message_id: UUID | None = None
    said_at: datetime | None = None
    attachments: tuple[UUID, ...] = ()
    details: Details = PLAIN

    @property
    def is_reply(self) -> bool:
        """True for words that entered through tickets: they are appended even after the session ended."""
        return self.message_id is not None


@dataclass(frozen=True, slots=True)
class Message:
    """Words in their place: `seq` counts from 1 without gaps, `sent_at` strictly increases within a conversation.

    With `corrects` it is no new message but an entry that puts other words, or none, in the place of that message's.
    Whatever is read from a transcript has the words that count now: `corrected_at` is since when they do, None for
    words that stand as they were said. What was withdrawn has neither text nor files.
    """

    ticket_id: UUID
    seq: int
    id: UUID
    author: Author
    text: str
    client_msg_id: str | None
    sent_at: datetime
    attachments: tuple[UUID, ...] = ()
    corrects: UUID | None = None
    corrected_at: datetime | None = None
    details: Details = PLAIN

    @property
    def is_withdrawn(self) -> bool:
        """True if nothing is left of the words."""
        return not self.text and (self.corrects is not None or self.corrected_at is not None)


class Said(NamedTuple):
    """A message that was just committed, and its brand."""

    brand: str
    message: Message


class Banned(NamedTuple):
    """A person who was just kept out, until `until` (None: until it is lifted)."""

    person: Person
    until: datetime | None


class Arrival(StrEnum):
    """What players are told of the staff in their conversation."""

    JOINED = "joined"
    LEFT = "left"
    TOOK_OVER = "took_over"


class PeopleChanged(NamedTuple):
    """Somebody of the staff has just come to a conversation, left it or taken it over."""

    brand: str
    ticket_id: UUID
    arrival: Arrival
    name: str
    at: datetime


class Held(NamedTuple):
    """Who a player is told is with him from now on; None: nobody, or nobody whom he is told."""

    brand: str
    ticket_id: UUID
    name: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session as its row says; `version` is the sequence of its last event."""

    ticket_id: UUID
    player_kind: AuthorKind
    player_id: str
    last_seq: int
    version: int
    last_sent_at: datetime | None
    ended_at: datetime | None

    def belongs_to(self, author: Author) -> bool:
        """True if `author` is the player or visitor of this conversation."""
        return author.kind is self.player_kind and author.id == self.player_id


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far somebody got in a conversation; both marks only ever rise."""

    ticket_id: UUID
    reader: Author
    delivered_seq: int = 0
    read_seq: int = 0

    def risen_by(self, other: "Receipt") -> "Receipt":
        """Return the higher of each mark; what was read was delivered."""
        read = max(self.read_seq, other.read_seq)
        delivered = max(self.delivered_seq, other.delivered_seq, read)
        return Receipt(self.ticket_id, self.reader, delivered, read)


def accepted_text(text: str, attachments: Sequence[UUID] = ()) -> str:
    """Return `text` if a transcript can hold it: at most 16 000 characters, something to read or see, no NUL."""
    if not attachments and is_blank(text):
        raise TextRefused("the text is empty", field="text")
    if len(text) > LONGEST_TEXT:
        raise TextRefused(f"the text is longer than {LONGEST_TEXT} characters", field="text")
    if "\x00" in text:
        raise TextRefused("the text contains a NUL character", field="text")
    return text


def dated(wanted: datetime, last: datetime | None) -> datetime:
    """Return the time of the next message: `wanted`, but always after `last`."""
    return wanted if last is None or wanted > last else last + _LEAST_STEP
