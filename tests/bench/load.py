"""HTTP/1.1 clients that cost next to nothing, so that the server is what is measured."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

import httptools

_LAST_ANSWERS: Final = 15.0
_PATIENCE: Final = 120.0

MakeRequest = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Load:
    """What a run did: answers, how many had another status than 2xx, and how late each came, in sorted milliseconds."""

    done: int
    failed: Counter[int]
    delays: tuple[float, ...] = ()

    def insist(self) -> None:
        """Raise RuntimeError unless every request succeeded: the time of a refusal says nothing."""
        refused = +self.failed
        if refused or not self.done:
            message = f"of {self.done} requests some failed (status: how many; 0 is no answer): {dict(refused)}"
            raise RuntimeError(message)

    def percentile(self, share: float) -> float:
        """Return the delay that this share of the answers did not exceed."""
        return self.delays[min(len(self.delays) - 1, int(len(self.delays) * share))]


class Connection(asyncio.Protocol):
    """One connection with one request under way at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the server."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Hand over the status."""
        status = self._parser.get_status_code()
        self._parser = httptools.HttpResponseParser(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request that was under way."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    def request(self, data: bytes) -> "asyncio.Future[int]":
        """Send a request and return what will be its status."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[Sequence[Connection]]:
    """Give so many open connections to a block."""
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(count)]
    try:
        yield opened
    finally:
        for connection in opened:
            connection.close()


async def closed_loop(port: int, make: MakeRequest, *, width: int, seconds: float) -> Load:
    """Keep `width` requests under way for so long."""
    numbers = iter(range(1_000_000_000))
    failed: Counter[int] = Counter()
    done = 0

    async def work(connection: Connection, until: float) -> None:
        nonlocal done
        while time.perf_counter() < until:
            status = await asyncio.wait_for(connection.request(make(next(numbers))), _PATIENCE)
            failed.update(() if _good(status) else (status,))
            done += 1

    async with connections(port, width) as opened:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(work(connection, until) for connection in opened))
    return Load(done, failed)


async def open_loop(port: int, make: MakeRequest, *, rate: float, seconds: float, width: int = 64) -> Load:
    """Send at fixed times whatever the server does; delays count from when a request was due, not from when it left."""
    delays: list[float] = []
    failed: Counter[int] = Counter()
    running: set[asyncio.Task[None]] = set()
    async with connections(port, width) as opened:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in opened:
            free.put_nowait(connection)

        async def one(number: int, due: float) -> None:
            connection = await free.get()
            status = await connection.request(make(number))
            delays.append((time.perf_counter() - due) * 1000)
            failed.update(() if _good(status) else (status,))
            free.put_nowait(connection)

        begun = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            task = asyncio.create_task(one(number, due))
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            _done, late = await asyncio.wait(running, timeout=_LAST_ANSWERS)
            failed[0] += len(late)
    return Load(len(delays), failed, tuple(sorted(delays)))


def _good(status: int) -> bool:
    return 200 <= status < 300
