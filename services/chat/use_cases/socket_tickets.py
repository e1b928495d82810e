"""The way onto a socket: a secret that works once, soon, and from the page that asked for it."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.chat.domain.errors import OriginRefused, SocketTicketRefused
from services.chat.domain.values import Person
from services.chat.queries import socket_tickets
from shared.db.engine import Session

_SECRET_BYTES: Final = 32


async def issue_socket_ticket(
    session: Session, *, person: Person, ticket_id: UUID | None, origin: str | None, now: datetime, life: timedelta
) -> str:
    """Return a new socket ticket, of which only a digest is stored; it names its brand for row-level security."""
    ticket = f"{person.brand}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    await socket_tickets.insert_socket_ticket(
        session, _digest(ticket), person, ticket_id=ticket_id, origin=origin, expires_at=now + life
    )
    return ticket


def brand_of_ticket(ticket: str) -> str:
    """Return the brand a socket ticket claims to be for."""
    return ticket.partition(".")[0]


async def redeem_socket_ticket(
    session: Session, *, ticket: str, origin: str | None, now: datetime
) -> tuple[Person, UUID | None]:
    """Use up a socket ticket and return whom it lets in and for which conversation.

    A ticket asked for by a page works on that page's origin only; one asked for without an Origin has no such tie.
    """
    taken = await socket_tickets.take_socket_ticket(session, brand_of_ticket(ticket), _digest(ticket), now=now)
    if taken is None:
        raise SocketTicketRefused
    person, ticket_id, bound = taken
    if bound is not None and bound != origin:
        raise OriginRefused
    return person, ticket_id


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).digest()
