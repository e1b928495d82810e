"""The two ends of P7, each a process of its own: one records facts and relays them, the other consumes them."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, ClassVar, Final

import uvloop
from pydantic import SecretStr

from deploy.local.databases import ServiceUrls
from shared.clock import SystemClock
from shared.contracts.tickets import TicketOpened
from shared.db.engine import Database, Session
from shared.ids import new_id
from shared.messaging.courier import Courier
from shared.messaging.outbox import record
from shared.messaging.rabbitmq import RabbitMQTransport
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Received, on
from shared.messaging.transport import TransportState
from shared.settings import ServiceSettings
from tests.bench.machine import stay_on
from tests.bench.stand import Stand
from tests.support.eventually import eventually

PRODUCER: Final = "tickets"
CONSUMER: Final = "sla"
_PATIENCE: Final = 60.0


class _ProducerSettings(ServiceSettings):
    service: ClassVar[str] = PRODUCER


class _ConsumerSettings(ServiceSettings):
    service: ClassVar[str] = CONSUMER


def _ground(kind: type[ServiceSettings], urls: ServiceUrls, amqp_url: str) -> Ground:
    settings = kind(
        database_url=SecretStr(urls.app),
        worker_database_url=SecretStr(urls.worker),
        gateway_public_key="",
        cursor_secret=SecretStr("not used by this benchmark"),
    )
    transport = RabbitMQTransport(amqp_url, name=settings.service, jitter=0.1)
    return Ground(settings, Database(settings, service=settings.service), transport, SystemClock())


async def consume(stand: Stand, values: dict[str, Any]) -> dict[str, float]:
    """Handle so many facts of this run's brand and return how late they came after their commit began."""
    stay_on(stand.layout.rest)
    ready = Path(values["ready"])
    ground = _ground(_ConsumerSettings, stand.urls[CONSUMER], values["amqp_url"])
    delays: list[float] = []

    async def note(_session: Session, received: Received[TicketOpened]) -> None:
        if received.brand == values["brand"]:
            delays.append((time.time() - received.time.timestamp()) * 1000)

    courier = Courier(ground, subscriptions=(on(TicketOpened, note),))
    async with courier.carried(), courier.working():
        await _attached(ground, CONSUMER)
        await asyncio.to_thread(ready.touch)
        await eventually(lambda: len(delays) >= int(values["count"]), within=_PATIENCE)
    await ground.database.stop()
    delays.sort()
    return {"p50": delays[len(delays) // 2], "p99": delays[int(len(delays) * 0.99)], "worst": delays[-1]}


async def produce(stand: Stand, values: dict[str, Any]) -> dict[str, float]:
    """Record facts at a steady rate, each in a transaction of its own, and relay them."""
    stay_on(stand.layout.service)
    ground = _ground(_ProducerSettings, stand.urls[PRODUCER], values["amqp_url"])
    count, rate = int(values["count"]), float(values["rate"])
    async with Courier(ground).carried():
        await eventually(Path(values["ready"]).exists, within=_PATIENCE)
        await eventually(lambda: ground.transport.state is TransportState.UP, within=_PATIENCE)
        await eventually(lambda: _leads(ground.database), within=_PATIENCE)
        cpu, begun = time.process_time(), time.perf_counter()
        async with asyncio.TaskGroup() as running:
            for number in range(count):
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                running.create_task(_tell(ground, values["brand"]))
        await eventually(lambda: _all_published(ground.database), within=_PATIENCE)
        cpu = time.process_time() - cpu
    await ground.database.stop()
    return {"cpu_us": cpu / count * 1e6}


async def _tell(ground: Ground, brand: str) -> None:
    sample, ticket_id = TicketOpened.sample(), new_id()
    fact = sample.model_copy(
        update={"ticket_id": ticket_id, "ticket": sample.ticket.model_copy(update={"id": ticket_id})}
    )
    async with ground.database.begin(brand) as session:
        await record(session, fact, brand=brand, sequence=1, at=ground.clock.now())


async def _attached(ground: Ground, service: str) -> None:
    await eventually(lambda: ground.transport.state is TransportState.UP, within=_PATIENCE)
    await eventually(lambda: ground.transport.consumers(service), within=_PATIENCE)


async def _leads(database: Database) -> bool:
    """True once a relay holds the lease: what is recorded earlier would wait for it."""
    return await _any(database, "SELECT 1 FROM leases WHERE expires_at > now()")


async def _all_published(database: Database) -> bool:
    """True once the relay may leave without leaving anything behind."""
    return not await _any(database, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1")


async def _any(database: Database, sql: str) -> bool:
    async with database.begin_worker() as session:
        return bool((await session.exec_driver_sql(sql)).first())


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    part = consume if given["part"] == "consumer" else produce
    print(json.dumps(uvloop.run(part(Stand.known(given), given))))
