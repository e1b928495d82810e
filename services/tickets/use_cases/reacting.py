"""Facts of other services that change tickets: staff accounts and broken promises."""

from datetime import datetime

from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.escalation import tell_breach
from services.tickets.domain.tickets import Story
from services.tickets.queries import clocks, copies, escalations, kept, macros
from services.tickets.use_cases.asking import call_leads, seniors_for, tell_leads
from services.tickets.use_cases.queueing import follow_due
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.gateway import AccountChanged, BrandChanged
from shared.contracts.sla import ClockBreached, ClockEvent, ClockKind
from shared.contracts.tickets import TicketEscalated
from shared.db.engine import Session

_SLA = Author(kind=AuthorKind.SYSTEM, id="sla")


async def keep_account(session: Session, *, brand: str, account: AccountChanged, sequence: int) -> None:
    """Keep the directory of staff as new as the newest fact seen."""
    await copies.save_account(session, brand, account, sequence)


async def keep_brand(session: Session, *, brand: BrandChanged, sequence: int) -> None:
    """Keep what the brand is called, which language it falls back to and its licence."""
    await macros.save_brand(session, brand, sequence)


async def answer_breach(session: Session, *, brand: str, breach: ClockBreached, now: datetime) -> None:
    """Raise the priority and hand the ticket to a senior, once per clock.

    If a senior did not accept in time, the next in line is asked; who was asked before is not, until it is escalated
    for another cause. With nobody left the leads are told.
    """
    ticket = await locked(session, brand, breach.ticket_id, even_merged=True)
    if not await copies.first_breach(session, brand, breach):
        return
    story = Story(ticket, actor=_SLA, now=now)
    asked = await escalations.asked_of(session, brand, breach.ticket_id)
    holder, passed = story.state.assignee_id, asked.declined if asked else ()
    tell_breach(
        story,
        await seniors_for(session, brand, ticket.state),
        breached=breach.kind,
        asked=asked.senior_id if asked else None,
        passed=passed,
        asks=await kept.AUTOMATIC.of(session, brand, now),
    )
    if breach.kind is not ClockKind.SENIOR_ACCEPTS:
        await tell(session, story)
        return
    silent = (asked.senior_id if asked else None) or holder
    await _pass_on(session, story, passed if silent is None else (*passed, silent))


async def _pass_on(session: Session, story: Story, passed: tuple[str, ...]) -> None:
    """Tell that the next senior is asked, and remember who let it pass; nobody left: the leads are called."""
    escalated = next((event for event in story.events if isinstance(event, TicketEscalated)), None)
    if escalated is None:
        await tell(session, story)
        return
    words = await tell_leads(session, story) if escalated.senior_id is None else None
    state = await tell(session, story)
    await call_leads(session, story, words)
    await escalations.ask(
        session,
        story.ticket.brand,
        state.id,
        senior_id=escalated.senior_id,
        cause=escalated.cause,
        declined=passed,
        asked_at=story.now,
    )


async def keep_clock(session: Session, *, brand: str, clock: ClockEvent, sequence: int, now: datetime) -> None:
    """Keep what a ticket is promised next; that is no change of the ticket and has no version."""
    if not await clocks.keep_clock(session, brand, clock, sequence):
        raise TicketNotFound
    await follow_due(session, brand=brand, ticket_id=clock.ticket_id, now=now)
