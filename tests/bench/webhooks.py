"""P14 and P15: webhooks per second to 200 endpoints of 50 ms, and what one hanging endpoint of twenty costs the rest.

    python -m tests.bench.webhooks [--facts 60] [--seconds 6] [--rate 20] [--process-cap 100]

The receivers are a process of their own; the whole service runs in this one on a private PostgreSQL: fan-out, fair
claim, signing, sending, recording. P14 counts from the moment 200 paused endpoints with a backlog are enabled and
compares with the ideal of one request under way per endpoint. P15 measures from the fact's own time to its arrival.
Prints one JSON object; times are milliseconds unless the name says otherwise.
"""

import argparse
import asyncio
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import httpx
import uvloop
from sqlalchemy import text

from shared.clock import SystemClock
from shared.contracts.tickets import TicketOpened
from shared.ids import new_id
from tests.service.notifications.portal import KNOBS
from tests.support.database import Cluster, private_cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

_ENDPOINTS: Final = 200
_ANSWER_SECONDS: Final = 0.05
_TWENTY: Final = 20
_OK: Final = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Receiver(asyncio.Protocol):
    """Answers POSTs after 50 ms, `/hang` never, `/report` with how late each fact arrived."""

    lateness: Final[dict[str, list[float]]] = {}
    arrivals: Final[list[float]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen."""
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, data: bytes) -> None:
        """Collect until a request is whole."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if len(body) < length:
            return
        self.received = b""
        self.take(head.split(b" ", 2)[1].decode(), body)

    def take(self, path: str, body: bytes) -> None:
        """Note when it came, and answer in time."""
        now = time.time()
        if path == "/report":
            report = json.dumps({"lateness": self.lateness, "arrivals": self.arrivals}).encode()
            self.lateness.clear()
            self.arrivals.clear()
            self.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(report), report))
            return
        told = SystemClock().now().fromisoformat(json.loads(body)["timestamp"]).timestamp()
        self.lateness.setdefault(path, []).append((now - told) * 1000)
        self.arrivals.append(now)
        if path != "/hang":
            delay = _ANSWER_SECONDS if path.startswith("/slow") else 0.0
            asyncio.get_running_loop().call_later(delay, self.write, _OK)

    def write(self, answer: bytes) -> None:
        """Send an answer, if anybody is still there."""
        if not self.transport.is_closing():
            self.transport.write(answer)


async def receive() -> None:
    """Be the receivers: print the port and serve for ever."""
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@asynccontextmanager
async def receivers() -> AsyncIterator[str]:
    """Run the receivers and give their base URL."""
    command = (sys.executable, "-m", "tests.bench.webhooks", "--receive")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{(await process.stdout.readline()).decode().strip()}"
    finally:
        process.terminate()
        await process.wait()


