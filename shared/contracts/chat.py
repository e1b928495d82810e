"""Facts about live conversations, told by chat. `ticket_id` is the conversation's id from its first moment on."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Event

_PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")


class SessionStarted(Event):
    """A player or visitor opened a live conversation."""

    type: ClassVar[str] = "chat.session.started.v1"
    aggregate: ClassVar[str] = "ticket_id"

    ticket_id: UUID
    player: Author
    subject: str | None = None
    language: str | None = None
    started_at: AwareDatetime

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

    Staff's and the bot's words entered through tickets and are told again here only for the sockets. `attachments` are
    ids of files that intake holds.
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
