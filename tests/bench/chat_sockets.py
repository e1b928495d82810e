"""P10: from a player's socket to an agent's in one process, committed first.

    python -m tests.bench.chat_sockets [--pairs 200] [--rate 1000] [--seconds 10]

Starts a durable private PostgreSQL and one chat process over the in-process transport, and drives it from this process.
Prints one JSON object; times are milliseconds.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, Final, cast

import aiohttp
import psutil
import uvloop

from deploy.local.databases import ServiceUrls, create_service_databases_async
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import free_port
from shared.db.migrate import migrate_async
from shared.ids import new_id
from shared.web.actor import ACTOR_HEADER, Actor, ActorKind, roles_up_to, sign_actor
from tests.bench.machine import cpu_seconds
from tests.support.service import GATEWAY_KEY, PUBLIC_KEY

# The time in a message is spelled in letters: a number of eighteen digits in every one would be examined as that of a
# card, and people rarely say one.
_TO_LETTERS: Final = str.maketrans("0123456789", "abcdefghij")
_TO_DIGITS: Final = bytes.maketrans(b"abcdefghij", b"0123456789")
PADDING: Final = (
    " Hello, my withdrawal has been pending since yesterday and nobody tells me why. Can you look at it now?"
)
_SHORT: Final = 126
_LONG_HEAD: Final = 2
_CLOSE_BYTES: Final = 2
_PING: Final = 0x9
_UPGRADE: Final = (
    b"GET /v1/chat/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Socket(asyncio.Protocol):
    """A socket client that costs next to nothing, so that the server is what is measured.

    Frames are masked with zeros (RFC 6455, section 5.3), which changes no byte; only what the benchmark needs is read.
    `lost` is done when the connection is over.
    """

    upgrade: ClassVar[bytes] = _UPGRADE

    def __init__(self, hello: str, delays: list[float] | None) -> None:
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hello = hello
        self._delays = delays
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self.upgrade)

    def connection_lost(self, _exc: Exception | None, /) -> None:
        """Tell whoever waits."""
        for waiting in (self.welcomed, self.lost):
            if not waiting.done():
                waiting.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take frames apart."""
        self._buffer += data
        if not self._upgraded:
            head, found, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            self._upgraded = True
            self.greet(self._hello)
        while (frame := self._next()) is not None:
            self.take(frame)

    def greet(self, hello: str) -> None:
        """Begin to talk."""
        self.send(hello)

    def send(self, text: str) -> None:
        """Send a text frame, if the server has not hung up: what it did not get counts as lost."""
        self._write(b"\x81", text.encode())

    def date(self, frame: bytes, before: bytes) -> None:
        """Note how long ago the time was that a message carries behind `before`."""
        if self._delays is not None:
            mark = frame.index(before) + len(before)
            said_at = float(frame[mark : mark + 18].translate(_TO_DIGITS))
            self._delays.append(time.perf_counter() - said_at)

    def is_welcome(self) -> None:
        """Take note that the server knows us."""
        if not self.welcomed.done():
            self.welcomed.set_result(None)

    def _write(self, head: bytes, payload: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            size = bytes([0x80 | len(payload)]) if len(payload) < _SHORT else b"\xfe" + len(payload).to_bytes(2, "big")
            self._transport.write(head + size + b"\0\0\0\0" + payload)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _next(self) -> bytes | None:
        if len(self._buffer) < _LONG_HEAD:
            return None
        size, start = self._buffer[1], 2
        if size == _SHORT:
            size, start = int.from_bytes(self._buffer[2:4], "big"), 4
        if len(self._buffer) < start + size:
            return None
        frame, is_ping = self._buffer[start : start + size], self._buffer[0] & 0x0F == _PING
        self._buffer = self._buffer[start + size :]
        if is_ping:
            self._write(b"\x8a", frame)
            return b""
        return frame

    def take(self, frame: bytes) -> None:
        """Read what matters."""
        if frame.startswith(b'{"t":"msg"'):
            self.date(frame, b'"text":"')
        elif frame.startswith(b'{"t":"ping"'):
            self.send('{"t":"pong"}')
        elif frame.startswith(b'{"t":"welcome"'):
            self.is_welcome()
        elif len(frame) == _CLOSE_BYTES:
            print("closed by the server:", int.from_bytes(frame, "big"), file=sys.stderr)


class Chat:
    """One chat process as its clients reach it."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.http = f"http://127.0.0.1:{port}"
        self.process = psutil.Process(pid)

    async def post(self, session: aiohttp.ClientSession, path: str, kind: ActorKind, id_: str) -> dict[str, str]:
        """Post as somebody and return the answer."""
        roles = roles_up_to("agent") if kind is ActorKind.STAFF else frozenset[str]()
        token = sign_actor(
            Actor(kind, id_, "lucky", roles=roles), audience="chat", key=GATEWAY_KEY, issued_at=int(time.time())
        )
        async with session.post(f"{self.http}{path}", json={}, headers={ACTOR_HEADER: token}) as answer:
            document: dict[str, str] = await answer.json()
            return document

    async def opened(
        self, stack: AsyncExitStack, ticket: str, cursors: dict[str, int], delays: list[float] | None = None
    ) -> Socket:
        """Return a socket that was welcomed; messages that come are dated in `delays`."""
        hello = json.dumps({"t": "hello", "ticket": ticket, "cursors": cursors})
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Socket(hello, delays), "127.0.0.1", self.port)
        stack.callback(connection.close)
        await asyncio.wait_for(connection.welcomed, 30)
        return connection


@contextmanager
def _process(urls: ServiceUrls, port: int, folder: Path) -> Iterator[Chat]:
    ready = folder / "ready"
    environment = os.environ | {
        "CHAT_DATABASE_URL": urls.app, "CHAT_WORKER_DATABASE_URL": urls.worker, "CHAT_PORT": str(port),
        "PITBOSS_TRANSPORT": "inprocess", "PITBOSS_GATEWAY_PUBLIC_KEY": PUBLIC_KEY, "PITBOSS_READY_FILE": str(ready),
        "PITBOSS_CURSOR_SECRET": "a secret of the benchmark, long enough", "PITBOSS_LOG_LEVEL": "error",
        "PITBOSS_UNREADY_SECONDS": "0.01",
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "deploy.serving", "chat"], env=environment)
    try:
        while not ready.exists():
            time.sleep(0.05)
        yield Chat(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


@asynccontextmanager
async def _running() -> AsyncIterator[Chat]:
    with TemporaryDirectory(prefix="pitboss-bench-", ignore_cleanup_errors=True) as folder:
        postgres = LocalPostgres(Path(folder) / "postgres", follow_parent=True).start()
        try:
            urls = await create_service_databases_async(postgres.url(), "chat")
            await migrate_async("chat", urls.owner)
            with _process(urls, free_port(), Path(folder)) as chat:
                yield chat
        finally:
            postgres.remove()


async def latencies(players_at: Chat, agents_at: Chat, pairs: int, rate: float, seconds: float) -> dict[str, float]:
    """Return how late agents at one process hear players at another (or the same), in milliseconds."""
    run, delays = new_id().hex, list[float]()
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        names = [f"{run}-{number}" for number in range(pairs)]
        players = [await _pair(players_at, agents_at, session, stack, name, delays) for name in names]

        def say(number: int, text: str) -> None:
            players[number % pairs].send(f'{{"t":"send","client_msg_id":"{run}-{number}","text":"{text}"}}')

        return await paced(say, delays, players_at.process, rate, seconds)


async def paced(
    say: Callable[[int, str], None], delays: list[float], process: psutil.Process, rate: float, seconds: float
) -> dict[str, float]:
    """Say things at a steady rate and return how late they were heard, in milliseconds, and what that took.

    `generator` is the share of a core that this process needed: near 1 it would be what is measured.
    """
    cpu, own, started, sent = cpu_seconds(process.pid), time.process_time(), time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        while sent < elapsed * rate:
            say(sent, f"{time.perf_counter():018.6f}".translate(_TO_LETTERS) + PADDING)
            sent += 1
        await asyncio.sleep(0.001)
    generator = (time.process_time() - own) / seconds
    await asyncio.sleep(1)
    ordered = sorted(delays) or [float("inf")]
    return {
        "sent": sent, "received": len(delays), "p50": ordered[len(ordered) // 2] * 1e3,
        "p99": ordered[int(len(ordered) * 0.99)] * 1e3, "worst": ordered[-1] * 1e3,
        "cpu_us_per_message": (cpu_seconds(process.pid) - cpu) / sent * 1e6, "generator": generator,
    }  # fmt: skip


async def _pair(
    players_at: Chat,
    agents_at: Chat,
    session: aiohttp.ClientSession,
    stack: AsyncExitStack,
    name: str,
    delays: list[float],
) -> Socket:
    """Connect a player and an agent who hears that player's words and dates their arrival."""
    opened = await players_at.post(session, "/v1/chat/sessions", ActorKind.PLAYER, f"p-{name}")
    desk = await agents_at.post(session, "/v1/desk/socket-tickets", ActorKind.STAFF, f"s-{name}")
    await agents_at.opened(stack, desk["socket_ticket"], {opened["ticket_id"]: int(opened["last_seq"])}, delays)
    return await players_at.opened(stack, opened["socket_ticket"], {})


async def main(arguments: argparse.Namespace) -> None:
    """Measure and print."""
    async with _running() as chat:
        await latencies(chat, chat, 10, 50, 2)
        live = await latencies(chat, chat, arguments.pairs, arguments.rate, arguments.seconds)
    print(json.dumps(live, indent=2))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    uvloop.run(main(parser.parse_args()))
