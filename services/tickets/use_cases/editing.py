"""Changing a ticket: its fields, its status, whose it is, and calling a senior."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import AssigneeInvalid, StaffNotFound
from services.tickets.domain.escalation import (
    HAND,
    Colleague,
    check_assignee,
    check_escalation,
)
from services.tickets.domain.safety import check_lowering
from services.tickets.domain.tickets import Story
from services.tickets.queries import copies
from services.tickets.use_cases.asking import call_senior, check_may_have
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.planning import plan_edit
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import TicketState
from shared.db.engine import Session
from shared.redaction import redact
from shared.web.conditional import demand

ME = "me"


async def edit_ticket(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    editor: Author,
    editor_role: str,
    witness: Witness | None,
    expected_version: int,
    fields: Mapping[str, object],
    now: datetime,
) -> TicketState:
    """Change fields and status of the version the editor has seen, and return the ticket.

    All fields together are one fact, the move of the status another; what is the same as before is neither.
    """
    ticket = await locked(session, brand, ticket_id)
    demand(expected_version, ticket.state.version)
    edit = await plan_edit(session, ticket, fields, editor=editor, now=now)
    story = Story(ticket, actor=editor, now=now)
    story.edits(edit.fields)
    check_lowering(ticket.state, story.state, by=editor, role=editor_role)
    story.moves(edit.status, edit.details)
    return await _told(session, story, witness, AuditAction.EDIT_TICKET)


async def assign_ticket(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    assigner: Author,
    witness: Witness | None,
    assigner_role: str,
    assignee_id: str | None,
    expected_version: int | None,
    now: datetime,
) -> TicketState:
    """Give a ticket to a member of the brand's staff, to oneself (`me`), or back to the queue (None)."""
    ticket = await locked(session, brand, ticket_id)
    if expected_version is not None:
        demand(expected_version, ticket.state.version)
    story = Story(ticket, actor=assigner, now=now)
    if assignee_id is None:
        story.hands_over(None, None)
    elif assignee_id in {ME, assigner.id}:
        await _take(session, brand, story, assigner_role)
    else:
        colleague = await _colleague(session, brand, assignee_id)
        story.hands_over(colleague.id, colleague.role)
    if story.state.assignee_id is not None:
        await check_may_have(session, brand, story.state, story.state.assignee_id)
    return await _told(session, story, witness, AuditAction.ASSIGN_TICKET)


async def escalate_ticket(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    caller: Author,
    witness: Witness | None,
    reason: str,
    now: datetime,
) -> TicketState:
    """Call a senior other than the one who has the ticket, for a stated reason."""
    ticket = await locked(session, brand, ticket_id)
    check_escalation(ticket.state)
    story = Story(ticket, actor=caller, now=now)
    cause = f"{HAND}: {redact(reason)}"
    await call_senior(session, story, cause=cause)
    return await _told(session, story, witness, AuditAction.ESCALATE_TICKET)


async def _told(session: Session, story: Story, witness: Witness | None, action: AuditAction) -> TicketState:
    state = await tell(session, story)
    await record_deed(session, witness, action, state)
    return state


async def _take(session: Session, brand: str, story: Story, role: str) -> None:
    """Assign to the caller: the token proves who that is, even before the account's facts have arrived here."""
    if story.actor.kind is not AuthorKind.STAFF:
        raise AssigneeInvalid(field="assignee_id")
    known = await copies.colleague(session, brand, story.actor.id)
    if known is not None:
        check_assignee(known)
    story.hands_over(story.actor.id, known.role if known else role)


async def _colleague(session: Session, brand: str, staff_id: str) -> Colleague:
    known = await copies.colleague(session, brand, staff_id)
    if known is None:
        raise StaffNotFound(field="assignee_id")
    check_assignee(known)
    return known
