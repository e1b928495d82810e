"""Conversations that were sent by e-mail because somebody asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from services.chat.domain.values import Person
from services.chat.tables import chat_sent_transcripts
from shared.db.engine import Session

_SENT = chat_sent_transcripts.c


async def note_sent(
    session: Session, brand: str, transcript_id: UUID, *, ticket_id: UUID, by: Person, at: datetime
) -> None:
    """Remember that a conversation was sent, and by whom."""
    values = {
        "id": transcript_id, "brand": brand, "ticket_id": ticket_id, "sent_by_kind": by.kind.value, "sent_by": by.id,
        "sent_at": at,
    }  # fmt: skip
    await session.execute(insert(chat_sent_transcripts).values(values))


async def sent_since(session: Session, brand: str, ticket_id: UUID, *, since: datetime) -> list[datetime]:
    """Return when a conversation was sent, oldest first."""
    found = (
        select(_SENT.sent_at)
        .where(_SENT.brand == brand, _SENT.ticket_id == ticket_id, _SENT.sent_at > since)
        .order_by(_SENT.sent_at)
    )
    return [row.sent_at for row in await session.execute(found)]
