"""One private PostgreSQL per run; each test gets its own copy of a migrated template."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg

from deploy.local.databases import ServiceUrls, create_service_databases_async
from deploy.local.postgres import LocalPostgres
from shared.db.migrate import migrate_async
from tests.support.places import throw_away_folder

_COUNTER: Final = itertools.count(1)


class Cluster:
    """A running server and the templates already migrated on it."""

    def __init__(self, postgres: LocalPostgres) -> None:
        self.postgres = postgres
        self._templates: dict[str, ServiceUrls] = {}
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[ServiceUrls]:
        """Give a fresh database of `service`, migrated, with its three roles, and drop it afterwards."""
        template = await self._template(service)
        name = f"{service}_{os.getpid()}_{next(_COUNTER)}"
        copy = f'TEMPLATE "template_{service}" STRATEGY FILE_COPY'
        await self._administer(f'CREATE DATABASE "{name}" {copy} OWNER "{service}_owner"')
        try:
            yield template.with_database(name)
        finally:
            await self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def end_connections(self, urls: ServiceUrls) -> None:
        """End every connection to a service's database, as a restart of the server would."""
        await self._administer(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", urls.app.rpartition("/")[2]
        )

    async def _template(self, service: str) -> ServiceUrls:
        async with self._lock:
            if service not in self._templates:
                admin = self.postgres.url()
                urls = await create_service_databases_async(admin, service, prefix="template_")
                await migrate_async(service, urls.owner)
                self._templates[service] = urls
        return self._templates[service]

    async def _administer(self, statement: str, *values: str) -> None:
        connection = await asyncpg.connect(self.postgres.url())
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def held(url: str, table: str) -> AsyncIterator[Callable[[int], Awaitable[bool]]]:
    """Let nobody read a table until the block ends; the block can ask whether so many want to."""
    connection = await asyncpg.connect(url)

    async def waiting(wanted: int) -> bool:
        query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::text::regclass"
        return bool(await connection.fetchval(query, table) == wanted)

    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {table}")
            yield waiting
    finally:
        await connection.close()


@contextmanager
def private_cluster() -> Iterator[Cluster]:
    """Run a throw-away server for one test session."""
    with throw_away_folder("pitboss-tests-") as folder:
        postgres = LocalPostgres(folder / "postgres", durable=False, follow_parent=True).start()
        try:
            yield Cluster(postgres)
        finally:
            postgres.remove()
