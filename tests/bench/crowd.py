"""P12: ten thousand sockets in one process, idle and with talk among them, beside python-socketio; and their return.

Both servers run on uvicorn on the core of the service under test, one after the other, with the same clients: a socket
of each player, a ping every 25 s, a thousand messages a second from two hundred of them to an agent each. Ours
checks who it is, cleans the words and commits them before anybody hears them; the peer writes them into one
table of the same PostgreSQL, or only passes them on.
"""

import asyncio
import json
import os
import random
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from typing import Final

import aiohttp
import psutil

from deploy.local.processes import StartError
from shared.web.actor import ActorKind
from tests.bench import peer_sockets
from tests.bench.chat_sockets import Chat, Socket, latencies, paced
from tests.bench.machine import Watch, cpu_seconds, private_mib
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand
from tests.support.service import PUBLIC_KEY

_KNOBS: Final = {"PITBOSS_GATEWAY_PUBLIC_KEY": PUBLIC_KEY}
_PAIRS: Final = 200
_RATE: Final = 1000
_AT_ONCE: Final = 16
_WARM: Final = 200
_PING_SECONDS: Final = 25.0
_BACK_WITHIN: Final = 60.0
_FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 30.0
Come = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """What sockets took: memory each, what pinging them took, and how late words came among them."""

    kib: float
    us_per_opening: float
    idle_share: float
    us_per_ping: float
    words: list[dict[str, float]]


