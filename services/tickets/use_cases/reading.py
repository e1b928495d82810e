"""Reading tickets and timelines: everybody sees what is his."""

from collections.abc import Collection, Sequence
from uuid import UUID

from services.tickets.domain.access import is_outside, may_see
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.bookmarks import bookmark_of
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.queries import lists, merges, tickets, timeline
from services.tickets.queries.lists import Filters, Listed, Order, Sort
from services.tickets.use_cases.auditing import record_deed, record_listing
from shared.contracts.base import Author
from shared.db.engine import Session


async def find_ticket(
    session: Session, *, brand: str, ticket_id: UUID, reader: Author, witness: Witness | None
) -> Ticket:
    """Return a ticket the reader may see; a foreign one does not exist for him."""
    ticket = await _visible(session, brand, ticket_id, reader)
    await record_deed(session, witness, AuditAction.READ_TICKET, ticket.state)
    return ticket


async def list_tickets(
    session: Session,
    *,
    brand: str,
    filters: Filters,
    sort: Sort,
    order: Order | None,
    after: tuple[str, ...] | None,
    limit: int,
    witness: Witness | None,
) -> list[Listed]:
    """Return up to `limit + 1` tickets in this order; the filters are narrowed to what the reader may see."""
    found = await lists.tickets_page(session, brand, filters, sort=sort, order=order, after=after, limit=limit)
    await record_listing(session, witness, AuditAction.LIST_TICKETS, filters, after)
    return found


async def name_players(session: Session, *, brand: str, listed: Sequence[Listed]) -> list[Listed]:
    """Return the tickets of a list with what their players are called, for whoever may read their words anyway."""
    return await lists.named(session, brand, listed)


async def read_timeline(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    reader: Author,
    witness: Witness | None,
    kinds: Collection[EntryKind],
    after: tuple[str, ...] | None,
    limit: int,
) -> tuple[list[Entry], tuple[str, ...] | None]:
    """Return up to `limit` entries, oldest first, and the key of the next page; outsiders see the public ones."""
    ticket = await _visible(session, brand, ticket_id, reader)
    action = AuditAction.READ_MESSAGES if kinds else AuditAction.READ_TIMELINE
    await record_deed(session, witness, action, ticket.state)
    entries, following = await timeline.entries_page(
        session,
        brand,
        await _told_together(session, ticket, reader),
        seen_by=reader if is_outside(reader) else None,
        kinds=kinds,
        after=None if after is None else bookmark_of(after),
        limit=limit,
    )
    return entries, None if following is None else following.key()


async def _told_together(session: Session, ticket: Ticket, reader: Author) -> dict[UUID, int]:
    """Return the tickets whose entries are one timeline, with their versions: a survivor has what was merged into it.

    Players and visitors may ask for any of them, for they are shown only what is theirs. Staff see a merged ticket as
    it ended.
    """
    state = ticket.state
    if state.merged_into is None:
        survivor = ticket
    elif not is_outside(reader):
        return {state.id: state.version}
    else:
        survivor = await tickets.ticket_of(session, ticket.brand, state.merged_into) or ticket
    members = await merges.members_of(session, ticket.brand, survivor.state.id)
    return {one.state.id: one.state.version for one in (survivor, *members)}


async def _visible(session: Session, brand: str, ticket_id: UUID, reader: Author) -> Ticket:
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None or not may_see(reader, ticket):
        raise TicketNotFound
    return ticket
