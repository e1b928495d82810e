"""Adding words to a ticket through the API."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain import access
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.tickets import Words
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.following import take_words
from services.tickets.use_cases.telling import locked
from shared.contracts.base import Author
from shared.contracts.tickets import MessageAdded, MessageKind
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact


async def add_message(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    speaker: Author,
    witness: Witness | None,
    text: str,
    kind: MessageKind | None,
    player_id: str | None,
    now: datetime,
) -> tuple[UUID, Entry]:
    """Add a player's message, an answer or a note; return the ticket it joined and its entry in the timeline.

    The player's words bring a waiting, resolved or closed ticket back to work; the first answer takes a new one in.
    Once the time for reopening is over, they open a new ticket linked to the old one.
    """
    ticket = await locked(session, brand, ticket_id)
    if not access.may_see(speaker, ticket):
        raise TicketNotFound
    author, chosen = access.speaks_as(speaker, ticket, kind, player_id)
    words = Words(new_id(), chosen, author, redact(text), now)
    story = await take_words(session, ticket, words, actor=speaker, now=now)
    deed = AuditAction.ADD_NOTE if chosen is MessageKind.NOTE else AuditAction.ADD_MESSAGE
    await record_deed(session, witness, deed, story.state)
    said = next(event for event in story.events if isinstance(event, MessageAdded))
    return story.state.id, entry_of(said, ticket_id)
