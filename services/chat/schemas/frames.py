"""The frames of the socket protocol: JSON objects whose `t` names their kind."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from services.chat.domain.errors import FrameRefused, TextRefused
from services.chat.domain.values import Held, Message, PeopleChanged, Receipt, Said
from services.chat.schemas.http import Attachments, ClientMessageId
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import MessageAdded
from shared.errors import DomainError
from shared.web.problems import STATUS, field_problem

_MESSAGE: Final = TypeAdapter(Message)
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MOST_FAULTS: Final = 10
_MOST_DIGITS: Final = 4000  # parsers, and Python itself, refuse integers of more than 4300
Seq: TypeAlias = Annotated[int, Field(ge=0, le=2**53)]


class ClientFrame(BaseModel):
    """What a client says; members it does not need are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Hello(ClientFrame):
    """The first frame: who this is, and how far it has read."""

    t: Literal["hello"]
    ticket: Annotated[str, Field(min_length=1, max_length=256)]
    cursors: Annotated[dict[UUID, Seq], Field(max_length=100)] = {}


class Send(ClientFrame):
    """Words of a player or visitor, or files; `ticket_id` is needed only by those with several conversations."""

    t: Literal["send"]
    client_msg_id: ClientMessageId
    text: str = ""
    ticket_id: UUID | None = None
    attachments: Attachments = ()
    in_reply_to: UUID | None = None


class Correct(ClientFrame):
    """Other words of a player or visitor in the place of a message's; `text` null withdraws it."""

    t: Literal["correct"]
    client_msg_id: ClientMessageId
    message_id: UUID
    text: str | None
    ticket_id: UUID | None = None


class Typing(ClientFrame):
    """Somebody is typing."""

    t: Literal["typing"]
    ticket_id: UUID | None = None


class Delivered(ClientFrame):
    """Everything up to `seq` has arrived."""

    t: Literal["delivered"]
    seq: Seq
    ticket_id: UUID | None = None


class Read(ClientFrame):
    """Everything up to `seq` was seen by a person."""

    t: Literal["read"]
    seq: Seq
    ticket_id: UUID | None = None


class Pong(ClientFrame):
    """The answer to `ping`."""

    t: Literal["pong"]


class Watch(ClientFrame):
    """Staff want to hear a conversation, from after `after_seq` on."""

    t: Literal["watch"]
    ticket_id: UUID
    after_seq: Seq = 0


class Unwatch(ClientFrame):
    """Staff no longer want to hear a conversation."""

    t: Literal["unwatch"]
    ticket_id: UUID


class View(ClientFrame):
    """Staff look at a ticket of any channel; the others who do are told."""

    t: Literal["view"]
    ticket_id: UUID


class Unview(ClientFrame):
    """Staff no longer look at a ticket."""

    t: Literal["unview"]
    ticket_id: UUID


class WatchBoard(ClientFrame):
    """Staff want to see how promises are kept, once a second at most, or no longer want to."""

    t: Literal["board"]
    subscribe: bool


Frame: TypeAlias = (
    Hello | Send | Correct | Typing | Delivered | Read | Pong | Watch | Unwatch | View | Unview | WatchBoard
)
_FRAMES: Final[TypeAdapter[Frame]] = TypeAdapter(Annotated[Frame, Field(discriminator="t")])
WORDS: Final = frozenset({"send", "correct"})


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A `send` or `correct` (`t`) that cannot be taken as it is, but names itself: its client is told why."""

    t: str
    client_msg_id: str
    refusal: DomainError


def parse_frame(text: str) -> Frame | Unreadable:
    """Return the frame in `text`; raise `pydantic.ValidationError` (a ValueError) if it is none."""
    try:
        return _FRAMES.validate_json(text)
    except ValidationError as error:
        if (shortened := _with_shorter_numbers(text, error)) is not None:
            return parse_frame(shortened)
        # A client repeats what was not answered: closing its socket for such words would close it for ever.
        unreadable = _unreadable(text, error)
        if unreadable is None:
            raise
        return unreadable


def _with_shorter_numbers(text: str, error: ValidationError) -> str | None:
    """Return the same JSON if only numbers of too many digits for a parser are in its way, cut to what it reads.

    They stay larger than any number that a frame may carry: a member that nobody needs is ignored, any other refused.
    """
    if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
        return None
    cut: list[str] = []

    def read(digits: str) -> int:
        if len(digits) > _MOST_DIGITS:
            cut.append(digits)
        return int(digits[:_MOST_DIGITS])

    try:
        found = json.loads(text, parse_int=read)
        return json.dumps(found) if cut else None
    except (ValueError, RecursionError):
        return None


def _unreadable(text: str, error: ValidationError) -> Unreadable | None:
    """Read with Python's parser, to which half a character is no end of everything: JSON can spell it, UTF-8 cannot."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    t, client_msg_id = (found.get("t"), found.get("client_msg_id")) if isinstance(found, dict) else (None, None)
    if not (isinstance(t, str) and t in WORDS and isinstance(client_msg_id, str) and client_msg_id):
        return None
    return Unreadable(t, client_msg_id, _refusal(found, error))


def _refusal(found: Mapping[str, object], error: ValidationError) -> DomainError:
    try:
        _FRAMES.validate_python(found)
    except ValidationError as wrong:
        faults = [
            field_problem({**fault, "loc": ("body", *fault["loc"][1:])})
            for fault in wrong.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
        ]
        return FrameRefused(f"{faults[0]['pointer']}: {faults[0]['detail']}", errors=faults)
    words = found.get("text")
    if isinstance(words, str) and _LONE_SURROGATE.search(words):
        return TextRefused("the text contains half a character (a lone surrogate)", field="text")
    return FrameRefused(error.errors(include_url=False, include_input=False)[0]["msg"])


