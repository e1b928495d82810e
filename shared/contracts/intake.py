"""Facts about words that came in from outside channels, told by intake."""

from typing import ClassVar, Self
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Channel, ContactRef, Event


class MessageReceived(Event):
    """A message came in from an outside channel and was made durable.

    `ticket_id` is set when a valid reply token or an own Message-ID threads it; `automatic` marks robots (RFC 3834):
    they stop no clock, reopen nothing and are never answered.
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
