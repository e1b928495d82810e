"""sla rebuild-measures: make the measures of a brand anew from the ledger of its tickets' facts."""

import asyncio

from deploy.commands.connecting import configured, connected
from services.sla.settings import Settings
from services.sla.use_cases.facing import forget_measures, measure_tickets
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
    """Forget the measures of a brand, make them anew and return how many tickets were taken."""
    async with database.begin_worker() as session:
        await forget_measures(session, brand=brand)
    taken = 0
    while True:
        async with database.begin_worker() as session:
            more = await measure_tickets(session, limit=batch, wait=True)
        if not more:
            return taken
        taken += more
