"""Which holidays of a calendar came out of which event of a file."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert, select

from services.sla.tables import imported_holidays
from shared.db.engine import Session


async def imported_days(session: Session, brand: str, calendar_id: UUID) -> Mapping[date, str]:
    """Return the event that brought each imported date."""
    statement = select(imported_holidays.c.date, imported_holidays.c.uid).where(
        imported_holidays.c.brand == brand, imported_holidays.c.calendar_id == calendar_id
    )
    return {row.date: row.uid for row in await session.execute(statement)}


async def replace_imported(
    session: Session, brand: str, calendar_id: UUID, *, gone: Iterable[date], brought: Mapping[date, str]
) -> None:
    """Forget where the dates in `gone` came from and note where others did."""
    listed = list(gone)
    if listed:
        await session.execute(
            delete(imported_holidays).where(
                imported_holidays.c.brand == brand,
                imported_holidays.c.calendar_id == calendar_id,
                imported_holidays.c.date.in_(listed),
            )
        )
    rows = [{"calendar_id": calendar_id, "brand": brand, "date": day, "uid": uid} for day, uid in brought.items()]
    if rows:
        await session.execute(insert(imported_holidays), rows)
