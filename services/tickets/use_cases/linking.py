"""Saying that tickets belong together."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.linking import LINKS_LIMIT, LinkNotFound, LinksFull, LinkToItself
from services.tickets.domain.merging import check_standing
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import links, merges, tickets
from services.tickets.queries.links import Link, inverse
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Author
from shared.contracts.tickets import TicketLinked, TicketUnlinked
from shared.db.engine import Session


async def links_of(session: Session, *, brand: str, ticket_id: UUID, witness: Witness | None) -> Sequence[Link]:
    """Return what a ticket is linked with."""
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    await record_deed(session, witness, AuditAction.READ_LINKS, ticket.state)
    return await links.links_of(session, brand, ticket_id, limit=LINKS_LIMIT)


async def link_tickets(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    other_id: UUID,
    relation: str,
    actor: Author,
    witness: Witness | None,
    now: datetime,
) -> Link:
    """Say what the other ticket is to this one, instead of what was said before; both tell it."""
    one, other = await _pair(session, brand, ticket_id, other_id)
    if ticket_id == other_id:
        raise LinkToItself(field="relation")
    for ticket in (one, other):
        check_standing(ticket.state)
    before = await links.remove_links(session, brand, ticket_id, other_id)
    if not before and await links.most_links(session, brand, (ticket_id, other_id)) >= LINKS_LIMIT:
        raise LinksFull
    await links.add_link(session, brand, ticket_id, other_id, relation, now)
    if before != [relation]:
        for ticket, else_id, name in ((one, other_id, relation), (other, ticket_id, inverse(relation))):
            story = Story(ticket, actor=actor, now=now)
            story.tells(TicketLinked, other_id=else_id, relation=name)
            await tell(session, story)
    await record_deed(session, witness, AuditAction.LINK_TICKET, one.state)
    return Link(other_id, other.state.number, other.state.subject, other.state.status, relation, now)


async def unlink_tickets(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    other_id: UUID,
    actor: Author,
    witness: Witness | None,
    now: datetime,
) -> None:
    """Take back that two tickets belong together."""
    one, other = await _pair(session, brand, ticket_id, other_id)
    gone = await links.remove_links(session, brand, ticket_id, other_id)
    if not gone:
        raise LinkNotFound
    for ticket, else_id in ((one, other_id), (other, ticket_id)):
        story = Story(ticket, actor=actor, now=now)
        for name in gone:
            story.tells(TicketUnlinked, other_id=else_id, relation=name if ticket is one else inverse(name))
        await tell(session, story)
    await record_deed(session, witness, AuditAction.UNLINK_TICKET, one.state)


async def _pair(session: Session, brand: str, ticket_id: UUID, other_id: UUID) -> tuple[Ticket, Ticket]:
    rows = await merges.lock_tickets(session, brand, {ticket_id, other_id})
    if not {ticket_id, other_id} <= set(rows):
        raise TicketNotFound
    return rows[ticket_id], rows[other_id]
