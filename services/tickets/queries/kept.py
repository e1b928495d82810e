"""What brands have decided, kept in this process for a moment: openings and edits ask for it, and it hardly changes.

An edit counts at once in the process that took it, and within `KEEP` in every other one.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from services.tickets.queries.catalogues import fields_of, taxonomy_of
from services.tickets.queries.queue import is_automatic
from services.tickets.queries.queue_settings import settings_of
from shared.db.engine import Session

KEEP: Final = timedelta(seconds=5)
AUTOMATIC_FOR: Final = timedelta(seconds=1)

T = TypeVar("T")


class Kept(Generic[T]):
    """The newest answer of one question per database and brand, at most `keep` old."""

    def __init__(self, ask: Callable[[Session, str], Awaitable[T]], keep: timedelta = KEEP) -> None:
        self._ask = ask
        self._keep = keep
        self._known: WeakKeyDictionary[Any, dict[str, tuple[datetime, T]]] = WeakKeyDictionary()

    async def of(self, session: Session, brand: str, now: datetime) -> T:
        """Return the answer for a brand; asks the database if it is not known or too old."""
        known = self._known.setdefault(session.engine.sync_engine, {})
        asked_at, answer = known.get(brand, (None, None))
        if asked_at is None or answer is None or not timedelta(0) <= now - asked_at < self._keep:
            answer = await self._ask(session, brand)
            known[brand] = (now, answer)
        return answer

    def forget(self, brand: str) -> None:
        """Ask anew next time."""
        for known in self._known.values():
            known.pop(brand, None)


TAXONOMIES: Final = Kept(taxonomy_of)
FIELDS: Final = Kept(fields_of)
AUTOMATIC: Final = Kept(is_automatic, AUTOMATIC_FOR)
QUEUE_SETTINGS: Final = Kept(settings_of)
