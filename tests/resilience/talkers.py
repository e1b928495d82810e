"""People who talk slowly and for long, with clients that behave as the widget does.

A client comes back when it is told to, else after a pause that doubles from half a second on, keeps what was not
acknowledged and repeats it under the same id. What it heard is what a person would have read.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from deploy.demo.clients import Door, NoAnswer, Refused
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.ledger import Entry, Outcome
from tests.support.pace import no_faster_than, turns

_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
_WELCOMED_WITHIN: Final = 15.0
_SILENCE: Final = 40.0
_ANSWERED_WITHIN: Final = 180.0
Frame = dict[str, Any]


@dataclass
class Line:
    """A socket that is kept up. `away` are the seconds of each absence, `told` how often it was told to come back."""

    door: Door
    ask: Callable[[], Awaitable[Frame]]
    cursors: Callable[[], dict[str, int]]
    take: Callable[[Frame], None]
    away: list[float] = field(default_factory=list)
    told: int = 0
    is_up: bool = False
    session: Frame = field(default_factory=dict)
    _lost_at: float | None = None
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _pause: float = 0.0
    _attempt: int = 0

    @asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Keep it up until the block ends."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def put(self, frame: Frame) -> None:
        """Send a frame if somebody listens."""
        if self._socket is not None and self.is_up:
            try:
                await self._socket.send_json(frame)
            except (aiohttp.ClientError, ConnectionError, RuntimeError):
                self.is_up = False

    def cut(self) -> None:
        """Lose the connection as in a tunnel."""
        response = None if self._socket is None else self._socket._response  # noqa: SLF001 - no public name
        if response is not None and response.connection is not None and response.connection.transport is not None:
            response.connection.transport.abort()

    async def _keep(self) -> None:
        while True:
            try:
                await self._live()
            except (NoAnswer, Refused, aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError):
                pass
            finally:
                self._is_lost()
            await no_faster_than(self._next_pause(), turns())

    async def _live(self) -> None:
        self.session = await self.ask()
        address = str(self.session["socket_url"]).replace("http", "ws", 1)
        async with self.door.http.ws_connect(address) as socket:
            self._socket = socket
            await socket.send_json({"t": "hello", "ticket": self.session["socket_ticket"], "cursors": self.cursors()})
            await self._listen(socket)

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        patience = _WELCOMED_WITHIN
        while True:
            frame = await socket.receive_json(timeout=patience)
            patience = _SILENCE
            if frame["t"] == "reconnect":
                self.told += 1
                self._pause = frame["after_ms"] / 1000
                return
            if frame["t"] == "ping":
                await socket.send_json({"t": "pong"})
            if frame["t"] == "welcome":
                self._is_back()
            self.take(frame)

    def _is_back(self) -> None:
        self.is_up, self._attempt = True, 0
        if self._lost_at is not None:
            self.away.append(_now() - self._lost_at)
            self._lost_at = None

    def _is_lost(self) -> None:
        if self.is_up:
            self._lost_at = _now()
        self.is_up = False

    def _next_pause(self) -> float:
        pause, self._pause = self._pause, 0.0
        if pause:
            return pause
        ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2**self._attempt)
        self._attempt += 1
        return random.uniform(0, ceiling)  # noqa: S311 - spread, no secret


@dataclass
class Talker:
    """A player with one conversation; `heard` is every word of it in the order it came, own ones by their `ack`."""

    load: Workload
    player: str
    line: Line = field(init=False)
    heard: list[int] = field(default_factory=list)
    ticket: str = ""
    said: int = 0
    refused: list[str] = field(default_factory=list)
    _kept: dict[str, tuple[Entry, asyncio.Event]] = field(default_factory=dict)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.line = Line(self.load.door, self._ask, self._cursors, self._take)
        self._token = self.load.product.brand.player_token(self.player, minutes=55)

    async def speak(self, within: float = _ANSWERED_WITHIN) -> None:
        """Say something and wait until it is acknowledged, whatever happens meanwhile."""
        await eventually(lambda: self.ticket, within=within)
        mark = f"{self.player}-{self.said:04d}"
        self.said += 1
        entry, acked = self.load.ledger.intend(mark, writer=self.player, ticket=self.ticket), asyncio.Event()
        self._kept[mark] = entry, acked
        await self._send(mark)
        async with asyncio.timeout(within):
            await acked.wait()

    async def talk(self, is_over: Callable[[], bool], least: float, most: float) -> None:
        """Say something now and then."""
        while not is_over():
            pause = random.uniform(least, most)  # noqa: S311 - a pace
            await no_faster_than(pause, self.speak())

    async def _ask(self) -> Frame:
        session = await self.load.door.call("POST", "/v1/chat/sessions", token=self._token, body={})
        self.ticket = str(session["ticket_id"])
        self.load.chats.add(self.ticket)
        self.load.tickets.add(self.ticket)
        return session

    def _cursors(self) -> dict[str, int]:
        return {self.ticket: self.heard[-1]} if self.heard else {}

    def _take(self, frame: Frame) -> None:
        if frame["t"] == "welcome":
            self._spawn(self._repeat())
        elif frame["t"] == "msg":
            self.heard.append(frame["seq"])
        elif frame["t"] == "ack":
            self._acknowledged(frame)
        elif frame["t"] == "nack":
            self._spawn(self._send_again(frame))

    def _acknowledged(self, frame: Frame) -> None:
        # A repetition is acknowledged once more under its old number, which was heard already.
        if not self.heard or frame["seq"] > self.heard[-1]:
            self.heard.append(frame["seq"])
        kept = self._kept.pop(frame["client_msg_id"], None)
        if kept is not None:
            kept[0].outcome = Outcome.ACKED
            kept[1].set()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_again(self, refused: Frame) -> None:
        """Repeat words that could not be taken now; any other refusal is one that this client never earns."""
        self.refused.append(refused["problem"]["code"])
        await no_faster_than(refused["problem"]["retry_after"], turns())
        if refused["client_msg_id"] in self._kept:
            await self._send(refused["client_msg_id"])

    async def _repeat(self) -> None:
        for mark in list(self._kept):
            await self._send(mark)

    async def _send(self, mark: str) -> None:
        await self.line.put({"t": "send", "client_msg_id": mark, "text": mark})


@dataclass
class Listener:
    """Somebody at the desk who listens to up to a hundred conversations of others."""

    load: Workload
    tickets: list[str]
    heard: dict[str, list[int]] = field(default_factory=dict)
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.load.door, self._ask, self._cursors, self._take)

    async def _ask(self) -> Frame:
        return await self.load.door.call("POST", "/v1/desk/socket-tickets", token=self.load.staff_token, body={})

    def _cursors(self) -> dict[str, int]:
        return {ticket: (self.heard.get(ticket) or [0])[-1] for ticket in self.tickets}

    def _take(self, frame: Frame) -> None:
        if frame["t"] == "msg":
            self.heard.setdefault(frame["ticket_id"], []).append(frame["seq"])


def _now() -> float:
    return asyncio.get_running_loop().time()
