"""Conversations are read: over HTTP, and by sockets that begin to listen or catch up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chat.domain.errors import SessionNotFound
from services.chat.domain.values import Message, Person, Receipt
from services.chat.queries import messages, receipts, sessions
from shared.db.engine import Session


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a transcript; `last_seq` is how far the conversation has got."""

    messages: Sequence[Message]
    last_seq: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the conversations stand that a socket may listen to."""

    heads: dict[UUID, int]
    receipts: Sequence[Receipt]


async def read_page(
    session: Session, *, brand: str, ticket_id: UUID, after_seq: int, limit: int, owner: Person | None
) -> Page:
    """Return messages above `after_seq`; with `owner`, of that person's own conversation only."""
    found = await sessions.session_of(session, brand, ticket_id)
    if found is None or (owner is not None and not found.belongs_to(owner.author())):
        raise SessionNotFound
    rows = await messages.transcript(session, brand, ticket_id, after_seq=after_seq, limit=limit)
    return Page(rows, max(found.last_seq, rows[-1].seq if rows else 0), found.ended_at)


async def catch_up(session: Session, *, brand: str, ticket_id: UUID, after_seq: int, limit: int) -> list[Message]:
    """Return messages above `after_seq` for a socket that was allowed to listen before."""
    return await messages.transcript(session, brand, ticket_id, after_seq=after_seq, limit=limit)


async def begin_listening(session: Session, *, person: Person, ticket_ids: Iterable[UUID]) -> Listening:
    """Return those of the conversations that `person` may hear: staff all of their brand, others their own."""
    wanted = list(ticket_ids)
    if not wanted:
        return Listening({}, ())
    own = None if person.is_staff else person
    heads = await sessions.last_seqs(session, person.brand, wanted, player=own)
    return Listening(heads, await receipts.receipts_in(session, person.brand, list(heads)) if heads else ())


async def held_by(session: Session, *, person: Person) -> list[UUID]:
    """Return the open conversations assigned to a member of staff."""
    return [ticket_id for _, _, ticket_id in await sessions.assigned_to(session, [(person.brand, person.id)])]


async def held_by_each(session: Session, staff: Sequence[tuple[str, str]]) -> list[tuple[str, str, UUID]]:
    """Return (brand, staff id, conversation) of what these people hold (worker role)."""
    return await sessions.assigned_to(session, staff) if staff else []


async def newest(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how far each conversation has got, whatever its brand (worker role)."""
    return await sessions.heads(session, ticket_ids) if ticket_ids else {}


async def raise_receipts(session: Session, *, brand: str, raised: Sequence[Receipt]) -> list[Receipt]:
    """Raise high-water marks and return where they stand; they never fall."""
    return await receipts.raise_receipts(session, brand, raised)
