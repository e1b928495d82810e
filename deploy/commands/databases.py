"""migrate and migration."""

import asyncio
import importlib
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.home import CHECKOUT, Home
from deploy.plan import Plan
from deploy.supplies import Supplies
from shared.clock import SystemClock
from shared.db import migrate as migrations
from shared.db.ground import ground
from shared.directory import SERVICES

_FILE: Final = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {before!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down}
'''


@contextmanager
def owner_urls(names: list[str]) -> Iterator[dict[str, str]]:
    """Yield where the owners of the named services' databases log in.

    `{SERVICE}_OWNER_DATABASE_URL` if it is set, else databases made from `PITBOSS_DATABASE_URL` or, without that, in
    the local installation's own server.
    """
    wanted = names or [entry.name for entry in SERVICES]
    given = {name: os.environ.get(f"{name.upper()}_OWNER_DATABASE_URL") for name in wanted}
    missing = tuple(name for name in wanted if not given[name])
    if not missing:
        yield {name: str(url) for name, url in given.items()}
        return
    supplies = Supplies(Home.find(), Plan("up", missing))
    with supplies.borrowed_database():
        made = supplies.create_databases()
        yield {name: given[name] or made[name].owner for name in wanted}


def migrate(names: list[str]) -> None:
    """Migrate the named services, or all; the first failure ends it."""
    with owner_urls(names) as urls:
        for name, url in urls.items():
            print(f"{name} is at {migrations.migrate(name, url)}", flush=True)


def migration(name: str, title: str) -> None:
    """Write the next migration of a service from what differs between its tables and its migrated database."""
    words = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    if not words:
        print('say what it does: make migration SERVICE=tickets M="add mood"', file=sys.stderr)
        sys.exit(2)
    with owner_urls([name]) as urls:
        before = migrations.migrate(name, urls[name])
        up, down = asyncio.run(_differences(name, urls[name]))
    revision = f"{SystemClock().now():%Y%m%d_%H%M}"
    folder = CHECKOUT / "services" / name / "migrations" / "versions"
    path = folder / f"{revision}_{words}.py"
    path.write_text(_FILE.format(title=title.capitalize(), revision=revision, before=before or None, up=up, down=down))
    print(f"{path.relative_to(CHECKOUT)}: read it, name its locks, run `make fmt`")


async def _differences(name: str, url: str) -> tuple[str, str]:
    merged = MetaData()
    for metadata in (ground, importlib.import_module(f"services.{name}.tables").metadata):
        for table in metadata.tables.values():
            table.to_metadata(merged)

    def compare(connection: Connection) -> tuple[str, str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = produce_migrations(context, merged)
        if found.upgrade_ops is None or found.downgrade_ops is None:
            return "pass", "pass"
        return _body(render_python_code(found.upgrade_ops)), _body(render_python_code(found.downgrade_ops))

    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(compare)
    finally:
        await engine.dispose()


def _body(code: str) -> str:
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("#")]
    return "\n".join(lines).strip() or "pass"