async def ten_thousand(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P12."""
    _allow_files(2 * sizes.crowd + 1000)
    ours = await _ours(stand, sizes, watch)
    try:
        written = await _theirs(stand, sizes, watch, commits=True)
        passed_on = await _theirs(stand, sizes, watch, commits=False)
    except StartError as error:
        return [*_figures("Pitboss", ours, sizes, bars=True), Figure("P12", "  no peer", "", (0.0,), note=str(error))]
    return [
        *_figures("Pitboss", ours, sizes, bars=True),
        *_figures("python-socketio, committed", written, sizes),
        *_figures("python-socketio, only passed on", passed_on, sizes),
        _ratio("memory per idle socket", (written.kib / ours.kib,)),
        _ratio("CPU per ping", (written.us_per_ping / ours.us_per_ping,)),
        _ratio("p99 of words, both committed", _each(written, ours, "p99")),
        _ratio("CPU per message, both committed", _each(written, ours, "cpu_us_per_message")),
    ]


async def all_come_back(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P12: from `kill -9` of the process until the last of its sockets is welcomed by the next one, start included."""
    _allow_files(2 * sizes.returning + 1000)
    found = []
    for _ in range(sizes.starts):
        watch.look()
        found.append(await _return(stand, sizes.returning))
    return [
        Figure("P12", f"{sizes.returning:,} sockets after kill -9: all resumed", "s", _of(found, "last"), bar=10),
        Figure("P12", "  half of them", "s", _of(found, "half")),
        Figure("P12", "  until the new process answered", "s", _of(found, "started")),
    ]


async def _ours(stand: Stand, sizes: Sizes, watch: Watch) -> Crowd:
    with stand.serving("chat", amqp=False, knobs=_KNOBS) as server:
        chat = Chat(server.port, server.pid)
        await latencies(chat, chat, 10, 50, 2)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(aiohttp.ClientSession())

            crowd: list[Socket] = []

            async def come(number: int) -> None:
                opened = await chat.post(session, "/v1/chat/sessions", ActorKind.PLAYER, f"idle-{number}")
                crowd.append(await chat.opened(stack, opened["socket_ticket"], {}))

            kib, opening = await _grown(server.pid, come, sizes.crowd)
            idle = await _idle(server.pid, sizes)
            _insist(crowd)
            words = []
            for _ in range(sizes.starts):
                watch.look()
                words.append(await latencies(chat, chat, _PAIRS, _RATE, sizes.paced_seconds))
        return Crowd(kib, opening, *idle(sizes.crowd), words)


async def _theirs(stand: Stand, sizes: Sizes, watch: Watch, *, commits: bool) -> Crowd:
    with peer_sockets.serving(stand, commits=commits) as (port, pid):
        async with AsyncExitStack() as stack:
            crowd: list[Socket] = []

            async def come(number: int) -> None:
                crowd.append(await peer_sockets.opened(stack, port, f"idle-{number}"))

            kib, opening = await _grown(pid, come, sizes.crowd)
            idle = await _idle(pid, sizes)
            _insist(crowd)
            words = []
            for repeat in range(sizes.starts):
                watch.look()
                delays: list[float] = []
                async with AsyncExitStack() as pairs:
                    say = await peer_sockets.paired(pairs, port, _PAIRS, f"{repeat}", delays)
                    words.append(await paced(say, delays, psutil.Process(pid), _RATE, sizes.paced_seconds))
        return Crowd(kib, opening, *idle(sizes.crowd), words)


def _insist(crowd: Sequence[Socket]) -> None:
    """Raise RuntimeError if somebody was hung up on: the others' share would look smaller than it is."""
    lost = sum(socket.lost.done() for socket in crowd)
    if lost:
        message = f"{lost} of {len(crowd)} idle sockets were lost"
        raise RuntimeError(message)


async def _grown(pid: int, come: Come, count: int) -> tuple[float, float]:
    """Let so many sockets come; return KiB and CPU microseconds of each. The first few warm the server up."""
    await _crowd(come, range(-_WARM, 0))
    before, cpu = private_mib(pid), cpu_seconds(pid)
    await _crowd(come, range(count))
    spent = cpu_seconds(pid) - cpu
    await asyncio.sleep(1)
    return (private_mib(pid) - before) * 1024 / count, spent / count * 1e6


async def _crowd(come: Come, numbers: Iterable[int]) -> None:
    waiting = iter(numbers)

    async def usher() -> None:
        for number in waiting:
            await come(number)

    await asyncio.gather(*(usher() for _ in range(_AT_ONCE)))


async def _idle(pid: int, sizes: Sizes) -> Callable[[int], tuple[float, float]]:
    """Watch two rounds of pings (one in a quick run) and return the share of a core and the CPU of each in us."""
    rounds = 1 if sizes.quick else 2
    cpu, began = cpu_seconds(pid), time.perf_counter()
    await asyncio.sleep(rounds * _PING_SECONDS)
    spent, took = cpu_seconds(pid) - cpu, time.perf_counter() - began
    return lambda count: (spent / took, spent / (rounds * (count + _WARM)) * 1e6)


def _figures(who: str, crowd: Crowd, sizes: Sizes, *, bars: bool = False) -> list[Figure]:
    late = tuple(one["sent"] - one["received"] for one in crowd.words)
    return [
        Figure("P12", f"{who}: {sizes.crowd:,} idle sockets, each", "KiB", (crowd.kib,), bar=60 if bars else None),
        Figure("P12", "  CPU to open it (with its session) and welcome it", "us", (crowd.us_per_opening,)),
        Figure("P12", "  CPU while idle, pings included", "% of a core", (crowd.idle_share * 100,)),
        Figure("P12", "  CPU per ping and pong", "us", (crowd.us_per_ping,)),
        Figure("P12", "  1000 messages/s among them, p99", "ms", _of(crowd.words, "p99"), bar=20 if bars else None),
        Figure("P12", "  p50", "ms", _of(crowd.words, "p50")),
        Figure("P12", "  not there a second after the last was sent", "", late, bar=0 if bars else None),
        Figure("P12", "  CPU per message", "us", _of(crowd.words, "cpu_us_per_message")),
        Figure("P12", "  CPU of the load generator", "% of a core", _percent(_of(crowd.words, "generator"))),
    ]


def _ratio(what: str, values: tuple[float, ...]) -> Figure:
    return Figure("P12", f"{what}: python-socketio / Pitboss", "x", values)


def _each(theirs: Crowd, ours: Crowd, name: str) -> tuple[float, ...]:
    return tuple(one[name] / median(_of(ours.words, name)) for one in theirs.words)


def _of(found: list[dict[str, float]], name: str) -> tuple[float, ...]:
    return tuple(one[name] for one in found)


def _percent(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(share * 100 for share in shares)


async def _return(stand: Stand, count: int) -> dict[str, float]:
    """Kill the process that holds so many sockets and let them come back as the widget does."""
    async with AsyncExitStack() as stack:
        first = stack.enter_context(stand.serving("chat", amqp=False, knobs=_KNOBS))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        chat = Chat(first.port, first.pid)
        sockets: dict[int, Socket] = {}

        async def come(number: int) -> None:
            sockets[number] = await _resumed(chat, stack, session, number)

        await _crowd(come, range(count))
        began = time.perf_counter()
        os.kill(first.pid, signal.SIGKILL)
        coming = [asyncio.create_task(_comes_back(chat, stack, session, n, sockets[n], began)) for n in range(count)]
        await asyncio.to_thread(_start_again, stand, stack)
        started = time.perf_counter() - began
        async with asyncio.timeout(_BACK_WITHIN):
            back = sorted(await asyncio.gather(*coming))
    return {"last": back[-1], "half": back[len(back) // 2], "started": started}


def _start_again(stand: Stand, stack: AsyncExitStack) -> None:
    """Start the next process from a thread that is on its core: what is started inherits that."""
    if stand.layout.service is not None:
        os.sched_setaffinity(0, {stand.layout.service})
    stack.enter_context(stand.serving("chat", amqp=False, knobs=_KNOBS))


async def _comes_back(
    chat: Chat, stack: AsyncExitStack, session: aiohttp.ClientSession, number: int, socket: Socket, began: float
) -> float:
    """Come back after a pause that doubles from half a second on; return when that was done."""
    await socket.lost
    for attempt in range(20):
        ceiling = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
        await asyncio.sleep(random.uniform(0, ceiling))  # noqa: S311 - spread, no secret
        try:
            again = await _resumed(chat, stack, session, number)
        except (OSError, aiohttp.ClientError, TimeoutError, json.JSONDecodeError, KeyError):
            continue
        if not again.lost.done():
            return time.perf_counter() - began
    return float("inf")


async def _resumed(chat: Chat, stack: AsyncExitStack, session: aiohttp.ClientSession, number: int) -> Socket:
    opened = await chat.post(session, "/v1/chat/sessions", ActorKind.PLAYER, f"back-{number}")
    return await chat.opened(stack, opened["socket_ticket"], {opened["ticket_id"]: int(opened["last_seq"])})


def _allow_files(wanted: int) -> None:
    """Raise the number of open files, here and in what is started from here; a lower hard limit is an error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted // 2 + 1000:
        message = f"{wanted} sockets need more open files than the {hard} allowed here"
        raise StartError(message)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
