"""What every event needs and hardly ever changes, kept for a second by the process that read it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from shared.db.engine import Session, note

T = TypeVar("T")

_SECONDS: Final = 1.0


class Edited:
    """A policy or a calendar was edited; noted in the transaction that did it."""


class _Edits:
    """How often this process has seen something edited: what was read before the last edit is not kept."""

    count: int = 0


def changed(session: Session) -> None:
    """Say that something was edited: nobody in this process reads it as it was once the transaction is committed."""
    _Edits.count += 1
    note(session, Edited())


def forget(noted: Sequence[object]) -> None:
    """Hear what a committed transaction noted."""
    if any(isinstance(one, Edited) for one in noted):
        _Edits.count += 1


class Standing(Generic[T]):
    """Values by database and brand, each as it was at most a second ago and after the last edit of this process."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Engine, dict[str, tuple[float, int, T]]] = WeakKeyDictionary()

    async def find(self, session: Session, brand: str, read: Callable[[Session, str], Awaitable[T]]) -> T:
        """Return the kept value, or read it."""
        connection = session.sync_connection
        if connection is None:
            return await read(session, brand)
        kept = self._kept.setdefault(connection.engine, {})
        now, edits = asyncio.get_running_loop().time(), _Edits.count
        read_at, seen, value = kept.get(brand, (0.0, -1, None))
        if value is not None and seen == edits and now - read_at < _SECONDS:
            return value
        value = await read(session, brand)
        kept[brand] = (now, edits, value)
        return value
