"""Files as the HTTP API shows them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.intake.domain import attachments as domain
from shared.contracts.base import Author
from shared.contracts.intake import Sensitivity


class State(StrEnum):
    """Where a file stands: being checked, harmless, refused, past its time."""

    PENDING = "pending"
    READY = "ready"
    REJECTED = "rejected"
    DELETED = "deleted"


class Attachment(BaseModel):
    """A file. What is stored may differ from what was sent: pictures are drawn anew without metadata.

    `ticket_id` is where it is meant to go until a message carries it. `public` files are the player's to see.
    """

    id: UUID
    ticket_id: UUID | None
    message_id: UUID | None
    public: bool
    name: str
    media_type: str | None
    size: int | None
    width: int | None
    height: int | None
    sensitivity: Sensitivity
    state: State
    reason: Annotated[str | None, Field(description="why it was rejected, or `withdrawn` with its words")]
    detail: Annotated[str | None, Field(description="why a file that came by mail was rejected, in words")] = None
    uploaded_by: Author
    created_at: AwareDatetime

    @classmethod
    def of(cls, one: domain.Attachment) -> Self:
        """Return the shape of an attachment."""
        return cls(
            id=one.id, ticket_id=one.ticket_id, message_id=one.message_id, public=one.public, name=one.name,
            media_type=one.media_type, size=one.size, width=one.width, height=one.height,
            sensitivity=one.sensitivity, state=_state(one), reason=one.reason, detail=one.detail,
            uploaded_by=one.uploader, created_at=one.created_at,
        )  # fmt: skip


def _state(one: domain.Attachment) -> State:
    return State.PENDING if one.state is domain.AttachmentState.MAILED else State(one.state)


class FileLink(BaseModel):
    """Where a file can be fetched, without a credential, until `expires_at`."""

    url: str
    expires_at: AwareDatetime


class MarkAttachment(BaseModel):
    """What a file is."""

    model_config = ConfigDict(extra="forbid")

    sensitivity: Sensitivity


class AttachmentView(BaseModel):
    """A look at an identity document: a link was made, or the file fetched with it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    deed: Literal["link", "download"]
    viewer_kind: str
    viewer_id: str
    viewer_name: str | None
    reason: str | None
    request_id: str
    viewed_at: datetime
