"""Staff come to a live conversation beside its holder and leave it; its player is told, if his brand wants that."""

from datetime import datetime
from uuid import UUID

from services.chat.domain.values import Arrival, PeopleChanged
from services.chat.queries import guests, policies
from shared.db.engine import Session, note


async def join(
    session: Session, *, brand: str, ticket_id: UUID, staff_id: str, name: str | None, held: bool, at: datetime
) -> None:
    """Let somebody hear a conversation by himself; for its player whoever `held` it until now has not come."""
    if await guests.add_guest(session, brand, ticket_id, staff_id) and not held:
        await _announce(session, brand, ticket_id, Arrival.JOINED, name, at)


async def leave(
    session: Session, *, brand: str, ticket_id: UUID, staff_id: str, name: str | None, holds: bool, at: datetime
) -> None:
    """Let somebody hear a conversation no more as a guest; for its player whoever `holds` it now has not left."""
    if await guests.drop_guest(session, brand, ticket_id, staff_id) and not holds:
        await _announce(session, brand, ticket_id, Arrival.LEFT, name, at)


async def take_over(session: Session, *, brand: str, ticket_id: UUID, name: str | None, at: datetime) -> None:
    """Tell the player of a conversation with whom he speaks from now on."""
    await _announce(session, brand, ticket_id, Arrival.TOOK_OVER, name, at)


async def _announce(
    session: Session, brand: str, ticket_id: UUID, arrival: Arrival, name: str | None, at: datetime
) -> None:
    """Note what is told once this is committed, to whom is there: it is no word of the transcript."""
    if name is None or not await guests.is_conversation(session, brand, ticket_id):
        return
    if (await policies.policy_of(session, brand)).announces_people:
        note(session, PeopleChanged(brand, ticket_id, arrival, name, at))
