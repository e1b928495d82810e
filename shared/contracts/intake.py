"""Facts about words that came in from outside channels, and about attached files, told by intake."""

from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Channel, ContactRef, Event
from shared.contracts.looks import PlayerDataRead

_PLAYER = Author(kind=AuthorKind.PLAYER, id="p-1", name="Kim")


class MessageReceived(Event):
    """A message came in from an outside channel and was made durable.

    `ticket_id` is set when a valid reply token or an own Message-ID threads it; `automatic` marks robots (RFC 3834):
    they stop no clock, reopen nothing and are never answered. `attachments` are ids of files that came with it: intake
    holds them, and tells of each whether it is ready or rejected once the words have found their ticket.
    """

    type: ClassVar[str] = "intake.message.received.v1"
    aggregate: ClassVar[str] = "message_id"

    message_id: UUID
    channel: Channel
    contact: ContactRef
    subject: str
    text: str
    ticket_id: UUID | None = None
    received_at: AwareDatetime
    automatic: bool = False
    language: str | None = None
    attachments: tuple[UUID, ...] = ()

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        contact = ContactRef(
            channel=Channel.EMAIL,
            address="kim@example.org",
            name="Kim",
            reply_from="support@lucky.example",
            thread=("<a@example.org>",),
        )
        return cls(
            message_id=SAMPLE_ID,
            channel=Channel.EMAIL,
            contact=contact,
            subject="Payout",
            text="Where is it?",
            received_at=SAMPLE_TIME,
        )


class Sensitivity(StrEnum):
    """Who may look at a file: an identity document is seen by few, and each look is recorded."""

    ORDINARY = "ordinary"
    IDENTITY_DOCUMENT = "identity_document"


class AttachmentReady(Event):
    """A file that words carry was found harmless and may be fetched.

    `public` says that the ticket's player or visitor may see it; a note's files stay inside.
    """

    type: ClassVar[str] = "intake.attachment.ready.v1"
    aggregate: ClassVar[str] = "attachment_id"

    attachment_id: UUID
    ticket_id: UUID
    message_id: UUID
    public: bool
    name: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    sensitivity: Sensitivity
    uploaded_by: Author
    ready_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            attachment_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            message_id=SAMPLE_ID,
            public=True,
            name="receipt.jpg",
            media_type="image/jpeg",
            size=48_213,
            width=1200,
            height=900,
            sensitivity=Sensitivity.ORDINARY,
            uploaded_by=_PLAYER,
            ready_at=SAMPLE_TIME,
        )


class AttachmentRejected(Event):
    """A file that had been taken was found harmful and deleted; `reason` is a code. Words may carry it already.

    With `channel` it came in with words from outside, whose sender was told nothing: `detail` says in words why it
    was refused.
    """

    type: ClassVar[str] = "intake.attachment.rejected.v1"
    aggregate: ClassVar[str] = "attachment_id"

    attachment_id: UUID
    ticket_id: UUID | None = None
    message_id: UUID | None = None
    public: bool = False
    name: str
    reason: str
    uploaded_by: Author
    rejected_at: AwareDatetime
    channel: Channel | None = None
    detail: str | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(
            attachment_id=SAMPLE_ID,
            ticket_id=SAMPLE_ID,
            message_id=SAMPLE_ID,
            public=True,
            name="receipt.pdf",
            reason="infected",
            uploaded_by=_PLAYER,
            rejected_at=SAMPLE_TIME,
        )


class IntakeDataRead(PlayerDataRead):
    """Staff or a server saw attached files or mails that were set aside, or changed them."""

    type: ClassVar[str] = "intake.player_data.read.v1"
    aggregate: ClassVar[str] = "read_id"
