"""A hot route answers whatever comes exactly as an ordinary one does; only its way to the endpoint is shorter."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.errors import DomainError
from shared.web.edge import Edge
from shared.web.hot import HotRoute
from shared.web.problems import install_problems
from tests.support.pace import turns


class Words(BaseModel):
    """A body with a limit and a nested shape."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    tags: list[int] = []


class Ledger:
    """What happened, in order."""

    def __init__(self) -> None:
        self.lines: list[str] = []


async def _session(request: Request) -> AsyncIterator[Ledger]:
    ledger: Ledger = request.app.state.ledger
    ledger.lines.append("begun")
    try:
        yield ledger
    except BaseException:
        ledger.lines.append("undone")
        raise
    await turns()
    ledger.lines.append("committed")


SessionDep = Annotated[Ledger, Depends(_session, scope="function")]


async def _key(
    session: SessionDep,
    x_key: Annotated[str | None, Header(max_length=8)] = None,
    x_number: Annotated[int, Header()] = 7,
) -> str:
    session.lines.append("key")
    return f"{x_key}/{x_number}"


async def speak(
    *, number: int, body: Words, session: SessionDep, key: Annotated[str, Depends(_key)], request: Request
) -> Response:
    """Answer what was understood."""
    session.lines.append("endpoint")
    if body.text == "refuse":
        raise DomainError("refused", field="text")
    again = (await request.body()).decode()
    return Response(f"{number} {body.model_dump_json()} {key} {again}", status_code=201)


def _client(route_class: type[APIRoute]) -> httpx.AsyncClient:
    router = APIRouter(route_class=route_class)
    router.post("/rooms/{number}/words", status_code=201)(speak)
    app = FastAPI(openapi_url=None)
    app.state.ledger = Ledger()
    install_problems(app, public_base_url="http://public")
    app.router.routes.extend(router.routes)
    app.add_middleware(
        Edge,
        service="tests",
        max_in_flight=4,
        max_body_bytes=1000,
        deadline=timedelta(seconds=10),
        problem_base="http://public",
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service", headers={"X-Request-Id": "one"})


async def _both(**request: Any) -> list[tuple[int, bytes, str | None, list[str]]]:
    seen = []
    for route_class in (HotRoute, APIRoute):
        async with _client(route_class) as http:
            answer = await http.post(**{"url": "/rooms/3/words"} | request)
            app: Any = http._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - the app inside
            seen.append(
                (answer.status_code, answer.content, answer.headers.get("content-type"), app.state.ledger.lines)
            )
    return seen


REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {"json": {"text": "hello", "tags": [1, 2]}},
    "with headers": {"json": {"text": "hello"}, "headers": {"X-Key": "k", "X-Number": "9"}},
    "charset": {"content": b'{"text": "hi"}', "headers": {"Content-Type": "application/json; charset=utf-8"}},
    "capitals in the type": {"content": b'{"text": "hi"}', "headers": {"Content-Type": "Application/JSON"}},
    "no type": {"content": b'{"text": "hi"}'},
    "other type": {"content": b'{"text": "hi"}', "headers": {"Content-Type": "text/plain"}},
    "form": {"data": {"text": "hi"}},
    "empty": {"content": b"", "headers": {"Content-Type": "application/json"}},
    "no JSON": {"content": b"{nope", "headers": {"Content-Type": "application/json"}},
    "not UTF-8": {"content": b'{"text": "\xff"}', "headers": {"Content-Type": "application/json"}},
    "half a character": {"content": b'{"text": "\\ud800"}', "headers": {"Content-Type": "application/json"}},
    "NaN": {"content": b'{"text": "a", "tags": [NaN]}', "headers": {"Content-Type": "application/json"}},
    "twice the same name": {"content": b'{"text": "a", "text": "b"}', "headers": {"Content-Type": "application/json"}},
    "a list": {"json": ["text"]},
    "null": {"json": None},
    "too long": {"json": {"text": "x" * 21}},
    "unknown field": {"json": {"text": "x", "subject": "y"}},
    "wrong types": {"json": {"text": 3, "tags": ["a", None]}},
    "bad path": {"url": "/rooms/three/words", "json": {"text": "x"}},
    "bad header": {"json": {"text": "x"}, "headers": {"X-Number": "many"}},
    "long header": {"json": {"text": "x"}, "headers": {"X-Key": "123456789"}},
    "header twice": {"json": {"text": "x"}, "headers": [("X-Key", "a"), ("X-Key", "b")]},
    "refused": {"json": {"text": "refuse"}},
    "too large": {"json": {"text": "x" * 2000}},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_it_answers_as_an_ordinary_route(request_: dict[str, Any]) -> None:
    """Status, body and what happened in which order are the same."""
    hot, ordinary = await _both(**request_)

    assert hot == ordinary


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["text", "tags", "more"]), inner),
    max_leaves=5,
)


@given(_VALUES)
async def test_any_json_is_answered_alike(value: object) -> None:
    """Whatever value comes as the body."""
    hot, ordinary = await _both(content=json.dumps(value).encode(), headers={"Content-Type": "application/json"})

    assert hot == ordinary


async def test_the_transaction_ends_before_the_answer() -> None:
    """Once begun, shared by all who ask for it, committed."""
    hot, _ordinary = await _both(json={"text": "hello"})

    assert hot[3] == ["begun", "key", "endpoint", "committed"]


def _plain() -> None: ...


async def _late() -> AsyncIterator[int]:
    yield 1


async def _queried(limit: Annotated[int, Query()] = 3) -> int:
    return limit


@pytest.mark.parametrize("dependency", [Depends(_plain), Depends(_late), Depends(_queried)])
def test_what_it_cannot_serve_is_refused_when_declared(dependency: Any) -> None:
    """A plain function would run in a thread, a request's generator end too late, a query be ignored."""

    async def endpoint(value: Annotated[int, dependency]) -> Response:
        return Response(str(value))

    with pytest.raises(TypeError):
        APIRouter(route_class=HotRoute).get("/")(endpoint)
