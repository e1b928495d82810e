"""The past of a running product, put back in time: to whoever looks, minutes have passed at once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

import asyncpg

from tests.support.eventually import eventually
from tests.support.product import Product

# What says when something happened to a ticket. Not the queue's own patience, nor the chat's with silent players:
# nobody is relieved or sent away for minutes that did not pass.
_TELLS: Final = {
    "tickets": ("tickets", "timeline", "ticket_tags", "ticket_clocks", "breaches", "escalations", "conversations"),
    "sla": ("clocked_tickets", "clocks", "timers", "ticket_faces", "ticket_facts", "measures"),
    "chat": ("chat_sessions", "chat_messages"),
}
_WAITING: Final = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
_UNMEASURED: Final = "SELECT count(*) FROM unmeasured_tickets"
_MOMENTS: Final = """
SELECT column_name::text FROM information_schema.columns
WHERE table_name = $1 AND data_type = 'timestamp with time zone' AND column_name <> 'snoozed_until'
"""
# What measures count from is said inside the facts.
_ASKED: Final = """
UPDATE ticket_facts SET data = data || jsonb_build_object('asked_at', (data ->> 'asked_at')::timestamptz - $1::interval)
WHERE data ->> 'asked_at' IS NOT NULL
"""
_LOOKS: Final = 3


@dataclass
class Past:
    """Connections to the services that keep times, each as its worker and as its owner."""

    workers: dict[str, asyncpg.Connection]
    owners: dict[str, asyncpg.Connection]

    @classmethod
    @asynccontextmanager
    async def of(cls, product: Product) -> AsyncIterator[Self]:
        """Connect, and part when the block ends."""
        databases = product.databases()
        async with AsyncExitStack() as stack:
            workers, owners = {}, {}
            for name, urls in databases.items():
                workers[name] = await asyncpg.connect(urls.worker)
                stack.push_async_callback(workers[name].close)
            for name in _TELLS:
                owners[name] = await asyncpg.connect(databases[name].owner)
                stack.push_async_callback(owners[name].close)
            yield cls(workers, owners)

    async def passes(self, minutes: int) -> None:
        """Let so many minutes pass for every ticket, once all that was done is known everywhere."""
        await self.settled()
        for name, tables in _TELLS.items():
            await _put_back(self.owners[name], tables, timedelta(minutes=minutes))

    async def settled(self) -> None:
        """Wait until every fact was told, and everything is measured."""
        looks = 0

        async def is_quiet() -> bool:
            nonlocal looks
            waiting = [await connection.fetchval(_WAITING) for connection in self.workers.values()]
            looks = 0 if any(waiting) or await self.workers["sla"].fetchval(_UNMEASURED) else looks + 1
            return looks == _LOOKS

        await eventually(is_quiet, within=30, every=0.05)


async def _put_back(owner: asyncpg.Connection, tables: tuple[str, ...], by: timedelta) -> None:
    async with owner.transaction():
        for table in tables:
            moments = [row[0] for row in await owner.fetch(_MOMENTS, table)]
            earlier = ", ".join(f"{moment} = {moment} - $1::interval" for moment in moments)
            await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            await owner.execute(f"UPDATE {table} SET {earlier}", by)  # noqa: S608 - constants of this file
            if table == "ticket_facts":
                await owner.execute(_ASKED, by)
            await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
