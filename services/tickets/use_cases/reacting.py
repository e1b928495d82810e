"""Facts of other services that change tickets: staff accounts and broken promises."""

from datetime import datetime

from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.escalation import tell_breach
from services.tickets.domain.tickets import Story
from services.tickets.queries import clocks, copies, escalations, macros
from services.tickets.use_cases.asking import seniors_for
from services.tickets.use_cases.queueing import follow_due
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.gateway import AccountChanged, BrandChanged
from shared.contracts.sla import ClockBreached, ClockEvent
from shared.db.engine import Session

_SLA = Author(kind=AuthorKind.SYSTEM, id="sla")


async def keep_account(session: Session, *, brand: str, account: AccountChanged, sequence: int) -> None:
    """Keep the directory of staff as new as the newest fact seen."""
    await copies.save_account(session, brand, account, sequence)


async def keep_brand(session: Session, *, brand: BrandChanged, sequence: int) -> None:
    """Keep what the brand is called, which language it falls back to and its licence."""
    await macros.save_brand(session, brand, sequence)


async def answer_breach(session: Session, *, brand: str, breach: ClockBreached, now: datetime) -> None:
    """Raise the priority and hand the ticket to a senior, once per clock."""
    ticket = await locked(session, brand, breach.ticket_id, even_merged=True)
    if not await copies.first_breach(session, brand, breach):
        return
    story = Story(ticket, actor=_SLA, now=now)
    asked = await escalations.asked_of(session, brand, breach.ticket_id)
    seniors = await seniors_for(session, brand, ticket.state)
    tell_breach(story, seniors, breached=breach.kind, asked=asked.senior_id if asked else None)
    await tell(session, story)


async def keep_clock(session: Session, *, brand: str, clock: ClockEvent, sequence: int, now: datetime) -> None:
    """Keep what a ticket is promised next; that is no change of the ticket and has no version."""
    if not await clocks.keep_clock(session, brand, clock, sequence):
        raise TicketNotFound
    await follow_due(session, brand=brand, ticket_id=clock.ticket_id, now=now)
