"""Chat as its clients see it: a real server on a loopback port and a client that speaks the socket protocol."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection, connect

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Channel
from shared.contracts.tickets import (
    MessageAdded,
    MessageCorrected,
    MessageKind,
    Priority,
    TicketAssigned,
    TicketState,
    TicketStatus,
)
from shared.ids import new_id
from shared.messaging.inprocess import InprocessTransport
from shared.messaging.transport import Message
from shared.web.actor import ActorKind
from tests.support.eventually import PATIENCE, eventually
from tests.support.service import RunningService

Frame = dict[str, Any]
AGENT: Final = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the test runner."""
        yield


@dataclass(frozen=True)
class Serving:
    """A service on a loopback port: `url` is that of its socket, `task` runs the server."""

    url: str
    task: "asyncio.Task[None]"
    _server: _Server

    @property
    def under_way(self) -> int:
        """How many requests and sockets are being served, also of clients that are gone."""
        return len(self._server.server_state.tasks)

    def hang_up(self) -> None:
        """Cut every connection without a word, as the end of a process does."""
        self._server.force_exit = True
        for protocol in list(self._server.server_state.connections):
            protocol.transport.abort()


@asynccontextmanager
async def served(service: RunningService, *, send_buffer: int | None = None) -> AsyncIterator[str]:
    """Serve a running service on a loopback port and yield the URL of its socket.

    With a small `send_buffer` (bytes) the kernel holds little, so that readers count as slow soon.
    """
    async with serving(service, send_buffer=send_buffer) as found:
        yield found.url


@asynccontextmanager
async def serving(service: RunningService, *, send_buffer: int | None = None) -> AsyncIterator[Serving]:
    """Serve a running service until the block ends."""
    listening = socket.socket()
    if send_buffer is not None:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        service.app, lifespan="off", ws="websockets-sansio", ws_per_message_deflate=False, log_level="critical",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await eventually(lambda: server.started)
        yield Serving(f"ws://127.0.0.1:{listening.getsockname()[1]}/v1/chat/socket", task, server)
    finally:
        server.should_exit = True
        await task
        listening.close()


@dataclass
class Client:
    """One socket after its hello; keeps everything it was sent."""

    connection: ClientConnection
    frames: list[Frame] = field(default_factory=list)
    pongs: bool = True
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: "asyncio.Task[None] | None" = None

    def listen(self) -> None:
        """Read in the background, as a browser does."""
        self._reader = asyncio.create_task(self._read())

    async def say(self, t: str, **members: object) -> None:
        """Send a frame."""
        await self.connection.send(json.dumps({"t": t, **members}, default=str))

    async def until(self, wanted: Callable[[Frame], bool], within: float = PATIENCE) -> Frame:
        """Return the first frame that fits, waiting for it if need be; `welcome` counts."""
        async with asyncio.timeout(within):
            while True:
                for frame in self.frames:
                    if wanted(frame):
                        return frame
                self._arrived.clear()
                await self._arrived.wait()

    async def first(self, t: str, within: float = PATIENCE, **members: object) -> Frame:
        """Return the first frame of a kind whose members are as given."""
        wanted = {key: str(value) if isinstance(value, UUID) else value for key, value in members.items()}
        return await self.until(lambda f: f["t"] == t and all(f.get(k) == v for k, v in wanted.items()), within)

    async def closed(self, within: float = PATIENCE) -> int:
        """Return the close code once the server has ended the socket."""
        async with asyncio.timeout(within):
            await self.connection.wait_closed()
        return self.connection.close_code or 0

    async def got(self, ticket_id: str, count: int, within: float = PATIENCE) -> None:
        """Return when at least `count` messages of a conversation have come."""
        await self.until(lambda _: len(self.seqs(ticket_id)) >= count, within)

    def all(self, t: str) -> list[Frame]:
        """Return every frame of a kind so far."""
        return [frame for frame in self.frames if frame["t"] == t]

    def seqs(self, ticket_id: str) -> list[int]:
        """Return the sequence numbers of a conversation in the order they came, own entries by their `ack`."""
        own = (f for f in self.frames if f["t"] in {"msg", "corrected", "ack"})
        return [f["seq"] for f in own if f["ticket_id"] == str(ticket_id)]

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                frame = json.loads(text)
                if frame["t"] == "ping" and self.pongs:
                    await self.say("pong")
                self.frames.append(frame)
                self._arrived.set()
        except websockets.ConnectionClosed:
            return


