"""P1, P4 and P5: opening tickets through the API: its CPU beside the driver's own, its delay, and the gateway's share.

P1 counts the request's CPU while somebody else relays and chains the audit trail: the benchmark holds these leases as
another replica would. What the service costs with both and RabbitMQ is told beside it. P4 and P5 run with everything in
one process.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from shared.ids import new_id
from tests.bench.load import Load, MakeRequest, closed_loop, open_loop
from tests.bench.machine import Watch, cpu_seconds
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Server, Stand
from tests.bench.statements import BODY, OPENER, PATH
from tests.support.eventually import eventually

_WIDTH: Final = 16
_RATE: Final = 200
_WARM: Final = 1.0
_HOLD: Final = """
    INSERT INTO leases (name, owner, fence, expires_at)
    SELECT name, 'benchmark', 1, now() + interval '1 hour' FROM unnest(ARRAY['relay', 'audit-chain']) AS name
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, fence = leases.fence + 1, expires_at = excluded.expires_at
"""
_LET_GO: Final = "DELETE FROM leases; DELETE FROM outbox; DELETE FROM audit_waiting; DELETE FROM search_waiting"
_PENDING: Final = (
    "SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL) + (SELECT count(*) FROM audit_waiting)"
)


async def cost(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P1."""
    api: list[float] = []
    alone: list[float] = []
    async with _administrator(stand) as database:
        await database.execute(_HOLD)
        with stand.serving("tickets", amqp=False) as server:
            await _create(stand, server, seconds=_WARM)
            for _ in range(sizes.repeats):
                watch.look()
                api.append(await _cpu_of_create(stand, server, sizes.seconds))
                control = await stand.role("asyncpg_alone", width=_WIDTH, seconds=sizes.seconds)
                alone.append(float(control["cpu_us"]))
        await database.execute(_LET_GO)
    ratios = tuple(mine / floor for mine, floor in zip(api, alone, strict=True))
    figures = [
        Figure("P1", "ticket create: service CPU / asyncpg alone, same SQL", "x", ratios, bar=5),
        Figure("P1", "  CPU of the service per request", "us", tuple(api)),
        Figure("P1", "  CPU of asyncpg alone per transaction", "us", tuple(alone)),
    ]
    return figures if sizes.quick else [*figures, await _with_relay(stand, sizes)]


async def _with_relay(stand: Stand, sizes: Sizes) -> Figure:
    """The same process when it also publishes what it told; counted until the outbox is empty."""
    values: list[float] = []
    async with _administrator(stand) as database:

        async def published() -> bool:
            return int(await database.fetchval(_PENDING)) == 0

        with stand.serving("tickets") as server:
            await _create(stand, server, seconds=_WARM)
            for _ in range(sizes.repeats):
                await eventually(published, within=60)
                cpu = cpu_seconds(server.pid)
                load = await _create(stand, server, seconds=sizes.seconds)
                await eventually(published, within=60)
                values.append((cpu_seconds(server.pid) - cpu) / load.done * 1e6)
        await database.execute(_LET_GO)
    return Figure(
        "P1",
        "  CPU of the service, publishing its two events and chaining its audit entry included",
        "us",
        tuple(values),
    )


async def delay(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P4."""
    p50: list[float] = []
    p99: list[float] = []
    refused: list[float] = []
    with stand.serving("tickets") as server:
        await _create(stand, server, seconds=_WARM)
        for _ in range(sizes.repeats):
            watch.look()
            load = await open_loop(server.port, creating(stand), rate=_RATE, seconds=sizes.paced_seconds)
            p50.append(load.percentile(0.5))
            p99.append(load.percentile(0.99))
            refused.append(load.failed.total())
    return [
        Figure("P4", "ticket create at 200/s, open loop, p99", "ms", tuple(p99), bar=20),
        Figure("P4", "  p50", "ms", tuple(p50)),
        Figure("P4", "  refused or unanswered", "", tuple(refused), bar=0),
    ]


async def hop(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P5."""
    added: list[float] = []
    tail: list[float] = []
    refused: list[float] = []
    seconds = sizes.paced_seconds / 2
    with stand.serving("tickets") as server, stand.serving("gateway") as gateway:
        await _create(stand, server, seconds=_WARM)
        await open_loop(gateway.port, _through_gateway(stand), rate=_RATE, seconds=_WARM)
        for _ in range(sizes.repeats):
            watch.look()
            direct = await open_loop(server.port, creating(stand), rate=_RATE, seconds=seconds)
            through = await open_loop(gateway.port, _through_gateway(stand), rate=_RATE, seconds=seconds)
            added.append(through.percentile(0.5) - direct.percentile(0.5))
            tail.append(through.percentile(0.99) - direct.percentile(0.99))
            refused.append(direct.failed.total() + through.failed.total())
    return [
        Figure("P5", "gateway hop added at 200/s, p50", "ms", tuple(added), bar=1.5),
        Figure("P5", "  p99", "ms", tuple(tail)),
        Figure("P5", "  refused or unanswered, both ways", "", tuple(refused), bar=0),
    ]


async def _cpu_of_create(stand: Stand, server: Server, seconds: float) -> float:
    cpu = cpu_seconds(server.pid)
    load = await _create(stand, server, seconds=seconds)
    return (cpu_seconds(server.pid) - cpu) / load.done * 1e6


async def _create(stand: Stand, server: Server, *, seconds: float) -> Load:
    load = await closed_loop(server.port, creating(stand), width=_WIDTH, seconds=seconds)
    load.insist()
    return load


def creating(stand: Stand) -> MakeRequest:
    """Return what opens tickets at the service itself."""
    return _requests(f"x-pitboss-actor: {stand.token(OPENER, 'tickets')}")


def _through_gateway(stand: Stand) -> MakeRequest:
    return _requests(f"authorization: Bearer {stand.demo['api_key']}")


def _requests(credential: str) -> MakeRequest:
    body = json.dumps(BODY)
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n{credential}\r\nidempotency-key: {new_id()}-"
    ).encode()
    end = f"\r\n\r\n{body}".encode()
    return lambda number: b"%b%d%b" % (head, number, end)


@asynccontextmanager
async def _administrator(stand: Stand) -> AsyncIterator["asyncpg.Connection"]:
    """Connect as the administrator, whom no row-level security binds."""
    connection = await asyncpg.connect(stand.postgres.url("pitboss_tickets"))
    try:
        yield connection
    finally:
        await connection.close()
