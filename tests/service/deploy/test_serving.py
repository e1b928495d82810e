"""The server under every service, spoken to in bytes that no client library sends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from deploy.serving import ServiceServer

_UPGRADE = (
    b"host: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
# A masked text frame of two bytes, with a mask of zeros.
_NO_TEXT = b"\x81\x82\x00\x00\x00\x00\xff\xfe"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Serve an application with a socket; yield where."""
    app = FastAPI()

    @app.websocket("/socket")
    async def listen(one: WebSocket) -> None:
        await one.accept()
        with suppress(WebSocketDisconnect):
            await one.receive_text()

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = ServiceServer("listener", app)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        await server.answering.wait()
        yield listening.getsockname()[1]
        server.should_exit = True
        await task


async def _exchange(port: int, *sent: bytes) -> bytes:
    """Send pieces, each after an answer to the one before; return what comes after the last until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in sent[:-1]:
        writer.write(piece)
        assert await reader.read(4096)
    writer.write(sent[-1])
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_frame_that_is_no_text_ends_its_socket_in_one_line(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """The code says why (RFC 6455, section 7.4.1: 1007); the log has no traceback of it."""
    answer = await _exchange(port, b"GET /socket HTTP/1.1\r\n" + _UPGRADE, _NO_TEXT)
    assert answer == b"\x88\x02\x03\xef"
    assert [record.exc_info for record in caplog.records] == [None]