def entry_frame(entry: Message) -> str:
    """Return the frame of an entry in its place: `msg`, or `corrected` if it corrects another."""
    return message_frame(entry) if entry.corrects is None else corrected_frame(entry)


def corrected_frame(entry: Message) -> str:
    """Return `corrected`: a message says something else from here on, or nothing (`text` null)."""
    frame: dict[str, object] = {
        "ticket_id": entry.ticket_id,
        "seq": entry.seq,
        "id": entry.id,
        "message_id": entry.corrects,
        "author": author_member(entry.author),
        "text": None if entry.is_withdrawn else entry.text,
        "at": entry.sent_at,
    }
    if entry.client_msg_id is not None:
        frame["client_msg_id"] = entry.client_msg_id
    return encode("corrected", **frame)


def message_frame(message: Message) -> str:
    """Return `msg`: a message in its place, with the words that count now."""
    frame: dict[str, object] = {
        "t": "msg",
        "ticket_id": message.ticket_id,
        "seq": message.seq,
        "id": message.id,
        "author": author_member(message.author),
        "text": message.text,
        "sent_at": message.sent_at,
    }
    if message.client_msg_id is not None:
        frame["client_msg_id"] = message.client_msg_id
    if message.attachments:
        frame["attachments"] = message.attachments
    if message.corrected_at is not None:
        frame["withdrawn_at" if message.is_withdrawn else "edited_at"] = message.corrected_at
    details = message.details
    if details.quick_replies:
        frame["quick_replies"] = details.quick_replies
    if details.in_reply_to is not None:
        frame["in_reply_to"] = details.in_reply_to
    if details.channel is not None:
        frame["channel"] = details.channel
    return to_json(frame).decode()


def to_payload(said: Said) -> dict[str, object]:
    """Return a message as chat processes tell it to each other."""
    payload: dict[str, object] = _MESSAGE.dump_python(said.message, mode="json")
    return payload | {"brand": said.brand}


def from_payload(payload: dict[str, Any]) -> Said:
    """Return what `to_payload` told."""
    brand = payload.pop("brand")
    return Said(brand, _MESSAGE.validate_python(payload))


def ack_frame(message: Message, client_msg_id: str) -> str:
    """Return `ack`: the words are written for good."""
    return encode(
        "ack",
        client_msg_id=client_msg_id,
        ticket_id=message.ticket_id,
        id=message.id,
        seq=message.seq,
        sent_at=message.sent_at,
    )


def nack_frame(client_msg_id: str, error: DomainError) -> str:
    """Return `nack`: the words were not written, and why; escaped to ASCII, for it may quote what is no valid text."""
    problem: dict[str, object] = {
        "code": error.code(),
        "title": error.title(),
        "detail": error.detail,
        "status": STATUS[error.kind],
        **error.extra,
    }
    if error.retry_after is not None:
        problem["retry_after"] = error.retry_after
    frame = {"t": "nack", "client_msg_id": client_msg_id, "problem": problem}
    return json.dumps(frame, default=str, separators=(",", ":"))


def receipt_frame(receipt: Receipt) -> str:
    """Return `receipt`: how far a reader got."""
    return encode(
        "receipt",
        ticket_id=receipt.ticket_id,
        reader=author_member(receipt.reader),
        delivered=receipt.delivered_seq,
        read=receipt.read_seq,
    )


def presence_frame(ticket_id: UUID, kind: AuthorKind, *, online: bool) -> str:
    """Return `presence`: somebody of the other side came to or left a conversation."""
    return encode(
        "presence", ticket_id=ticket_id, kind="staff" if kind is AuthorKind.STAFF else "player", online=online
    )


def queue_frame(ticket_id: UUID, position: int | None, eta_seconds: int | None) -> str:
    """Return `queue`: where a ticket waits, the next one served has position 1; null: it waits no more.

    With a position `eta_seconds` is null while nobody is there who could take it.
    """
    return encode("queue", ticket_id=ticket_id, position=position, eta_seconds=eta_seconds)


def people_frame(changed: PeopleChanged) -> str:
    """Return `people`: somebody of the staff joined the player's conversation, left it, or took it over."""
    return encode("people", ticket_id=changed.ticket_id, change=changed.arrival.value, name=changed.name, at=changed.at)


def holder_frame(held: Held) -> str:
    """Return `holder`: who is with the player now; null: nobody, or nobody whom he is told."""
    return encode("holder", ticket_id=held.ticket_id, name=held.name)


def note_frame(event: MessageAdded) -> str:
    """Return `note`: words among staff, which no player's socket is ever sent."""
    return encode(
        "note",
        ticket_id=event.ticket_id,
        id=event.message_id,
        author=author_member(event.author),
        text=event.text,
        attachments=event.attachments,
        mentions=event.mentions,
        occurred_at=event.occurred_at,
    )


def ping_frame(heads: Mapping[UUID, int]) -> str:
    """Return `ping`: answer with `pong`; `heads` are the newest sequence numbers of what this socket hears."""
    return encode("ping", heads={str(ticket_id): seq for ticket_id, seq in heads.items()})


def encode(t: str, **members: object) -> str:
    """Return any other server frame."""
    return to_json({"t": t, **members}).decode()


def author_member(author: Author) -> dict[str, object]:
    """Return an author as frames show it."""
    return {"kind": author.kind.value, "id": author.id, "name": author.name}
