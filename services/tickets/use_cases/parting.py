"""Whoever cannot be a guest any more is none: the ticket is closed, went up in another one, or is his own now."""

from services.tickets.domain.participants import Participant, Step, partings
from services.tickets.domain.tickets import Story
from services.tickets.queries import participants
from shared.contracts.tickets import ParticipantLeft, Parting
from shared.db.engine import Session


async def part(session: Session, story: Story) -> None:
    """End what the facts of a story end; a ticket nobody was asked into costs one look, and only then."""
    over = partings(story.events)
    if not over:
        return
    for one in await participants.participants_of(session, story.ticket.brand, story.state.id):
        cause = over.get(one.staff_id) or over.get(None)
        if cause is not None:
            await let_go(session, story, one, cause)


async def let_go(session: Session, story: Story, one: Participant, cause: Parting) -> None:
    """Let somebody be a participant of a locked ticket no more."""
    joined = one.state is Step.JOINED
    story.tells(ParticipantLeft, staff_id=one.staff_id, name=one.name, had_joined=joined, cause=cause)
    await participants.drop(session, story.ticket.brand, story.state.id, one.staff_id)
