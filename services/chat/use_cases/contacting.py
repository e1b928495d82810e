"""Staff look at how a player is reached: what he said of himself, and whether what he was answered got to him."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chat.domain.errors import AddressNotTaken, SessionNotFound
from services.chat.domain.reaching import Reachable, Telling
from services.chat.domain.rules import Rating
from services.chat.domain.unread import MOST_REPLIES
from services.chat.domain.values import Look, Person
from services.chat.queries import contacts, messages, ratings, reaching, sessions
from services.chat.use_cases.introducing import take_address
from shared.contracts.chat_mail import ContactRead
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record


@dataclass(frozen=True, slots=True)
class Reach:
    """How the player of a conversation is reached, oldest and number of what he has not read, and how he rated it."""

    to: Reachable
    told: Telling | None
    read_seq: int
    unread: int
    unread_since: datetime | None
    ratings: Sequence[Rating]

    @property
    def delivery(self) -> str:
        """What became of what he has not read."""
        if not self.unread or self.told is None:
            return "none"
        if self.told.undelivered:
            return "undelivered"
        if self.told.due_at is not None or self.told.batch_state is None:
            return "waiting"
        return self.told.batch_state


async def read_reach(session: Session, *, reader: Person, ticket_id: UUID, look: Look) -> Reach:
    """Return how the player of a conversation is reached, on record."""
    brand = reader.brand
    to = await contacts.reachable(session, brand, ticket_id)
    if to is None:
        raise SessionNotFound
    told = await reaching.telling_of(session, brand, ticket_id)
    read = await reaching.read_by_player(session, brand, ticket_id)
    live = await messages.spoke_live(session, brand, ticket_id)
    behind = max(read, live[0] if live else 0)
    unread = await messages.replies_after(session, brand, ticket_id, after_seq=behind, limit=MOST_REPLIES)
    seen = ContactRead(
        read_id=new_id(), ticket_id=ticket_id, reader=reader.author(), reason=look.reason,
        request_id=look.request_id, read_at=look.at,
    )  # fmt: skip
    await record(session, seen, brand=brand, sequence=1, at=look.at)
    said = await ratings.ratings_of(session, brand, ticket_id)
    return Reach(to, told, read, len(unread), unread[0].sent_at if unread else None, said)


async def leave_address(session: Session, *, person: Person, ticket_id: UUID, address: str, now: datetime) -> None:
    """Take the address at which somebody wants to be answered about his conversation."""
    found = await sessions.session_of(session, person.brand, ticket_id)
    if found is None or not found.belongs_to(person.author()):
        raise SessionNotFound
    to = await contacts.reachable(session, person.brand, ticket_id)
    if to is not None and to.vouched is not None and to.vouched != address:
        raise AddressNotTaken(field="email")
    if to is None or to.address != address:
        await take_address(session, brand=person.brand, ticket_id=ticket_id, address=address, now=now)
