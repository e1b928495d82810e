"""What each frame of a client does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

import structlog

from services.chat.domain.corrections import Correction
from services.chat.domain.errors import SessionNotFound, StaffAnswerThroughTickets, TooManyViews
from services.chat.domain.values import CloseCode, Details, Draft, Message, Receipt, accepted_text
from services.chat.schemas.frames import (
    Correct,
    Delivered,
    Frame,
    Hello,
    Pong,
    Read,
    Send,
    Typing,
    Unreadable,
    Unview,
    Unwatch,
    View,
    Watch,
    WatchBoard,
    author_member,
    encode,
    nack_frame,
)
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.hub import Hub
from services.chat.sockets.viewing import MOST_VIEWS
from services.chat.use_cases.correcting import correct_words
from shared.db.engine import DatabaseUnavailable
from shared.errors import DomainError

TYPING_TOPIC: Final = "chat.typing"
_logger: Final = structlog.get_logger(module=__name__)


async def answer(hub: Hub, socket: LiveSocket, frame: Frame | Unreadable) -> None:
    """Do what a frame asks for."""
    await _ANSWERS[type(frame)](hub, socket, frame)


async def _send(hub: Hub, socket: LiveSocket, frame: Send) -> None:
    """Write words; acknowledged after the commit, in their place among the conversation's messages."""
    person = socket.person
    try:
        ticket_id = _meant(socket, frame.ticket_id)
        text = accepted_text(frame.text, frame.attachments)
        draft = Draft(
            ticket_id, person.author(), text, frame.client_msg_id, attachments=frame.attachments,
            details=Details(in_reply_to=frame.in_reply_to),
        )  # fmt: skip
        message = await _written(hub, socket, draft, frame.client_msg_id)
    except Exception as error:  # noqa: BLE001 - the client keeps the words and tries again
        socket.push(nack_frame(frame.client_msg_id, _reason(error)))
    else:
        hub.conversations.deliver(person.brand, message)
        socket.written(message)


async def _written(hub: Hub, socket: LiveSocket, draft: Draft, client_msg_id: str) -> Message:
    """Return the words in their place; until then, and while their turn has not come, the socket owes an `ack`."""
    socket.owed.expect(draft.ticket_id, client_msg_id)
    try:
        return await hub.writers.write(socket.person.brand, draft)
    except Exception:
        socket.owed.refuse(draft.ticket_id, client_msg_id)
        raise


async def _correct(hub: Hub, socket: LiveSocket, frame: Correct) -> None:
    """Correct or withdraw words; acknowledged like them, in the place of the entry that says so."""
    person = socket.person
    try:
        ticket_id = _meant(socket, frame.ticket_id)
        text = None if frame.text is None else accepted_text(frame.text)
        wish = Correction(ticket_id, frame.message_id, person.author(), text, frame.client_msg_id)
        entry = await _corrected(hub, socket, wish, frame.client_msg_id)
    except Exception as error:  # noqa: BLE001 - the client keeps the correction and tries again
        socket.push(nack_frame(frame.client_msg_id, _reason(error)))
    else:
        hub.conversations.deliver(person.brand, entry)
        socket.written(entry)


async def _corrected(hub: Hub, socket: LiveSocket, wish: Correction, client_msg_id: str) -> Message:
    """Return the entry in its place; corrections are few, each has a transaction of its own."""
    socket.owed.expect(wish.ticket_id, client_msg_id)
    brand, now = socket.person.brand, hub.ground.clock.now()
    try:
        async with hub.ground.database.begin(brand) as session:
            return await correct_words(session, brand=brand, wish=wish, now=now)
    except Exception:
        socket.owed.refuse(wish.ticket_id, client_msg_id)
        raise


async def _unreadable(_hub: Hub, socket: LiveSocket, frame: Unreadable) -> None:
    socket.push(nack_frame(frame.client_msg_id, frame.refusal))


async def _typing(hub: Hub, socket: LiveSocket, frame: Typing) -> None:
    """Tell the others, at most once in a while; staff who look at the ticket are told who types."""
    if frame.ticket_id is not None:
        hub.viewing.types(socket, frame.ticket_id)
    ticket_id = _heard(socket, frame.ticket_id)
    now = asyncio.get_running_loop().time()
    typed_at = socket.typed_at = socket.typed_at or {}
    if ticket_id is None or now - typed_at.get(ticket_id, -1e9) < hub.settings.typing_every.total_seconds():
        return
    typed_at[ticket_id] = now
    told = encode("typing", ticket_id=ticket_id, author=author_member(socket.person.author()))
    hub.broadcast(TYPING_TOPIC, socket.person.brand, ticket_id, told, socket.person)


