"""Hands a request on to the service it belongs to, and its answer back, unchanged but for the hop's headers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from multidict import CIMultiDict
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from services.gateway.clients.upstream import BUFFERED_BYTES, Answer, Body, Outgoing, Upstream
from services.gateway.domain.routing import request_headers
from shared.directory import wide_route
from shared.telemetry import current_traceparent
from shared.web.actor import ACTOR_HEADER

DEADLINE_HEADER: Final = b"x-pitboss-deadline-ms"
_HOP_MS: Final = 50
_LEAST_SHARE: Final = 1 / 3


async def forward(scope: Scope, receive: Receive, send: Send, *, upstream: Upstream, token: str, most_ms: int) -> None:
    """Forward one request under the actor `token`; refusals are raised before the answer has begun.

    It may take `most_ms`, unless its caller waits for less or it carries files.
    """
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    loop = asyncio.get_running_loop()
    wide = wide_route(scope["method"], scope["path"])
    budget = deadline_ms(headers.get(DEADLINE_HEADER), wide.deadline_ms if wide else most_ms) / 1000
    ends_at = loop.time() + budget
    body = await read_body(receive, headers)
    request = Outgoing(
        method=scope["method"],
        target=_target(scope),
        headers=_headers(scope, token, body, headers, left_ms=int((ends_at - loop.time()) * 1000)),
        body=body,
        has_key=b"idempotency-key" in headers,
    )
    answer = await upstream.call(request, may_wait=lambda: ends_at - loop.time() >= budget * _LEAST_SHARE)
    await _deliver(send, answer)


def deadline_ms(header: bytes | None, cap: int) -> int:
    """Return how long the caller is willing to wait, at most `cap`."""
    digits = header or b""
    return min(int(digits), cap) if digits.isdigit() and len(digits) < 10 else cap  # noqa: PLR2004 - more digits than any deadline


async def read_body(receive: Receive, headers: Mapping[bytes, bytes]) -> Body:
    """Return the request's body: whole up to 64 KiB, else as a stream that begins with what was read."""
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return Body()
    parts: list[bytes] = []
    size = 0
    while size <= BUFFERED_BYTES:
        chunk, more = await _chunk(receive)
        parts.append(chunk)
        size += len(chunk)
        if not more:
            return Body(whole=b"".join(parts))
    return Body(stream=_rest(b"".join(parts), receive))


async def _rest(beginning: bytes, receive: Receive) -> AsyncIterator[bytes]:
    yield beginning
    more = True
    while more:
        chunk, more = await _chunk(receive)
        if chunk:
            yield chunk


async def _chunk(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def _target(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    raw: bytes = scope["raw_path"]
    return (raw + b"?" + query if query else raw).decode("latin-1")


def _headers(scope: Scope, token: str, body: Body, given: Mapping[bytes, bytes], *, left_ms: int) -> CIMultiDict[str]:
    kept = request_headers(scope["headers"])
    headers = CIMultiDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in kept])
    headers[ACTOR_HEADER] = token
    headers["x-request-id"] = scope["state"]["request_id"]
    headers[DEADLINE_HEADER.decode()] = str(max(0, left_ms - _HOP_MS))
    trace = current_traceparent()
    if trace is not None:
        headers["traceparent"] = trace
    length = given.get(b"content-length")
    if body.stream is not None and length is not None:
        headers["content-length"] = length.decode("latin-1")
    return headers


async def _deliver(send: Send, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if answer.whole is not None:
        await send({"type": "http.response.body", "body": answer.whole})
        return
    try:
        async for chunk in answer.response.content.iter_any():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        answer.response.close()
