"""P13: lag of timers with a million open, the price of an empty tick, and how fast an overdue backlog drains.

    python -m tests.bench.sla_timers [--dsn postgresql://sla_worker:…@host/sla] [--open 1000000] [--rate 1000]

The DSN is the worker role of a migrated, otherwise idle database of sla; without one a private server is started.
Prints one JSON object; times are milliseconds unless the name says otherwise.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import uvloop
from pydantic import SecretStr
from sqlalchemy import text

from services.sla.jobs import fire_batches, pause
from services.sla.settings import Settings
from services.sla.use_cases.firing import Round
from shared.db.engine import Database
from tests.support.database import private_cluster

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK: Final = 50_000
_TICKS: Final = 300
_GROW: Final = text("""
WITH series AS (
    SELECT CAST(lpad(to_hex(CAST(extract(epoch FROM now()) * 1000 AS bigint)), 12, '0') || '7000' || '8000'
                || lpad(to_hex(n), 12, '0') AS uuid) AS id,
           now() + make_interval(secs => CAST(:first AS float8) + n * CAST(:step AS float8)) AS due_at
    FROM generate_series(1, CAST(:count AS int)) AS n
), t AS (
    INSERT INTO clocked_tickets (id, brand, channel, status, priority, greeted, accepted, escalated)
    SELECT id, 'bench', 'web', 'new', 'normal', true, false, false FROM series
), c AS (
    INSERT INTO clocks (id, brand, ticket_id, kind, state, started_at, due_at, policy_id, policy_version, paused_for,
                        corrected, generation)
    SELECT id, 'bench', id, 'first_response', 'running', due_at - interval '5 minutes', due_at,
           gen_random_uuid(), 1, interval '0', false, 1 FROM series
)
INSERT INTO timers (clock_id, percent, brand, ticket_id, due_at, generation, state)
SELECT id, 100, 'bench', id, due_at, 1, 'pending' FROM series
""")


async def grow(database: Database, count: int, *, first: float, step: float) -> None:
    """Insert `count` open clocks, the n-th due `first + n * step` seconds from now."""
    for start in range(0, count, _CHUNK):
        async with database.begin_worker() as session:
            await session.execute(text("SET LOCAL statement_timeout = 0"))
            size = min(_CHUNK, count - start)
            await session.execute(_GROW, {"count": size, "first": first + start * step, "step": step})


async def _tick(database: Database, settings: Settings) -> Round:
    return await fire_batches(database, settings, after=_ALWAYS)


async def _empty_ticks(database: Database, settings: Settings) -> dict[str, float]:
    took = []
    for _ in range(_TICKS):
        begun = time.perf_counter()
        done = await _tick(database, settings)
        took.append((time.perf_counter() - begun) * 1000)
        assert not done.lags
    return _percentiles(took)


async def _lag(database: Database, settings: Settings, *, rate: int, seconds: int) -> dict[str, float]:
    """Return how long after their due time timers had fired and been committed."""
    await grow(database, rate * seconds, first=3, step=1 / rate)
    lags: list[float] = []
    cpu = time.process_time()
    begun = time.perf_counter()
    while len(lags) < rate * seconds:
        started = time.perf_counter()
        done = await _tick(database, settings)
        spent = time.perf_counter() - started
        lags.extend((lag.total_seconds() + spent) * 1000 for lag in done.lags)
        await asyncio.sleep(pause(done, settings).total_seconds())
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    return _percentiles(lags) | {"fired": len(lags), "cpu_percent": round(share * 100)}


async def _drain(database: Database, settings: Settings, count: int) -> dict[str, float]:
    await grow(database, count, first=-3600, step=1 / count)
    begun, fired = time.perf_counter(), 0
    while fired < count:
        fired += len((await _tick(database, settings)).lags)
    seconds = time.perf_counter() - begun
    return {"fired": fired, "seconds": round(seconds, 3), "per_second": round(fired / seconds)}


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 3), "p99": round(cuts[98], 3), "max": round(max(values), 3)}


@asynccontextmanager
async def _worker_url(dsn: str | None) -> AsyncIterator[str]:
    if dsn is not None:
        yield dsn
        return
    with private_cluster() as cluster:
        async with cluster.database("sla") as urls:
            yield urls.worker


async def measure(dsn: str | None, *, open_: int, rate: int, seconds: int, overdue: int) -> dict[str, object]:
    """Return the figures of P13."""
    async with _worker_url(dsn) as url:
        settings = Settings(
            database_url=SecretStr(url), worker_database_url=SecretStr(url), gateway_public_key="",
            cursor_secret=SecretStr("not used by this benchmark"),
        )  # fmt: skip
        database = Database(settings, service=Settings.service)
        try:
            await grow(database, open_, first=7200, step=timedelta(days=7).total_seconds() / max(open_, 1))
            return {
                "open": open_,
                "empty_tick": await _empty_ticks(database, settings),
                "lag": await _lag(database, settings, rate=rate, seconds=seconds),
                "overdue": await _drain(database, settings, overdue),
            }
        finally:
            await database.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", help="worker role of a migrated database of sla")
    parser.add_argument("--open", type=int, default=1_000_000, help="clocks open in the background")
    parser.add_argument("--rate", type=int, default=1000, help="timers falling due per second")
    parser.add_argument("--seconds", type=int, default=5, help="how long they fall due")
    parser.add_argument("--overdue", type=int, default=50_000, help="timers overdue at once")
    given = parser.parse_args()
    figures = uvloop.run(
        measure(given.dsn, open_=given.open, rate=given.rate, seconds=given.seconds, overdue=given.overdue)
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
