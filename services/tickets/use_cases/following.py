"""Where words go: they join their ticket, reopen it, or open a new one when that comes too late."""

from datetime import datetime

from services.tickets.domain.lifecycle import FOLLOW_UP, never_ends, takes_words
from services.tickets.domain.tickets import Story, Ticket, Words, unopened
from services.tickets.queries import lifecycles, links
from services.tickets.use_cases.reaching import landing, restored
from services.tickets.use_cases.registering import is_complaint_open
from services.tickets.use_cases.telling import tell, tell_opening
from shared.contracts.base import Author
from shared.contracts.tickets import MessageKind, TicketLinked
from shared.db.engine import Session
from shared.ids import new_id


async def take_words(
    session: Session, ticket: Ticket, words: Words, *, actor: Author, now: datetime, stored: Ticket | None = None
) -> Story:
    """Add words to a locked ticket or to the one that follows it, and return what happened to that one.

    `stored` is the ticket itself where `ticket` is addressed to somebody who was merged into it.
    """
    if words.kind is MessageKind.MESSAGE and not words.automatic:
        taker = await _taker(session, ticket, now)
        if taker is None:
            return await _open_follow_up(session, ticket, words, actor=actor, now=now)
        ticket = taker
    story = Story(ticket, actor=actor, now=now)
    story.says(words)
    await tell(session, story if stored is None else restored(story, stored))
    return story


async def _taker(session: Session, ticket: Ticket, now: datetime) -> Ticket | None:
    """Return the ticket that takes the player's words, locked: this one or the newest that followed it.

    While a complaint is open its ticket takes them however late they come: they may be what its investigator waits for.
    """
    if never_ends(ticket):
        return ticket
    brand = ticket.brand
    lifecycle = (await lifecycles.policy_of(session, brand)).of(ticket.state.channel.value)
    while not (
        takes_words(ticket, lifecycle, now) or await is_complaint_open(session, brand, ticket.state.complaint_id)
    ):
        # From the older to the newer: two such walks never wait for each other.
        follower = await links.newest_follower(session, brand, ticket.state.id, FOLLOW_UP)
        following = None if follower is None else await landing(session, brand, follower)
        if following is None:
            return None
        ticket = following.ticket
    return ticket


async def _open_follow_up(session: Session, old: Ticket, words: Words, *, actor: Author, now: datetime) -> Story:
    """Open a ticket for words that came too late for their own; both tell that they belong together."""
    before = old.state
    state = unopened(
        ticket_id=new_id(),
        subject=before.subject,
        channel=before.channel,
        created_at=words.at,
        player_id=before.player_id,
        language=before.language,
    ).model_copy(update={"tier": before.tier, "licence": before.licence})
    new = Ticket(old.brand, state, visitor_id=old.visitor_id, contact=old.contact)
    story = Story(new, actor=actor, now=now)
    story.opens(words.at)
    story.says(words)
    await tell_opening(session, story)
    await links.add_link(session, old.brand, before.id, state.id, FOLLOW_UP, now)
    for one, other in ((story.ticket, before.id), (old, state.id)):
        linking = Story(one, actor=actor, now=now)
        linking.tells(TicketLinked, other_id=other, relation=FOLLOW_UP)
        await tell(session, linking)
    return story
