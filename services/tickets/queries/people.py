"""Profiles of the people who take tickets, with what is known of their presence."""

from dataclasses import replace
from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import Row, Select, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.people import Person, Shift
from services.tickets.tables import agents, presence, queue, queue_settings, staff
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.db.engine import Session

# What people hold who have no limit of their own.
_CAPACITY: Final = (
    select(queue_settings.c.capacity)
    .where(queue_settings.c.brand == agents.c.brand)
    .order_by(queue_settings.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
_WHO: Final[Select[Any]] = select(
    *(column for column in agents.c if column is not agents.c.staff_id),
    _CAPACITY.label("default_capacity"),
    staff.c.staff_id,
    staff.c.role,
    staff.c.status,
    staff.c.active,
    func.coalesce(staff.c.status_since, staff.c.changed_at).label("status_since"),
    presence.c.connected,
    presence.c.changed_at.label("connected_since"),
).select_from(
    staff.outerjoin(agents, and_(agents.c.brand == staff.c.brand, agents.c.staff_id == staff.c.staff_id)).outerjoin(
        presence, and_(presence.c.brand == staff.c.brand, presence.c.staff_id == staff.c.staff_id)
    )
)
_LISTED: Final = _WHO.where(agents.c.staff_id.is_not(None))


async def people_of(session: Session, brand: str) -> list[Person]:
    """Return everybody of a brand who has a profile and an account."""
    return [_person_of(row) for row in await session.execute(_LISTED.where(staff.c.brand == brand))]


async def unlisted_holders(session: Session, brand: str) -> list[Person]:
    """Return whoever has tickets of the queue without a profile: he took them himself, or was asked as a senior."""
    holds = select(queue.c.holder_id).where(queue.c.brand == brand, queue.c.holder_id.is_not(None))
    unlisted = _WHO.where(staff.c.brand == brand, agents.c.staff_id.is_(None), staff.c.staff_id.in_(holds))
    return [_person_of(row) for row in await session.execute(unlisted)]


async def holder_of(session: Session, brand: str, staff_id: str) -> Person | None:
    """Return one person with an account, whether he has a profile or not."""
    row = (await session.execute(_WHO.where(staff.c.brand == brand, staff.c.staff_id == staff_id))).first()
    return None if row is None else _person_of(row)


async def person_of(session: Session, brand: str, staff_id: str) -> Person | None:
    """Return one person with a profile."""
    row = (await session.execute(_LISTED.where(staff.c.brand == brand, staff.c.staff_id == staff_id))).first()
    return None if row is None else _person_of(row)


async def hold_person(session: Session, brand: str, staff_id: str) -> bool:
    """Keep everybody else from filling a person up until the transaction ends; False if somebody is at it now.

    Nobody waits for this lock, so that it can be part of no deadlock.
    """
    mine = select(agents.c.staff_id).where(agents.c.brand == brand, agents.c.staff_id == staff_id)
    return (await session.execute(mine.with_for_update(skip_locked=True))).first() is not None


async def note_given(session: Session, brand: str, staff_id: str, at: datetime) -> None:
    """Remember when a person was last given something: the longest idle is next."""
    mine = (agents.c.brand == brand, agents.c.staff_id == staff_id)
    await session.execute(update(agents).where(*mine).values(last_given_at=at))


async def loads_of(session: Session, brand: str, staff_id: str | None = None) -> dict[str, dict[str, int]]:
    """Return how many conversations await each person (or one), by channel."""
    columns = queue.c
    statement = select(columns.holder_id, columns.channel, func.count().label("held")).where(
        columns.brand == brand, columns.holder_id.is_not(None)
    )
    if staff_id is not None:
        statement = statement.where(columns.holder_id == staff_id)
    loads: dict[str, dict[str, int]] = {}
    for row in await session.execute(statement.group_by(columns.holder_id, columns.channel)):
        loads.setdefault(row.holder_id, {})[row.channel] = row.held
    return loads


async def save_presence(session: Session, brand: str, staff_id: str, *, connected: bool, changed_at: datetime) -> None:
    """Keep the newest of what chat told about a person's sockets."""
    values = {"brand": brand, "staff_id": staff_id, "connected": connected, "changed_at": changed_at}
    statement = insert(presence).values(values)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[presence.c.brand, presence.c.staff_id],
            set_={"connected": new.connected, "changed_at": new.changed_at},
            where=presence.c.changed_at <= new.changed_at,
        )
    )


def shift_of(stored: dict[str, Any]) -> Shift:
    """Return a stored shift."""
    days = frozenset(int(day) for day in stored["days"])
    return Shift(days, time.fromisoformat(stored["begins"]), time.fromisoformat(stored["ends"]))


def _person_of(row: Row[Any]) -> Person:
    account = Person(
        id=row.staff_id,
        role=StaffRole(row.role),
        status=StaffStatus(row.status),
        active=row.active,
        connected=row.connected,
        status_since=row.status_since,
        connected_since=row.connected_since,
    )
    if row.version is None:
        return account
    return replace(
        account,
        teams=frozenset(row.teams),
        languages=frozenset(row.languages),
        skills=frozenset(row.skills),
        capacity={**(row.default_capacity or {}), **row.capacity},
        shifts=tuple(shift_of(one) for one in row.shifts),
        time_zone=row.time_zone,
        last_given_at=row.last_given_at,
    )
