"""What HTTP callers of chat send and get."""

from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from services.chat.domain.addresses import LONGEST_ADDRESS, usable_address
from services.chat.domain.corrections import Version
from services.chat.domain.errors import AddressUnusable
from services.chat.domain.forms import LONGEST_ANSWER, MOST_QUESTIONS
from services.chat.domain.reaching import Introduction
from services.chat.domain.values import LONGEST_TEXT, MOST_ATTACHMENTS, Message
from services.chat.use_cases.transcripts import Page
from shared.contracts.base import Author, Channel, QuickReply
from shared.words import in_one_line, is_blank

_LONGEST_CAUSE: Final = 200


def _readable(text: str) -> str:
    if is_blank(text) or "\x00" in text:
        message = "there is nothing to read, or a NUL character"
        raise ValueError(message)
    return text


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST_CAUSE:
        message = f"a reason is one line of up to {_LONGEST_CAUSE} characters that says something"
        raise ValueError(message)
    return text


# Headers carry ASCII only (RFC 9110, section 5.5); other characters come percent-encoded as UTF-8 (RFC 3986).
Cause = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$"), AfterValidator(unquote), AfterValidator(_one_line)]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), AfterValidator(_readable)]
ClientMessageId = Annotated[
    str, Field(min_length=1, max_length=128, pattern=r"^[\x20-\x7e]+$", description="makes repeating a send harmless")
]


Attachments = Annotated[
    tuple[UUID, ...],
    Field(max_length=MOST_ATTACHMENTS, description="files of the speaker's, uploaded to /v1/attachments"),
]


class PostMessage(BaseModel):
    """Words for a conversation; with files they may be empty."""

    attachments: Attachments = ()
    text: Annotated[str, Field(max_length=LONGEST_TEXT, validate_default=True)] = ""
    client_msg_id: ClientMessageId | None = None
    in_reply_to: Annotated[UUID | None, Field(description="the message whose quick reply these words are")] = None

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str, info: ValidationInfo) -> str:
        return text if info.data.get("attachments") and is_blank(text) and "\x00" not in text else _readable(text)


class CorrectMessage(BaseModel):
    """Other words in the place of what was said."""

    model_config = ConfigDict(extra="forbid")

    text: Words
    client_msg_id: ClientMessageId | None = None


def _address(text: str) -> str:
    try:
        return usable_address(text)
    except AddressUnusable as error:
        message = "this is no e-mail address that can be written to"
        raise ValueError(message) from error


def _said_in_one_line(text: str) -> str:
    line = in_one_line(text)
    if not line:
        message = "one line of readable characters"
        raise ValueError(message)
    return line


def _shown(name: object) -> object:
    """Return what of a name can be shown, None for nothing: nobody is shut out for how he is called."""
    return in_one_line(name) or None if isinstance(name, str) else name


Address = Annotated[str, Field(max_length=LONGEST_ADDRESS), AfterValidator(_address)]
OneLine = Annotated[str, AfterValidator(_said_in_one_line)]
ReasonCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,15}(\.[A-Z0-9_]{1,30}){0,3}$", max_length=60)]
AnswerKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Answer = Annotated[str, Field(max_length=LONGEST_ANSWER), AfterValidator(_readable)]


class StartSession(BaseModel):
    """A wish to talk; `new` asks for a conversation of its own although another one is open.

    `name`, `email`, `reason` and `answers` are what a brand asks visitors first (`GET /v1/chat/offer`). They are what
    somebody claims: staff see it, and answers that are not read here go to `email`; it proves nothing and leads to no
    account.
    """

    name: Annotated[str | None, Field(max_length=120), BeforeValidator(_shown)] = None
    email: Address | None = None
    reason: Annotated[ReasonCode | None, Field(description="why, of the brand's contact reasons")] = None
    answers: Annotated[dict[AnswerKey, Answer], Field(max_length=MOST_QUESTIONS)] = {}
    subject: Annotated[
        str | None, Field(max_length=200), AfterValidator(lambda s: None if s is None else _readable(s))
    ] = None
    language: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)] = None
    message: PostMessage | None = None
    new: bool = False

    def introduction(self) -> Introduction:
        """Return what is said about the person."""
        return Introduction(self.name, self.email, self.reason, dict(self.answers))


class ClaimSession(BaseModel):
    """The conversation of a visitor who has signed in: an unused socket ticket of the visitor proves who he was."""

    socket_ticket: Annotated[str, Field(min_length=1, max_length=256)]


