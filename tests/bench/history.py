"""P18: lists, search and single tickets at a million tickets and five million entries, and what opening costs then.

`PITBOSS_BENCH_TICKETS` makes the history smaller. Each figure is the median of several p99s, so that one moment that
somebody else had does not decide.
"""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final
from urllib.parse import urlencode

import asyncpg
import httpx

from tests.bench import past
from tests.bench.creates import creating
from tests.bench.load import closed_loop, open_loop
from tests.bench.machine import Watch
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Server, Stand
from tests.bench.statements import OPENER, PATH

Query = Mapping[str, str]

_TICKETS: Final = int(os.environ.get("PITBOSS_BENCH_TICKETS", "1000000"))
_RATE: Final = 25
_REPEATS: Final = 3
_REPEATS_OF_OPENING: Final = 7
# So many answers that their p99 is not simply the slowest one.
_SAMPLES: Final = 200
_PAGES: Final = 10
# What is refused counts as slower than any bar; the other lists are worth having all the same.
_REFUSED: Final = 5_000.0
_EARLY: Final = timedelta(days=360)
# What an agent's desk asks for, then what few tickets have, in the order that no index of theirs serves.
_LISTS: Final[tuple[Query, ...]] = (
    {}, {"sort": "due"}, {"sort": "waiting"}, {"sort": "updated"}, {"status": "open"}, {"status": "closed"},
    {"tag": "fraud"}, {"reason": "WDR.LATE"}, {"tier": "gold", "status": "open", "sort": "due"},
    {"player_id": "player-4711"}, {"priority": "urgent", "language": "de"},
    {"sort": "updated", "created_until": f"{datetime.now(UTC) - _EARLY:%FT%TZ}"},
)  # fmt: skip
_RARE: Final[tuple[Query, ...]] = (
    {"channel": "phone"}, {"licence": "CW"}, {"licence": "none"}, {"language": "ja"}, {"channel": "telegram"},
    {"channel": "phone", "sort": "updated"}, {"tag": "fraud", "sort": "updated"},
)  # fmt: skip
# What no index gives in order, however it is asked for: told, not judged.
_HARD: Final[tuple[Query, ...]] = ({"licence": "MT", "language": "ru"},)
_SEARCHES: Final[tuple[Query, ...]] = (
    {"q": "withdrawal"}, {"q": "auszahlungen karte"}, {"q": "выплаты"}, {"q": "withdrawl"},
    {"q": str(past.FIRST_NUMBER + 4711)}, {"q": "1000"}, {"q": "player-4711"}, {"q": past.OLDEST_WORD},
    {"q": "retrait", "status": "open"}, {"q": "qqqqqqqq"},
)  # fmt: skip


async def at_a_million(stand: Stand, _sizes: Sizes, watch: Watch) -> list[Figure]:
    """P18."""
    urls = {"tickets": await stand.database("tickets", "history")}
    ticket = await _made(stand)
    with (
        stand.serving("tickets", amqp=False) as empty,
        stand.serving("tickets", replica=1, amqp=False, urls=urls) as server,
    ):
        watch.look()
        opening = await _openings(stand, server, empty)
        return await _measured(stand, server, ticket, opening)


async def _made(stand: Stand) -> str:
    """Make the history, unless a kept installation has it, and return the id of one of its tickets."""
    database = await asyncpg.connect(stand.postgres.url("history_tickets"))
    try:
        await database.execute("SET statement_timeout = 0")
        if not await past.is_made(database, _TICKETS):
            began = time.monotonic()
            await past.make(database, _TICKETS)
            took = time.monotonic() - began
            print(f"{_TICKETS:,} tickets made in {took:.0f} s ...", end=" ", file=sys.stderr, flush=True)
        number = f"LUCKY-{past.FIRST_NUMBER + 4711}"
        return str(await database.fetchval("SELECT id FROM tickets WHERE number = $1", number))
    finally:
        await database.close()