async def _delivered(hub: Hub, socket: LiveSocket, frame: Delivered) -> None:
    ticket_id = _heard(socket, frame.ticket_id)
    if ticket_id is not None:
        hub.note_receipt(socket.person.brand, Receipt(ticket_id, socket.person.author(), frame.seq, 0))


async def _read(hub: Hub, socket: LiveSocket, frame: Read) -> None:
    ticket_id = _heard(socket, frame.ticket_id)
    if ticket_id is not None:
        hub.note_receipt(socket.person.brand, Receipt(ticket_id, socket.person.author(), frame.seq, frame.seq))


async def _pong(_hub: Hub, socket: LiveSocket, _frame: Pong) -> None:
    socket.pong_due = None


async def _watch(hub: Hub, socket: LiveSocket, frame: Watch) -> None:
    """Let staff hear a conversation of their brand; one that is none is answered with `nack`."""
    if not socket.person.is_staff:
        socket.close(CloseCode.FORBIDDEN)
        return
    if socket.muted:
        socket.muted.discard(frame.ticket_id)
    try:
        heads = await hub.conversations.tune_in(socket, {frame.ticket_id: frame.after_seq})
    except DomainError as error:
        socket.push(nack_frame(f"watch:{frame.ticket_id}", error))
        return
    if frame.ticket_id not in heads:
        socket.push(nack_frame(f"watch:{frame.ticket_id}", SessionNotFound()))
        return
    hub.viewing.view(socket, frame.ticket_id)


async def _unwatch(hub: Hub, socket: LiveSocket, frame: Unwatch) -> None:
    if not socket.person.is_staff:
        socket.close(CloseCode.FORBIDDEN)
        return
    socket.muted = (socket.muted or set()) | {frame.ticket_id}
    hub.conversations.tune_out(socket, frame.ticket_id)
    hub.viewing.unview(socket, frame.ticket_id)


async def _view(hub: Hub, socket: LiveSocket, frame: View) -> None:
    """Let staff see who else looks at a ticket, and be seen; nothing of the ticket itself is told."""
    if not socket.person.is_staff:
        socket.close(CloseCode.FORBIDDEN)
    elif not hub.viewing.view(socket, frame.ticket_id):
        socket.push(nack_frame(f"view:{frame.ticket_id}", TooManyViews(f"at most {MOST_VIEWS} at once")))


async def _unview(hub: Hub, socket: LiveSocket, frame: Unview) -> None:
    hub.viewing.unview(socket, frame.ticket_id)


async def _board(hub: Hub, socket: LiveSocket, frame: WatchBoard) -> None:
    """Let staff watch the board of their brand, or no longer."""
    if not socket.person.is_staff:
        socket.close(CloseCode.FORBIDDEN)
    elif frame.subscribe:
        hub.boards.subscribe(socket)
    else:
        hub.boards.unsubscribe(socket)


async def _second_hello(_hub: Hub, socket: LiveSocket, _frame: Hello) -> None:
    socket.close(CloseCode.BAD_FRAME)


def _reason(error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    _logger.warning("send_failed", error=repr(error))
    return DatabaseUnavailable(retry_after=1)


def _meant(socket: LiveSocket, ticket_id: UUID | None) -> UUID:
    meant = ticket_id or socket.bound
    if socket.person.is_staff:
        raise StaffAnswerThroughTickets(f"post staff's words to /v1/tickets/{meant or '{ticket_id}'}/messages")
    if meant is None:
        raise SessionNotFound("name the conversation with ticket_id", field="ticket_id")
    return meant


def _heard(socket: LiveSocket, ticket_id: UUID | None) -> UUID | None:
    meant = ticket_id or socket.bound
    return meant if meant in socket.subscriptions else None


_ANSWERS: Final[dict[type[Frame | Unreadable], Callable[[Hub, LiveSocket, Any], Awaitable[None]]]] = {
    Send: _send,
    Correct: _correct,
    Unreadable: _unreadable,
    Typing: _typing,
    Delivered: _delivered,
    Read: _read,
    Pong: _pong,
    Watch: _watch,
    Unwatch: _unwatch,
    View: _view,
    Unview: _unview,
    WatchBoard: _board,
    Hello: _second_hello,
}
