"""Players who were answered and say nothing are warned, then their conversation ends; its ticket lives on.

A silence begins with the words of staff or the bot, or when the ticket begins to wait for the player. It is looked at
when its time has come, so the player's words themselves write nothing here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from services.chat.domain.errors import SessionNotFound
from services.chat.domain.rules import Step, next_step
from services.chat.domain.values import Person
from services.chat.queries import policies, sessions, silences
from services.chat.use_cases.sessions import end_session
from shared.contracts.base import Channel
from shared.contracts.tickets import ReasonClass, TicketState
from shared.db.engine import Session

INACTIVE: Final = "inactive"
_SAFETY_TAG: Final = "safety"


class Warned(NamedTuple):
    """A player who is told that his silence will end the conversation."""

    ticket_id: UUID
    ends_at: datetime


async def follow_ticket(session: Session, *, brand: str, ticket: TicketState, now: datetime) -> None:
    """Remember where the ticket of a conversation now stands, and whether its player is to speak next."""
    await keep_standing(session, brand=brand, ticket=ticket)
    if ticket.channel is Channel.WEB:
        await watch(session, brand=brand, ticket_id=ticket.id, now=now)


async def keep_standing(session: Session, *, brand: str, ticket: TicketState) -> None:
    """Remember where the ticket of a conversation stands."""
    if ticket.channel is not Channel.WEB:
        return
    safety = ticket.reason_class is ReasonClass.SAFETY or _SAFETY_TAG in ticket.tags
    await silences.keep_standing(session, brand, ticket.id, status=ticket.status, is_safety=safety)


async def watch(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Begin a silence anew if the player is to speak next; else end it."""
    turn = await silences.turn_of(session, brand, ticket_id)
    policy = await policies.policy_of(session, brand)
    if turn is None or not turn.is_players or policy.warn_after is None:
        await silences.break_silence(session, brand, ticket_id)
        return
    await silences.set_silence(session, brand, ticket_id, due_at=now + policy.warn_after, warned=False)


async def answer(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> Warned | None:
    """Warn or end a conversation whose silence has lasted; return whom to warn.

    The session is locked first, as by everybody who writes words: what the player says meanwhile comes before or after.
    """
    await sessions.lock_sessions(session, brand, [ticket_id])
    silence = await silences.lock_silence(session, brand, ticket_id)
    if silence is None or silence[0] > now:
        return None
    turn = await silences.turn_of(session, brand, ticket_id)
    policy = await policies.policy_of(session, brand)
    step = Step.REST if turn is None else next_step(turn, policy, warned=silence[1])
    if step is Step.WARN:
        ends_at = now + policy.end_after
        await silences.set_silence(session, brand, ticket_id, due_at=ends_at, warned=True)
        return Warned(ticket_id, ends_at)
    await silences.break_silence(session, brand, ticket_id)
    if step is Step.END:
        await end_session(session, brand=brand, ticket_id=ticket_id, reason=INACTIVE, now=now)
    return None


async def stay(session: Session, *, brand: str, ticket_id: UUID, owner: Person, now: datetime) -> None:
    """Take a player's word that he is still there: his silence begins anew."""
    found = await sessions.session_of(session, brand, ticket_id)
    if found is None or not found.belongs_to(owner.author()):
        raise SessionNotFound
    await watch(session, brand=brand, ticket_id=ticket_id, now=now)


async def ends_at(session: Session, *, brand: str, ticket_id: UUID) -> datetime | None:
    """Return when the silence of a player who was warned ends his conversation."""
    return await silences.ends_at(session, brand, ticket_id)


async def due(session: Session, *, now: datetime) -> Sequence[tuple[str, UUID]]:
    """Return (brand, conversation) of silences whose time has come (worker role)."""
    return await silences.due_silences(session, now)
