"""Conversations are read: over HTTP, and by sockets that begin to listen or catch up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.chat.domain.corrections import Version, version_of
from services.chat.domain.errors import MessageNotFound, SessionNotFound
from services.chat.domain.values import Look, Message, Person, Receipt
from services.chat.queries import corrections, messages, receipts, sessions
from shared.contracts.chat import TranscriptRead
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record_rows, row_of


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
    session: Session, *, reader: Person, ticket_id: UUID, after_seq: int, limit: int, look: Look
) -> Page:
    """Return messages above `after_seq`: to players and visitors of their own conversation, to others on record."""
    brand = reader.brand
    found = await sessions.session_of(session, brand, ticket_id)
    if found is None or not (reader.is_inside or found.belongs_to(reader.author())):
        raise SessionNotFound
    await _tell_looks(session, reader, {ticket_id: after_seq}, look, listening=False)
    rows = await messages.transcript(session, brand, ticket_id, after_seq=after_seq, limit=limit)
    return Page(rows, max(found.last_seq, rows[-1].seq if rows else 0), found.ended_at)


async def read_history(
    session: Session, *, reader: Person, ticket_id: UUID, message_id: UUID, look: Look
) -> list[Version]:
    """Return everything a message ever said, its first words first: to staff and servers alone, on record."""
    found = await sessions.session_of(session, reader.brand, ticket_id)
    if found is None or not reader.is_inside:
        raise SessionNotFound
    if await corrections.message_now(session, reader.brand, ticket_id, message_id) is None:
        raise MessageNotFound
    await _tell_looks(session, reader, {ticket_id: 0}, look, listening=False, message_id=message_id)
    entries = await corrections.entries_about(session, reader.brand, ticket_id, message_id)
    return [version_of(entry) for entry in entries]


async def catch_up(session: Session, *, brand: str, ticket_id: UUID, after_seq: int, limit: int) -> list[Message]:
    """Return messages above `after_seq` for a socket that was allowed to listen before."""
    return await messages.transcript(session, brand, ticket_id, after_seq=after_seq, limit=limit)


async def begin_listening(session: Session, *, person: Person, cursors: Mapping[UUID, int], look: Look) -> Listening:
    """Return those of the conversations that `person` may hear: others their own, staff, on record, their brand's."""
    wanted = list(cursors)
    if not wanted:
        return Listening({}, ())
    own = None if person.is_staff else person
    heads = await sessions.last_seqs(session, person.brand, wanted, player=own)
    await _tell_looks(session, person, {one: cursors[one] for one in heads}, look, listening=True)
    return Listening(heads, await receipts.receipts_in(session, person.brand, list(heads)) if heads else ())


async def held_by(session: Session, *, person: Person) -> list[UUID]:
    """Return the open conversations that a member of staff holds or is a guest of."""
    return [ticket_id for _, _, ticket_id in await sessions.assigned_to(session, [(person.brand, person.id)])]


async def held_by_each(session: Session, staff: Sequence[tuple[str, str]]) -> list[tuple[str, str, UUID]]:
    """Return (brand, staff id, conversation) of what these people hold or are guests of (worker role)."""
    return await sessions.assigned_to(session, staff) if staff else []


async def newest(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return how far each conversation has got, whatever its brand (worker role)."""
    return await sessions.heads(session, ticket_ids) if ticket_ids else {}


async def raise_receipts(session: Session, *, brand: str, raised: Sequence[Receipt]) -> list[Receipt]:
    """Raise high-water marks and return where they stand; they never fall."""
    return await receipts.raise_receipts(session, brand, raised)


async def _tell_looks(
    session: Session,
    reader: Person,
    looked_at: Mapping[UUID, int],
    look: Look,
    *,
    listening: bool,
    message_id: UUID | None = None,
) -> None:
    """Tell that staff or a server looks at conversations, in the transaction that shows them."""
    if not reader.is_inside or not looked_at:
        return
    facts = [
        TranscriptRead(
            read_id=new_id(),
            ticket_id=ticket_id,
            reader=reader.author(),
            after_seq=after_seq,
            listening=listening,
            reason=look.reason,
            message_id=message_id,
            request_id=look.request_id,
            read_at=look.at,
        )
        for ticket_id, after_seq in looked_at.items()
    ]
    service = str(session.info["service"])
    rows = [row_of(fact, service=service, brand=reader.brand, sequence=1, at=look.at) for fact in facts]
    await record_rows(session, rows)
