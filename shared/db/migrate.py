"""Migrations of one service's database: one runner at a time, and never a lock that makes players wait."""

import asyncio
import importlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.db.ground import ground

_ADVISORY_LOCK: Final = 7_246_883
_LOCK_TRIES: Final = 10
_LOCK_NOT_AVAILABLE: Final = "55P03"
_TIMEOUTS: Final = "SET lock_timeout = '2s'; SET statement_timeout = '60s'"


def migrate(service: str, owner_url: str) -> str:
    """Bring the database of `service` to its newest revision and return that revision.

    Waits for another runner (advisory lock), gives up on a table lock after 2 s and tries again up to ten times: a
    migration must queue behind traffic, not stop it.
    """
    return asyncio.run(migrate_async(service, owner_url))


async def migrate_async(service: str, owner_url: str) -> str:
    """Do what `migrate` does inside a running event loop."""
    for attempt in range(1, _LOCK_TRIES + 1):
        try:
            await _on_connection(owner_url, lambda connection: _upgrade(connection, service))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE or attempt == _LOCK_TRIES:
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5) * attempt)  # noqa: S311 - jitter, not a secret
        else:
            break
    return head(service)


def head(service: str) -> str:
    """Return the newest revision of `service`; two heads are an error."""
    return _scripts(service).get_current_head() or ""


async def drift(service: str, url: str) -> Sequence[object]:
    """Return the differences between the declared tables and the database: none, if migrations are complete."""
    found: list[object] = []
    await _on_connection(url, lambda connection: found.extend(_differences(connection, service)))
    return found


async def _on_connection(url: str, work: Callable[[Connection], None]) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, service: str) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
    for setting in _TIMEOUTS.split(";"):
        connection.execute(text(setting))
    connection.commit()
    try:
        _run(connection, service)
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})


def _run(connection: Connection, service: str) -> None:
    scripts = _scripts(service)

    def steps(revision: object, _context: object) -> list[object]:
        return list(scripts._upgrade_revs("head", revision))  # type: ignore[arg-type] # noqa: SLF001 - what alembic's own `upgrade` command does

    environment = EnvironmentContext(_config(service), scripts, fn=steps)
    with environment:
        environment.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
        with environment.begin_transaction():
            environment.run_migrations()


def _differences(connection: Connection, service: str) -> Sequence[object]:
    tables = importlib.import_module(f"services.{service}.tables")
    merged = MetaData()
    for metadata in (ground, tables.metadata):
        for table in metadata.tables.values():
            table.to_metadata(merged)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [difference for difference in compare_metadata(context, merged) if not _is_about_alembic(difference)]


def _is_about_alembic(difference: object) -> bool:
    return isinstance(difference, tuple) and getattr(difference[1], "name", "") == "alembic_version"


def _scripts(service: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(service))


def _config(service: str) -> Config:
    package = importlib.import_module(f"services.{service}")
    folder = Path(str(package.__file__)).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder))
    return config
