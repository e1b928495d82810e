"""Adding words to a ticket through the API."""

from datetime import datetime
from uuid import UUID

from services.tickets.domain import access
from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.errors import TicketNotFound
from services.tickets.domain.tickets import Story, Words
from services.tickets.domain.timeline import Entry, entry_of
from services.tickets.use_cases.auditing import record_deed
from services.tickets.use_cases.reaching import heard_by_its_player, landing, restored
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Author
from shared.contracts.tickets import MessageKind
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
) -> Entry:
    """Add a player's message, an answer or a note, and return it as the timeline shows it.

    The player's words bring a waiting, resolved or closed ticket back to work; the first answer takes a new one in.
    What is said to a merged ticket is said in the one that has its words.
    """
    landed = await landing(session, brand, ticket_id)
    if landed is None or not access.may_see(speaker, landed.said_to):
        raise TicketNotFound
    author, chosen = access.speaks_as(speaker, landed.said_to, kind, player_id)
    ticket = await heard_by_its_player(session, landed, chosen)
    story = Story(ticket, actor=speaker, now=now)
    story.says(Words(new_id(), chosen, author, redact(text), now, origin_id=landed.origin_id))
    state = await tell(session, restored(story, landed.ticket))
    deed = AuditAction.ADD_NOTE if chosen is MessageKind.NOTE else AuditAction.ADD_MESSAGE
    await record_deed(session, witness, deed, state)
    return entry_of(story.events[0], state.id)
