"""One-use socket tickets, kept as digests."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete

from services.chat.domain.values import Person
from services.chat.tables import socket_tickets
from shared.contracts.base import AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

_TICKET = socket_tickets.c
_INSERT: Final = Fixed(
    "INSERT INTO socket_tickets (digest, brand, person_kind, person_id, person_name, ticket_id, origin, expires_at)"
    " VALUES (:digest, :brand, :kind, :person_id, :name, :ticket_id, :origin, :expires_at)"
)
_TAKE: Final = Fixed(
    "DELETE FROM socket_tickets WHERE digest = :digest AND brand = :brand AND expires_at > :now"
    " RETURNING person_kind, person_id, person_name, ticket_id, origin"
)


async def insert_socket_ticket(
    session: Session, digest: bytes, person: Person, *, ticket_id: UUID | None, origin: str | None, expires_at: datetime
) -> None:
    """Remember whom a ticket lets in."""
    values = {
        "digest": digest, "brand": person.brand, "kind": person.kind.value, "person_id": person.id,
        "name": person.name, "ticket_id": ticket_id, "origin": origin, "expires_at": expires_at,
    }  # fmt: skip
    await _INSERT.value(session, values)


async def take_socket_ticket(
    session: Session, brand: str, digest: bytes, *, now: datetime
) -> tuple[Person, UUID | None, str | None] | None:
    """Remove a ticket and return (person, conversation, origin); None if it is used, expired or another brand's."""
    row = await _TAKE.row(session, {"digest": digest, "brand": brand, "now": now})
    if row is None:
        return None
    kind, id_, name, ticket_id, origin = row
    return Person(brand, AuthorKind(kind), id_, name), ticket_id, origin


async def prune_socket_tickets(session: Session, *, now: datetime) -> None:
    """Forget tickets that expired an hour ago (worker role)."""
    await session.execute(delete(socket_tickets).where(_TICKET.expires_at < now - timedelta(hours=1)))
