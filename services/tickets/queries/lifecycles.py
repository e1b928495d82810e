"""Lifecycles of brands, and the alarms of tickets that move by themselves.

The database's `now()` alone says what is due: two processes need not agree on the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.tickets.domain.lifecycle import Lifecycle, LifecyclePolicy
from services.tickets.tables import alarms, lifecycles
from shared.db.engine import Session
from shared.db.fixed import Fixed

# What is due in due order, and after it the first that is not: one statement also when nothing is due.
_NEXT: Final = Fixed("""
    (SELECT brand, ticket_id, now() - due_at AS late FROM alarms WHERE due_at <= now() ORDER BY due_at LIMIT 100)
    UNION ALL
    (SELECT brand, ticket_id, now() - due_at AS late FROM alarms WHERE due_at > now() ORDER BY due_at LIMIT 1)
""")
_PUT_OFF: Final = Fixed("""
    UPDATE alarms SET attempts = attempts + 1,
        due_at = now() + least(interval '1 second' * power(2, least(attempts, 12)), interval '1 hour')
    WHERE brand = :brand AND ticket_id = :ticket_id AND due_at <= now()
    RETURNING due_at - now()
""")
_ON_TIME: Final = timedelta(0)


class Alarm(NamedTuple):
    """A ticket that moves by itself; `late` is negative while its time is still to come."""

    brand: str
    ticket_id: UUID
    late: timedelta

    @property
    def due(self) -> bool:
        """True if its time has come."""
        return self.late >= _ON_TIME


async def policy_of(session: Session, brand: str) -> LifecyclePolicy:
    """Return the newest lifecycles of a brand; version 0 without any of its own."""
    statement = select(lifecycles).where(lifecycles.c.brand == brand).order_by(lifecycles.c.version.desc()).limit(1)
    row = (await session.execute(statement)).first()
    return LifecyclePolicy(0, {}) if row is None else _policy_of(row)


async def insert_policy(session: Session, brand: str, policy: LifecyclePolicy, *, by: str, now: datetime) -> bool:
    """Store the next version; False if somebody else has just stored it."""
    channels: Mapping[str, object] = {channel: asdict(lifecycle) for channel, lifecycle in policy.channels.items()}
    values = {
        "brand": brand,
        "version": policy.version,
        "channels": channels,
        "acknowledge_complaints": policy.acknowledge_complaints,
        "correct_within": int(policy.correct_within.total_seconds()),
        "changed_by": by,
        "created_at": now,
    }
    statement = upsert(lifecycles).values(values).on_conflict_do_nothing().returning(lifecycles.c.version)
    return (await session.execute(statement)).first() is not None


async def set_alarm(session: Session, brand: str, ticket_id: UUID, due_at: datetime | None) -> None:
    """Make the alarm of a locked ticket ring at `due_at`; None: never."""
    if due_at is None:
        await session.execute(delete(alarms).where(alarms.c.brand == brand, alarms.c.ticket_id == ticket_id))
        return
    statement = upsert(alarms).values(ticket_id=ticket_id, brand=brand, due_at=due_at)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[alarms.c.ticket_id], set_={"due_at": due_at, "attempts": 0})
    )


async def put_off(session: Session, brand: str, ticket_id: UUID) -> timedelta | None:
    """Let an alarm that could not be answered ring later, each time twice as late, at most an hour; return the pause.

    None if there is no such alarm any more, or it is not due: somebody else has answered it.
    """
    found: timedelta | None = await _PUT_OFF.value(session, {"brand": brand, "ticket_id": ticket_id})
    return found


async def is_due(session: Session, brand: str, ticket_id: UUID) -> bool:
    """True if the alarm of a locked ticket rings: asked under the lock, so that only one process answers it."""
    statement = select(func.count()).where(
        alarms.c.brand == brand, alarms.c.ticket_id == ticket_id, alarms.c.due_at <= func.now()
    )
    return bool((await session.execute(statement)).scalar_one())


async def next_alarms(session: Session) -> Sequence[Alarm]:
    """Return up to a hundred alarms that ring, of all brands, and the first that will."""
    return [Alarm(*row) for row in await _NEXT.rows(session, {})]


def _policy_of(row: Row[Any]) -> LifecyclePolicy:
    channels = {channel: Lifecycle(**days) for channel, days in row.channels.items()}
    within = timedelta(seconds=row.correct_within)
    return LifecyclePolicy(row.version, channels, row.acknowledge_complaints, within)
