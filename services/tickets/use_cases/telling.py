"""How a story ends: the ticket is saved, its timeline grows and the facts are told, all in one transaction."""

from typing import Final
from uuid import UUID

from services.tickets.domain.audit import AuditEntry
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.interests import check_deed
from services.tickets.domain.lifecycle import due_of, reschedules
from services.tickets.domain.merging import check_standing
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Story, Ticket, numbered
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.queries import complaints, escalations, facts, lifecycles, tickets, timeline
from services.tickets.use_cases.asking import accept_by_act, ask_by_reason
from services.tickets.use_cases.parting import part
from services.tickets.use_cases.queueing import keep_place, wake_within_limits
from services.tickets.use_cases.registering import (
    complaining_words,
    detect_complaint,
    is_reason_of_complaint,
    notice,
)
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import (
    ParticipantDeclined,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantLeft,
    TicketAssigned,
    TicketEscalated,
    TicketState,
    TicketStatusChanged,
)
from shared.db.engine import Session
from shared.ids import new_id

_SAME_WORDS: Final = (
    TicketAssigned,
    TicketEscalated,
    TicketStatusChanged,
    ParticipantInvited,
    ParticipantJoined,
    ParticipantDeclined,
    ParticipantLeft,
)


async def locked(session: Session, brand: str, ticket_id: UUID, *, even_merged: bool = False) -> Ticket:
    """Return the ticket of a brand, locked, or refuse; also what was merged away, which is no longer changed."""
    ticket = await tickets.lock_ticket(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    if not even_merged:
        check_standing(ticket.state)
    return ticket


async def tell(session: Session, story: Story) -> TicketState:
    """Store what happened to a locked ticket and return it as it is now; nothing happened, nothing is written.

    Every deed of staff ends here, so here it is refused to whoever the ticket complains about.
    """
    if story.actor.kind is AuthorKind.STAFF:
        check_deed(story, await complaints.accused_by(session, story.ticket.brand, story.state))
    await notice(session, story)
    await ask_by_reason(session, story)
    await accept_by_act(session, story)
    if story.events:
        reservation = await wake_within_limits(session, story)
        await part(session, story)
        ticket = story.ticket
        entries = _entries(story)
        await tickets.save_ticket(session, ticket, reworded=_reworded(story, entries))
        await timeline.add_entries(session, ticket.brand, ticket.state.id, entries)
        await facts.record_facts(session, ticket.brand, story.events)
        if reschedules(story.events):
            await _reschedule(session, ticket)
        await keep_place(session, story, reservation)
        await _keep_asked(session, story)
    return story.state


async def tell_opening(session: Session, story: Story, *, audited: AuditEntry | None = None) -> TicketState:
    """Store a new ticket with its opening and first words, and return it with its number.

    The story stands afterwards where the ticket does: its first words may have registered a complaint.
    """
    ticket = story.ticket
    opened, words = (entry_of(event, ticket.state.id) for event in story.events)
    numbered(story, await tickets.insert_ticket(session, ticket, opened, words, audited=audited))
    await facts.record_facts(session, ticket.brand, story.events)
    await keep_place(session, story)
    following = Story(story.ticket, actor=story.actor, now=story.now)
    # A complaint bears the number that its ticket has only now.
    words_of_it = complaining_words(story)
    if words_of_it is not None or is_reason_of_complaint(story):
        said = (words_of_it.text, words_of_it.occurred_at) if words_of_it else None
        await detect_complaint(session, following, words=said)
    if story.state.reason is not None:
        await ask_by_reason(session, following, opened=True)
    state = await tell(session, following)
    story.ticket = following.ticket
    return state


async def _reschedule(session: Session, ticket: Ticket) -> None:
    policy = await lifecycles.policy_of(session, ticket.brand)
    due_at = due_of(ticket, policy.of(ticket.state.channel.value))
    await lifecycles.set_alarm(session, ticket.brand, ticket.state.id, due_at)


async def _keep_asked(session: Session, story: Story) -> None:
    """Remember which senior an escalation asks; what is finished asks nobody."""
    brand, state = story.ticket.brand, story.state
    for event in story.events:
        if isinstance(event, TicketEscalated):
            senior, cause = event.senior_id, event.cause
            await escalations.ask(
                session, brand, state.id, senior_id=senior, cause=cause, declined=(), asked_at=story.now
            )
        elif isinstance(event, TicketStatusChanged) and event.after in FINISHED:
            await escalations.settle(session, brand, state.id)


def _entries(story: Story) -> list[Entry]:
    return [entry_of(event, new_id()) for event in story.events]


def _reworded(story: Story, entries: list[Entry]) -> UUID | None:
    """Return the id of an entry that changed what the ticket can be found by."""
    return next(
        (entry.id for event, entry in zip(story.events, entries, strict=True) if not isinstance(event, _SAME_WORDS)),
        None,
    )
