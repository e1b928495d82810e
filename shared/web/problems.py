"""Every refusal as `application/problem+json` (RFC 9457); the only place that knows status codes."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Route

from shared.errors import DomainError, Kind

STATUS: Final[Mapping[Kind, int]] = {
    Kind.INVALID: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNPROCESSABLE: 422,
    Kind.PRECONDITION_REQUIRED: 428,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.TIMED_OUT: 504,
}
MEDIA_TYPE: Final = "application/problem+json"
_HTTP_CODES: Final = {
    400: "body-unreadable",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
}
_NO_JSON: Final = "json_invalid"
# A member of an enumeration as Python shows it: `<TicketStatus.OPEN: 'open'>`.
_MEMBER: Final = re.compile(r"<[\w.]+: ('[^']*')>")
_logger = structlog.get_logger(module=__name__)


class FieldProblem(BaseModel):
    """One offending input: `pointer` is a JSON pointer into the body, or `#query/name`, `#header/name`."""

    pointer: str
    detail: str
    code: str


class Problem(BaseModel):
    """An RFC 9457 problem document; `code` is stable, `detail` is for people, extensions depend on the code."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: Annotated[list[FieldProblem] | None, Field(default=None)]


def problems(*errors: type[DomainError]) -> dict[int | str, dict[str, object]]:
    """Return the `responses=` of a route that may refuse with these errors."""
    grouped: dict[int | str, list[str]] = {}
    for error in errors:
        grouped.setdefault(STATUS[error.kind], []).append(f"`{error.code()}`: {error.title()}")
    return {status: problem_response("; ".join(texts)) for status, texts in grouped.items()}


def problem_response(description: str) -> dict[str, object]:
    """Return one OpenAPI response whose body is a problem document."""
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def problem_body(
    *,
    base: str,
    status: int,
    code: str,
    title: str,
    detail: str,
    instance: str,
    request_id: str,
    extra: Mapping[str, object] | None = None,
) -> bytes:
    """Return the bytes of a problem document, escaped to ASCII: a refusal may quote input that is no valid text."""
    document = {
        "type": f"{base}/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id,
        **(extra or {}),
    }
    return json.dumps(document, default=str, separators=(",", ":")).encode("ascii")


def install_problems(app: FastAPI, *, public_base_url: str) -> None:
    """Answer every refusal, expected or not, as a problem document."""
    app.state.problem_base = public_base_url.rstrip("/")
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def answer(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """Return one problem response for this request."""
    body = problem_body(
        base=request.app.state.problem_base,
        status=status,
        code=code,
        title=title,
        detail=detail,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        extra=extra,
    )
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def headers_of(error: DomainError) -> dict[str, str]:
    """Return the headers that belong to a refusal."""
    headers: dict[str, str] = {}
    if error.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after = error.retry_after
    if retry_after is None and error.kind in {Kind.UNAVAILABLE, Kind.LIMITED}:
        retry_after = 1
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, round(retry_after)))
    return headers


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class
    status = STATUS[error.kind]
    extra: dict[str, object] = dict(error.extra)
    if error.field is not None:
        extra["errors"] = [{"pointer": _pointer_of(error.field), "detail": error.detail, "code": error.code()}]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _logger.warning("request_refused", code=error.code(), detail=error.detail)
    return answer(
        request,
        status=status,
        code=error.code(),
        title=error.title(),
        detail=error.detail,
        headers=headers_of(error),
        extra=extra,
    )


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    found = [field_problem(item) for item in error.errors()]
    first = f"{found[0]['pointer']}: {found[0]['detail']}" if found else "the request is malformed"
    return answer(
        request,
        status=422,
        code="invalid-request",
        title="The request does not have the expected shape",
        detail=first,
        extra={"errors": found},
    )


def field_problem(item: Mapping[str, Any]) -> dict[str, str]:
    """Return what pydantic found wrong with one input, as a `FieldProblem`."""
    location, detail, code = tuple(item["loc"]), _said(item), str(item["type"])
    if code == _NO_JSON and len(location) > 1:
        return {"pointer": "", "detail": f"{detail} at character {location[1]}", "code": code}
    return {"pointer": _pointer(location), "detail": detail, "code": code}


def _said(item: Mapping[str, Any]) -> str:
    """Return what is wrong in words of the API: no names of Python's types and classes."""
    context = item.get("ctx") or {}
    match item["type"]:
        case "too_short":
            return f"needs at least {_items(context['min_length'])}, has {context['actual_length']}"
        case "too_long" if "max_length" in context:
            return f"takes at most {_items(context['max_length'])}"
        case "literal_error":
            return "must be " + _MEMBER.sub(r"\1", str(context["expected"]))
        case _:
            return str(item["msg"])


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    code = _HTTP_CODES.get(error.status_code, f"http-{error.status_code}")
    detail = str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request))
    return answer(request, status=error.status_code, code=code, title=detail, detail=detail, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """Return what the path takes over all its routes: the error names those of the first one only."""
    routes = [route for route in request.app.router.routes if isinstance(route, Route)]
    path = request.scope["path"]
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


def _pointer_of(field: str) -> str:
    return field if field.startswith(("#", "/")) else f"/{field.replace('.', '/')}"


def _pointer(location: tuple[object, ...]) -> str:
    source, *rest = location or ("body",)
    path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    return f"/{path}" if source == "body" else f"#{source}/{path}"
