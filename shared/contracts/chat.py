"""Facts about live conversations, told by chat. `ticket_id` is the conversation's id from its first moment on."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Channel, Event, QuickReply
from shared.contracts.looks import PlayerDataRead

_PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")


class SessionStarted(Event):
    """A player or visitor opened a live conversation; `reason` is the contact reason he chose, if it is one.

    `vip` is what the operator signed about the player's tier: a tier, `true`, `false` for none; null: it said nothing.
    """

    type: ClassVar[str] = "chat.session.started.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    player: Author
    subject: str | None = None
    language: str | None = None
    reason: str | None = None
    started_at: AwareDatetime
    vip: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(ticket_id=SAMPLE_ID, player=_PLAYER, language="en", started_at=SAMPLE_TIME)


class SessionEnded(Event):
    """A live conversation ended; the ticket lives on."""

    type: ClassVar[str] = "chat.session.ended.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    reason: str
    ended_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(ticket_id=SAMPLE_ID, reason="resolved", ended_at=SAMPLE_TIME)


class MessagePosted(Event):
    """A message took its place in a transcript; `seq` counts from 1 without gaps within the conversation.

    Corrections have places of their own, so that those of messages alone may have gaps. Staff's and the bot's words
    entered through tickets and are told again here only for the sockets; so did a player's words that came another way,
    which `channel` then names. `attachments` are ids of files that intake holds, `quick_replies` answers to choose
    from, `in_reply_to` is the message whose answer was chosen.
    """

    type: ClassVar[str] = "chat.message.posted.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = "chat.session"

    ticket_id: UUID
    message_id: UUID
    seq: int
    author: Author
    text: str
    client_msg_id: str | None = None
    sent_at: AwareDatetime
    attachments: tuple[UUID, ...] = ()
    channel: Channel | None = None
    quick_replies: tuple[QuickReply, ...] = ()
    in_reply_to: UUID | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            message_id=SAMPLE_ID,
            seq=1,
            author=_PLAYER,
            text="Hello",
            client_msg_id="c1",
            sent_at=SAMPLE_TIME,
        )


class MessageCorrected(Event):
    """Words in a transcript were corrected, or withdrawn with the files they carried (`text` null).

    It has a place of its own: `seq` goes on from the words before it. `correction_id` is the entry, `author` who
    corrected. Staff's corrections entered through tickets and are told again here only for the sockets.
    """

    type: ClassVar[str] = "chat.message.corrected.v1"
    aggregate: ClassVar[str] = "ticket_id"
    stream: ClassVar[str] = "chat.session"

    ticket_id: UUID
    message_id: UUID
    correction_id: UUID
    seq: int
    author: Author
    text: str | None
    corrected_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID,
            message_id=SAMPLE_ID,
            correction_id=SAMPLE_ID,
            seq=2,
            author=_PLAYER,
            text="Hello there",
            corrected_at=SAMPLE_TIME,
        )


class SessionClaimed(Event):
    """A visitor turned out to be a player: the conversation is his from now on, with what was said before.

    `vip` is what the operator signed about the player's tier, as in the session's beginning.
    """

    type: ClassVar[str] = "chat.session.claimed.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    visitor: Author
    player: Author
    claimed_at: AwareDatetime
    vip: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        visitor = Author(kind=AuthorKind.VISITOR, id="v-1")
        return cls(ticket_id=SAMPLE_ID, visitor=visitor, player=_PLAYER, claimed_at=SAMPLE_TIME)


class RatingRequested(Event):
    """A player is asked how a conversation was: it ended, or its ticket was resolved.

    Nobody is asked whose ticket concerns safety. `round` counts the times a conversation was asked about.
    """

    type: ClassVar[str] = "chat.rating.requested.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    round: int
    asked_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(ticket_id=SAMPLE_ID, round=1, asked_at=SAMPLE_TIME)


class RatingGiven(Event):
    """A player said how a conversation was, 1 (bad) to 5; `assignee_id` held the ticket when he was asked."""

    type: ClassVar[str] = "chat.rating.given.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    round: int
    player: Author
    assignee_id: str | None = None
    score: int
    comment: str | None = None
    rated_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            ticket_id=SAMPLE_ID, round=1, player=_PLAYER, assignee_id=str(SAMPLE_ID), score=2, rated_at=SAMPLE_TIME
        )


class TranscriptRead(Event):
    """Staff or a server was shown a conversation: a page of it over HTTP, or by `listening` to it on a socket.

    Each look is a thing of its own, told once. `after_seq` is the message after which it began, `reason` what the
    reader gave as his reason. `message_id` is set where he was shown everything that this one message ever said.
    """

    type: ClassVar[str] = "chat.transcript.read.v1"
    aggregate: ClassVar[str] = "read_id"

    read_id: UUID
    ticket_id: UUID
    reader: Author
    after_seq: int
    listening: bool
    reason: str | None = None
    message_id: UUID | None = None
    request_id: str
    read_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            read_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            reader=Author(kind=AuthorKind.STAFF, id=str(SAMPLE_ID), name="Ann"),
            after_seq=0,
            listening=True,
            request_id=str(SAMPLE_ID),
            read_at=SAMPLE_TIME,
        )


class PresenceChanged(Event):
    """A person came to or left the desk, seen by live sockets."""

    type: ClassVar[str] = "chat.presence.changed.v1"
    aggregate: ClassVar[str] = "staff_id"

    staff_id: str
    connected: bool
    changed_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(staff_id=str(SAMPLE_ID), connected=True, changed_at=SAMPLE_TIME)


class ChatDataRead(PlayerDataRead):
    """Staff or a server saw bans or ratings, or changed them."""

    type: ClassVar[str] = "chat.player_data.read.v1"
    aggregate: ClassVar[str] = "read_id"