class StartedSession(BaseModel):
    """The conversation, and the way onto its socket: `socket_ticket` works once and for 30 s.

    `inactive_ends_at` is when the player's silence will end it, if he was warned. For `correct_within` seconds he may
    correct or withdraw what he has said; 0: never. `holder` is the name of whoever is with him: null while nobody is,
    once the matter is settled, and where the brand does not say who comes and goes.
    """

    ticket_id: UUID
    socket_url: str
    socket_ticket: str
    last_seq: int
    inactive_ends_at: AwareDatetime | None = None
    correct_within: int
    holder: str | None = None


class SocketTicket(BaseModel):
    """The way onto the socket for a member of staff."""

    socket_url: str
    socket_ticket: str


class TranscriptMessage(BaseModel):
    """A message in its place, with the words that count now.

    `edited_at` is since when it says so, `withdrawn_at` since when it says nothing: it has neither text nor files then.
    """

    t: Literal["msg"] = "msg"
    ticket_id: UUID
    seq: int
    id: UUID
    author: Author
    text: str
    client_msg_id: str | None
    sent_at: AwareDatetime
    attachments: tuple[UUID, ...] = ()
    edited_at: AwareDatetime | None = None
    withdrawn_at: AwareDatetime | None = None
    channel: Annotated[Channel | None, Field(description="how it came, if not live")] = None
    quick_replies: Annotated[tuple[QuickReply, ...], Field(description="answers to choose from")] = ()
    in_reply_to: UUID | None = None

    @classmethod
    def of(cls, message: Message) -> Self:
        """Return the shape of a message; it is that of the socket's `msg` frame."""
        gone, details = message.is_withdrawn, message.details
        return cls(
            ticket_id=message.ticket_id, seq=message.seq, id=message.id, author=message.author, text=message.text,
            client_msg_id=message.client_msg_id, sent_at=message.sent_at, attachments=message.attachments,
            edited_at=None if gone else message.corrected_at, withdrawn_at=message.corrected_at if gone else None,
            channel=details.channel, quick_replies=details.quick_replies, in_reply_to=details.in_reply_to,
        )  # fmt: skip


class TranscriptCorrection(BaseModel):
    """From here on the message `message_id` says `text`, or nothing (null).

    Whoever reads later finds the words that count by then, here and in the message itself.
    """

    t: Literal["corrected"] = "corrected"
    ticket_id: UUID
    seq: int
    id: UUID
    message_id: UUID
    author: Author
    text: str | None
    client_msg_id: str | None
    at: AwareDatetime

    @classmethod
    def of(cls, entry: Message) -> Self:
        """Return the shape of an entry that corrects; it is that of the socket's `corrected` frame."""
        assert entry.corrects is not None  # noqa: S101 - the caller has looked
        return cls(
            ticket_id=entry.ticket_id, seq=entry.seq, id=entry.id, message_id=entry.corrects, author=entry.author,
            text=None if entry.is_withdrawn else entry.text, client_msg_id=entry.client_msg_id, at=entry.sent_at,
        )  # fmt: skip


def entry_of(entry: Message) -> TranscriptMessage | TranscriptCorrection:
    """Return the shape of an entry of a transcript."""
    return TranscriptMessage.of(entry) if entry.corrects is None else TranscriptCorrection.of(entry)


class MessageVersion(BaseModel):
    """What a message said from `since` on; `text` null: nothing. `seq` is the entry that made it so."""

    seq: int
    author: Author
    text: str | None
    since: AwareDatetime

    @classmethod
    def of(cls, version: Version) -> Self:
        """Return the shape of a version."""
        return cls(seq=version.seq, author=version.author, text=version.text, since=version.since)


class MessageHistory(BaseModel):
    """Everything a message ever said, its first words first."""

    items: list[MessageVersion]


class Transcript(BaseModel):
    """Messages and corrections in order; continue with `after_seq=next_after_seq` while that is not null.

    `rating_wanted`: the player was asked how it was and has not answered yet.
    """

    items: list[Annotated[TranscriptMessage | TranscriptCorrection, Field(discriminator="t")]]
    next_after_seq: int | None
    last_seq: int
    ended_at: AwareDatetime | None
    rating_wanted: bool = False

    @classmethod
    def of(cls, page: Page, *, rating_wanted: bool) -> Self:
        """Return the shape of a part of a transcript."""
        items = [entry_of(entry) for entry in page.messages]
        following = items[-1].seq if items and items[-1].seq < page.last_seq else None
        return cls(
            items=items, next_after_seq=following, last_seq=page.last_seq, ended_at=page.ended_at,
            rating_wanted=rating_wanted,
        )  # fmt: skip
