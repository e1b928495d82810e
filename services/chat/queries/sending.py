"""Conversations that were sent by e-mail because somebody asked."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, or_, select

from services.chat.domain.values import Person
from services.chat.tables import chat_sent_transcripts
from shared.db.engine import Session

_SENT = chat_sent_transcripts.c


async def note_sent(
    session: Session, brand: str, transcript_id: UUID, *, ticket_id: UUID, by: Person, to: str, at: datetime
) -> None:
    """Remember that a conversation was sent, and by whom."""
    values = {
        "id": transcript_id, "brand": brand, "ticket_id": ticket_id, "sent_by_kind": by.kind.value, "sent_by": by.id,
        "address": _digest(to), "sent_at": at,
    }  # fmt: skip
    await session.execute(insert(chat_sent_transcripts).values(values))


async def sent_since(session: Session, brand: str, ticket_id: UUID, *, to: str, since: datetime) -> list[datetime]:
    """Return when this conversation, or any one to this address, was sent, oldest first."""
    found = (
        select(_SENT.sent_at)
        .where(_SENT.brand == brand, _SENT.sent_at > since)
        .where(or_(_SENT.ticket_id == ticket_id, _SENT.address == _digest(to)))
        .order_by(_SENT.sent_at)
    )
    return [row.sent_at for row in await session.execute(found)]


def _digest(address: str) -> bytes:
    return hashlib.sha256(address.casefold().encode()).digest()
