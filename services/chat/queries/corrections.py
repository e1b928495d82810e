"""Entries that correct others: appended like words, and read with the message they are about."""

from uuid import UUID

from sqlalchemy import func, insert, or_, select

from services.chat.domain.values import Message
from services.chat.queries.messages import COLUMNS, message_of, now_said
from services.chat.tables import chat_messages
from shared.db.engine import Session

_ENTRY = chat_messages.c


async def append_entry(session: Session, brand: str, entry: Message) -> None:
    """Write an entry of a locked conversation."""
    row: dict[str, object] = {
        "brand": brand, "ticket_id": entry.ticket_id, "seq": entry.seq, "id": entry.id,
        "author_kind": entry.author.kind.value, "author_id": entry.author.id, "author_name": entry.author.name,
        "text": entry.text, "client_msg_id": entry.client_msg_id, "sent_at": entry.sent_at,
        "corrects": entry.corrects,
    }  # fmt: skip
    await session.execute(insert(chat_messages).values(row))


async def message_now(session: Session, brand: str, ticket_id: UUID, message_id: UUID) -> Message | None:
    """Return a message with the words that count now; entries that correct are no messages."""
    found = now_said(brand, ticket_id).where(_ENTRY.id == message_id, _ENTRY.corrects.is_(None))
    row = (await session.execute(found)).one_or_none()
    return None if row is None else message_of(row)


async def entries_about(session: Session, brand: str, ticket_id: UUID, message_id: UUID) -> list[Message]:
    """Return a message as it was said and every correction of it as it was made, in their order."""
    about = (
        select(*COLUMNS)
        .where(_ENTRY.brand == brand, _ENTRY.ticket_id == ticket_id)
        .where(or_(_ENTRY.id == message_id, _ENTRY.corrects == message_id))
        .order_by(_ENTRY.seq)
    )
    return [message_of(row) for row in await session.execute(about)]


async def count_about(session: Session, brand: str, ticket_id: UUID, message_id: UUID) -> int:
    """Return how often a message was corrected."""
    counted = select(func.count()).where(
        _ENTRY.brand == brand, _ENTRY.ticket_id == ticket_id, _ENTRY.corrects == message_id
    )
    return int((await session.execute(counted)).scalar_one())
