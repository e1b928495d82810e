"""Players are told who is with them: whoever holds their conversation, until the matter is settled."""

from uuid import UUID

from services.chat.domain.rules import ChatPolicy, shown_holder
from services.chat.domain.values import Held
from services.chat.queries import policies, sessions
from shared.db.engine import Session, note


async def holder_shown(session: Session, *, brand: str, ticket_id: UUID, policy: ChatPolicy) -> str | None:
    """Return the name that the player of a conversation is told by the brand's rules; None: nobody's."""
    found = await sessions.holder_of(session, brand, ticket_id)
    return None if found is None else shown_holder(*found, policy)


async def tell_holder(session: Session, *, brand: str, ticket_id: UUID) -> None:
    """Note who is with the player now, told once this is committed; tickets without a conversation concern nobody."""
    found = await sessions.holder_of(session, brand, ticket_id)
    if found is not None:
        name = shown_holder(*found, await policies.policy_of(session, brand))
        note(session, Held(brand, ticket_id, name))
