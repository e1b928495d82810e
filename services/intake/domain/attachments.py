"""What an attached file is, who may see it, and how long it stays."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import Sensitivity
from shared.errors import DomainError, Kind

SCAN_FILES: Final = "scan_files"
INFECTED: Final = "infected"
MOST_LOOSE: Final = 20
WITHDRAWN: Final = "withdrawn"
_OUTSIDE: Final = frozenset({AuthorKind.PLAYER, AuthorKind.VISITOR})
# Reasons of contact about a player's identity: what is sent there is a document until somebody says otherwise.
_IDENTITY_REASON: Final = "KYC."


class AttachmentNotFound(DomainError):
    """There is no such attachment."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class TicketNotFound(DomainError):
    """There is no such ticket."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class AttachmentNotReady(DomainError):
    """The file is still being checked."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AttachmentGone(DomainError):
    """The file was refused or its time is over."""

    kind: ClassVar[Kind] = Kind.GONE


class TooManyUploads(DomainError):
    """Too many files at once, or too many that no message carries yet."""

    kind: ClassVar[Kind] = Kind.LIMITED


class UploadBroken(DomainError):
    """The file did not arrive whole."""

    kind: ClassVar[Kind] = Kind.INVALID


class UploadsBusy(DomainError):
    """As many files as this process takes are coming in."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class DocumentForbidden(DomainError):
    """Identity documents are shown to few."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class LinkInvalid(DomainError):
    """There is no such link, or its time is over."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class AttachmentState(StrEnum):
    """Where a file stands: coming in, still in its mail, not yet scanned, harmless, refused, past its time."""

    RECEIVING = "receiving"
    MAILED = "mailed"
    PENDING = "pending"
    READY = "ready"
    REJECTED = "rejected"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file. `ticket_id` is only its uploader's intention while no words carry it (`message_id`).

    One that came by mail is `promised_to` the words of that mail: no others carry it, whoever speaks.
    """

    id: UUID
    brand: str
    ticket_id: UUID | None
    message_id: UUID | None
    public: bool
    uploader: Author
    name: str
    media_type: str | None
    size: int | None
    width: int | None
    height: int | None
    digest: bytes | None
    sensitivity: Sensitivity
    state: AttachmentState
    reason: str | None
    file_key: str | None
    created_at: datetime
    promised_to: UUID | None = None
    detail: str | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        """Where the file belongs: sealed for one attachment, it opens as no other."""
        return ("attachment", self.brand, str(self.id))


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to attach; the same `key` of the same person means the same file."""

    name: str
    ticket_id: UUID | None
    sensitivity: Sensitivity
    key: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a file turned out to be, and under which key what is left of it was stored."""

    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Terms:
    """How long files stay: those that no words carry, those that words carry, and identity documents."""

    loose: timedelta
    kept: timedelta
    documents: timedelta

    def of(self, sensitivity: Sensitivity) -> timedelta:
        """Return how long an attached file stays."""
        return self.documents if sensitivity is Sensitivity.IDENTITY_DOCUMENT else self.kept


USUAL_TERMS: Final = Terms(loose=timedelta(hours=24), kept=timedelta(days=730), documents=timedelta(days=90))


@dataclass(frozen=True, slots=True)
class Carried:
    """Words that carry files: who said them, where, and whether the player sees them.

    `speakers` are the author and who wrote the words down for him: a server passes a player's on.
    """

    ticket_id: UUID
    message_id: UUID
    attachments: tuple[UUID, ...]
    public: bool
    speakers: tuple[Author, ...]
    reason: str | None = None

    def sensitivity(self) -> Sensitivity | None:
        """Return what the topic makes of the files, None if it leaves them what they are."""
        about_identity = self.reason is not None and self.reason.startswith(_IDENTITY_REASON)
        return Sensitivity.IDENTITY_DOCUMENT if about_identity and self.is_players() else None

    def speaker_of(self, attachment: Attachment) -> Author:
        """Return whose the file is: what came by mail is its writer's, as soon as tickets says who that is."""
        is_his = attachment.promised_to is not None and self.is_players()
        return self.speakers[0] if is_his else attachment.uploader

    def is_players(self) -> bool:
        """True for words of a player or visitor."""
        return self.speakers[0].kind in _OUTSIDE


def is_outside(viewer: Author) -> bool:
    """True for players and visitors."""
    return viewer.kind in _OUTSIDE


def same_person(one: Author, other: Author) -> bool:
    """True if two authors are the same; names are for display."""
    return (one.kind, one.id) == (other.kind, other.id)


def may_see(viewer: Author, attachment: Attachment, owner: Author | None) -> bool:
    """True if the attachment exists for `viewer`; `owner` is the player or visitor of its ticket, if known.

    Whoever uploaded a file sees it. Others outside see what public words of their own ticket carry; the desk and the
    operator's servers see everything of their brand.
    """
    if same_person(viewer, attachment.uploader) or not is_outside(viewer):
        return True
    return attachment.public and attachment.message_id is not None and owner is not None and same_person(viewer, owner)


def check_may_open(viewer: Author, attachment: Attachment, *, documents: bool) -> None:
    """Refuse the content of a file that is not there (yet) or that `viewer` may know of and not look into."""
    if attachment.state in {AttachmentState.RECEIVING, AttachmentState.MAILED, AttachmentState.PENDING}:
        raise AttachmentNotReady(retry_after=2)
    if attachment.state is not AttachmentState.READY:
        raise AttachmentGone
    if is_recorded(viewer, attachment) and not is_outside(viewer) and not documents:
        raise DocumentForbidden


def is_recorded(viewer: Author, attachment: Attachment) -> bool:
    """True if a look at the file has to be recorded: identity documents, except by whoever sent them."""
    document = attachment.sensitivity is Sensitivity.IDENTITY_DOCUMENT
    return document and not same_person(viewer, attachment.uploader)
