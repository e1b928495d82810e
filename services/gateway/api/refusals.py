"""Problem documents outside FastAPI: the door refuses before any route is chosen."""

from typing import ClassVar

from starlette.types import Message, Scope, Send

from services.gateway.domain.routing import Headers
from shared.errors import DomainError, Kind
from shared.web.problems import MEDIA_TYPE, STATUS, headers_of, problem_body


class BodyTooLarge(DomainError):
    """The body is larger than allowed."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE


async def refuse(scope: Scope, send: Send, error: DomainError) -> None:
    """Answer with the problem document of `error`."""
    body = problem_of(scope, error)
    await send({"type": "http.response.start", "status": STATUS[error.kind], "headers": refusal_headers(error, body)})
    await send({"type": "http.response.body", "body": body})


def problem_of(scope: Scope, error: DomainError) -> bytes:
    """Return the problem document of `error` for this connection."""
    return problem_body(
        base=scope["app"].state.problem_base,
        status=STATUS[error.kind],
        code=error.code(),
        title=error.title(),
        detail=error.detail,
        instance=scope["path"],
        request_id=scope.get("state", {}).get("request_id", ""),
        extra=error.extra,
    )


def refusal_headers(error: DomainError, body: bytes) -> Headers:
    """Return the headers of a problem document."""
    own = [(name.lower().encode(), value.encode()) for name, value in headers_of(error).items()]
    return [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()), *own]


def with_headers(send: Send, more: Headers) -> Send:
    """Return a `send` that adds headers to the answer; `more` may still grow until the answer starts."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await send(message)

    return sending
