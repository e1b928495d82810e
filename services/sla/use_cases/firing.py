"""Firing timers: warnings and breaches that come by themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.sla.queries import timers as queries
from shared.db.engine import Session

_NOW: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: how late each timer it took was, and when the nearest one was due, null if there is none."""

    lags: tuple[timedelta, ...]
    nearest: timedelta | None


async def fire_due_timers(session: Session, *, after: datetime, limit: int) -> Round:
    """Fire up to `limit` overdue timers that were due later than `after`, in due order.

    Each timer fires once: its row is marked in the transaction that tells the fact, and it is only heeded if it was set
    for the schedule that its clock still has.
    """
    nearest = await queries.nearest_due(session, after=after)
    if nearest is None or nearest > _NOW:
        return Round((), nearest)
    return Round(tuple(await queries.fire_due(session, after=after, limit=limit)), nearest)
