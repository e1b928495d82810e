"""What happens around every route: a commit before the answer, honest refusals, hostile headers."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import PurePosixPath

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from deploy.contracts.problems import problem_documents
from deploy.local.databases import ServiceUrls
from shared.db.engine import Database
from shared.db.session import SessionDep
from shared.errors import DomainError
from shared.web.actor import Actor, ActorKind
from shared.web.edge import Edge
from shared.web.problems import install_problems
from tests.service.shared.test_ground import settings_of
from tests.support.database import Cluster


class Ground:
    """As much of a ground as a transaction needs."""

    def __init__(self, database: Database) -> None:
        self.database = database


@pytest.fixture
async def client(postgres: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    """A small app on the real ground, with routes that misbehave on purpose."""
    async with postgres.database("tickets") as urls:
        database = Database(settings_of(ServiceUrls(urls.owner, urls.owner, urls.worker)), service="tickets")
        transport = httpx.ASGITransport(app=_app(database), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
            yield http
        await database.stop()


def _app(database: Database) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.ground = Ground(database)
    app.state.identify = lambda _request: Actor(ActorKind.SYSTEM, "tests", "lucky")
    install_problems(app, public_base_url="http://public")
    app.add_middleware(
        Edge,
        service="tests",
        max_in_flight=4,
        max_body_bytes=1000,
        deadline=timedelta(seconds=10),
        problem_base="http://public",
    )

    @app.post("/doubles")
    async def doubles(session: SessionDep) -> dict[str, str]:
        await session.execute(text("CREATE TEMP TABLE twins (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO twins VALUES (1), (1)"))
        return {"answered": "too early"}

    @app.post("/quotes")
    async def quotes() -> None:
        raise DomainError("\ud800 is no text", field="origin")

    @app.post("/echo")
    async def echo(body: dict[str, str]) -> dict[str, str]:
        return body

    @app.get("/echo")
    async def silence() -> None:
        return None

    return app


async def test_a_commit_that_fails_is_no_success(client: httpx.AsyncClient) -> None:
    """FastAPI would send the answer first if the session had the default scope."""
    answer = await client.post("/doubles")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal-error"
    assert "twins" not in answer.text


async def test_a_refusal_may_quote_what_is_no_text(client: httpx.AsyncClient) -> None:
    """A lone surrogate in a detail must not turn a 400 into a 500."""
    answer = await client.post("/quotes")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/origin"


@pytest.mark.parametrize("budget", ["9" * 5000, "-1", "x", "", "1e3"])
async def test_an_absurd_deadline_is_none(client: httpx.AsyncClient, budget: str) -> None:
    """Only an honest number shortens the time there is."""
    answer = await client.post("/echo", json={"a": "b"}, headers={"x-pitboss-deadline-ms": budget})
    assert answer.status_code == 200


async def test_no_time_left_means_no_work(client: httpx.AsyncClient) -> None:
    """The caller has gone; working for nobody helps nobody."""
    answer = await client.post("/echo", json={"a": "b"}, headers={"x-pitboss-deadline-ms": "49"})
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline-exceeded")


async def test_a_large_body_is_refused(client: httpx.AsyncClient) -> None:
    """By its announced length, and by what really comes."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100

    announced = await client.post("/echo", content=b" " * 2000, headers={"content-type": "application/json"})
    chunked = await client.post("/echo", content=pieces(), headers={"content-type": "application/json"})
    assert [announced.status_code, chunked.status_code] == [413, 413]
    assert announced.headers["content-type"] == "application/problem+json"


async def test_a_request_id_is_kept_or_made(client: httpx.AsyncClient) -> None:
    """Every answer names its request; nonsense from outside is replaced."""
    kept = await client.post("/echo", json={}, headers={"x-request-id": "abc"})
    made = await client.post("/echo", json={}, headers={"x-request-id": "x" * 500})
    assert kept.headers["x-request-id"] == "abc"
    assert len(made.headers["x-request-id"]) == 36


async def test_a_method_that_is_not_offered_is_told_which_are(client: httpx.AsyncClient) -> None:
    """RFC 9110, section 15.5.6: over all routes of the path, not only the first one."""
    answer = await client.put("/echo", json={})

    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_a_body_that_is_no_json_is_no_field(client: httpx.AsyncClient) -> None:
    """The pointer is that of the whole document; where the text breaks off is told in words."""
    answer = await client.post("/echo", content=b'{"a": ', headers={"Content-Type": "application/json"})

    [problem] = answer.json()["errors"]
    assert (answer.status_code, problem["pointer"], problem["code"]) == (422, "", "json_invalid")
    assert "at character 6" in problem["detail"]


async def test_a_body_that_is_nested_too_deeply_is_refused_under_a_code_of_the_catalogue(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/echo", content='{"a":' + "[" * 990, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "body-unreadable")
    assert "body-unreadable" in json.loads(problem_documents()[PurePosixPath("services/gateway/pages/problems.json")])
