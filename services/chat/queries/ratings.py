"""What players were asked about conversations and what they said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, tuple_, update

from services.chat.domain.rules import Rating
from services.chat.tables import chat_ratings, chat_sessions
from shared.db.engine import Session

_RATING = chat_ratings.c


async def newest_rating(session: Session, brand: str, ticket_id: UUID) -> Rating | None:
    """Return what was asked last about a conversation."""
    newest = (
        select(chat_ratings)
        .where(_RATING.brand == brand, _RATING.ticket_id == ticket_id)
        .order_by(_RATING.round.desc())
        .limit(1)
    )
    row = (await session.execute(newest)).first()
    return None if row is None else _rating(row)


async def insert_rating(session: Session, brand: str, rating: Rating) -> None:
    """Write that a player was asked."""
    values = {
        "ticket_id": rating.ticket_id, "round": rating.round, "brand": brand, "asked_at": rating.asked_at,
        "assignee_id": rating.assignee_id,
    }  # fmt: skip
    await session.execute(insert(chat_ratings).values(values))


async def answer_rating(session: Session, brand: str, rating: Rating) -> None:
    """Write what a player said."""
    answered = (
        update(chat_ratings)
        .where(_RATING.brand == brand, _RATING.ticket_id == rating.ticket_id, _RATING.round == rating.round)
        .values(score=rating.score, comment=rating.comment, rated_at=rating.rated_at)
    )
    await session.execute(answered)


async def askable(session: Session, brand: str, ticket_id: UUID) -> tuple[bool, str | None] | None:
    """Return whether the ticket of a conversation concerns safety, and who holds it; None without conversation."""
    found = select(chat_sessions.c.is_safety, chat_sessions.c.assignee_id).where(
        chat_sessions.c.brand == brand, chat_sessions.c.ticket_id == ticket_id, chat_sessions.c.last_seq > 0
    )
    row = (await session.execute(found)).one_or_none()
    return None if row is None else (row.is_safety, row.assignee_id)


async def ratings_of(session: Session, brand: str, ticket_id: UUID) -> Sequence[Rating]:
    """Return what was said about a conversation, each time it was."""
    said = (
        select(chat_ratings)
        .where(_RATING.brand == brand, _RATING.ticket_id == ticket_id, _RATING.rated_at.is_not(None))
        .order_by(_RATING.round)
    )
    return [_rating(row) for row in await session.execute(said)]


async def ratings_page(
    session: Session, brand: str, *, worst: int, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Rating]:
    """Return ratings of at most `worst`, newest first."""
    page = select(chat_ratings).where(_RATING.brand == brand, _RATING.score <= worst)
    if after is not None:
        page = page.where(tuple_(_RATING.rated_at, _RATING.ticket_id) < after)
    page = page.order_by(_RATING.rated_at.desc(), _RATING.ticket_id.desc()).limit(limit)
    return [_rating(row) for row in await session.execute(page)]


def _rating(row: Row[Any]) -> Rating:
    return Rating(row.ticket_id, row.round, row.asked_at, row.assignee_id, row.score, row.comment, row.rated_at)
