"""Whose a ticket is, as chat and tickets tell it."""

from uuid import UUID

from services.intake.domain.attachments import is_outside
from services.intake.queries import attachments as queries
from shared.contracts.base import Author
from shared.db.engine import Session


async def remember_owner(session: Session, *, brand: str, ticket_id: UUID, owner: Author) -> None:
    """Keep who may see what public words of a ticket carry; staff and servers own none."""
    if is_outside(owner):
        await queries.put_owner(session, brand, ticket_id, owner)
