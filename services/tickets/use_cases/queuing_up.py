"""Reading the queue: who waits where, and for about how long."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain.access import may_see
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.lines import Standing, standings
from services.tickets.domain.pace import Pace
from services.tickets.queries import lines, people, queue, tickets
from services.tickets.use_cases.auditing import record_act, record_deed
from shared.contracts.base import Author
from shared.db.engine import Session

MOST_SHOWN = 5000


async def read_lines(session: Session, *, brand: str, witness: Witness | None, now: datetime) -> list[Standing]:
    """Return what waits, in serving order."""
    await record_act(session, witness, AuditAction.READ_QUEUE, {})
    return await lines_of(session, brand, now)


async def position_of(
    session: Session, *, brand: str, ticket_id: UUID, reader: Author, witness: Witness | None, now: datetime
) -> Standing | None:
    """Return where a ticket stands, None if it does not wait for somebody; a foreign one does not exist."""
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None or not may_see(reader, ticket):
        raise TicketNotFound
    await record_deed(session, witness, AuditAction.READ_QUEUE, ticket.state)
    return next((one for one in await lines_of(session, brand, now) if one.place.ticket_id == ticket_id), None)


async def lines_of(session: Session, brand: str, now: datetime) -> list[Standing]:
    """Return what waits in serving order, with positions and estimates."""
    places = await queue.waiting(session, brand, MOST_SHOWN, now)
    if not places:
        return []
    pace = Pace(await lines.takings_of(session, brand, now), await people.people_of(session, brand), places, now)
    return standings(places, now, pace.turn_of)