@asynccontextmanager
async def opened(
    url: str,
    ticket: str,
    cursors: Mapping[str, int] | None = None,
    *,
    pongs: bool = True,
    origin: str | None = None,
    **knobs: Any,
) -> AsyncIterator[Client]:
    """Connect with a socket ticket and yield the client at once; its first frame will be `welcome`."""
    async with connect(url, compression=None, ping_interval=None, origin=origin, **knobs) as connection:  # type: ignore[arg-type]
        client = Client(connection, pongs=pongs)
        with suppress(websockets.ConnectionClosed):  # a server that refuses at once may be faster
            await client.say("hello", ticket=ticket, cursors=dict(cursors or {}))
        client.listen()
        yield client


async def start(service: RunningService, player: str = "p-1", **body: object) -> Frame:
    """Open a session as a player; the answer has `ticket_id` and `socket_ticket`."""
    headers = service.actor(ActorKind.PLAYER, player, name="Kim")
    answer = await service.http.post("/v1/chat/sessions", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    document: Frame = answer.json()
    return document


async def desk_ticket(service: RunningService, staff: str = "s-1", brand: str = "lucky") -> str:
    """Return a socket ticket of a member of staff."""
    answer = await service.http.post("/v1/desk/socket-tickets", headers=service.actor(ActorKind.STAFF, staff, brand))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["socket_ticket"])


def ticket_state(ticket_id: str, *, assignee_id: str | None = None, channel: Channel = Channel.WEB) -> TicketState:
    """Return a ticket as events carry it."""
    return TicketState(
        id=UUID(ticket_id), number="LUCKY-1001", player_id="p-1", subject="Hello", channel=channel,
        status=TicketStatus.OPEN, priority=Priority.NORMAL, assignee_id=assignee_id, language="en", reason=None,
        reason_class=None, created_at=SAMPLE_TIME, updated_at=SAMPLE_TIME, version=1,
    )  # fmt: skip


def reply(ticket_id: str, text: str, **changes: Any) -> MessageAdded:
    """Return what tickets tells about an agent's answer to a live conversation."""
    values: dict[str, Any] = {
        "ticket_id": UUID(ticket_id), "ticket": ticket_state(ticket_id), "actor": AGENT, "occurred_at": SAMPLE_TIME,
        "message_id": new_id(), "kind": MessageKind.REPLY, "author": AGENT, "text": text, "live": True,
    }  # fmt: skip
    return MessageAdded(**(values | changes))


def correction(said: MessageAdded, text: str | None, **changes: Any) -> MessageCorrected:
    """Return what tickets tells when an agent corrects an answer, or withdraws it (None)."""
    values: dict[str, Any] = {
        "ticket_id": said.ticket_id, "ticket": said.ticket, "actor": AGENT, "occurred_at": SAMPLE_TIME,
        "message_id": said.message_id, "correction_id": new_id(), "kind": said.kind, "author": said.author,
        "text": text, "said_at": said.occurred_at, "heard_in": (said.ticket_id,),
    }  # fmt: skip
    return MessageCorrected(**(values | changes))


def assignment(ticket_id: str, to: str | None, before: str | None = None) -> TicketAssigned:
    """Return what tickets tells when a ticket changes hands."""
    return TicketAssigned(
        ticket_id=UUID(ticket_id), ticket=ticket_state(ticket_id, assignee_id=to), actor=AGENT,
        occurred_at=SAMPLE_TIME, assignee_id=to, previous_assignee_id=before,
    )  # fmt: skip


class TwinTransport(InprocessTransport):
    """Carries hints between processes of one service as a broker's fan-out does.

    A `deaf` one loses those of others; `loses` is asked about each hint on its way from one process to another.
    """

    def __init__(self, family: "list[TwinTransport]", loses: Callable[[], bool] = lambda: False) -> None:
        super().__init__()
        self.deaf = False
        self._loses = loses
        self._family = family
        family.append(self)

    async def publish(self, message: Message) -> None:
        """Confirm as usual, after a hint to the other processes."""
        for other in self._reached():
            if message.only is None:
                other._hint(message)  # noqa: SLF001 - the family is one class
        await super().publish(message)

    def _hint(self, message: Message) -> None:
        if not self.deaf:
            super()._hint(message)

    async def broadcast(self, topic: str, payload: Mapping[str, object]) -> None:
        """Tell every process."""
        for other in self._reached():
            await InprocessTransport.broadcast(other, topic, payload)
        await super().broadcast(topic, payload)

    def _reached(self) -> "list[TwinTransport]":
        """Return the other processes that a hint gets to."""
        return [other for other in self._family if other is not self and not other.deaf and not self._loses()]


__all__ = [
    "SAMPLE_ID", "Client", "Serving", "TwinTransport", "assignment", "correction", "desk_ticket", "opened", "reply",
    "served", "serving", "start",
]  # fmt: skip
