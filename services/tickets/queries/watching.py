"""Who follows tickets in the database.

A ticket that has gone up in another one keeps its followers: they are read as the survivor's, so that an undo needs to
give nothing back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, delete, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from services.tickets.tables import staff, tickets, watchers
from shared.db.engine import Session

_W = watchers.c


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who follows a ticket; `name` is unknown until the account's facts have arrived."""

    staff_id: str
    name: str | None
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """A ticket that somebody follows."""

    ticket_id: UUID
    number: str
    subject: str
    status: str
    updated_at: datetime
    since_at: datetime


async def add_watchers(session: Session, brand: str, ticket_id: UUID, ids: Sequence[str], at: datetime) -> None:
    """Let people follow a ticket; who does already goes on since when he did."""
    rows = [{"ticket_id": ticket_id, "staff_id": id_, "brand": brand, "since_at": at} for id_ in ids]
    await session.execute(insert(watchers).on_conflict_do_nothing(), rows)


async def drop_watcher(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> None:
    """Let somebody follow a ticket, and all that was merged into it, no more."""
    await session.execute(
        delete(watchers).where(
            _W.brand == brand, _W.ticket_id.in_(_with_merged(brand, ticket_id)), _W.staff_id == staff_id
        )
    )


async def watchers_of(session: Session, brand: str, ticket_id: UUID) -> list[Watcher]:
    """Return who follows a ticket or what was merged into it, each once, longest first; a desk is small."""
    since_at = func.min(_W.since_at).label("since_at")
    named = watchers.outerjoin(staff, and_(staff.c.brand == _W.brand, staff.c.staff_id == _W.staff_id))
    statement = (
        select(_W.staff_id, staff.c.name, since_at)
        .select_from(named)
        .where(_W.brand == brand, _W.ticket_id.in_(_with_merged(brand, ticket_id)))
        .group_by(_W.staff_id, staff.c.name)
        .order_by(since_at, _W.staff_id)
        .limit(200)
    )
    return [Watcher(*row) for row in await session.execute(statement)]


async def watched_page(
    session: Session, brand: str, staff_id: str, *, after: tuple[str, ...] | None, limit: int
) -> list[Watched]:
    """Return up to `limit + 1` tickets a person follows, newest first, that follow `after` = (since_at, ticket_id).

    What was merged shows as the survivor, once, since the earliest time that the person followed any of it.
    """
    followed, standing, other, earlier = tickets.alias(), tickets.alias(), tickets.alias(), watchers.alias()
    same_ticket = or_(other.c.id == standing.c.id, other.c.merged_into == standing.c.id)
    before = exists().where(
        other.c.brand == brand,
        same_ticket,
        earlier.c.ticket_id == other.c.id,
        earlier.c.staff_id == staff_id,
        tuple_(earlier.c.since_at, earlier.c.ticket_id) < tuple_(_W.since_at, _W.ticket_id),
    )
    statement = (
        select(
            standing.c.id, standing.c.number, standing.c.subject, standing.c.status, standing.c.updated_at, _W.since_at
        )
        .select_from(
            watchers.join(followed, followed.c.id == _W.ticket_id).join(
                standing, standing.c.id == func.coalesce(followed.c.merged_into, followed.c.id)
            )
        )
        .where(_W.brand == brand, _W.staff_id == staff_id, ~before)
    )
    if after is not None:
        key = (datetime.fromisoformat(after[0]), UUID(after[1]))
        statement = statement.where(tuple_(_W.since_at, standing.c.id) < tuple_(*key))
    statement = statement.order_by(_W.since_at.desc(), standing.c.id.desc()).limit(limit + 1)
    return [Watched(*row) for row in await session.execute(statement)]


def _with_merged(brand: str, ticket_id: UUID) -> Select[tuple[UUID]]:
    """Return the ids of a ticket and of what was merged into it."""
    return select(tickets.c.id).where(
        tickets.c.brand == brand, or_(tickets.c.id == ticket_id, tickets.c.merged_into == ticket_id)
    )
