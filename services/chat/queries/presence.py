"""Who is at the desk: one row a person, one lease a process that holds sockets of that person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.chat.tables import presence_leases, staff_presence
from shared.db.engine import Session
from shared.db.fixed import Fixed

_LEASE = presence_leases.c
_PRESENCE = staff_presence.c
_OF_PERSON: Final = (_PRESENCE.brand == bindparam("brand"), _PRESENCE.staff_id == bindparam("staff_id"))
_MAKE: Final = Fixed(
    insert(staff_presence).on_conflict_do_nothing(),
    columns=("brand", "staff_id", "connected", "version", "changed_at"),
)
_LOCK: Final = Fixed(select(_PRESENCE.connected, _PRESENCE.version).where(*_OF_PERSON).with_for_update())
_SAVE: Final = Fixed(
    update(staff_presence)
    .where(*_OF_PERSON)
    .values(connected=bindparam("now_connected"), version=bindparam("now_at"), changed_at=bindparam("now"))
)
_INSERT_LEASE = insert(presence_leases)
_HOLD: Final = Fixed(
    _INSERT_LEASE.on_conflict_do_update(
        index_elements=["brand", "staff_id", "process_id"], set_={"expires_at": _INSERT_LEASE.excluded.expires_at}
    )
)


async def lock_presence(session: Session, brand: str, staff_id: str, *, now: datetime) -> tuple[bool, int]:
    """Lock a person's row, making it at version 0 if need be; return (connected, version)."""
    values = {"brand": brand, "staff_id": staff_id, "connected": False, "version": 0, "changed_at": now}
    await _MAKE.row(session, values)
    connected, version = await _LOCK.row(session, values) or (False, 0)
    return connected, version


async def save_presence(
    session: Session, brand: str, staff_id: str, *, connected: bool, version: int, now: datetime
) -> None:
    """Write the state of a locked row."""
    values = {"brand": brand, "staff_id": staff_id, "now_connected": connected, "now_at": version, "now": now}
    await _SAVE.row(session, values)


async def hold_lease(session: Session, brand: str, staff_id: str, *, process_id: UUID, expires_at: datetime) -> None:
    """Note that a process has sockets of a person."""
    values = {"brand": brand, "staff_id": staff_id, "process_id": process_id, "expires_at": expires_at}
    await _HOLD.row(session, values)


async def drop_lease(session: Session, brand: str, staff_id: str, *, process_id: UUID) -> None:
    """Note that a process has no socket of a person any more."""
    await session.execute(
        delete(presence_leases).where(
            _LEASE.brand == brand, _LEASE.staff_id == staff_id, _LEASE.process_id == process_id
        )
    )


async def has_lease(session: Session, brand: str, staff_id: str, *, now: datetime) -> bool:
    """True if some process has sockets of a person."""
    living = select(_LEASE.staff_id).where(_LEASE.brand == brand, _LEASE.staff_id == staff_id, _LEASE.expires_at > now)
    return (await session.execute(living.limit(1))).first() is not None


async def renew_leases(
    session: Session, people: Sequence[tuple[str, str]], *, process_id: UUID, expires_at: datetime
) -> set[tuple[str, str]]:
    """Prolong a process's leases on (brand, staff id) and return those that still existed (worker role)."""
    renewed = (
        update(presence_leases)
        .where(_LEASE.process_id == process_id, tuple_(_LEASE.brand, _LEASE.staff_id).in_(people))
        .values(expires_at=expires_at)
        .returning(_LEASE.brand, _LEASE.staff_id)
    )
    return {(brand, staff_id) for brand, staff_id in await session.execute(renewed)}


async def prune_leases(session: Session, *, now: datetime) -> None:
    """Forget leases that ran out (worker role)."""
    await session.execute(delete(presence_leases).where(_LEASE.expires_at <= now))


async def seemingly_connected(session: Session, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (brand, staff id) of people marked as connected whom no process holds any more (worker role)."""
    living = select(_LEASE.staff_id).where(
        _LEASE.brand == _PRESENCE.brand, _LEASE.staff_id == _PRESENCE.staff_id, _LEASE.expires_at > now
    )
    forgotten = select(_PRESENCE.brand, _PRESENCE.staff_id).where(_PRESENCE.connected, ~living.exists()).limit(limit)
    return [(brand, staff_id) for brand, staff_id in await session.execute(forgotten)]
