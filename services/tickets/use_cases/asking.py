"""Seniors are asked in brands whose queue assigns: by hand, by a grave reason; and accept by what they do."""

from typing import Final

from services.tickets.domain.complaints import ConflictOfInterest
from services.tickets.domain.escalation import Colleague, accepted_by, ask_senior, escalate, is_finished, wants_senior
from services.tickets.domain.queueing import QUEUE
from services.tickets.domain.tickets import Story, Words
from services.tickets.queries import collaboration, complaints, copies, escalations, kept
from shared.contracts.base import AuthorKind
from shared.contracts.gateway import StaffRole
from shared.contracts.tickets import MessageKind, TicketEscalationAccepted, TicketState, TicketUpdated
from shared.db.engine import Session
from shared.ids import new_id

_SAME: Final = object()
_NOBODY_LEFT: Final = "Nobody is left to take this escalation; the ticket is back in the queue."


async def seniors_for(session: Session, brand: str, state: TicketState) -> list[Colleague]:
    """Return the seniors and leads whom a ticket may go to: all but those whom it complains about."""
    barred = await complaints.barred_from(session, brand, state)
    return [one for one in await copies.seniors(session, brand) if one.id not in barred]


async def check_may_have(
    session: Session, brand: str, state: TicketState, staff_id: str, *, field: str = "assignee_id"
) -> None:
    """Refuse to give a ticket to somebody whom it complains about, or to ask him into it."""
    if staff_id in await complaints.barred_from(session, brand, state):
        raise ConflictOfInterest("nobody handles a complaint about himself", field=field)


async def call_senior(session: Session, story: Story, *, cause: str) -> None:
    """Ask a senior to take the ticket; in a brand that pulls its tickets he has it at once."""
    brand, staff = story.ticket.brand, await seniors_for(session, story.ticket.brand, story.state)
    if await kept.AUTOMATIC.of(session, brand, story.now):
        ask_senior(story, staff, cause=cause)
    else:
        escalate(story, staff, cause=cause, without=story.state.assignee_id)


async def ask_by_reason(session: Session, story: Story, *, opened: bool = False) -> None:
    """Ask a senior if the story gave the ticket a grave reason, unless one has it or is asked already.

    A ticket that was just `opened` got its reason in the story before.
    """
    before = None if opened else _reason_before(story)
    brand, state = story.ticket.brand, story.state
    if before is _SAME or state.reason is None or is_finished(state) or state.merged_into is not None:
        return
    if not await kept.AUTOMATIC.of(session, brand, story.now):
        return
    reasons = (await kept.TAXONOMIES.of(session, brand, story.now)).reasons
    if not wants_senior(reasons.get(state.reason)) or wants_senior(reasons.get(str(before))):
        return
    staff = await seniors_for(session, brand, state)
    others = [one for one in staff if one.id != state.assignee_id]
    if not others or len(others) < len(staff) or await escalations.asked_of(session, brand, state.id) is not None:
        return
    actor, story.actor = story.actor, QUEUE
    ask_senior(story, others, cause=f"reason: {state.reason}")
    story.actor = actor


async def accept_by_act(session: Session, story: Story) -> None:
    """Let a senior who answers or takes an escalated ticket have accepted it."""
    if story.actor.kind is not AuthorKind.STAFF or any(isinstance(e, TicketEscalationAccepted) for e in story.events):
        return
    # The row is read only if what he did could accept it.
    brand = story.ticket.brand
    if accepted_by(story, story.actor.id) is None or not await kept.AUTOMATIC.of(session, brand, story.now):
        return
    asked = await escalations.asked_of(session, brand, story.state.id)
    accepted = None if asked is None else accepted_by(story, asked.senior_id)
    if accepted is None:
        return
    senior_id, role = accepted
    if senior_id in await complaints.barred_from(session, brand, story.state):
        return
    story.tells(TicketEscalationAccepted, senior_id=senior_id)
    story.hands_over(senior_id, role)
    await escalations.settle(session, brand, story.state.id)


async def tell_leads(session: Session, story: Story) -> Words | None:
    """Say in a note, which calls the brand's leads, that nobody took an escalation."""
    staff = await copies.seniors(session, story.ticket.brand)
    leads = tuple(one.id for one in staff if one.role is StaffRole.LEAD)
    if not leads:
        return None
    words = Words(new_id(), MessageKind.NOTE, QUEUE, _NOBODY_LEFT, story.moment, mentions=leads)
    story.says(words)
    return words


async def call_leads(session: Session, story: Story, words: Words | None) -> None:
    """Put the note before the leads, once it is told."""
    if words is not None:
        brand = story.ticket.brand
        await collaboration.add_mentions(session, brand, story.state.id, words.id, words.mentions, story.now)


def _reason_before(story: Story) -> object:
    """Return the reason before the story gave the ticket another, None if it had none."""
    for event in story.events:
        if isinstance(event, TicketUpdated) and "reason" in event.changes:
            return event.changes["reason"][0]
    return _SAME
