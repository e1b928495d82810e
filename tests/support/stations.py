"""Services reduced to their messaging: a real database, a real courier and handlers that keep a ledger."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

import asyncpg
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, column, make_url, select, table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.databases import ServiceUrls, create_service_databases_async
from shared.clock import SystemClock
from shared.contracts.base import SAMPLE_TIME, Event
from shared.contracts.chat import MessagePosted, SessionStarted
from shared.db.engine import Database, Session
from shared.db.ground import create_ground, isolate, outbox, parked_events
from shared.ids import new_id
from shared.messaging import outbox as ledger
from shared.messaging.courier import Courier
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Listener, Received, Subscription, on
from shared.messaging.transport import Transport
from shared.settings import ServiceSettings
from tests.support.database import Cluster

_COUNTER: Final = itertools.count(1)
_EFFECTS: Final = table(
    "effects", column("place"), column("event_id"), column("brand"), column("aggregate_id"), column("sequence")
)
_CREATE_EFFECTS: Final = (
    "CREATE TABLE effects (place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL, "
    "brand text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL)"
)


class ChatSettings(ServiceSettings):
    """Settings of the telling side."""

    service: ClassVar[str] = "chat"


class TicketsSettings(ServiceSettings):
    """Settings of the consuming side."""

    service: ClassVar[str] = "tickets"


SETTINGS: Final[dict[str, type[ServiceSettings]]] = {"chat": ChatSettings, "tickets": TicketsSettings}


@dataclass
class Effect:
    """What a handler did, in the order of doing."""

    event_id: UUID
    brand: str
    aggregate_id: str
    sequence: int


@dataclass
class Station:
    """One running service: tells facts, handles facts, shows what it has done."""

    ground: Ground
    courier: Courier
    urls: ServiceUrls
    exit: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def database(self) -> Database:
        """Its database."""
        return self.ground.database

    async def tell(self, event: Event, sequence: int, *, brand: str = "lucky") -> UUID:
        """Record one fact and commit."""
        async with self.database.begin(brand) as session:
            return await ledger.record(session, event, brand=brand, sequence=sequence, at=SAMPLE_TIME)

    async def effects(self) -> list[Effect]:
        """What its handlers have done."""
        async with self.database.begin_worker() as session:
            rows = await session.execute(
                select(_EFFECTS.c.event_id, _EFFECTS.c.brand, _EFFECTS.c.aggregate_id, _EFFECTS.c.sequence).order_by(
                    _EFFECTS.c.place
                )
            )
            return [Effect(*row) for row in rows]

    async def unpublished(self) -> int:
        """How many facts wait in its outbox."""
        async with self.database.begin_worker() as session:
            return len((await session.execute(select(outbox.c.position).where(outbox.c.published_at.is_(None)))).all())

    async def kept(self, state: str | None = None) -> Sequence[dict[str, object]]:
        """Its parked and dead events."""
        async with self.database.begin_worker() as session:
            rows = await session.execute(select(parked_events).order_by(parked_events.c.first_at))
            return [dict(row) for row in rows.mappings() if state in (None, row["state"])]

    async def execute(self, statement: str, **values: object) -> None:
        """Change the database behind the service's back."""
        async with self.database.begin_worker() as session:
            await session.execute(text(statement), values)

    async def stop(self) -> None:
        """Drain and stop."""
        await self.exit.aclose()

    async def crash(self) -> None:
        """Die in the middle of things: nothing is finished, marked, settled or released."""
        tasks = {task for task in asyncio.all_tasks() if task.get_name().startswith(f"{self.database.service}-")}
        # A library may lose a cancellation that comes as its answer does; whoever goes on is cancelled once more.
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=1)
        await self.execute("UPDATE leases SET expires_at = now() - interval '1 hour', owner = 'crashed'")
        await self.exit.aclose()


