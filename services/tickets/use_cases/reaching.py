"""Where words for a ticket land: in the ticket itself, or in the one that it went up in."""

from dataclasses import dataclass, replace
from uuid import UUID

from services.tickets.domain.merging import addressed, same_person
from services.tickets.domain.tickets import Story, Ticket
from services.tickets.queries import merges, tickets
from shared.contracts.tickets import MessageKind
from shared.db.engine import Session


@dataclass(frozen=True, slots=True)
class Landing:
    """The ticket words were said to and the locked one that takes them; both are the same unless it was merged."""

    said_to: Ticket
    ticket: Ticket

    @property
    def origin_id(self) -> UUID | None:
        """The merged ticket the words were said to, None if it takes them itself."""
        return None if self.said_to.state.id == self.ticket.state.id else self.said_to.state.id


async def landing(session: Session, brand: str, ticket_id: UUID) -> Landing | None:
    """Lock the ticket that takes words said to `ticket_id`, None if there is no such ticket.

    What was merged or taken out while the words waited is looked up anew; from then on no merge runs beside them.
    """
    wanted = ticket_id
    while True:
        ticket = await merges.lock_survivor(session, brand, wanted)
        if ticket is None:
            return None
        if ticket.state.merged_into is not None:
            wanted = ticket.state.merged_into
            continue
        if ticket.state.id == ticket_id:
            return Landing(ticket, ticket)
        said_to = await tickets.ticket_of(session, brand, ticket_id)
        if said_to is None:
            return None
        if said_to.state.merged_into == ticket.state.id:
            return Landing(said_to, ticket)
        wanted = ticket_id


async def heard_by_its_player(session: Session, landed: Landing, kind: MessageKind) -> Ticket:
    """Return the ticket that takes the words; a reply reaches every conversation of the person it was written to."""
    if kind is not MessageKind.REPLY:
        return landed.ticket
    members = await merges.members_of(session, landed.ticket.brand, landed.ticket.state.id)
    if not members:
        return landed.ticket
    audience = landed.ticket if same_person(landed.said_to, landed.ticket) else landed.said_to
    return addressed(landed.ticket, [landed.ticket, *members], audience)


async def said_by_player(session: Session, ticket: Ticket, player_id: str | None) -> Ticket:
    """Return the ticket that is this player's own: itself, or one of another player that was merged into it."""
    if player_id in {None, ticket.state.player_id}:
        return ticket
    members = await merges.members_of(session, ticket.brand, ticket.state.id)
    return next((one for one in members if one.state.player_id == player_id), ticket)


async def landing_of_player(session: Session, ticket: Ticket, player_id: str | None) -> Landing:
    """Return where this player hears what a locked ticket has for him; nobody else does, once his own has left it."""
    said_to = await said_by_player(session, ticket, player_id)
    if player_id in {None, said_to.state.player_id}:
        return Landing(said_to, ticket)
    said = await merges.origins_in(session, ticket.brand, [ticket.state.id])
    his = next((one.state.id for _, one in said if one.state.player_id == player_id), None)
    landed = None if his is None else await landing(session, ticket.brand, his)
    return landed or Landing(ticket, ticket)


def restored(story: Story, stored: Ticket) -> Story:
    """Give the ticket its own contact back before it is stored: a reply's addressee may be somebody else's."""
    story.ticket = replace(story.ticket, contact=stored.contact, live=stored.live)
    return story
