"""Files that are still in the mails they came with."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, insert, select, update

from services.intake.domain.attachments import Attachment, AttachmentState
from services.intake.queries.attachments import attachment_of
from services.intake.tables import attachments, raw_deliveries
from shared.db.engine import Session

_COLUMNS = attachments.c
_MAILED = AttachmentState.MAILED.value


class Claimed(NamedTuple):
    """A file to be taken out of its mail, and how often that was begun."""

    attachment: Attachment
    delivery_id: UUID
    part: int
    attempts: int


async def insert_files(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Note which files came with a mail."""
    if rows:
        await session.execute(insert(attachments), list(rows))


async def claim_files(session: Session, *, count: int, lease: timedelta) -> list[Claimed]:
    """Take files that are still in their mails, those waiting longest first, while the lease lasts (worker role)."""
    due = (
        select(_COLUMNS.id)
        .where(_COLUMNS.state == _MAILED, _COLUMNS.next_at <= func.now())
        .order_by(_COLUMNS.next_at, _COLUMNS.id)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(attachments)
        .where(_COLUMNS.id.in_(due.scalar_subquery()))
        .values(attempts=_COLUMNS.attempts + 1, next_at=func.now() + lease)
        .returning(attachments)
    )
    rows = (await session.execute(claimed)).all()
    found = [Claimed(attachment_of(row), row.delivery_id, row.part, row.attempts) for row in rows]
    return sorted(found, key=lambda one: (str(one.delivery_id), one.part))


async def release_files(session: Session, ids: Sequence[UUID], *, by: timedelta) -> None:
    """Give claimed files back: due in a while, and the attempt does not count (worker role)."""
    waiting = update(attachments).where(_COLUMNS.id.in_(ids), _COLUMNS.state == _MAILED)
    await session.execute(waiting.values(attempts=_COLUMNS.attempts - 1, next_at=func.now() + by))


async def files_waiting(session: Session) -> int:
    """Return how many files are still in their mails (worker role)."""
    return int((await session.execute(select(func.count()).where(_COLUMNS.state == _MAILED))).scalar_one())


async def sealed_mail(session: Session, brand: str, delivery_id: UUID) -> bytes | None:
    """Return a raw mail as it is kept, None if it is forgotten."""
    table = raw_deliveries.c
    statement = select(table.sealed).where(table.brand == brand, table.id == delivery_id)
    sealed: bytes | None = (await session.execute(statement)).scalar_one_or_none()
    return sealed
