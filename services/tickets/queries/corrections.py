"""Words are replaced in the database, and what they said before is kept beside them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from services.tickets.domain.corrections import Revision
from services.tickets.domain.timeline import Entry
from services.tickets.tables import revisions, timeline
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session


async def replace_words(session: Session, brand: str, entry: Entry, text: str | None, revision: Revision) -> None:
    """Put other words, or none, in the place of those of a locked ticket's entry, and keep what they were."""
    row = {
        "id": revision.id,
        "brand": brand,
        "message_id": entry.id,
        "text": revision.text,
        "actor_kind": revision.actor.kind.value,
        "actor_id": revision.actor.id,
        "actor_name": revision.actor.name,
        "reason": revision.reason,
        "replaced_at": revision.replaced_at,
    }
    await session.execute(insert(revisions).values(row))
    marks = {"edited_at": revision.replaced_at} if text is not None else {"withdrawn_at": revision.replaced_at}
    replaced = update(timeline).where(timeline.c.brand == brand, timeline.c.id == entry.id)
    await session.execute(replaced.values(text=text or "", **marks))


async def revisions_of(session: Session, brand: str, message_id: UUID) -> Sequence[Revision]:
    """Return what words said before, the first ones first."""
    statement = (
        select(revisions)
        .where(revisions.c.brand == brand, revisions.c.message_id == message_id)
        .order_by(revisions.c.replaced_at, revisions.c.id)
    )
    return [_revision_of(row) for row in await session.execute(statement)]


async def count_revisions(session: Session, brand: str, message_id: UUID) -> int:
    """Return how often words were replaced."""
    counted = select(func.count()).where(revisions.c.brand == brand, revisions.c.message_id == message_id)
    return int((await session.execute(counted)).scalar_one())


async def newest_revision(session: Session, brand: str, message_id: UUID) -> datetime | None:
    """Return when words were last replaced."""
    newest = select(func.max(revisions.c.replaced_at)).where(
        revisions.c.brand == brand, revisions.c.message_id == message_id
    )
    found: datetime | None = (await session.execute(newest)).scalar_one()
    return found


def _revision_of(row: Row[Any]) -> Revision:
    actor = Author(kind=AuthorKind(row.actor_kind), id=row.actor_id, name=row.actor_name)
    return Revision(row.id, row.text, actor, row.replaced_at, row.reason)
