"""What happens to every HTTP request before and after its route: ids, trace, limits, deadline, metrics, last resort."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import ClassVar, Final, TypeAlias

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.directory import wide_route
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.telemetry import IN_FLIGHT, REQUEST_SECONDS, REQUESTS_SHED, request_context
from shared.web.problems import MEDIA_TYPE, problem_body

Headers: TypeAlias = list[tuple[bytes, bytes]]
Answer: TypeAlias = Callable[[int, str, str, Headers], Awaitable[None]]

DEADLINE_HEADER: Final = b"x-pitboss-deadline-ms"
_LEAST_MS: Final = 50
_QUEUE_SECONDS: Final = 5.0
_QUEUE_FACTOR: Final = 4
_UNTOUCHED: Final = ("/health/", "/metrics")
_REQUEST_ID_LENGTH: Final = 128
_MOST_DIGITS: Final = 15
_FILE_GRACE_SECONDS: Final = 10.0
_FILE_BYTES_PER_SECOND: Final = 64 * 1024

_logger = structlog.get_logger(module=__name__)


class BodyTooSlow(DomainError):
    """The body came too slowly."""

    kind: ClassVar[Kind] = Kind.TIMED_OUT


class Edge:
    """Outermost ASGI layer of a service.

    A request that finds `max_in_flight` others running waits at most five seconds, and only if the queue holds fewer
    than four times as many; else it gets 503: overload is shed before work starts. One whose caller has less than
    50 ms left gets 504 without work, and so does whatever takes longer than its caller has or the `deadline` allows.
    Bodies over `max_body_bytes` are refused before they are buffered. Routes that carry files have more room and time
    (`shared.directory`), but their bodies have to come at 64 KiB/s after the first ten seconds.
    An unexpected error is logged and answered 500 with a title only.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        max_in_flight: int,
        max_body_bytes: int,
        deadline: timedelta,
        problem_base: str,
    ) -> None:
        self._app = app
        self._service = service
        self._slots = asyncio.Semaphore(max_in_flight)
        self._queue_limit = max_in_flight * _QUEUE_FACTOR
        self._queued = 0
        self._max_body_bytes = max_body_bytes
        self._most_ms = int(deadline.total_seconds() * 1000)
        self._problem_base = problem_base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; sockets, health and metrics pass untouched."""
        if scope["type"] != "http" or scope["path"].startswith(_UNTOUCHED):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        scope.setdefault("state", {})["request_id"] = request_id
        with request_context(request_id, _text(headers.get(b"traceparent"))):
            await self._measured(scope, receive, _with_request_id(send, request_id), headers)

    async def _measured(
        self, scope: Scope, receive: Receive, send: Send, headers: MutableMapping[bytes, bytes]
    ) -> None:
        started = time.perf_counter()
        watched = _WatchedSend(send)
        try:
            await self._guarded(scope, receive, watched, headers)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            labels = (self._service, scope["method"], route, str(watched.status))
            REQUEST_SECONDS.labels(*labels).observe(time.perf_counter() - started)

    async def _guarded(
        self, scope: Scope, receive: Receive, send: "_WatchedSend", headers: MutableMapping[bytes, bytes]
    ) -> None:
        wide = wide_route(scope["method"], scope["path"])
        budget = _budget_ms(headers.get(DEADLINE_HEADER), wide.deadline_ms if wide else self._most_ms)
        most = max(wide.max_body_bytes, self._max_body_bytes) if wide else self._max_body_bytes
        if budget < _LEAST_MS:
            await self._refuse(scope, send, 504, "deadline-exceeded", "No time was left for this request")
            return
        if _length(headers) > most:
            await self._refuse(scope, send, 413, "body-too-large", "The body is larger than allowed")
            return
        if not await self._slot():
            REQUESTS_SHED.labels(self._service).inc()
            await self._refuse(
                scope, send, 503, "overloaded", "Too many requests are running", [(b"retry-after", b"1")]
            )
            return
        try:
            with IN_FLIGHT.labels(self._service).track_inprogress():
                limited = _limited(_paced(receive) if wide and wide.max_body_bytes else receive, most)
                await self._answered(scope, limited, send, budget)
        finally:
            self._slots.release()

    async def _slot(self) -> bool:
        if not self._slots.locked():
            await self._slots.acquire()
            return True
        if self._queued >= self._queue_limit:
            return False
        self._queued += 1
        try:
            async with asyncio.timeout(_QUEUE_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            return False
        finally:
            self._queued -= 1
        return True

    async def _answered(self, scope: Scope, receive: Receive, send: "_WatchedSend", budget: float) -> None:
        limit = asyncio.timeout(budget / 1000)
        try:
            async with limit:
                await self._app(scope, receive, send)
        except TimeoutError:
            if not limit.expired() or send.started:
                raise
            await self._refuse(scope, send, 504, "deadline-exceeded", "The request took too long")
        except Exception:
            _logger.exception("request_failed", path=scope["path"], method=scope["method"])
            if send.started:
                raise
            await self._refuse(scope, send, 500, "internal-error", "Something went wrong on our side")

    async def _refuse(
        self, scope: Scope, send: Send, status: int, code: str, title: str, headers: Headers | None = None
    ) -> None:
        body = problem_body(
            base=self._problem_base,
            status=status,
            code=code,
            title=title,
            detail=title,
            instance=scope["path"],
            request_id=scope["state"]["request_id"],
        )
        kind = (b"content-type", MEDIA_TYPE.encode())
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [kind, length, *(headers or [])]})
        await send({"type": "http.response.body", "body": body})


class _WatchedSend:
    """Remembers whether and with which status an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    @property
    def started(self) -> bool:
        return self.status != 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _with_request_id(send: Send, request_id: str) -> Send:
    header = (b"x-request-id", request_id.encode())

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), header]}
        await send(message)

    return sending


def _limited(receive: Receive, most: int) -> Receive:
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, "The body is larger than allowed")
        return message

    return receiving


def _paced(receive: Receive) -> Receive:
    """Return a `receive` that gives a body up which a trickle keeps alive."""
    began = asyncio.get_running_loop().time()
    seen, ended = 0, False

    async def receiving() -> Message:
        nonlocal seen, ended
        until = None if ended else began + _FILE_GRACE_SECONDS + seen / _FILE_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError as error:
            raise BodyTooSlow from error
        seen += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        return message

    return receiving


def _request_id(headers: MutableMapping[bytes, bytes]) -> str:
    given = _text(headers.get(b"x-request-id"))
    if given and len(given) <= _REQUEST_ID_LENGTH and given.isascii() and given.isprintable():
        return given
    return str(new_id())


def _budget_ms(header: bytes | None, cap: int) -> float:
    digits = _text(header) or ""
    return min(_number(digits, cap), cap)


def _length(headers: MutableMapping[bytes, bytes]) -> int:
    digits = _text(headers.get(b"content-length")) or ""
    return _number(digits, 0)


def _number(digits: str, otherwise: int) -> int:
    """Return a header's number; one with more digits than any honest one has is no number."""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else otherwise


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