async def _report(base: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        report: dict[str, Any] = (await client.get(f"{base}/report")).json()
        return report


async def _add(service: RunningService, urls: Sequence[str], *, state: str) -> None:
    headers = service.actor(role="lead")
    for url in urls:
        body = {"url": url, "state": state}
        answer = await service.http.post("/v1/webhook-endpoints", json=body, headers=headers)
        answer.raise_for_status()


async def _tell(service: RunningService) -> None:
    ticket_id, sample = new_id(), TicketOpened.sample()
    ticket = sample.ticket.model_copy(update={"id": ticket_id})
    fact = {"ticket_id": ticket_id, "ticket": ticket, "occurred_at": SystemClock().now()}
    await service.publish(sample.model_copy(update=fact))


async def _count(service: RunningService, state: str) -> int:
    async with service.ground.database.begin_worker() as session:
        statement = text("SELECT count(*) FROM webhook_deliveries WHERE state = :state")
        return int((await session.execute(statement, {"state": state})).scalar_one())


async def throughput(cluster: Cluster, base: str, folder: Path, *, facts: int, cap: int) -> dict[str, object]:
    """P14: how fast a backlog for 200 endpoints leaves."""
    async with running_service(cluster, "notifications", **{**KNOBS, "run_dir": folder, "process_cap": cap}) as service:
        await _add(service, [f"{base}/slow/{n}" for n in range(_ENDPOINTS)], state="paused")
        for _ in range(facts):
            await _tell(service)
        total = facts * _ENDPOINTS
        await eventually(lambda: _is(service, "pending", total), within=120)
        cpu = _cpu()
        async with service.ground.database.begin_worker() as session:
            await session.execute(text("UPDATE webhook_endpoints SET state = 'enabled', cap = 8"))
        service.ground.wake("deliver_webhooks")
        await eventually(lambda: _is(service, "delivered", total), within=300, every=0.25)
        used = _cpu() - cpu
    arrivals = sorted((await _report(base))["arrivals"])
    seconds = arrivals[-1] - arrivals[0]
    per_second, ideal = len(arrivals) / seconds, _ENDPOINTS / _ANSWER_SECONDS
    return {
        "delivered": len(arrivals),
        "seconds": round(seconds, 2),
        "per_second": round(per_second),
        "share_of_ideal": round(per_second / ideal, 3),
        "cpu_us_per_delivery": round(used / total * 1e6),
        "process_cap": cap,
    }


async def isolation(
    cluster: Cluster, base: str, folder: Path, *, hanging: bool, seconds: int, rate: int
) -> dict[str, float]:
    """P15: how late facts arrive at healthy endpoints, with or without a hanging one among them."""
    knobs = {**KNOBS, "run_dir": folder, "schedule_scale": 1.0}
    async with running_service(cluster, "notifications", **knobs) as service:
        healthy = _TWENTY - hanging
        urls = [f"{base}/fast/{n}" for n in range(healthy)] + [f"{base}/hang"] * hanging
        await _add(service, urls, state="enabled")
        begun, told = time.perf_counter(), 0
        while told < seconds * rate:
            await asyncio.sleep(max(0.0, begun + told / rate - time.perf_counter()))
            await _tell(service)
            told += 1
        await eventually(lambda: _is(service, "delivered", told * healthy), within=60)
        lateness = (await _report(base))["lateness"]
    values = [value for path, found in lateness.items() if path.startswith("/fast") for value in found]
    cuts = statistics.quantiles(values, n=100)
    return {
        "delivered": len(values),
        "expected": told * healthy,
        "p50": round(cuts[49], 1),
        "p99": round(cuts[98], 1),
        "max": round(max(values), 1),
    }


async def _is(service: RunningService, state: str, count: int) -> bool:
    return await _count(service, state) >= count


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measure(*, facts: int, seconds: int, rate: int, cap: int) -> dict[str, object]:
    """Return the figures of P14 and P15."""
    with private_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        async with receivers() as base:
            place = Path(folder)
            p14 = await throughput(cluster, base, place, facts=facts, cap=cap)
            alone = await isolation(cluster, base, place, hanging=False, seconds=seconds, rate=rate)
            beside = await isolation(cluster, base, place, hanging=True, seconds=seconds, rate=rate)
    added = round(beside["p99"] - alone["p99"], 1)
    return {"p14": p14, "p15": {"all_healthy": alone, "one_hangs": beside, "added_p99": added}}


def main() -> None:
    """Measure and print, or be the receivers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receive", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--facts", type=int, default=60, help="facts for each of the 200 endpoints")
    parser.add_argument("--seconds", type=int, default=6, help="how long facts are told for P15")
    parser.add_argument("--rate", type=int, default=20, help="facts per second for P15, each for twenty endpoints")
    parser.add_argument("--process-cap", type=int, default=100, help="attempts under way at once")
    given = parser.parse_args()
    if given.receive:
        uvloop.run(receive())
        return
    figures = uvloop.run(measure(facts=given.facts, seconds=given.seconds, rate=given.rate, cap=given.process_cap))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
