"""Housekeeping: nobody stays online whose session is dead, and nothing expired is kept."""

from datetime import datetime, timedelta
from typing import Final

from services.gateway.domain.accounts import StaffNotFound
from services.gateway.queries import staff, sweep
from services.gateway.settings import Settings
from services.gateway.use_cases.staff import set_status
from shared.contracts.gateway import StaffStatus
from shared.db.engine import Database

_KEPT: Final = timedelta(days=1)
_BATCH: Final = 500


async def send_deserters_offline(database: Database, settings: Settings, *, now: datetime) -> int:
    """Take everybody offline who has no living session, and return how many there were.

    Found as the worker role, over all brands, then changed brand by brand as the application.
    """
    async with database.begin_worker() as session:
        found = await staff.deserted_memberships(
            session,
            seen_since=now - settings.session_idle,
            created_since=now - settings.session_absolute,
            limit=_BATCH,
        )
    for brand, staff_id in found:
        async with database.begin(brand) as session:
            try:
                await set_status(session, brand=brand, staff_id=staff_id, status=StaffStatus.OFFLINE, now=now)
            except StaffNotFound:
                continue
    return len(found)


async def forget_the_expired(database: Database, settings: Settings, *, now: datetime) -> None:
    """Delete sessions and failures a day after they stopped mattering."""
    async with database.begin_worker() as session:
        await sweep.delete_staff_sessions(session, created_before=now - settings.session_absolute - _KEPT)
        await sweep.delete_visitor_sessions(session, expired_before=now - _KEPT)
        await sweep.delete_failures(session, since_before=now - max(settings.lock_window, settings.lock_time) - _KEPT)
