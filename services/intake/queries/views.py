"""Who looked at documents: rows that are written and never changed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, true
from sqlalchemy.dialects.postgresql import insert

from services.intake.tables import attachment_views
from shared.db.engine import Session

AnyRow = Row[*tuple[Any, ...]]


async def insert_view(session: Session, values: Mapping[str, object]) -> None:
    """Record a look."""
    await session.execute(insert(attachment_views).values(**values))


async def views_of(
    session: Session, brand: str, attachment_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[AnyRow]:
    """Return who looked at a file, oldest first."""
    columns = attachment_views.c
    statement = (
        select(attachment_views)
        .where(
            columns.brand == brand,
            columns.attachment_id == attachment_id,
            true() if after is None else columns.id > after,
        )
        .order_by(columns.id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()
