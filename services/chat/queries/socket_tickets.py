"""One-use socket tickets, kept as digests."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert

from services.chat.domain.values import Person
from services.chat.tables import socket_tickets
from shared.contracts.base import AuthorKind
from shared.db.engine import Session

_TICKET = socket_tickets.c


async def insert_socket_ticket(
    session: Session, digest: bytes, person: Person, *, ticket_id: UUID | None, origin: str | None, expires_at: datetime
) -> None:
    """Remember whom a ticket lets in."""
    values = {
        "digest": digest, "brand": person.brand, "person_kind": person.kind.value, "person_id": person.id,
        "person_name": person.name, "ticket_id": ticket_id, "origin": origin, "expires_at": expires_at,
    }  # fmt: skip
    await session.execute(insert(socket_tickets).values(**values))


async def take_socket_ticket(
    session: Session, brand: str, digest: bytes, *, now: datetime
) -> tuple[Person, UUID | None, str | None] | None:
    """Remove a ticket and return (person, conversation, origin); None if it is used, expired or another brand's."""
    taken = (
        delete(socket_tickets)
        .where(_TICKET.digest == digest, _TICKET.brand == brand, _TICKET.expires_at > now)
        .returning(_TICKET.person_kind, _TICKET.person_id, _TICKET.person_name, _TICKET.ticket_id, _TICKET.origin)
    )
    row = (await session.execute(taken)).one_or_none()
    if row is None:
        return None
    kind, id_, name, ticket_id, origin = row
    return Person(brand, AuthorKind(kind), id_, name), ticket_id, origin


async def prune_socket_tickets(session: Session, *, now: datetime) -> None:
    """Forget tickets that expired an hour ago (worker role)."""
    await session.execute(delete(socket_tickets).where(_TICKET.expires_at < now - timedelta(hours=1)))
