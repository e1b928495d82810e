"""Facts of chat about what is to reach a player by e-mail, and who looked at how he is reached."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Channel, ContactRef, Event

_PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")
_AGENT = Author(kind=AuthorKind.STAFF, id=str(SAMPLE_ID), name="Ann")
_CONTACT = ContactRef(channel=Channel.EMAIL, address="kim@example.org", name="Kim")


class SpokenLine(BaseModel):
    """Words of a live conversation as they stood when the fact was told; `files` are the names of what they carried."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    message_id: UUID
    author: Author
    text: str
    sent_at: AwareDatetime
    files: tuple[str, ...] = ()


class RepliesUnread(Event):
    """A player has not read in time what he was answered live: it is to go out as one e-mail.

    Each reply is in one batch at most, and batches follow the order of the conversation. `first_batch_id` is the batch
    that began the correspondence, so that all of it is one thread at the reader's.
    """

    type: ClassVar[str] = "chat.replies.unread.v1"
    aggregate: ClassVar[str] = "ticket_id"

    batch_id: UUID
    first_batch_id: UUID
    ticket_id: UUID
    number: str
    subject: str
    player: Author
    contact: ContactRef
    language: str | None = None
    replies: tuple[SpokenLine, ...]
    told_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        line = SpokenLine(message_id=SAMPLE_ID, author=_AGENT, text="It left today.", sent_at=SAMPLE_TIME)
        return cls(
            batch_id=SAMPLE_ID,
            first_batch_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            number="LUCKY-1042",
            subject="Payout",
            player=_PLAYER,
            contact=_CONTACT,
            language="en",
            replies=(line,),
            told_at=SAMPLE_TIME,
        )


class TranscriptRequested(Event):
    """Somebody wants a conversation sent by e-mail to its player; `left_out` counts older words that did not fit.

    `number` and `subject` are those of the ticket as far as chat knows them; times are to be shown in `time_zone`.
    """

    type: ClassVar[str] = "chat.transcript.requested.v1"
    aggregate: ClassVar[str] = "transcript_id"

    transcript_id: UUID
    ticket_id: UUID
    number: str | None = None
    subject: str | None = None
    player: Author
    requested_by: Author
    request_id: str
    contact: ContactRef
    language: str | None = None
    time_zone: str
    lines: tuple[SpokenLine, ...]
    left_out: int = 0
    requested_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        line = SpokenLine(message_id=SAMPLE_ID, author=_PLAYER, text="Hello", sent_at=SAMPLE_TIME)
        return cls(
            transcript_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            number="LUCKY-1042",
            subject="Payout",
            player=_PLAYER,
            requested_by=_PLAYER,
            request_id=str(SAMPLE_ID),
            contact=_CONTACT,
            language="en",
            time_zone="Europe/Berlin",
            lines=(line,),
            requested_at=SAMPLE_TIME,
        )


class ContactRead(Event):
    """Staff or a server looked at what a player or visitor said of himself and where he is written to."""

    type: ClassVar[str] = "chat.contact.read.v1"
    aggregate: ClassVar[str] = "read_id"

    read_id: UUID
    ticket_id: UUID
    reader: Author
    reason: str | None = None
    request_id: str
    read_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            read_id=SAMPLE_ID, ticket_id=SAMPLE_ID, reader=_AGENT, request_id=str(SAMPLE_ID), read_at=SAMPLE_TIME
        )
