"""Facts of other services that change tickets: staff accounts and broken promises."""

from datetime import datetime

from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.escalation import tell_breach
from services.tickets.domain.taking_back import Answer
from services.tickets.domain.tickets import Story
from services.tickets.queries import breaches, clocks, copies, escalations, kept, macros
from services.tickets.use_cases.asking import call_leads, seniors_for, tell_leads
from services.tickets.use_cases.queueing import follow_due
from services.tickets.use_cases.taking_back import SLA
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.gateway import AccountChanged, BrandChanged
from shared.contracts.sla import ClockBreached, ClockEvent, ClockKind
from shared.contracts.tickets import TicketEscalated
from shared.db.engine import Session


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
    if not await breaches.first_breach(session, brand, breach):
        return
    story = Story(ticket, actor=SLA, now=now)
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
    if breach.kind is ClockKind.SENIOR_ACCEPTS:
        silent = (asked.senior_id if asked else None) or holder
        await _pass_on(session, story, passed if silent is None else (*passed, silent))
    else:
        await tell(session, story)
    escalated = _escalation_in(story)
    if escalated is not None:
        at, version = escalated.occurred_at, story.state.version
        answer = Answer(breach.kind, version, ticket.state.priority, holder, at, asked)
        await breaches.keep_answer(session, brand, breach.clock_id, answer)


async def _pass_on(session: Session, story: Story, passed: tuple[str, ...]) -> None:
    """Tell that the next senior is asked, and remember who let it pass; nobody left: the leads are called."""
    escalated = _escalation_in(story)
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


def _escalation_in(story: Story) -> TicketEscalated | None:
    return next((event for event in story.events if isinstance(event, TicketEscalated)), None)


async def keep_clock(session: Session, *, brand: str, clock: ClockEvent, sequence: int, now: datetime) -> None:
    """Keep what a ticket is promised next; that is no change of the ticket and has no version."""
    if not await clocks.keep_clock(session, brand, clock, sequence):
        raise TicketNotFound
    await follow_due(session, brand=brand, ticket_id=clock.ticket_id, now=now)
