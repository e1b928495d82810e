"""Whoever a complaint is, or may be, about has nothing to do with its ticket from the moment he is named."""

from datetime import datetime

from services.tickets.domain.complaints import Complaint
from services.tickets.domain.tickets import Story
from services.tickets.queries import complaints, participants
from services.tickets.use_cases.parting import let_go
from services.tickets.use_cases.registering import REGISTER
from services.tickets.use_cases.telling import locked, tell
from shared.contracts.base import Author
from shared.contracts.tickets import Parting
from shared.db.engine import Session


async def take_from_accused(session: Session, complaint: Complaint, by: Author, now: datetime) -> None:
    """Give a ticket that he has back to the queue; he is no guest of it either."""
    brand = complaint.brand
    ticket = await locked(session, brand, complaint.state.ticket_id, even_merged=True)
    barred = await complaints.barred_from(session, brand, ticket.state)
    # Who names himself has no more to do with it from that moment.
    story = Story(ticket, actor=REGISTER if by.id in barred else by, now=now)
    if ticket.state.assignee_id in barred:
        story.hands_over(None, None)
    for guest in await participants.participants_of(session, brand, ticket.state.id) if barred else ():
        if guest.staff_id in barred:
            await let_go(session, story, guest, Parting.BARRED)
    await tell(session, story)
