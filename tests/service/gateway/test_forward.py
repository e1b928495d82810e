"""What the forwarder does with bodies, replicas, failures and time."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from aiohttp import web

from tests.service.gateway.conftest import Gate, Service, bearer, gates, serving
from tests.support.database import Cluster
from tests.support.eventually import eventually

KIB = 1024


async def chunks(count: int, size: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * size


def headers(gate: Gate, **more: str) -> dict[str, str]:
    return bearer(gate.demo["api_key"]) | {name.replace("_", "-"): value for name, value in more.items()}


@pytest.mark.parametrize("size", [0, 1, 64 * KIB, 64 * KIB + 1, 900 * KIB, 1024 * KIB])
async def test_bodies_of_any_allowed_size_arrive_whole(gate: Gate, tickets: Service, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = await gate.http.post("/v1/tickets", content=body, headers=headers(gate))
    assert answer.status_code == 200
    assert tickets.bodies[-1] == body


async def test_a_body_of_unknown_length_is_streamed_on(gate: Gate, tickets: Service) -> None:
    answer = await gate.http.post("/v1/tickets", content=chunks(20, 40 * KIB), headers=headers(gate))
    assert answer.status_code == 200
    assert tickets.bodies[-1] == b"".join([part async for part in chunks(20, 40 * KIB)])


async def test_a_body_over_the_limit_is_refused_before_it_is_read(gate: Gate, tickets: Service) -> None:
    answer = await gate.http.post("/v1/tickets", content=b"x" * (KIB * KIB + 1), headers=headers(gate))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert not tickets.seen


async def test_a_stream_that_grows_over_the_limit_is_refused_on_the_way(gate: Gate, tickets: Service) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * KIB
            yield b"x" * 64 * KIB

    answer = await gate.http.post("/v1/tickets", content=endless(), headers=headers(gate))
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert sent <= 2 * KIB * KIB
    assert not tickets.bodies


async def test_a_large_answer_is_streamed_back(gate: Gate, tickets: Service) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"X-Kind": "export"})
        await response.prepare(request)
        async for chunk in chunks(64, 64 * KIB):
            await response.write(chunk)
        return response

    tickets.answer = large
    answer = await gate.http.get("/v1/tickets/export", headers=headers(gate))
    assert answer.headers["x-kind"] == "export"
    assert answer.content == b"".join([part async for part in chunks(64, 64 * KIB)])


@pytest.mark.parametrize("status", [201, 204, 302, 304, 400, 404, 409, 422, 500, 503])
async def test_answers_pass_unchanged(gate: Gate, tickets: Service, status: int) -> None:
    async def say(_request: web.Request) -> web.StreamResponse:
        text = None if status in {204, 304} else '{"code":"as-it-is"}'
        extra = {"Location": "https://elsewhere.example/x", "Retry-After": "7", "Set-Cookie": "a=b"}
        return web.Response(status=status, text=text, content_type="application/problem+json", headers=extra)

    tickets.answer = say
    answer = await gate.http.get("/v1/tickets/1", headers=headers(gate), follow_redirects=False)
    assert answer.status_code == status
    assert answer.text == ("" if status in {204, 304} else '{"code":"as-it-is"}')
    assert answer.headers["retry-after"] == "7"
    assert "set-cookie" not in answer.headers
    assert len(tickets.seen) == 1


async def test_head_and_encodings_are_not_interpreted(gate: Gate, tickets: Service) -> None:
    async def packed(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"\x1f\x8b not really", headers={"Content-Encoding": "gzip"})

    tickets.answer = packed
    head = await gate.http.head("/v1/tickets", headers=headers(gate))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "13")


async def test_a_service_that_is_down_is_a_503_problem(gate: Gate) -> None:
    answer = await gate.http.get("/v1/sla/policies", headers=headers(gate))
    assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
    assert answer.headers["retry-after"] == "1"
    assert "127.0.0.1" not in answer.text.replace(answer.json()["type"], "")


async def test_replicas_take_turns_and_a_dead_one_is_skipped(postgres: Cluster) -> None:
    async with serving() as first, serving() as second:
        urls = ("http://127.0.0.1:9", first.url, second.url)
        async for gate in gates(postgres, {"tickets": urls}):
            for _ in range(30):
                answer = await gate.http.post("/v1/tickets", json={}, headers=headers(gate))
                assert answer.status_code == 200
            assert len(first.seen) + len(second.seen) == 30
            assert min(len(first.seen), len(second.seen)) >= 10


async def test_a_frozen_replica_holds_up_nobody_after_the_first(postgres: Cluster) -> None:
    """It takes connections and says nothing, as a stopped process does; others answer in its place meanwhile."""
    thawed = asyncio.Event()

    async def frozen(_request: web.Request) -> web.StreamResponse:
        await thawed.wait()
        return web.json_response({})

    async with serving() as first, serving() as second:
        first.answer = frozen
        async for gate in gates(postgres, {"tickets": (first.url, second.url)}):
            stuck = [asyncio.create_task(_ask(gate)) for _ in range(2)]
            await eventually(lambda: len(first.seen) == 1)
            await eventually(partial(_passes_by, gate, first))
            thawed.set()
            assert await asyncio.gather(*stuck) == [200, 200]


async def _ask(gate: Gate) -> int:
    return (await gate.http.get("/v1/tickets/1", headers=headers(gate))).status_code


async def _passes_by(gate: Gate, frozen: Service) -> bool:
    """True if several calls are answered soon and none of them asks the frozen one."""
    before = len(frozen.seen)
    try:
        answers = await asyncio.wait_for(asyncio.gather(*(_ask(gate) for _ in range(6))), 2)
    except TimeoutError:
        return False
    return set(answers) == {200} and len(frozen.seen) == before


async def break_off(request: web.Request) -> web.StreamResponse:
    """Read the request and die without an answer."""
    await request.read()
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("method", "key", "tries"),
    [
        ("GET", None, 2),
        ("PUT", None, 2),
        ("DELETE", None, 2),
        ("POST", "k-1", 2),
        ("POST", None, 1),
        ("PATCH", None, 1),
    ],
)
async def test_only_repeatable_calls_are_repeated_when_a_service_dies(
    postgres: Cluster, method: str, key: str | None, tries: int
) -> None:
    async with serving() as first, serving() as second:
        first.answer = second.answer = break_off
        async for gate in gates(postgres, {"tickets": (first.url, second.url)}):
            more = {"Idempotency_Key": key} if key else {}
            answer = await gate.http.request(method, "/v1/tickets/1", content=b"{}", headers=headers(gate, **more))
            assert (answer.status_code, answer.json()["code"]) == (503, "service-unavailable")
            assert len(first.seen) + len(second.seen) == tries


async def test_a_repeat_finds_the_living_replica(postgres: Cluster) -> None:
    async with serving() as dying, serving() as living:
        dying.answer = break_off
        async for gate in gates(postgres, {"tickets": (dying.url, living.url)}):
            for number in range(10):
                sent = headers(gate, Idempotency_Key=f"k-{number}")
                assert (await gate.http.post("/v1/tickets", json={}, headers=sent)).status_code == 200


async def test_a_503_is_repeated_on_another_replica_only(postgres: Cluster) -> None:
    async def shed(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"code": "overloaded"}, status=503, headers={"Retry-After": "1"})

    async with serving() as busy, serving() as idle:
        busy.answer = shed
        async for gate in gates(postgres, {"tickets": (busy.url, idle.url), "sla": (busy.url,)}):
            answers = [await gate.http.get("/v1/tickets", headers=headers(gate)) for _ in range(6)]
            assert {answer.status_code for answer in answers} == {200}
            before = len(busy.seen)
            alone = await gate.http.get("/v1/sla/policies", headers=headers(gate))
            assert (alone.status_code, alone.json()) == (503, {"code": "overloaded"})
            assert len(busy.seen) == before + 1


async def test_repeats_end_when_everything_fails(postgres: Cluster) -> None:
    """The retry budget: ten at first, then a tenth of the traffic."""
    async with serving() as first, serving() as second:
        first.answer = second.answer = break_off
        async for gate in gates(postgres, {"tickets": (first.url, second.url)}):
            for _ in range(50):
                await gate.http.get("/v1/tickets", headers=headers(gate))
            assert 50 + 10 <= len(first.seen) + len(second.seen) <= 50 + 16


async def test_a_service_that_hangs_is_a_504_in_time(gate: Gate, tickets: Service) -> None:
    gone = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await gone.wait()
        return web.Response()

    tickets.answer = hang
    started = asyncio.get_running_loop().time()
    answer = await gate.http.get("/v1/tickets", headers=headers(gate, X_Pitboss_Deadline_Ms="300"))
    assert asyncio.get_running_loop().time() - started < 9
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline-exceeded")
    gone.set()


async def test_one_hanging_service_does_not_stop_the_others(postgres: Cluster) -> None:
    gone = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await gone.wait()
        return web.Response()

    async with serving() as hanging, serving() as healthy:
        hanging.answer = hang
        urls = {"sla": (hanging.url,), "tickets": (healthy.url,)}
        async for gate in gates(postgres, urls, upstream_connections=5):
            short = headers(gate, X_Pitboss_Deadline_Ms="1500")
            waiting = [asyncio.create_task(gate.http.get("/v1/sla/x", headers=short)) for _ in range(10)]
            statuses: list[Any] = [task.result().status_code for task in (await asyncio.wait(waiting))[0]]
            # Those who got no connection are told so, unless their own time is over in the same moment.
            assert set(statuses) <= {503, 504}
            assert statuses.count(504) >= 5
            assert (await gate.http.get("/v1/tickets", headers=headers(gate))).status_code == 200
            gone.set()
