"""A senior takes a ticket from whoever has it, in one deed and with a reason."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.escalation import check_assignee
from services.tickets.domain.participants import check_takeover
from services.tickets.domain.tickets import Story
from services.tickets.queries import complaints, copies, participants
from services.tickets.use_cases.asking import check_may_have
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author
from shared.contracts.tickets import ParticipantJoined, TicketState
from shared.db.engine import Session
from shared.redaction import redact


async def take_over(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    taker: Author,
    role: str,
    reason: str,
    keeps_former: bool,
    witness: Witness | None,
    now: datetime,
) -> TicketState:
    """Take a ticket from its holder, who stays in it as a guest (`keeps_former`) or is out of it.

    Until a person has answered the queue gives it to him last of all.
    """
    ticket = await locked(session, brand, ticket_id)
    check_takeover(ticket.state, taker.id)
    await check_may_have(session, brand, ticket.state, taker.id)
    known = await copies.colleague(session, brand, taker.id)
    if known is not None:
        check_assignee(known)
    former = ticket.state.assignee_id
    story = Story(ticket, actor=taker, now=now)
    story.takes_over(known.role if known else role, redact(reason))
    if keeps_former and former is not None:
        await _keep(session, story, former)
    state = await tell(session, story)
    await record_deed(session, witness, AuditAction.TAKE_OVER, state)
    return state


async def _keep(session: Session, story: Story, former: str) -> None:
    """Let the former holder stay, unless he is gone or the ticket complains about him."""
    brand, ticket_id = story.ticket.brand, story.state.id
    known = await copies.colleague(session, brand, former)
    if known is None or not known.active or former in await complaints.barred_from(session, brand, story.state):
        return
    await participants.invite(
        session, brand, ticket_id, former, by=story.actor.id, reason=None, at=story.now, joins=True
    )
    story.tells(ParticipantJoined, staff_id=former, name=known.name)
