"""How patient the queues of brands are, one row per version."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.tickets.domain.patience import QueueSettings
from services.tickets.tables import queue_settings
from shared.db.engine import Session

_COLUMNS = queue_settings.c


async def settings_of(session: Session, brand: str) -> QueueSettings:
    """Return the newest settings of a brand; version 0 without any of its own."""
    statement = select(queue_settings).where(_COLUMNS.brand == brand).order_by(_COLUMNS.version.desc()).limit(1)
    row = (await session.execute(statement)).first()
    if row is None:
        return QueueSettings()
    return QueueSettings(
        version=row.version,
        silence=timedelta(seconds=row.silence_seconds),
        sleeper=timedelta(seconds=row.sleeper_seconds),
        manager=timedelta(seconds=row.manager_seconds),
        push=timedelta(seconds=row.push_seconds),
        capacity=row.capacity,
    )


async def insert_settings(session: Session, brand: str, settings: QueueSettings, *, by: str, now: datetime) -> bool:
    """Store the next version; False if somebody else has just stored it."""
    values = {
        "brand": brand,
        "version": settings.version,
        "silence_seconds": int(settings.silence.total_seconds()),
        "sleeper_seconds": int(settings.sleeper.total_seconds()),
        "manager_seconds": int(settings.manager.total_seconds()),
        "push_seconds": int(settings.push.total_seconds()),
        "capacity": dict(settings.capacity),
        "changed_by": by,
        "created_at": now,
    }
    statement = upsert(queue_settings).values(values).on_conflict_do_nothing().returning(_COLUMNS.version)
    return (await session.execute(statement)).first() is not None
