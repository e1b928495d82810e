"""Who of the staff hears a conversation beside its holder."""

from uuid import UUID

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects.postgresql import insert

from services.chat.tables import chat_guests, chat_sessions
from shared.db.engine import Session


async def add_guest(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> bool:
    """Note a guest of a conversation; False if the ticket is none or he was one."""
    known = select(chat_sessions.c.ticket_id, literal(staff_id), chat_sessions.c.brand).where(
        chat_sessions.c.brand == brand, chat_sessions.c.ticket_id == ticket_id
    )
    added = insert(chat_guests).from_select(["ticket_id", "staff_id", "brand"], known).on_conflict_do_nothing()
    return (await session.execute(added.returning(chat_guests.c.ticket_id))).first() is not None


async def drop_guest(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> bool:
    """Forget a guest; False if he was none."""
    gone = delete(chat_guests).where(
        chat_guests.c.brand == brand, chat_guests.c.ticket_id == ticket_id, chat_guests.c.staff_id == staff_id
    )
    return (await session.execute(gone.returning(chat_guests.c.ticket_id))).first() is not None


async def is_conversation(session: Session, brand: str, ticket_id: UUID) -> bool:
    """True if a ticket is a live conversation that has not ended."""
    open_one = select(chat_sessions.c.ticket_id).where(
        chat_sessions.c.brand == brand, chat_sessions.c.ticket_id == ticket_id, chat_sessions.c.ended_at.is_(None)
    )
    return (await session.execute(open_one)).first() is not None
