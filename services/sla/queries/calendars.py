"""Calendars of brands. Their versions are never changed or removed: clocks keep the one they began with."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy import Row, Text, cast, delete, func, insert, select, update

from services.sla.domain.calendars import Calendar, Holiday, Hours, Window, Windows
from services.sla.queries.standing import changed
from services.sla.tables import calendar_versions, calendars
from shared.db.engine import Session

HOURS: Final = cast(calendar_versions.c.hours, Text).label("calendar_hours")
CURRENT: Final = (calendars.c.id == calendar_versions.c.calendar_id) & (
    calendars.c.version == calendar_versions.c.version
)
_CALENDARS: Final = select(calendars.c.id, calendars.c.version, calendar_versions.c.name, HOURS).join(
    calendar_versions, CURRENT
)


async def calendars_of(session: Session, brand: str) -> Sequence[Calendar]:
    """Return the calendars of `brand` in the order of their creation."""
    statement = _CALENDARS.where(calendars.c.brand == brand).order_by(calendars.c.id)
    return [_calendar(row) for row in await session.execute(statement)]


async def calendar_of(session: Session, brand: str, calendar_id: UUID, *, lock: bool = False) -> Calendar | None:
    """Return a calendar; `lock` keeps others from editing, removing or choosing it until the transaction ends."""
    chosen = (calendars.c.brand == brand, calendars.c.id == calendar_id)
    if lock:
        # Apart from reading: a row that changed while it was waited for would no longer meet its version.
        await session.execute(select(calendars.c.id).where(*chosen).with_for_update())
    row = (await session.execute(_CALENDARS.where(*chosen))).one_or_none()
    return None if row is None else _calendar(row)


async def count_calendars(session: Session, brand: str) -> int:
    """Return how many calendars `brand` has."""
    statement = select(func.count()).select_from(calendars).where(calendars.c.brand == brand)
    return (await session.execute(statement)).scalar_one()


async def insert_calendar(session: Session, brand: str, calendar: Calendar, *, now: datetime) -> None:
    """Store a new calendar."""
    values = {"id": calendar.id, "brand": brand, "version": calendar.version, "created_at": now, "updated_at": now}
    await session.execute(insert(calendars).values(values))
    await _insert_version(session, brand, calendar)


async def update_calendar(session: Session, brand: str, calendar: Calendar, *, now: datetime) -> None:
    """Store the next version of a calendar."""
    await session.execute(
        update(calendars)
        .where(calendars.c.brand == brand, calendars.c.id == calendar.id)
        .values(version=calendar.version, updated_at=now)
    )
    await _insert_version(session, brand, calendar)
    changed(session)


async def delete_calendar(session: Session, brand: str, calendar_id: UUID) -> None:
    """Remove a calendar that no policy follows."""
    await session.execute(delete(calendars).where(calendars.c.brand == brand, calendars.c.id == calendar_id))


@lru_cache(maxsize=512)
def hours_from(stored: str) -> Hours:
    """Return the hours in a column; every event of a ticket reads them, so they are kept by their text."""
    value = json.loads(stored)
    return Hours(
        zone=value["zone"],
        week=tuple(_windows(day) for day in value["week"]),
        holidays={
            date.fromisoformat(day): Holiday(_windows(holiday["windows"]), holiday["name"])
            for day, holiday in value["holidays"].items()
        },
    )


async def _insert_version(session: Session, brand: str, calendar: Calendar) -> None:
    values = {
        "calendar_id": calendar.id, "version": calendar.version, "brand": brand, "name": calendar.name,
        "hours": _stored(calendar.hours),
    }  # fmt: skip
    await session.execute(insert(calendar_versions).values(values))


def _stored(hours: Hours) -> dict[str, object]:
    return {
        "zone": hours.zone,
        "week": [_pairs(windows) for windows in hours.week],
        "holidays": {
            day.isoformat(): {"name": holiday.name, "windows": _pairs(holiday.windows)}
            for day, holiday in hours.holidays.items()
        },
    }


def _pairs(windows: Windows) -> list[list[int]]:
    return [[window.opens, window.closes] for window in windows]


def _windows(pairs: Sequence[tuple[int, int]]) -> Windows:
    return tuple(Window(opens, closes) for opens, closes in pairs)


def _calendar(row: Row[tuple[UUID, int, str, str]]) -> Calendar:
    return Calendar(row.id, row.version, row.name, hours_from(row.calendar_hours))
