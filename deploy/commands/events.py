"""events parked, dead, replay and reconcile: what an operator does when events wait."""

import asyncio
import getpass
import os
from datetime import timedelta
from uuid import UUID

from deploy.commands.connecting import configured, connected
from shared.clock import SystemClock
from shared.directory import SERVICES
from shared.messaging.outbox import release_unroutable
from shared.messaging.rabbitmq import RabbitMQTransport
from shared.messaging.reconcile import reconcile as repeat
from shared.messaging.redrive import Selection, kept_events
from shared.messaging.redrive import replay as make_due


def listed(names: list[str], state: str, *, brand: str | None, limit: int) -> None:
    """Print the events that wait (`parked`) or were given up (`dead`), oldest first."""
    with configured():
        total = sum(asyncio.run(_list(name, state, brand=brand, limit=limit)) for name in _chosen(names))
    print(f"{total} {state}")


def replay(name: str, *, event_ids: list[str], type_: str | None, brand: str | None) -> None:
    """Make the chosen events of a service due again, 50 a second."""
    selection = Selection(ids=[UUID(text) for text in event_ids], types=[type_] if type_ else [], brand=brand)

    async def make() -> int:
        async with connected(name) as (_, database):
            return await make_due(database, selection, by=getpass.getuser(), why="pitboss events replay")

    with configured():
        count = asyncio.run(make())
    print(f"{count} events of {name} are due again")


def release(names: list[str]) -> None:
    """Give the relays of the named services what they had put aside as unroutable."""

    async def give(name: str) -> int:
        async with connected(name) as (_, database):
            return await release_unroutable(database)

    with configured():
        for name in _chosen(names):
            print(f"{name}: {asyncio.run(give(name))} events go on")


def reconcile(names: list[str], *, hours: float) -> None:
    """Publish again what the named services told within the last hours; consumers skip what they had."""
    since = SystemClock().now() - timedelta(hours=hours)

    async def publish(name: str) -> int:
        async with connected(name) as (settings, database):
            url = settings.amqp_url.get_secret_value() if settings.amqp_url else ""
            transport = RabbitMQTransport(url, name=f"{name}-reconcile", jitter=0)
            await transport.start()
            try:
                return await repeat(database, transport, since)
            finally:
                await transport.stop()

    with configured():
        if os.environ.get("PITBOSS_TRANSPORT") == "inprocess":
            print("without a broker nothing can get lost between services: there is nothing to reconcile")
            return
        for name in _chosen(names):
            print(f"{name}: {asyncio.run(publish(name))} events published again", flush=True)


async def _list(name: str, state: str, *, brand: str | None, limit: int) -> int:
    async with connected(name) as (_, database):
        rows = await kept_events(database, state, Selection(brand=brand), limit=limit)
    for row in rows:
        when = f"{row['first_at']:%Y-%m-%d %H:%M:%S}"
        print(f"{name:14} {when} {row['event_id']} {row['type']:34} {row['brand']:12} tries {row['attempts']}", end="")
        print(f"  {row['reason']}: {str(row['error'] or '').splitlines()[-1:]}")
    return len(rows)


def _chosen(names: list[str]) -> list[str]:
    return names or [entry.name for entry in SERVICES if f"{entry.name.upper()}_DATABASE_URL" in os.environ]