async def _measured(stand: Stand, server: Server, ticket: str, opening: tuple[float, ...]) -> list[Figure]:
    size = f"at {_TICKETS:,}"
    lists = [await _pages(stand, server, query) for query in _LISTS]
    rare = [await _pages(stand, server, query) for query in _RARE]
    hard = [await _pages(stand, server, query, rate=1) for query in _HARD]
    found = [await _pages(stand, server, query) for query in _SEARCHES]
    one = [await _read(stand, server, [f"{PATH}/{ticket}{part}"]) for part in ("", "/timeline")]
    return [
        _worst(f"list {size}, pages 1-{_PAGES}, p99 of the worst", lists, bar=50),
        *_each(_LISTS, lists),
        _worst(f"list by what few tickets have {size}, p99 of the worst", rare, bar=50),
        *_each(_RARE, rare),
        _worst(f"list past what hardly any ticket is {size}, p99 of the worst", hard),
        *_each(_HARD, hard),
        _worst(f"search {size}, pages 1-{_PAGES}, p99 of the worst", found, bar=150),
        *_each(_SEARCHES, found),
        Figure("P18", f"ticket and first page of its timeline {size}, p99s added", "ms", _added(one), bar=20),
        Figure("P18", f"ticket create p50 {size}, beside an empty desk", "x", opening, bar=1.2),
    ]


def _worst(what: str, measured: Sequence[tuple[float, ...]], *, bar: float | None = None) -> Figure:
    return Figure("P18", what, "ms", max(measured, key=median), bar=bar)


def _each(queries: Sequence[Query], measured: Sequence[tuple[float, ...]]) -> list[Figure]:
    return [
        Figure("P18", f"  {'&'.join(f'{name}={value}' for name, value in query.items()) or 'newest'}", "ms", values)
        for query, values in zip(queries, measured, strict=True)
    ]


def _added(parts: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(map(sum, zip(*parts, strict=True)))


async def _openings(stand: Stand, server: Server, empty: Server) -> tuple[float, ...]:
    """Open here and there in turn, so that a noisy moment is both's, and return how much longer it takes here."""
    for one in (server, empty):
        await closed_loop(one.port, creating(stand), width=1, seconds=1)
    found: list[float] = []
    for _ in range(_REPEATS_OF_OPENING):
        here, there = [await _opening(stand, one) for one in (server, empty)]
        found.append(here / there)
    return tuple(found)


async def _opening(stand: Stand, server: Server) -> float:
    load = await open_loop(server.port, creating(stand), rate=_RATE, seconds=_SAMPLES / _RATE)
    load.insist()
    return load.percentile(0.5)


async def _pages(stand: Stand, server: Server, query: Query, *, rate: int = _RATE) -> tuple[float, ...]:
    """Measure the first pages of a list, each as often as the others."""
    paths = [f"{PATH}?{urlencode(query)}"]
    headers = {"x-pitboss-actor": stand.token(OPENER, "tickets")}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=60) as client:
        while len(paths) < _PAGES:
            answer = (await client.get(paths[-1])).raise_for_status()
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                break
            paths.append(f"{PATH}?{urlencode({**query, 'cursor': cursor})}")
    return await _read(stand, server, paths, rate=rate)


async def _read(stand: Stand, server: Server, paths: Sequence[str], *, rate: int = _RATE) -> tuple[float, ...]:
    token = stand.token(OPENER, "tickets")
    requests = [
        f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-pitboss-actor: {token}\r\n\r\n".encode() for path in paths
    ]
    found: list[float] = []
    for _ in range(_REPEATS):
        load = await open_loop(
            server.port, lambda number: requests[number % len(requests)], rate=rate, seconds=_SAMPLES / _RATE
        )
        if +load.failed:
            print(f"\n{paths[0]}: {dict(load.failed)} of {load.done}", end=" ", file=sys.stderr, flush=True)
        found.append(_REFUSED if +load.failed else load.percentile(0.99))
    return tuple(found)
