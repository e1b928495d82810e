"""A senior who was asked accepts, or declines so that the next in line is asked."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import NotAsked
from services.tickets.domain.escalation import choose_senior
from services.tickets.domain.taking_back import Asked
from services.tickets.domain.tickets import Story
from services.tickets.queries import escalations
from services.tickets.use_cases.asking import call_leads, check_may_have, seniors_for, tell_leads
from services.tickets.use_cases.auditing import record_act, record_deed
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author
from shared.contracts.tickets import TicketEscalationAccepted, TicketEscalationDeclined, TicketState
from shared.db.engine import Session
from shared.redaction import redact

_MOST_ASKED = 100


async def asked_of_me(
    session: Session, *, brand: str, senior_id: str, witness: Witness | None
) -> list[escalations.Ask]:
    """Return what somebody is asked to take on."""
    await record_act(session, witness, AuditAction.READ_ESCALATIONS, {})
    return await escalations.asked_of_senior(session, brand, senior_id, _MOST_ASKED)


async def accept(
    session: Session, *, brand: str, ticket_id: UUID, senior: Author, role: str, witness: Witness | None, now: datetime
) -> TicketState:
    """Take an escalated ticket on: it is the senior's from now."""
    ticket = await locked(session, brand, ticket_id)
    await _asked(session, brand, ticket_id, senior)
    await check_may_have(session, brand, ticket.state, senior.id)
    story = Story(ticket, actor=senior, now=now)
    story.tells(TicketEscalationAccepted, senior_id=senior.id)
    story.hands_over(senior.id, role)
    await escalations.settle(session, brand, ticket_id)
    return await _told(session, story, witness)


async def decline(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    senior: Author,
    reason: str,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    """Pass an escalated ticket on to the next senior who has not declined; with nobody left it goes to the queue."""
    ticket = await locked(session, brand, ticket_id)
    asked = await _asked(session, brand, ticket_id, senior)
    declined = (*asked.declined, senior.id)
    staff = [one for one in await seniors_for(session, brand, ticket.state) if one.id not in declined]
    following = choose_senior(
        staff, without=ticket.state.assignee_id if ticket.state.assignee_id != senior.id else None
    )
    story = Story(ticket, actor=senior, now=now)
    story.tells(
        TicketEscalationDeclined,
        senior_id=senior.id,
        reason=redact(reason),
        next_senior_id=following.id if following else None,
    )
    words = None
    if following is None:
        story.hands_over(None, None)
        words = await tell_leads(session, story)
    elif ticket.state.assignee_id == senior.id:
        story.hands_over(following.id, following.role)
    await escalations.ask(
        session,
        brand,
        ticket_id,
        senior_id=following.id if following else None,
        cause=asked.cause,
        declined=declined,
        asked_at=now,
    )
    state = await _told(session, story, witness)
    await call_leads(session, story, words)
    return state


async def _asked(session: Session, brand: str, ticket_id: UUID, senior: Author) -> Asked:
    asked = await escalations.asked_of(session, brand, ticket_id)
    if asked is None or asked.senior_id != senior.id:
        raise NotAsked
    return asked


async def _told(session: Session, story: Story, witness: Witness | None) -> TicketState:
    state = await tell(session, story)
    await record_deed(session, witness, AuditAction.ANSWER_ESCALATION, state)
    return state
