"""sla rebuild-measures: make the measures of a brand anew from the ledger of its tickets' facts."""

import asyncio
from uuid import UUID

from deploy.commands.connecting import configured, connected
from services.sla.settings import Settings
from services.sla.use_cases.facing import doubt_measures, measure_tickets
from shared.db.engine import Database


def rebuild(brand: str) -> None:
    """Rebuild and print how many tickets were measured; what is interrupted, sla itself goes on with."""
    with configured():
        print(f"{brand}: measured {asyncio.run(_rebuild(brand))} tickets anew")


async def _rebuild(brand: str) -> int:
    async with connected("sla") as (settings, database):
        if not isinstance(settings, Settings):
            message = "measures are sla's"
            raise TypeError(message)
        return await rebuild_in(database, brand, batch=settings.measure_batch)


async def rebuild_in(database: Database, brand: str, *, batch: int) -> int:
    """Make the measures of a brand anew, ticket by ticket, and return how many tickets were taken.

    Every transaction is short, however many tickets there are.
    """
    taken, last = 0, UUID(int=0)
    while True:
        async with database.begin_worker() as session:
            chosen = await doubt_measures(session, brand=brand, after=last, limit=batch)
        if not chosen:
            return taken
        taken, last = taken + len(chosen), chosen[-1]
        await _measure_all(database, batch)


async def _measure_all(database: Database, batch: int) -> None:
    while True:
        async with database.begin_worker() as session:
            if await measure_tickets(session, limit=batch, wait=True) < batch:
                return
