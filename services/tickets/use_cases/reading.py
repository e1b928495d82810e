"""Reading tickets and timelines: everybody sees what is his."""

from collections.abc import Collection
from uuid import UUID

from services.tickets.domain.access import is_outside, may_see
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.queries import tickets, timeline
from services.tickets.queries.tickets import Filters
from shared.contracts.base import Author
from shared.contracts.tickets import TicketState
from shared.db.engine import Session


async def find_ticket(session: Session, *, brand: str, ticket_id: UUID, reader: Author) -> Ticket:
    """Return a ticket the reader may see; a foreign one does not exist for him."""
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None or not may_see(reader, ticket):
        raise TicketNotFound
    return ticket


async def list_tickets(
    session: Session, *, brand: str, filters: Filters, after: tuple[str, ...] | None, limit: int
) -> list[TicketState]:
    """Return up to `limit + 1` tickets, newest first; the filters are narrowed to what the reader may see."""
    return await tickets.tickets_page(session, brand, filters, after=after, limit=limit)


async def read_timeline(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    reader: Author,
    kinds: Collection[EntryKind],
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Entry]:
    """Return up to `limit + 1` entries, oldest first; players and visitors see the public ones."""
    ticket = await find_ticket(session, brand=brand, ticket_id=ticket_id, reader=reader)
    return await timeline.entries_page(
        session, brand, ticket.state.id, public_only=is_outside(reader), kinds=kinds, after=after, limit=limit
    )
