"""Keeping what the board shows and the reports count: faces of tickets, and their measures."""

from collections.abc import Sequence
from uuid import UUID

from services.sla.domain.faces import fact_of
from services.sla.domain.measures import measures_of
from services.sla.queries import measures as queries
from shared.contracts.tickets import TicketEvent
from shared.db.engine import Session


async def remember_fact(session: Session, event: TicketEvent, *, kind: str, brand: str, sequence: int) -> None:
    """Keep what can be measured of fact number `sequence` of its ticket, and make the ticket's face what it tells."""
    await queries.remember(session, brand, fact_of(event, kind=kind, sequence=sequence))


async def measure_tickets(session: Session, *, limit: int, wait: bool = False) -> int:
    """Bring the measures of up to `limit` tickets up to their facts; return how many were taken.

    Everything is made anew from the ledger, so that it comes out the same however often and in whatever order facts
    came. Nothing is done while another process is at it, unless the caller would rather `wait`.
    """
    if not await queries.alone(session, wait=wait):
        return 0
    behind = await queries.unmeasured(session, limit=limit)
    if not behind:
        return 0
    facts = await queries.facts_of(session, [ticket.ticket_id for ticket in behind])
    await queries.write(session, [(ticket, measures_of(facts[ticket.ticket_id])) for ticket in behind])
    await queries.done(session, behind)
    return len(behind)


async def doubt_measures(session: Session, *, brand: str, after: UUID, limit: int) -> Sequence[UUID]:
    """Let some tickets of a brand be measured anew from the ledger; return them, none once there are no more.

    Their measures stay until they are written anew, so that reports never miss them.
    """
    return await queries.again(session, brand, after=after, limit=limit)
