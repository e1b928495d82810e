"""P7: from just before a transaction commits until the consumer's handler runs, through outbox, relay and RabbitMQ."""

import asyncio

import aio_pika
import asyncpg

from shared.messaging.topology import events_queue
from tests.bench.carrying import CONSUMER, PRODUCER
from tests.bench.machine import Watch
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand


async def commit_to_consumer(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P7 at 50/s, and at 500/s in the full run."""
    await _empty(stand)
    figures = await _at(stand, sizes, watch, 50, bar=50)
    return figures if sizes.quick else [*figures, *await _at(stand, sizes, watch, 500, bar=None)]


async def _at(stand: Stand, sizes: Sizes, watch: Watch, rate: int, *, bar: float | None) -> list[Figure]:
    found: list[dict[str, float]] = []
    for number in range(sizes.repeats):
        watch.look()
        ready = stand.home.run / f"consumer-{rate}-{number}.ready"
        common = {
            "amqp_url": stand.amqp_url,
            "brand": f"bench-{rate}-{number}",
            "count": int(rate * sizes.paced_seconds),
            "ready": str(ready),
        }
        consumed, _produced = await asyncio.gather(
            stand.role("carrying", part="consumer", **common),
            stand.role("carrying", part="producer", rate=rate, **common),
        )
        found.append(consumed)
    p50, p99 = (tuple(float(one[name]) for one in found) for name in ("p50", "p99"))
    return [
        Figure("P7", f"commit to consumer over RabbitMQ at {rate}/s, p99", "ms", p99, bar=bar),
        Figure("P7", "  p50", "ms", p50),
    ]


async def _empty(stand: Stand) -> None:
    """Forget what earlier benchmarks left on the way to this one's consumer, and who relayed it."""
    connection = await aio_pika.connect(stand.amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(events_queue(CONSUMER))
        await queue.purge()
    database = await asyncpg.connect(stand.postgres.url(f"pitboss_{PRODUCER}"))
    try:
        await database.execute("DELETE FROM outbox; DELETE FROM leases")
    finally:
        await database.close()
