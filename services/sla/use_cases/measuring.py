"""Measuring promises: what a ticket's events do to its clocks."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.sla.domain import fold
from services.sla.domain.clocks import Clock
from services.sla.domain.facts import told
from services.sla.domain.fold import Outcome, TicketFact, TicketNotFound
from services.sla.domain.running import Schedule
from services.sla.domain.tracked import Ticket
from services.sla.queries import clocks as clock_queries
from services.sla.queries import policies as policy_queries
from services.sla.queries import timers as timer_queries
from services.sla.queries.clocks import LockedTicket
from services.sla.use_cases.facing import remember_fact
from shared.contracts.tickets import TicketOpened
from shared.db.engine import Session
from shared.messaging.outbox import record


async def follow_ticket(session: Session, event: TicketFact, *, brand: str, sequence: int) -> None:
    """Bring the clocks of a ticket up to one more event of it, number `sequence` of the ticket."""
    locked = await _load(session, event, brand=brand)
    outcome = fold.apply(
        locked.ticket,
        await clock_queries.live_clocks_of(session, brand, locked.ticket.id) if sequence > 1 else (),
        event,
        sequence=sequence,
        policies=await policy_queries.standing_policies(session, brand),
    )
    await keep_outcome(session, locked, outcome, brand=brand)
    await remember_fact(session, event, kind=event.type, brand=brand, sequence=sequence)


async def clocks_of_ticket(session: Session, *, brand: str, ticket_id: UUID) -> Sequence[Clock]:
    """Return every clock of a ticket, oldest first."""
    await tracked_ticket(session, brand=brand, ticket_id=ticket_id)
    return await clock_queries.clocks_of(session, brand, ticket_id)


async def earlier_schedules(session: Session, *, brand: str, ticket_id: UUID) -> Mapping[UUID, Sequence[Schedule]]:
    """Return what each clock of a ticket was under before, oldest first."""
    return await clock_queries.schedules_of(session, brand, ticket_id)


async def tracked_ticket(session: Session, *, brand: str, ticket_id: UUID) -> Ticket:
    """Return what is known of a ticket."""
    ticket = await clock_queries.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    return ticket


async def keep_outcome(session: Session, locked: LockedTicket, outcome: Outcome, *, brand: str) -> None:
    """Store what became of a locked ticket and its clocks, and tell it."""
    await _store(session, locked, outcome, brand=brand)
    await _tell(session, locked, outcome, brand=brand)


async def _load(session: Session, event: TicketFact, *, brand: str) -> LockedTicket:
    if isinstance(event, TicketOpened):
        ticket = fold.new_ticket(event)
        await clock_queries.insert_ticket(session, brand, ticket)
        return LockedTicket(ticket, 0, await clock_queries.database_now(session))
    locked = await clock_queries.lock_ticket(session, brand, event.ticket_id)
    if locked is None:
        raise TicketNotFound
    return locked


async def _store(session: Session, locked: LockedTicket, outcome: Outcome, *, brand: str) -> None:
    if outcome.ticket != locked.ticket or outcome.facts:
        sequence = locked.told + len(outcome.facts)
        await clock_queries.update_ticket(session, brand, outcome.ticket, told=sequence)
    await clock_queries.store_clocks(session, brand, locked.ticket.id, outcome.changed)
    await clock_queries.keep_schedules(session, brand, locked.ticket.id, outcome.replaced)
    await timer_queries.set_timers(session, brand, locked.ticket.id, outcome.changed)


async def _tell(session: Session, locked: LockedTicket, outcome: Outcome, *, brand: str) -> None:
    for place, change in enumerate(outcome.facts, start=1):
        event = told(change, outcome.ticket.owner, now=locked.now)
        await record(session, event, brand=brand, sequence=locked.told + place, at=locked.now)
