"""The chat socket on its way to chat: frames both ways, one at a time, nothing read.

It needs no credential here: its first frame carries a one-use socket ticket, which chat checks. The one frame of the
door's own is `reconnect`, when its process ends. The door limits how many sockets an address may open, how many there
are, and how large a frame may be.
"""

import asyncio
import json
import random
from contextlib import suppress
from typing import ClassVar, Final, NamedTuple

import aiohttp
from starlette.types import Receive, Scope, Send

from services.gateway.clients.upstream import ServiceUnavailable, Upstream
from services.gateway.domain.limits import QuotaExceeded
from services.gateway.use_cases.doorway import Doorway, address_of
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.telemetry import new_trace

SERVICE: Final = "chat"
PATH: Final = "/v1/chat/socket"
_CONNECT_SECONDS: Final = 5.0
_TOO_BIG: Final = 1009
_RESTART: Final = 1012
_OVERLOADED: Final = 1013
_UNSENDABLE: Final = {1005: 1000, 1006: 1001, 1015: 1001}
# How many clients may come back in a second; each asks over HTTP first, which costs more than its socket.
_RETURNS_PER_SECOND: Final = 200
_LONGEST_SPREAD: Final = 4.0
_CLOSED_AFTER: Final = 0.3
_FAREWELL_SECONDS: Final = 1.0
_UPSTREAM_FRAME_BYTES: Final = 1024 * 1024


class TooManySockets(DomainError):
    """There are too many sockets; try again later."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class Closing(NamedTuple):
    """How a socket ends (RFC 6455, section 7.4)."""

    code: int
    reason: str = ""


class SocketTunnel:
    """ASGI endpoint: connects to chat first, so that its refusal is ours, then carries frames until one side ends.

    Each direction has at most one frame in hand and waits for the other side's buffer: a slow reader slows its sender
    and nothing grows. Close codes and reasons pass; a service that vanishes is told as 1012, "come back".
    """

    def __init__(self) -> None:
        self._open: set[Send] = set()
        self._is_draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        doorway: Doorway = scope["app"].state.ground.extras[Doorway.NAME]
        await receive()
        try:
            self._admit(scope, doorway)
            socket = await _connect(scope, doorway)
        except DomainError as error:
            await _refuse(scope, send, error)
            return
        try:
            await send({"type": "websocket.accept", "subprotocol": socket.protocol})
            self._open.add(send)
            await _carry(socket, receive, send, doorway.settings.max_frame_bytes)
        finally:
            self._open.discard(send)
            await socket.close()

    async def drain(self) -> None:
        """Tell every client to come back, each at a moment of its own, once this process takes no more connections."""
        self._is_draining = True
        spread = min(_LONGEST_SPREAD, len(self._open) / _RETURNS_PER_SECOND)
        farewells = [asyncio.create_task(_part(send, _CLOSED_AFTER + random.uniform(0, spread))) for send in self._open]  # noqa: S311 - spread, no secret
        if farewells:
            _, deaf = await asyncio.wait(farewells, timeout=_FAREWELL_SECONDS)
            for one in deaf:
                one.cancel()

    def _admit(self, scope: Scope, doorway: Doorway) -> None:
        if self._is_draining or len(self._open) >= doorway.settings.max_sockets:
            raise TooManySockets(retry_after=5)
        peer = (scope.get("client") or ("unknown", 0))[0]
        verdict = doorway.take("sockets", address_of(peer, dict(scope["headers"]), doorway.trusted))
        if not verdict.granted:
            raise QuotaExceeded(retry_after=verdict.next_in)


async def _part(send: Send, after: float) -> None:
    """Tell a client when to come back; one that reads nothing, or is gone, will find out by itself."""
    frame = json.dumps({"t": "reconnect", "after_ms": int(after * 1000)})
    with suppress(OSError, RuntimeError):
        await send({"type": "websocket.send", "text": frame})


async def _connect(scope: Scope, doorway: Doorway) -> aiohttp.ClientWebSocketResponse:
    upstream: Upstream = doorway.upstreams[SERVICE]
    headers = {"x-request-id": str(new_id()), "traceparent": new_trace().header()}
    origin = dict(scope["headers"]).get(b"origin")
    if origin is not None:
        headers["Origin"] = origin.decode("latin-1")
    failure: Exception | None = None
    for url in upstream.order():
        try:
            async with upstream.asking(url), asyncio.timeout(_CONNECT_SECONDS):
                return await doorway.sockets.ws_connect(
                    url + PATH,
                    headers=headers,
                    protocols=scope.get("subprotocols", ()),
                    max_msg_size=_UPSTREAM_FRAME_BYTES,
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failure = error
    raise ServiceUnavailable(retry_after=1) from failure


async def _carry(socket: aiohttp.ClientWebSocketResponse, receive: Receive, send: Send, most: int) -> None:
    """Carry frames until one side ends, then end the other the same way."""
    upwards = asyncio.create_task(_upwards(socket, receive, most))
    downwards = asyncio.create_task(_downwards(socket, send))
    try:
        await asyncio.wait((upwards, downwards), return_when=asyncio.FIRST_COMPLETED)
        if downwards.done():
            closing = _outcome(downwards)
            await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
            return
        closing = _outcome(upwards)
        if closing.code == _TOO_BIG:
            await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})
        await socket.close(code=closing.code, message=closing.reason.encode())
    finally:
        upwards.cancel()
        downwards.cancel()
        await asyncio.gather(upwards, downwards, return_exceptions=True)


def _outcome(task: "asyncio.Task[Closing]") -> Closing:
    """Return how the direction ended; a connection that broke is a service that restarts."""
    return Closing(_RESTART) if task.cancelled() or task.exception() is not None else task.result()


async def _upwards(socket: aiohttp.ClientWebSocketResponse, receive: Receive, most: int) -> Closing:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or 1005
            return Closing(_UNSENDABLE.get(code, code), message.get("reason") or "")
        text, data = message.get("text"), message.get("bytes")
        if len(data or b"") > most or (text is not None and (len(text) > most or len(text.encode()) > most)):
            return Closing(_TOO_BIG, "frame too large")
        if text is not None:
            await socket.send_str(text)
        elif data is not None:
            await socket.send_bytes(data)


async def _downwards(socket: aiohttp.ClientWebSocketResponse, send: Send) -> Closing:
    while True:
        message = await socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            await send({"type": "websocket.send", "text": message.data})
        elif message.type is aiohttp.WSMsgType.BINARY:
            await send({"type": "websocket.send", "bytes": message.data})
        elif message.type is aiohttp.WSMsgType.CLOSE:
            code = message.data or 1005
            return Closing(_UNSENDABLE.get(code, code), message.extra or "")
        else:
            return Closing(_RESTART)


async def _refuse(scope: Scope, send: Send, error: DomainError) -> None:
    """Refuse the handshake: with a body where the server can, else as 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": _OVERLOADED})
        return
    status = 429 if error.kind is Kind.LIMITED else 503
    body = json.dumps({"title": error.title(), "status": status, "code": error.code()}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"5")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
