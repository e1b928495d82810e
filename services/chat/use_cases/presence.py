"""People come to the desk with their first socket and leave it with their last.

Every process that holds sockets of a person keeps a lease. A process that dies stops renewing it, so its people leave
the desk by themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.chat.queries import presence, socket_tickets
from shared.contracts.chat import PresenceChanged
from shared.db.engine import Session
from shared.messaging.outbox import record

_SWEEP_LIMIT: Final = 500


async def arrive(
    session: Session, *, brand: str, staff_id: str, process_id: UUID, now: datetime, lease: timedelta
) -> None:
    """Note that this process now has a socket of a person."""
    connected, version = await presence.lock_presence(session, brand, staff_id, now=now)
    await presence.hold_lease(session, brand, staff_id, process_id=process_id, expires_at=now + lease)
    if not connected:
        await _change(session, brand, staff_id, connected=True, version=version + 1, now=now)


async def leave(session: Session, *, brand: str, staff_id: str, process_id: UUID, now: datetime) -> None:
    """Note that this process has no socket of a person any more."""
    await presence.lock_presence(session, brand, staff_id, now=now)
    await presence.drop_lease(session, brand, staff_id, process_id=process_id)
    await settle(session, brand=brand, staff_id=staff_id, now=now)


async def settle(session: Session, *, brand: str, staff_id: str, now: datetime) -> None:
    """Mark a person as gone if no process holds a lease."""
    connected, version = await presence.lock_presence(session, brand, staff_id, now=now)
    if connected and not await presence.has_lease(session, brand, staff_id, now=now):
        await _change(session, brand, staff_id, connected=False, version=version + 1, now=now)


async def renew(
    session: Session, *, people: Sequence[tuple[str, str]], process_id: UUID, now: datetime, lease: timedelta
) -> set[tuple[str, str]]:
    """Prolong this process's leases; return (brand, staff id) of those that had run out and need `arrive` again."""
    if not people:
        return set()
    renewed = await presence.renew_leases(session, people, process_id=process_id, expires_at=now + lease)
    return set(people) - renewed


async def forgotten(session: Session, *, now: datetime) -> list[tuple[str, str]]:
    """Drop leases that ran out and return (brand, staff id) of people nobody holds any more (worker role)."""
    await presence.prune_leases(session, now=now)
    return await presence.seemingly_connected(session, now=now, limit=_SWEEP_LIMIT)


async def prune_socket_tickets(session: Session, *, now: datetime) -> None:
    """Forget socket tickets nobody used (worker role)."""
    await socket_tickets.prune_socket_tickets(session, now=now)


async def _change(session: Session, brand: str, staff_id: str, *, connected: bool, version: int, now: datetime) -> None:
    await presence.save_presence(session, brand, staff_id, connected=connected, version=version, now=now)
    changed = PresenceChanged(staff_id=staff_id, connected=connected, changed_at=now)
    await record(session, changed, brand=brand, sequence=version, at=now)
