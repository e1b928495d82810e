"""The chat socket through the door: over a real server, both ways, with its close codes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
import uvicorn
from aiohttp import WSMsgType, web

from tests.service.gateway.conftest import Gate, Service, gates
from tests.support.database import Cluster
from tests.support.eventually import eventually

PATH = "/v1/chat/socket"


@asynccontextmanager
async def listening(gate: Gate) -> AsyncIterator[str]:
    """Serve the gateway's app on a free port as it is served in production."""
    config = uvicorn.Config(
        gate.service.app,
        port=0,
        lifespan="off",
        ws="websockets-sansio",
        http="httptools",
        log_level="error",
        access_log=False,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def connected(gate: Gate, **more: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a socket through the door."""
    async with (
        listening(gate) as url,
        aiohttp.ClientSession() as client,
        client.ws_connect(url + PATH, headers=more) as socket,
    ):
        yield socket


def speaking(service: Service) -> list[int | None]:
    """Make the service a socket that echoes, closes as told, and remembers how it was closed."""
    closed: list[int | None] = []

    async def speak(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.data == "close me":
                await socket.close(code=4401, message=b"expired")
            elif message.data == "die":
                assert request.transport is not None
                request.transport.abort()
            elif message.type is WSMsgType.TEXT:
                await socket.send_str(f"echo {message.data}")
            else:
                await socket.send_bytes(message.data)
        closed.append(socket.close_code)
        return socket

    service.answer = speak
    return closed


async def test_frames_pass_both_ways_with_the_origin(gate: Gate, tickets: Service) -> None:
    speaking(tickets)
    forged = {
        "Origin": "https://play.example",
        "X-Pitboss-Actor": "forged",
        "Cookie": "a=b",
        "Authorization": "Bearer x",
    }
    async with connected(gate, **forged) as socket:
        for number in range(200):
            await socket.send_str(f"{number}")
        heard = [(await socket.receive_str(timeout=5)) for _ in range(200)]
        assert heard == [f"echo {number}" for number in range(200)]
        await socket.send_bytes(b"\x00\xff")
        assert await socket.receive_bytes(timeout=5) == b"\x00\xff"
    seen = tickets.seen[-1].headers
    assert seen["Origin"] == "https://play.example"
    assert not {"X-Pitboss-Actor", "Cookie", "Authorization"} & set(seen)


async def test_the_services_close_code_reaches_the_player(gate: Gate, tickets: Service) -> None:
    speaking(tickets)
    async with connected(gate) as socket:
        await socket.send_str("close me")
        message = await socket.receive(timeout=5)
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4401, "expired")


async def test_the_players_close_code_reaches_the_service(gate: Gate, tickets: Service) -> None:
    closed = speaking(tickets)
    async with connected(gate) as socket:
        await socket.send_str("hello")
        await socket.receive_str(timeout=5)
        await socket.close(code=4000, message=b"bye")
    await eventually(lambda: closed == [4000])


async def test_a_service_that_vanishes_says_come_back(gate: Gate, tickets: Service) -> None:
    speaking(tickets)
    async with connected(gate) as socket:
        await socket.send_str("die")
        message = await socket.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1012)


async def test_a_player_who_vanishes_ends_the_services_socket(gate: Gate, tickets: Service) -> None:
    closed = speaking(tickets)
    async with listening(gate) as url, aiohttp.ClientSession() as client:
        socket = await client.ws_connect(url + PATH)
        await socket.send_str("hello")
        await socket.receive_str(timeout=5)
        assert socket._response.connection is not None  # noqa: SLF001 - pulls the plug
        assert socket._response.connection.transport is not None  # noqa: SLF001
        socket._response.connection.transport.abort()  # noqa: SLF001
        assert await eventually(lambda: closed) in ([1000], [1001])


async def test_a_frame_over_64_kib_ends_the_socket(gate: Gate, tickets: Service) -> None:
    closed = speaking(tickets)
    async with connected(gate) as socket:
        await socket.send_str("x" * 64 * 1024)
        assert len(await socket.receive_str(timeout=5)) == 64 * 1024 + 5
        await socket.send_str("x" * (64 * 1024 + 1))
        message = await socket.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)
    await eventually(lambda: closed == [1009])


async def test_a_slow_reader_holds_back_its_sender_and_nothing_grows(gate: Gate, tickets: Service) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        while sent < 4000:
            await socket.send_str("x" * 16 * 1024)
            sent += 1
        return socket

    tickets.answer = flood
    async with connected(gate) as socket:
        await socket.receive_str(timeout=5)
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.3)  # house: sleep - stillness can only be seen by waiting
        assert sent < 2000
        heard = 1
        while (await socket.receive(timeout=5)).type is WSMsgType.TEXT:
            heard += 1
        assert heard == 4000


@pytest.mark.parametrize("knobs", [{"max_sockets": 0}, {"sockets_burst": 0}])
async def test_too_many_sockets_are_refused_with_the_handshake(
    postgres: Cluster, tickets: Service, knobs: dict[str, int]
) -> None:
    speaking(tickets)
    async for gate in gates(postgres, {"chat": (tickets.url,)}, **knobs):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            async with connected(gate):
                pass
        assert refusal.value.status in {429, 503}


async def test_chat_being_down_is_told_with_the_handshake(postgres: Cluster) -> None:
    async for gate in gates(postgres, {}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            async with connected(gate):
                pass
        assert refusal.value.status == 503


async def test_a_door_that_ends_says_when_to_come_back_and_takes_nobody_any_more(gate: Gate, tickets: Service) -> None:
    speaking(tickets)
    async with listening(gate) as url, aiohttp.ClientSession() as client, client.ws_connect(url + PATH) as socket:
        await socket.send_str("hello")
        assert await socket.receive_str(timeout=5) == "echo hello"
        await gate.service.ground.drain()
        farewell = await socket.receive_json(timeout=5)
        assert farewell["t"] == "reconnect"
        # Not before this process takes no more connections, and a single client need not wait for a crowd.
        assert 300 <= farewell["after_ms"] <= 310
        await socket.send_str("still here")
        assert await socket.receive_str(timeout=5) == "echo still here"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.ws_connect(url + PATH)
