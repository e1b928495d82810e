"""The control of P1: the SQL of one ticket create through asyncpg and nothing else, with the same concurrency.

Started by `tests.bench.creates` in a process of its own on the core of the service under test.
"""

import asyncio
import gc
import json
import sys
import time
from typing import Any

import asyncpg
import uvloop

from tests.bench.machine import stay_on
from tests.bench.stand import Stand
from tests.bench.statements import Rows, Script, script_of_one_create

_MOST_PER_SECOND = 5000


async def _run(pool: "asyncpg.Pool", script: Script, prepared: list[list[Rows]], width: int, seconds: float) -> int:
    """Execute until the time or what was prepared is over and return how many transactions were committed."""
    done = 0
    until = time.perf_counter() + seconds

    async def work() -> None:
        nonlocal done
        while prepared and time.perf_counter() < until:
            values = prepared.pop()
            async with pool.acquire() as connection, connection.transaction():
                for (sql, _rows, many), rows in zip(script.statements, values, strict=True):
                    await (connection.executemany(sql, rows) if many else connection.fetch(sql, *rows[0]))
            done += 1

    await asyncio.gather(*(work() for _ in range(width)))
    return done


async def measure(values: dict[str, Any]) -> dict[str, float]:
    """Return the CPU of one transaction in microseconds."""
    stand = Stand.known(values)
    stay_on(stand.layout.rest)
    script = await script_of_one_create(stand)
    stay_on(stand.layout.service)
    width, seconds = int(values["width"]), float(values["seconds"])
    url = stand.urls["tickets"].app
    async with asyncpg.create_pool(
        url, min_size=width, max_size=width, reset=_keep, server_settings={"jit": "off"}
    ) as pool:
        await _run(pool, script, [script.fresh() for _ in range(width * 20)], width, seconds)
        prepared = [script.fresh() for _ in range(int(_MOST_PER_SECOND * seconds))]
        gc.collect()
        gc.freeze()
        cpu, begun = time.process_time(), time.perf_counter()
        done = await _run(pool, script, prepared, width, seconds)
        cpu, took = time.process_time() - cpu, time.perf_counter() - begun
    return {"cpu_us": cpu / done * 1e6, "per_second": done / took, "statements": len(script.statements)}


async def _keep(_connection: object) -> None:
    """Reset nothing when a connection goes back to the pool: the services do not either."""


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.loads(sys.argv[1])))))
