"""The busiest routes, served along a plan made once instead of FastAPI's solver, which asks anew at every request.

Declaration, OpenAPI, dependencies and refusals stay FastAPI's own: whatever does not go the straight way (a header or
body that does not validate, another content type) is handed to the ordinary route, which answers it as ever.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JSON: Final = b"application/json"
_UNSUPPORTED: Final = (
    "query_params", "cookie_params", "websocket_param_name", "http_connection_param_name", "response_param_name",
    "background_tasks_param_name", "security_scopes_param_name",
)  # fmt: skip


class HotRoute(APIRoute):
    """A route whose dependencies are async functions or generators of function scope, and which answers a Response.

    They may take the request, headers, path parameters and each other; the endpoint a JSON body as well. Anything else
    raises TypeError when the route is declared.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as FastAPI declares it
        super().__init__(*args, **kwargs)
        self.app = _serving(_Plan(self), self.app)


@dataclass(frozen=True, slots=True)
class _Input:
    """A value read from the request: `key` is a header's or path parameter's name, `into` the argument's."""

    key: str
    into: str
    adapter: "TypeAdapter[Any]"
    default: object
    required: bool


@dataclass(slots=True)
class _Step:
    """One call: its place among the results, what it takes from the request and from earlier steps."""

    call: Callable[..., Any]
    generator: bool
    request: str | None
    headers: list[_Input]
    path: list[_Input]
    earlier: list[tuple[str, int]] = field(default_factory=list)


class _NotStraight(Exception):
    """The request is not one for the plan."""


class _Plan:
    """The steps of a route in the order in which they are called; the last is its endpoint."""

    def __init__(self, route: APIRoute) -> None:
        self.steps: list[_Step] = []
        self._places: dict[Callable[..., Any], int] = {}
        self.body: tuple[str, TypeAdapter[Any]] | None = None
        if route.body_field is not None:
            (only,) = route.dependant.body_params
            self.body = (only.name, _adapter(only.field_info))
        self._add(route.dependant)

    def _add(self, dependant: Dependant) -> int:
        call = dependant.call
        if call is None or any(getattr(dependant, name) for name in _UNSUPPORTED):
            message = f"{call} takes something that a hot route cannot give"
            raise TypeError(message)
        if call in self._places:
            return self._places[call]
        earlier = [(str(needed.name), self._add(needed)) for needed in dependant.dependencies]
        step = _Step(
            call=_callable(call, dependant.scope),
            generator=inspect.isasyncgenfunction(call),
            request=dependant.request_param_name,
            headers=list(_inputs(dependant.header_params, header=True)),
            path=list(_inputs(dependant.path_params, header=False)),
            earlier=earlier,
        )
        self.steps.append(step)
        self._places[call] = len(self.steps) - 1
        return self._places[call]

    def arguments(self, scope: Scope, headers: dict[bytes, bytes], body: bytes) -> list[dict[str, Any]]:
        """Return what each step takes from the request; raise `_NotStraight` if something does not validate."""
        path = scope["path_params"]
        try:
            taken = [_taken(step, headers, path) for step in self.steps]
            if self.body is not None:
                name, adapter = self.body
                taken[-1][name] = adapter.validate_json(body)
        except (ValidationError, UnicodeDecodeError) as error:
            raise _NotStraight from error
        return taken


def _callable(call: Callable[..., Any], scope: str | None) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(call):
        if scope != "function":
            message = f"{call} would end after the answer; declare it with the function's scope"
            raise TypeError(message)
        return asynccontextmanager(call)
    if not inspect.iscoroutinefunction(call):
        message = f"{call} is not async"
        raise TypeError(message)
    return call


def _inputs(fields: Sequence[Any], *, header: bool) -> Iterator[_Input]:
    for one in fields:
        yield _Input(
            key=one.alias.lower() if header else one.alias,
            into=one.name,
            adapter=_adapter(one.field_info),
            default=None if one.field_info.is_required() else one.default,
            required=one.field_info.is_required(),
        )


def _adapter(info: FieldInfo) -> "TypeAdapter[Any]":
    return TypeAdapter(Annotated[(info.annotation, None, *info.metadata)])  # type: ignore[arg-type] # made at run time


def _taken(step: _Step, headers: dict[bytes, bytes], path: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for one in step.headers:
        raw = headers.get(one.key.encode("latin-1"))
        if raw is None and one.required:
            raise _NotStraight
        values[one.into] = one.default if raw is None else one.adapter.validate_python(raw.decode("latin-1"))
    for one in step.path:
        values[one.into] = one.adapter.validate_python(path[one.key])
    return values


def _serving(plan: _Plan, ordinary: ASGIApp) -> ASGIApp:
    """Return the route's app: the plan, and the ordinary route for whatever the plan does not take."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(raw)
        if len(headers) != len(raw) or (plan.body is not None and not _is_json(headers)):
            await ordinary(scope, receive, send)
            return
        first = await receive()
        if first["type"] != "http.request" or first.get("more_body"):
            await ordinary(scope, _again(first, receive), send)
            return
        try:
            arguments = plan.arguments(scope, headers, first["body"])
        except _NotStraight:
            await ordinary(scope, _again(first, receive), send)
            return
        response = await _run(plan, Request(scope, _again(first, receive)), arguments)
        await response(scope, receive, send)

    return serve


def _is_json(headers: dict[bytes, bytes]) -> bool:
    return headers.get(b"content-type", b"").partition(b";")[0] == _JSON


async def _run(plan: _Plan, request: Request, arguments: list[dict[str, Any]]) -> Response:
    results: list[Any] = []
    async with AsyncExitStack() as stack:
        for step, values in zip(plan.steps, arguments, strict=True):
            if step.request is not None:
                values[step.request] = request
            for name, place in step.earlier:
                values[name] = results[place]
            made = step.call(**values)
            results.append(await (stack.enter_async_context(made) if step.generator else made))
    response: Response = results[-1]
    return response


def _again(first: Message, receive: Receive) -> Receive:
    """Return a `receive` that repeats the message that was already taken."""
    waiting = [first]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving
