"""A visitor turned out to be a player: his live ticket is the player's from now on."""

from dataclasses import replace
from datetime import datetime

from services.tickets.domain.tickets import Story
from services.tickets.domain.tiers import tier_of_claim
from services.tickets.queries import copies, tickets
from services.tickets.use_cases.telling import tell
from shared.contracts.chat import SessionClaimed
from shared.db.engine import Session


async def take_claim(session: Session, *, brand: str, claimed: SessionClaimed, now: datetime) -> None:
    """Give the ticket of a live conversation to its player; one without words yet will open as his.

    The visitor reads it no more: whoever finds his token must not see what the player goes on to say.
    """
    await copies.hand_conversation(session, brand, claimed.ticket_id, claimed.player, claimed.vip)
    ticket = await tickets.lock_ticket(session, brand, claimed.ticket_id)
    if ticket is None:
        return
    story = Story(replace(ticket, visitor_id=None), actor=claimed.player, now=now)
    told = tier_of_claim(claimed.vip)
    tier = told.tier if told else await tickets.last_tier(session, brand, claimed.player.id)
    story.edits({"player_id": claimed.player.id, "tier": tier or ticket.state.tier})
    await tickets.hand_ticket(session, brand, claimed.ticket_id, claimed.player.id)
    await tell(session, story)
