"""Links between tickets in the database; every one is stored from both sides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from services.tickets.tables import tickets
from services.tickets.tables.links import links
from shared.contracts.tickets import TicketStatus
from shared.db.engine import Session

_INVERSE: Final = {"parent": "child", "child": "parent"}


@dataclass(frozen=True, slots=True)
class Link:
    """A ticket that belongs to another one; `relation` is what it is to that one."""

    ticket_id: UUID
    number: str
    subject: str
    status: TicketStatus
    relation: str
    created_at: datetime


def inverse(relation: str) -> str:
    """Return the relation as the other side sees it."""
    return _INVERSE.get(relation, relation)


async def add_link(session: Session, brand: str, a: UUID, b: UUID, relation: str, now: datetime) -> None:
    """Say that `b` is the `relation` of `a`, and the inverse from the other side; twice is once."""
    sides = ((a, b, relation), (b, a, inverse(relation)))
    rows = [
        {"brand": brand, "ticket_id": one, "other_id": other, "relation": name, "created_at": now}
        for one, other, name in sides
    ]
    await session.execute(insert(links).values(rows).on_conflict_do_nothing())


async def remove_links(session: Session, brand: str, a: UUID, b: UUID) -> list[str]:
    """Remove what links two tickets and return the relations as `a` saw them."""
    pair = or_(and_(links.c.ticket_id == a, links.c.other_id == b), and_(links.c.ticket_id == b, links.c.other_id == a))
    gone = delete(links).where(links.c.brand == brand, pair).returning(links.c.ticket_id, links.c.relation)
    return sorted(row.relation for row in await session.execute(gone) if row.ticket_id == a)


async def most_links(session: Session, brand: str, ids: Collection[UUID]) -> int:
    """Return how many links that one of these tickets has which has most."""
    counted = (
        select(func.count().label("count"))
        .where(links.c.brand == brand, links.c.ticket_id.in_(ids))
        .group_by(links.c.ticket_id)
        .subquery()
    )
    return int((await session.execute(select(func.coalesce(func.max(counted.c.count), 0)))).scalar_one())


async def links_of(session: Session, brand: str, ticket_id: UUID, *, limit: int) -> Sequence[Link]:
    """Return the links of a ticket, oldest first."""
    statement = (
        select(
            links.c.other_id,
            tickets.c.number,
            tickets.c.subject,
            tickets.c.status,
            links.c.relation,
            links.c.created_at,
        )
        .join(tickets, and_(tickets.c.brand == links.c.brand, tickets.c.id == links.c.other_id))
        .where(links.c.brand == brand, links.c.ticket_id == ticket_id)
        .order_by(links.c.created_at, links.c.other_id, links.c.relation)
        .limit(limit)
    )
    rows = await session.execute(statement)
    return [Link(r.other_id, r.number, r.subject, TicketStatus(r.status), r.relation, r.created_at) for r in rows]


async def newest_follower(session: Session, brand: str, ticket_id: UUID, relation: str) -> UUID | None:
    """Return the newest ticket that was linked to this one and opened after it."""
    this, other = tickets.alias(), tickets.alias()
    statement = (
        select(other.c.id)
        .join(links, (links.c.brand == other.c.brand) & (links.c.other_id == other.c.id))
        .join(this, (links.c.brand == this.c.brand) & (links.c.ticket_id == this.c.id))
        .where(links.c.brand == brand, links.c.ticket_id == ticket_id, links.c.relation == relation)
        .where(other.c.created_at > this.c.created_at)
        .order_by(other.c.created_at.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar()
