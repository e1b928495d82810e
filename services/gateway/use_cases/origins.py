"""Which web pages may call from a browser (CORS): every brand lists its own."""

from services.gateway.queries import identity
from services.gateway.settings import Settings
from services.gateway.use_cases.authenticate import Memory
from shared.db.engine import Database


class Origins:
    """Answers from the brands' lists, read at most once per `lookup_life`."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._lists: Memory[dict[str, frozenset[str]]] = Memory(settings.lookup_life.total_seconds(), capacity=1)

    async def allow(self, origin: str, brand: str | None, now: float) -> bool:
        """True if the brand lists the origin; before the brand is known, if any brand does."""
        lists = await self._lists.recall(b"", now, self._read)
        if brand is not None:
            return origin in lists.get(brand, frozenset())
        return any(origin in listed for listed in lists.values())

    def forget(self) -> None:
        """Read the lists again: one of them was edited here."""
        self._lists.forget()

    async def _read(self) -> dict[str, frozenset[str]]:
        async with self._database.begin_worker() as session:
            return await identity.allowed_origins(session)
