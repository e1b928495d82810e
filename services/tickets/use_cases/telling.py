"""How a story ends: the ticket is saved, its timeline grows and the facts are told, all in one transaction."""

from typing import Final
from uuid import UUID

from services.tickets.domain.audit import AuditEntry
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.tickets import Story, Ticket, numbered
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.queries import facts, tickets, timeline
from shared.contracts.tickets import TicketAssigned, TicketEscalated, TicketState, TicketStatusChanged
from shared.db.engine import Session
from shared.ids import new_id

_SAME_WORDS: Final = (TicketAssigned, TicketEscalated, TicketStatusChanged)


async def locked(session: Session, brand: str, ticket_id: UUID) -> Ticket:
    """Return the ticket of a brand, locked, or refuse."""
    ticket = await tickets.lock_ticket(session, brand, ticket_id)
    if ticket is None:
        raise TicketNotFound
    return ticket


async def tell(session: Session, story: Story) -> TicketState:
    """Store what happened to a locked ticket and return it as it is now; nothing happened, nothing is written."""
    if story.events:
        ticket = story.ticket
        entries = _entries(story)
        await tickets.save_ticket(session, ticket, reworded=_reworded(story, entries))
        await timeline.add_entries(session, ticket.brand, ticket.state.id, entries)
        await facts.record_facts(session, ticket.brand, story.events)
    return story.state


async def tell_opening(session: Session, story: Story, *, audited: AuditEntry | None = None) -> TicketState:
    """Store a new ticket with its opening and first words, and return it with its number."""
    ticket = story.ticket
    opened, words = (entry_of(event, ticket.state.id) for event in story.events)
    numbered(story, await tickets.insert_ticket(session, ticket, opened, words, audited=audited))
    await facts.record_facts(session, ticket.brand, story.events)
    return story.state


def _entries(story: Story) -> list[Entry]:
    return [entry_of(event, new_id()) for event in story.events]


def _reworded(story: Story, entries: list[Entry]) -> UUID | None:
    """Return the id of an entry that changed what the ticket can be found by."""
    return next(
        (entry.id for event, entry in zip(story.events, entries, strict=True) if not isinstance(event, _SAME_WORDS)),
        None,
    )
