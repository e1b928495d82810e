"""events parked, dead, replay and reconcile: what an operator does when events wait."""

import asyncio
import getpass
import importlib
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from uuid import UUID

from deploy.home import Home
from deploy.plan import Plan, Process
from deploy.supplies import Supplies
from shared.clock import SystemClock
from shared.db.engine import Database
from shared.directory import SERVICES
from shared.messaging.outbox import release_unroutable
from shared.messaging.rabbitmq import RabbitMQTransport
from shared.messaging.reconcile import reconcile as repeat
from shared.messaging.redrive import Selection, kept_events
from shared.messaging.redrive import replay as make_due
from shared.settings import ServiceSettings


def listed(names: list[str], state: str, *, brand: str | None, limit: int) -> None:
    """Print the events that wait (`parked`) or were given up (`dead`), oldest first."""
    with _configured():
        total = sum(asyncio.run(_list(name, state, brand=brand, limit=limit)) for name in _chosen(names))
    print(f"{total} {state}")


def replay(name: str, *, event_ids: list[str], type_: str | None, brand: str | None) -> None:
    """Make the chosen events of a service due again, 50 a second."""
    selection = Selection(ids=[UUID(text) for text in event_ids], types=[type_] if type_ else [], brand=brand)

    async def make() -> int:
        async with _database(name) as (_, database):
            return await make_due(database, selection, by=getpass.getuser(), why="pitboss events replay")

    with _configured():
        count = asyncio.run(make())
    print(f"{count} events of {name} are due again")


def release(names: list[str]) -> None:
    """Give the relays of the named services what they had put aside as unroutable."""

    async def give(name: str) -> int:
        async with _database(name) as (_, database):
            return await release_unroutable(database)

    with _configured():
        for name in _chosen(names):
            print(f"{name}: {asyncio.run(give(name))} events go on")


def reconcile(names: list[str], *, hours: float) -> None:
    """Publish again what the named services told within the last hours; consumers skip what they had."""
    since = SystemClock().now() - timedelta(hours=hours)

    async def publish(name: str) -> int:
        async with _database(name) as (settings, database):
            url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
            transport = RabbitMQTransport(url, name=f"{name}-reconcile", jitter=0)
            await transport.start()
            try:
                return await repeat(database, transport, since)
            finally:
                await transport.stop()

    with _configured():
        if os.environ.get("PITBOSS_TRANSPORT") == "inprocess":
            print("without a broker nothing can get lost between services: there is nothing to reconcile")
            return
        for name in _chosen(names):
            print(f"{name}: {asyncio.run(publish(name))} events published again", flush=True)


async def _list(name: str, state: str, *, brand: str | None, limit: int) -> int:
    async with _database(name) as (_, database):
        rows = await kept_events(database, state, Selection(brand=brand), limit=limit)
    for row in rows:
        when = f"{row['first_at']:%Y-%m-%d %H:%M:%S}"
        print(f"{name:14} {when} {row['event_id']} {row['type']:34} {row['brand']:12} tries {row['attempts']}", end="")
        print(f"  {row['reason']}: {str(row['error'] or '').splitlines()[-1:]}")
    return len(rows)


@asynccontextmanager
async def _database(name: str) -> AsyncIterator[tuple[ServiceSettings, Database]]:
    settings: ServiceSettings = importlib.import_module(f"services.{name}.settings").Settings()
    database = Database(settings, service=name)
    await database.start()
    try:
        yield settings, database
    finally:
        await database.stop()


def _chosen(names: list[str]) -> list[str]:
    return names or [entry.name for entry in SERVICES if f"{entry.name.upper()}_DATABASE_URL" in os.environ]


@contextmanager
def _configured() -> Iterator[None]:
    """Use the environment as it is, or that of the local installation if it says nothing about databases."""
    if any(f"{entry.name.upper()}_DATABASE_URL" in os.environ for entry in SERVICES):
        yield
        return
    home = Home.find()
    plan = Plan.load(home)
    if plan is None:
        print("nothing runs here, and no {SERVICE}_DATABASE_URL is set", file=sys.stderr)
        sys.exit(1)
    supplies = Supplies(home, plan)
    local = plan.environment(home, Process("events", plan.services), supplies.urls(), supplies.amqp_url())
    with _environment(local):
        yield


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
