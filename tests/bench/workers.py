"""P13, P14 and P15: the workers of sla and notifications, measured by their own benchmarks on this stand.

    python -m tests.bench.workers '{"part": "timers", …}'

is how `tests.bench` runs them in a process of their own, on the core of the service under test.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import psutil
import uvloop

from tests.bench import sla_timers, webhooks
from tests.bench.machine import Watch, stay_on
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand
from tests.support.database import Cluster

_FACTS: Final = 60
_CAP: Final = 200
_SECONDS: Final = 6
_RATE: Final = 20


async def timers(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P13; the quick run counts empty ticks only."""
    watch.look()
    wanted = {"rate": 100, "seconds": 1, "overdue": 1000} if sizes.quick else {}
    found = await stand.role("workers", part="timers", open=sizes.idle_clocks, **wanted)
    tick = Figure(
        "P13", f"empty tick with {sizes.idle_clocks:,} timers open, p50", "ms", (found["empty_tick"]["p50"],), bar=2
    )
    if sizes.quick:
        return [tick]
    return [
        Figure("P13", "timer lag at 1000 due/s, 1,000,000 open, p99", "ms", (found["lag"]["p99"],), bar=100),
        tick,
        Figure("P13", "50,000 overdue timers drained", "s", (found["overdue"]["seconds"],), bar=5),
    ]


async def hooks(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P14 and P15."""
    shares: list[float] = []
    added: list[float] = []
    undelivered = 0
    for _ in range(sizes.starts):
        watch.look()
        found = await stand.role("workers", part="webhooks")
        shares.append(found["p14"]["share_of_ideal"])
        added.append(found["p15"]["added_p99"])
        beside = found["p15"]["one_hangs"]
        undelivered += beside["expected"] - beside["delivered"]
    what = "healthy p99 added by one hanging endpoint of twenty"
    return [
        Figure("P14", "webhooks to 200 endpoints of 50 ms, share of ideal", "", tuple(shares), bar=0.3, sense="least"),
        Figure("P15", what, "ms", tuple(added), bar=100, note=f"{undelivered} healthy ones lost"),
    ]


async def _timers(stand: Stand, values: dict[str, Any]) -> dict[str, object]:
    sizes = {"rate": 1000, "seconds": 5, "overdue": 50_000}
    sizes |= {name: int(values[name]) for name in sizes if name in values}
    async with Cluster(stand.postgres).database("sla") as urls:
        return await sla_timers.measure(urls.worker, open_=int(values["open"]), **sizes)


async def _webhooks(stand: Stand) -> dict[str, object]:
    cluster = Cluster(stand.postgres)
    with tempfile.TemporaryDirectory() as folder:
        async with webhooks.receivers() as base:
            for receiver in psutil.Process().children():
                if stand.layout.rest is not None:
                    receiver.cpu_affinity([stand.layout.rest])
            place = Path(folder)
            p14 = await webhooks.throughput(cluster, base, place, facts=_FACTS, cap=_CAP)
            sizes = {"seconds": _SECONDS, "rate": _RATE}
            alone = await webhooks.isolation(cluster, base, place, hanging=False, **sizes)
            beside = await webhooks.isolation(cluster, base, place, hanging=True, **sizes)
    return {"p14": p14, "p15": {"one_hangs": beside, "added_p99": beside["p99"] - alone["p99"]}}


async def _measure(values: dict[str, Any]) -> dict[str, object]:
    stand = Stand.known(values)
    stay_on(stand.layout.service)
    return await (_timers(stand, values) if values["part"] == "timers" else _webhooks(stand))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_measure(json.loads(sys.argv[1])))))
