"""Links between tickets, each stored from both sides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.tickets.tables import links, tickets
from shared.db.engine import Session


async def add_link(session: Session, brand: str, one: UUID, other: UUID, relation: str, now: datetime) -> bool:
    """Link two tickets; False if they already are."""
    row = {"brand": brand, "relation": relation, "created_at": now}
    rows = [{**row, "ticket_id": one, "other_id": other}, {**row, "ticket_id": other, "other_id": one}]
    statement = insert(links).values(rows).on_conflict_do_nothing().returning(links.c.ticket_id)
    return (await session.execute(statement)).first() is not None


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
