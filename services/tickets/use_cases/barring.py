"""Whoever a complaint is about has nothing to do with its ticket from the moment he is named."""

from datetime import datetime

from services.tickets.domain.complaints import Complaint
from services.tickets.domain.tickets import Story
from services.tickets.queries import participants
from services.tickets.use_cases.parting import let_go
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author
from shared.contracts.tickets import Parting
from shared.db.engine import Session


async def take_from_accused(session: Session, complaint: Complaint, by: Author, now: datetime) -> None:
    """Give a ticket that the accused has back to the queue; he is asked nothing either, and is no guest of it."""
    ticket = await locked(session, complaint.brand, complaint.state.ticket_id, even_merged=True)
    accused = complaint.accused_staff_id
    if accused is None or complaint.state.closed_at is not None:
        return
    story = Story(ticket, actor=by, now=now)
    if ticket.state.assignee_id == accused:
        story.hands_over(None, None)
    guest = await participants.participant_of(session, complaint.brand, ticket.state.id, accused)
    if guest is not None:
        await let_go(session, story, guest, Parting.BARRED)
    await tell(session, story)