def posted(aggregate: UUID, sequence: int, text_: str = "Hello") -> Event:
    """Return the fact that makes sense at this place of a conversation."""
    sample = MessagePosted.sample()
    if sequence == 1:
        return SessionStarted.sample().model_copy(update={"ticket_id": aggregate})
    return sample.model_copy(
        update={"ticket_id": aggregate, "message_id": new_id(), "seq": sequence - 1, "text": text_}
    )


async def note_effect(session: Session, received: Received[Event]) -> None:
    """Do the one thing the handlers of these tests do."""
    await session.execute(
        _EFFECTS.insert().values(
            event_id=received.id,
            brand=received.brand,
            aggregate_id=received.event.aggregate_id(),
            sequence=received.sequence,
        )
    )


def noting(
    *, strict: bool = True, before: Callable[[Received[Event]], Awaitable[None]] | None = None
) -> tuple[Subscription, ...]:
    """Return subscriptions whose handlers keep the ledger; `before` may make them fail or wait."""

    async def handle(session: Session, received: Received[Event]) -> None:
        if before is not None:
            await before(received)
        await note_effect(session, received)

    return (on(SessionStarted, handle, strict=strict), on(MessagePosted, handle, strict=strict))


class Yard:
    """Databases for stations, copied from a template with the ground's tables and the ledger of effects."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._templates: dict[str, ServiceUrls] = {}

    async def urls(self, service: str) -> ServiceUrls:
        """Make a fresh database."""
        if service not in self._templates:
            self._templates[service] = await self._make_template(service)
        name = f"yard_{service}_{os.getpid()}_{next(_COUNTER)}"
        await self._administer(f'CREATE DATABASE "{name}" TEMPLATE "yard_{service}" OWNER "{service}_owner"')
        return self._templates[service].with_database(name)

    async def drop(self, urls: ServiceUrls) -> None:
        """Drop a database that `urls` made."""
        await self._administer(f'DROP DATABASE "{make_url(urls.app).database}" WITH (FORCE)')

    async def _make_template(self, service: str) -> ServiceUrls:
        urls = await create_service_databases_async(self._cluster.postgres.url(), service, prefix="yard_")
        engine = create_async_engine(make_url(urls.owner).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(_make_tables)
        await engine.dispose()
        return urls

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self._cluster.postgres.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    @asynccontextmanager
    async def station(
        self,
        service: str,
        transport: Transport,
        *,
        urls: ServiceUrls | None = None,
        subscriptions: Sequence[Subscription] = (),
        listeners: Sequence[Listener] = (),
        owns_transport: bool = False,
    ) -> AsyncIterator[Station]:
        """Run a station on a fresh database, or on `urls` as a further process of the same service."""
        fresh = urls or await self.urls(service)
        try:
            station = await start_station(
                service,
                fresh,
                transport,
                subscriptions=subscriptions,
                listeners=listeners,
                owns_transport=owns_transport,
            )
            try:
                yield station
            finally:
                await station.stop()
        finally:
            if urls is None:
                await self.drop(fresh)


async def start_station(
    service: str,
    urls: ServiceUrls,
    transport: Transport,
    *,
    subscriptions: Sequence[Subscription] = (),
    listeners: Sequence[Listener] = (),
    owns_transport: bool = False,
    drain: timedelta = timedelta(seconds=20),
) -> Station:
    """Start a station that the caller stops."""
    settings = SETTINGS[service](
        database_url=SecretStr(urls.app),
        worker_database_url=SecretStr(urls.worker),
        gateway_public_key="unused",
        drain_timeout=drain,
        cursor_secret=SecretStr("a secret of the tests, thirty-two bytes"),
    )
    ground = Ground(settings, Database(settings, service=service), transport, SystemClock())
    courier = Courier(ground, subscriptions=subscriptions, listeners=listeners, owns_transport=owns_transport)
    station = Station(ground, courier, urls)
    station.exit.push_async_callback(ground.database.stop)
    await station.exit.enter_async_context(courier.carried())
    await station.exit.enter_async_context(courier.working())
    return station


def _make_tables(connection: Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    create_ground(operations)
    operations.execute(_CREATE_EFFECTS)
    isolate(operations, "effects", worker=True)
