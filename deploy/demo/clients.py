"""How the outside world talks to Pitboss: a player, a member of staff, an operator's server, a live socket.

Only public means are used: REST and the socket protocol through the gateway.
"""

import asyncio
import base64
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self, TypeAlias
from uuid import uuid4

import aiohttp
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey

Json: TypeAlias = dict[str, Any]


class Refused(Exception):
    """The gateway answered with a problem document."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")


class NoAnswer(Exception):
    """The connection broke or nothing came in time: whether the write happened is not known."""


@dataclass
class Door:
    """The gateway's address and one HTTP session, shared by everybody in this process."""

    url: str
    http: aiohttp.ClientSession

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Self]:
        """Open the session and close it afterwards."""
        limits = aiohttp.TCPConnector(limit=1000, enable_cleanup_closed=False)
        async with aiohttp.ClientSession(connector=limits, timeout=aiohttp.ClientTimeout(total=15)) as http:
            yield cls(url.rstrip("/"), http)

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        body: object | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Json:
        """Return the JSON answer; raise `Refused` for a problem and `NoAnswer` if none came."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if key:
            sent["Idempotency-Key"] = key
        try:
            async with self.http.request(method, self.url + path, json=body, headers=sent) as response:
                answer = await response.json(content_type=None) if response.status != HTTPStatus.NO_CONTENT else {}
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NoAnswer(repr(error)) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise Refused(response.status, answer or {})
        return answer | {"_etag": response.headers.get("ETag", "")} if isinstance(answer, dict) else {"items": answer}


@dataclass(frozen=True)
class Brand:
    """What `.local/demo.json` says about the demo brand."""

    name: str
    api_key: str
    player_key: Mapping[str, str]

    def player_token(self, player: str, *, name: str | None = None, minutes: int = 15, **claims: str) -> str:
        """Sign a player's token as the casino's own server would."""
        now = int(time.time())
        body: Json = {"aud": self.name, "sub": player, "iat": now, "exp": now + minutes * 60, **claims}
        if name:
            body["name"] = name
        header = {"alg": self.player_key["algorithm"], "kid": self.player_key["kid"]}
        return jwt.encode(header, body, self._key(), algorithms=[header["alg"]])

    def _key(self) -> OctKey | OKPKey | ECKey:
        secret = self.player_key.get("secret")
        if secret is not None:
            return OctKey.import_key({"kty": "oct", "k": secret})
        private = self.player_key["private_key"]
        return ECKey.import_key(private) if self.player_key["algorithm"] == "ES256" else OKPKey.import_key(private)


async def sign_in(door: Door, email: str, password: str) -> Json:
    """Return a staff session: `access_token`, `staff`."""
    return await door.call("POST", "/v1/auth/token", body={"email": email, "password": password})


@dataclass
class ChatSocket:
    """One live socket that keeps its cursors, repeats what was not acknowledged, and can be cut at any moment."""

    door: Door
    ticket_source: str
    token: str
    session: Json = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)
    others: deque[Json] = field(default_factory=lambda: deque(maxlen=1000))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _acks: dict[str, asyncio.Future[Json]] = field(default_factory=dict)
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _reader: asyncio.Task[None] | None = None

    @classmethod
    async def of_player(cls, door: Door, token: str, **session: object) -> Self:
        """Open (or find again) the player's session and connect to it."""
        socket = cls(door, "/v1/chat/sessions", token)
        await socket.connect(session)
        return socket

    @classmethod
    async def of_staff(cls, door: Door, token: str) -> Self:
        """Connect a member of staff."""
        socket = cls(door, "/v1/desk/socket-tickets", token)
        await socket.connect({})
        return socket

    @property
    def ticket_id(self) -> str:
        """The conversation of a player's socket."""
        return str(self.session["ticket_id"])

    async def connect(self, body: Mapping[str, object] | None = None) -> None:
        """Get a socket ticket, say hello with the cursors, start reading."""
        self.session = await self.door.call("POST", self.ticket_source, token=self.token, body=dict(body or {}))
        address = str(self.session["socket_url"]).replace("http", "ws", 1)
        try:
            self._socket = await self.door.http.ws_connect(address, autoping=True)
            hello = {"t": "hello", "ticket": self.session["socket_ticket"], "cursors": self.cursors}
            await self._socket.send_json(hello)
            welcome = await self._socket.receive_json(timeout=10)
        except (aiohttp.ClientError, TimeoutError, TypeError, OSError) as error:
            raise NoAnswer(repr(error)) from error
        if welcome.get("t") != "welcome":
            raise NoAnswer(str(welcome))
        self._reader = asyncio.create_task(self._read(self._socket))

    async def say(self, text: str, *, client_msg_id: str | None = None, within: float = 10) -> Json:
        """Send a message and return its ack; the same `client_msg_id` may be sent again after `NoAnswer`."""
        name = client_msg_id or uuid4().hex
        acked = self._acks.setdefault(name, asyncio.get_running_loop().create_future())
        try:
            await self._frame({"t": "send", "client_msg_id": name, "text": text})
            async with asyncio.timeout(within):
                answer = await asyncio.shield(acked)
        except (TimeoutError, ConnectionError) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            self._acks.pop(name, None)
        if answer["t"] == "nack":
            raise Refused(int(answer["problem"].get("status", 0)), answer["problem"])
        return answer

    async def watch(self, ticket_id: str, after_seq: int = 0) -> None:
        """Ask, as staff, for a conversation's messages."""
        self.cursors.setdefault(ticket_id, after_seq)
        await self._frame({"t": "watch", "ticket_id": ticket_id, "after_seq": after_seq})

    async def signal(self, t: str, **members: object) -> None:
        """Send a passing frame: `typing`, `delivered`, `read`."""
        await self._frame({"t": t, **members})

    async def cut(self) -> None:
        """Break the connection without a word, as a tunnel would."""
        if self._socket is not None and self._socket._response is not None:  # noqa: SLF001 - a rude cut has no public name
            transport = self._socket._response.connection  # noqa: SLF001 - the same
            if transport is not None and transport.transport is not None:
                transport.transport.abort()
        await self._stop_reading()

    async def close(self) -> None:
        """Leave politely."""
        if self._socket is not None:
            await self._socket.close()
        await self._stop_reading()

    async def _stop_reading(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _frame(self, frame: Json) -> None:
        if self._socket is None or self._socket.closed:
            raise NoAnswer("the socket is closed")
        try:
            await self._socket.send_json(frame)
        except (aiohttp.ClientError, ConnectionError, RuntimeError) as error:
            raise NoAnswer(repr(error)) from error

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take(message.json(), socket)
        except (aiohttp.ClientError, ConnectionError):
            pass
        finally:
            self._fail_waiting()

    def _fail_waiting(self) -> None:
        for waiting in self._acks.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError("the socket broke"))
                waiting.exception()

    async def _take(self, frame: Json, socket: aiohttp.ClientWebSocketResponse) -> None:
        kind = frame.get("t")
        if kind in {"ack", "nack"}:
            waiting = self._acks.get(str(frame["client_msg_id"]))
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)
        elif kind == "msg":
            self._keep(frame)
        elif kind == "corrected":
            self._advance(frame)
            self.others.append(frame)
        elif kind == "ping":
            await socket.send_json({"t": "pong"})
        else:
            self.others.append(frame)
        self.arrived.set()

    def _keep(self, frame: Json) -> None:
        self.messages.append(frame | {"received": time.perf_counter()})
        self._advance(frame)

    def _advance(self, frame: Json) -> None:
        ticket = str(frame["ticket_id"])
        self.cursors[ticket] = max(self.cursors.get(ticket, 0), int(frame["seq"]))


def new_key() -> str:
    """Return an Idempotency-Key."""
    return base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
