"""Conversations that wait for their player's words: when somebody looks at them next."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.domain.rules import Turn
from services.chat.tables import chat_messages, chat_sessions, chat_silences
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus
from shared.db.engine import Session
from shared.db.fixed import Fixed

_SESSION = chat_sessions.c
_SILENCE = chat_silences.c
_MOST: Final = 100
_ENDS_AT: Final = Fixed("SELECT due_at FROM chat_silences WHERE brand = :brand AND ticket_id = :ticket_id AND warned")


async def turn_of(session: Session, brand: str, ticket_id: UUID) -> Turn | None:
    """Return whose turn it is in a conversation that has not ended; None if it has."""
    last = (
        select(chat_messages.c.author_kind)
        .where(chat_messages.c.ticket_id == _SESSION.ticket_id, chat_messages.c.corrects.is_(None))
        .order_by(chat_messages.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    open_one = select(_SESSION.ticket_status, last.label("spoke")).where(
        _SESSION.brand == brand, _SESSION.ticket_id == ticket_id, _SESSION.ended_at.is_(None)
    )
    row = (await session.execute(open_one)).one_or_none()
    if row is None:
        return None
    status = None if row.ticket_status is None else TicketStatus(row.ticket_status)
    return Turn(status, None if row.spoke is None else AuthorKind(row.spoke))


async def keep_standing(
    session: Session, brand: str, ticket_id: UUID, *, status: TicketStatus, is_safety: bool
) -> None:
    """Remember where the ticket of a conversation stands; tickets without one are none of our business."""
    kept = (
        update(chat_sessions)
        .where(_SESSION.brand == brand, _SESSION.ticket_id == ticket_id)
        .values(ticket_status=status.value, is_safety=is_safety)
    )
    await session.execute(kept)


async def set_silence(session: Session, brand: str, ticket_id: UUID, *, due_at: datetime, warned: bool) -> None:
    """Look at a conversation at `due_at`; an earlier time is replaced."""
    values = {"ticket_id": ticket_id, "brand": brand, "due_at": due_at, "warned": warned}
    statement = upsert(chat_silences).values(values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[_SILENCE.ticket_id], set_={"due_at": due_at, "warned": warned})
    )


async def break_silence(session: Session, brand: str, ticket_id: UUID) -> None:
    """Look at a conversation no more."""
    await session.execute(delete(chat_silences).where(_SILENCE.brand == brand, _SILENCE.ticket_id == ticket_id))


async def lock_silence(session: Session, brand: str, ticket_id: UUID) -> tuple[datetime, bool] | None:
    """Lock and return when a conversation is looked at next and whether its player was warned."""
    found = (
        select(_SILENCE.due_at, _SILENCE.warned)
        .where(_SILENCE.brand == brand, _SILENCE.ticket_id == ticket_id)
        .with_for_update()
    )
    row = (await session.execute(found)).one_or_none()
    return None if row is None else (row.due_at, row.warned)


async def ends_at(session: Session, brand: str, ticket_id: UUID) -> datetime | None:
    """Return when the silence of a warned player ends the conversation."""
    time: datetime | None = await _ENDS_AT.value(session, {"brand": brand, "ticket_id": ticket_id})
    return time


async def due_silences(session: Session, now: datetime) -> Sequence[tuple[str, UUID]]:
    """Return (brand, conversation) of up to a hundred whose time has come, of all brands (worker role)."""
    due = (
        select(_SILENCE.brand, _SILENCE.ticket_id).where(_SILENCE.due_at <= now).order_by(_SILENCE.due_at).limit(_MOST)
    )
    return [(row.brand, row.ticket_id) for row in await session.execute(due)]
