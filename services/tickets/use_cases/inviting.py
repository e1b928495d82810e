"""Colleagues are asked into a conversation, come or do not, and leave; the ticket stays with its holder."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import StaffNotFound, TicketNotFound
from services.tickets.domain.escalation import Colleague, check_assignee
from services.tickets.domain.participants import (
    NotInvited,
    Participant,
    Step,
    check_invitation,
    check_removal,
)
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import copies, lists, participants, tickets
from services.tickets.queries.participants import Participation
from services.tickets.use_cases.asking import check_may_have
from services.tickets.use_cases.auditing import record_act, record_deed
from services.tickets.use_cases.parting import let_go
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author
from shared.contracts.tickets import ParticipantDeclined, ParticipantInvited, ParticipantJoined
from shared.db.engine import Session
from shared.redaction import redact


async def invite(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    inviter: Author,
    senior: bool,
    staff_id: str,
    reason: str | None,
    witness: Witness | None,
    now: datetime,
) -> Participant:
    """Ask a colleague into a ticket; nobody is asked into a complaint about himself."""
    ticket = await locked(session, brand, ticket_id)
    present = await participants.participants_of(session, brand, ticket_id)
    check_invitation(ticket.state, present, by=inviter.id, senior=senior, whom=staff_id)
    colleague = await _colleague(session, brand, staff_id)
    await check_may_have(session, brand, ticket.state, staff_id, field="staff_id")
    why = redact(reason) if reason else None
    await participants.invite(session, brand, ticket_id, staff_id, by=inviter.id, reason=why, at=now)
    story = Story(ticket, actor=inviter, now=now)
    story.tells(ParticipantInvited, staff_id=staff_id, name=colleague.name, reason=why)
    await _told(session, story, witness, AuditAction.INVITE_STAFF)
    return await _participant(session, brand, ticket_id, staff_id)


async def accept(
    session: Session, *, brand: str, ticket_id: UUID, staff: Author, witness: Witness | None, now: datetime
) -> Participant:
    """Join a ticket one was asked into."""
    ticket, asked = await _asked(session, brand, ticket_id, staff)
    await check_may_have(session, brand, ticket.state, staff.id, field="staff_id")
    await participants.join(session, brand, ticket_id, staff.id, now)
    story = Story(ticket, actor=staff, now=now)
    story.tells(ParticipantJoined, staff_id=staff.id, name=staff.name or asked.name)
    await _told(session, story, witness, AuditAction.ANSWER_INVITATION)
    return await _participant(session, brand, ticket_id, staff.id)


async def decline(
    session: Session, *, brand: str, ticket_id: UUID, staff: Author, reason: str, witness: Witness | None, now: datetime
) -> None:
    """Do not join a ticket one was asked into, and say why."""
    ticket, asked = await _asked(session, brand, ticket_id, staff)
    await participants.drop(session, brand, ticket_id, staff.id)
    story = Story(ticket, actor=staff, now=now)
    story.tells(ParticipantDeclined, staff_id=staff.id, name=staff.name or asked.name, reason=redact(reason))
    await _told(session, story, witness, AuditAction.ANSWER_INVITATION)


async def remove(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    remover: Author,
    lead: bool,
    staff_id: str,
    witness: Witness | None,
    now: datetime,
) -> None:
    """Let somebody leave a ticket or be asked no more; who is not there is none the worse."""
    ticket = await locked(session, brand, ticket_id, even_merged=True)
    found = await participants.participant_of(session, brand, ticket_id, staff_id)
    if found is None:
        return
    cause = check_removal(ticket.state, by=remover.id, lead=lead, whom=found)
    story = Story(ticket, actor=remover, now=now)
    await let_go(session, story, found, cause)
    await _told(session, story, witness, AuditAction.REMOVE_PARTICIPANT)


async def read_participants(
    session: Session, *, brand: str, ticket_id: UUID, witness: Witness | None
) -> list[Participant]:
    """Return who is asked into a ticket or in it."""
    ticket = await tickets.ticket_of(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    await record_deed(session, witness, AuditAction.READ_PARTICIPANTS, ticket.state)
    return await participants.participants_of(session, brand, ticket_id)


async def list_participations(
    session: Session, *, brand: str, staff_id: str, witness: Witness | None, after: tuple[str, ...] | None, limit: int
) -> list[Participation]:
    """Return up to `limit + 1` tickets somebody is asked into or in, the newest asked first."""
    about = {"after": list(after)} if after else {}
    await record_act(session, witness, AuditAction.LIST_PARTICIPATIONS, about)
    found = await participants.participations_page(session, brand, staff_id, after=after, limit=limit)
    listed = await lists.named(session, brand, [one.ticket for one in found])
    return [replace(one, ticket=ticket) for one, ticket in zip(found, listed, strict=True)]


async def _asked(session: Session, brand: str, ticket_id: UUID, staff: Author) -> tuple[Ticket, Participant]:
    ticket = await locked(session, brand, ticket_id)
    asked = await participants.participant_of(session, brand, ticket_id, staff.id)
    if asked is None or asked.state is not Step.INVITED:
        raise NotInvited
    return ticket, asked


async def _colleague(session: Session, brand: str, staff_id: str) -> Colleague:
    known = await copies.colleague(session, brand, staff_id)
    if known is None:
        raise StaffNotFound(field="staff_id")
    check_assignee(known)
    return known


async def _participant(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> Participant:
    found = await participants.participant_of(session, brand, ticket_id, staff_id)
    assert found is not None  # noqa: S101 - written a moment ago in this transaction
    return found


async def _told(session: Session, story: Story, witness: Witness | None, action: AuditAction) -> None:
    await record_deed(session, witness, action, await tell(session, story))
