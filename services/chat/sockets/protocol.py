"""The socket endpoint: a raw ASGI application, two and a half times as fast as a wrapper around it."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send

from services.chat.domain.errors import OriginRefused, SocketTicketRefused, TooManyFrames
from services.chat.domain.values import CloseCode, Person
from services.chat.schemas.frames import WORDS, Frame, Hello, Unreadable, encode, nack_frame, parse_frame
from services.chat.sockets.connection import LiveSocket
from services.chat.sockets.frames import answer
from services.chat.sockets.hub import Hub, hub_of
from services.chat.use_cases import transcripts
from services.chat.use_cases.socket_tickets import brand_of_ticket, redeem_socket_ticket
from shared.db.engine import Session, TextUnstorable
from shared.errors import DomainError

_MOST_RESUMED: Final = 500
_logger: Final = structlog.get_logger(module=__name__)


class Refused(Exception):
    """The socket ends with this close code before or instead of doing what was asked."""

    def __init__(self, code: CloseCode) -> None:
        self.code = code
        super().__init__(code.name)


class Known(NamedTuple):
    """Whom a socket ticket let in, for which conversation, and what they hold as staff."""

    person: Person
    bound: UUID | None
    held: list[UUID]


class ChatSocket:
    """`/v1/chat/socket`. An instance, because Starlette wraps functions but passes objects on as they are."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept, learn who it is, then read until the end.

        A process that is ending refuses before that, so that the door tries another one.
        """
        hub = hub_of(scope["app"].state.ground)
        await receive()
        if hub.is_draining:
            await _end(send, CloseCode.RESTART)
            return
        await send({"type": "websocket.accept"})
        try:
            socket = await _greeted(hub, scope, receive, send)
        except Refused as refused:
            await _end(send, refused.code)
            return
        except ConnectionError:
            return
        await _serve(hub, socket, receive)


async def _greeted(hub: Hub, scope: Scope, receive: Receive, send: Send) -> LiveSocket:
    """Return the socket after its hello was answered."""
    if hub.is_full:
        raise Refused(CloseCode.OVERLOADED)
    hello = await _hello(hub, receive)
    if hub.is_draining:
        raise Refused(CloseCode.RESTART)
    try:
        async with hub.letting_in:
            return await _welcomed(hub, hello, _origin(scope), send)
    except SocketTicketRefused as error:
        raise Refused(CloseCode.EXPIRED) from error
    except TextUnstorable as error:
        raise Refused(CloseCode.EXPIRED) from error
    except OriginRefused as error:
        raise Refused(CloseCode.FORBIDDEN) from error
    except DomainError as error:
        _logger.warning("hello_failed", code=error.code())
        raise Refused(CloseCode.OVERLOADED) from error


async def _hello(hub: Hub, receive: Receive) -> Hello:
    try:
        async with asyncio.timeout(hub.settings.first_frame_within.total_seconds()):
            frame = await _next_frame(hub, receive)
    except TimeoutError as error:
        raise Refused(CloseCode.EXPIRED) from error
    if not isinstance(frame, Hello):
        raise Refused(CloseCode.BAD_FRAME)
    return frame


async def _welcomed(hub: Hub, hello: Hello, origin: str | None, send: Send) -> LiveSocket:
    """Learn who it is and what he may hear in one transaction, then let him hear it: the ticket is used up by then."""
    socket: LiveSocket | None = None
    try:
        async with hub.ground.database.begin(brand_of_ticket(hello.ticket)) as session:
            known = await _identified(hub, session, hello, origin)
            socket = _socket(hub, known, send)
            hub.people.add(socket)
            hub.turns.join(socket, socket.opened)
            heads = await _tuned_in(hub, session, socket, hello, known.held)
    except BaseException:
        if socket is not None:
            hub.forget(socket)
        raise
    socket.greet(_welcome(hub, socket, heads))
    hub.places.meet(socket)
    return socket


async def _identified(hub: Hub, session: Session, hello: Hello, origin: str | None) -> Known:
    now = hub.ground.clock.now()
    person, bound = await redeem_socket_ticket(session, ticket=hello.ticket, origin=origin, now=now)
    held = await transcripts.held_by(session, person=person) if person.is_staff else []
    return Known(person, bound, held)


def _socket(hub: Hub, known: Known, send: Send) -> LiveSocket:
    reader = asyncio.current_task()
    assert reader is not None  # noqa: S101 - coroutines run in tasks
    now = asyncio.get_running_loop().time()
    return LiveSocket(
        send=send, reader=reader, person=known.person, bound=known.bound, settings=hub.settings,
        writing=hub.turns.writing, now=now,
    )  # fmt: skip


async def _tuned_in(
    hub: Hub, session: Session, socket: LiveSocket, hello: Hello, held: Sequence[UUID]
) -> dict[UUID, int]:
    cursors = dict(hello.cursors)
    if socket.bound is not None:
        cursors.setdefault(socket.bound, 0)
    resumed = {ticket_id: cursors.pop(ticket_id, 0) for ticket_id in held[:_MOST_RESUMED]}
    heads = await hub.conversations.tune_in_within(session, socket, cursors)
    return heads | await hub.conversations.tune_in_within(session, socket, resumed, automatic=True)


def _welcome(hub: Hub, socket: LiveSocket, heads: Mapping[UUID, int]) -> str:
    return encode(
        "welcome",
        session=socket.id,
        ping_every=hub.settings.ping_every.total_seconds(),
        ticket_id=socket.bound,
        heads={str(ticket_id): head for ticket_id, head in heads.items()},
    )


async def _serve(hub: Hub, socket: LiveSocket, receive: Receive) -> None:
    """Read frames until somebody ends it; then forget the socket at once, so that a new one finds its place free."""
    try:
        await _read(hub, socket, receive)
        await socket.finished()
    except asyncio.CancelledError:
        reader = asyncio.current_task()
        if not socket.lost or reader is None:
            raise
        reader.uncancel()
    finally:
        hub.forget(socket)


async def _read(hub: Hub, socket: LiveSocket, receive: Receive) -> None:
    try:
        while socket.closing is None:
            frame = await _next_frame(hub, receive)
            wait = _taken(hub, socket, frame)
            if wait:
                refusal = TooManyFrames(retry_after=math.ceil(wait))
                socket.push(nack_frame(getattr(frame, "client_msg_id", frame.t), refusal))
                socket.close(CloseCode.RATE)
            else:
                await answer(hub, socket, frame)
    except Refused as refused:
        socket.close(refused.code)
    except ConnectionError:
        socket.close(CloseCode.GOING_AWAY)


def _taken(hub: Hub, socket: LiveSocket, frame: Frame | Unreadable) -> float:
    """Return 0 if the frame is within the limits, else how long to wait: words count for all sockets of a person."""
    now = asyncio.get_running_loop().time()
    if frame.t in WORDS:
        return hub.words.take(socket.person.key, now)
    return socket.take(frame.t, now)


async def _next_frame(hub: Hub, receive: Receive) -> Frame | Unreadable:
    """Return the next frame; raise `ConnectionError` when the peer is gone, `Refused` when it talks nonsense."""
    event = await receive()
    if event["type"] == "websocket.disconnect":
        raise ConnectionError
    text = event.get("text")
    if text is None:
        raise Refused(CloseCode.BAD_FRAME)
    if len(text) > hub.settings.largest_frame or len(text.encode()) > hub.settings.largest_frame:
        raise Refused(CloseCode.TOO_BIG)
    try:
        return parse_frame(text)
    except ValidationError as error:
        raise Refused(CloseCode.BAD_FRAME) from error


async def _end(send: Send, code: CloseCode) -> None:
    try:
        await send({"type": "websocket.close", "code": int(code)})
    except (OSError, RuntimeError):
        return


def _origin(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"origin":
            return str(value.decode("latin-1"))
    return None
