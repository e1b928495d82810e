"""Answers on their way out, and the names they go out under."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.notifications.tables import brands, outgoing_messages
from shared.db.engine import Session

_TAKE: Final = text(
    """
    WITH due AS (
        SELECT message_id FROM outgoing_messages
         WHERE state = 'pending' AND next_at <= now()
         ORDER BY next_at LIMIT :count FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE outgoing_messages m
           SET lease_token = :token, next_at = now() + CAST(:lease AS interval)
          FROM due WHERE m.message_id = due.message_id
        RETURNING m.message_id, m.brand, m.ticket_id, m.number, m.subject, m.words, m.contact, m.written_at, m.tries,
               m.html, m.automatic, m.first_message_id
    )
    SELECT t.*, b.name AS brand_name, b.support_email FROM taken t LEFT JOIN brands b ON b.brand = t.brand
    """
)
_NEXT: Final = text(
    "SELECT extract(epoch FROM min(next_at) - now())::float8 FROM outgoing_messages WHERE state = 'pending'"
)
_FORGET: Final = text(
    """
    DELETE FROM outgoing_messages WHERE message_id IN (
        SELECT message_id FROM outgoing_messages WHERE finished_at < now() - CAST(:age AS interval) LIMIT :most)
    RETURNING message_id
    """
)


class Outcome(NamedTuple):
    """What came of one try to send a message."""

    state: str
    delay: timedelta
    provider_id: str | None
    error: str | None


async def insert_message(session: Session, values: Mapping[str, object]) -> bool:
    """Add a message to send; False if it is known already."""
    statement = insert(outgoing_messages).values(**values, next_at=func.now()).on_conflict_do_nothing()
    return bool((await session.execute(statement)).rowcount)


async def take_messages(
    session: Session, *, count: int, token: UUID, lease: timedelta
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Lease due messages of all brands, longest overdue first."""
    values = {"count": count, "token": token, "lease": lease}
    return (await session.execute(_TAKE, values)).all()


async def seconds_to_next(session: Session) -> float | None:
    """Return in how many seconds the next message is due, or None if none is pending."""
    seconds = (await session.execute(_NEXT)).scalar_one()
    return None if seconds is None else float(seconds)


async def record_outcome(session: Session, message_id: UUID, *, token: UUID, outcome: Outcome) -> bool:
    """Write what came of a try if its lease still holds; wipe words and address once they are not needed any more."""
    c = outgoing_messages.c
    values: dict[object, object] = {
        c.state: outcome.state,
        c.tries: c.tries + 1,
        c.next_at: func.now() + outcome.delay,
        c.lease_token: None,
        c.provider_id: outcome.provider_id,
        c.last_error: outcome.error,
    }
    if outcome.state != "pending":
        values |= {c.finished_at: func.now(), c.subject: "", c.words: "", c.html: None, c.contact: {}}
    statement = update(outgoing_messages).where(
        c.message_id == message_id, c.lease_token == token, c.state == "pending"
    )
    return bool((await session.execute(statement.values(values))).rowcount)


async def forget_messages(session: Session, *, age: timedelta, most: int) -> int:
    """Delete messages that were finished longer than `age` ago; return how many."""
    return len((await session.execute(_FORGET, {"age": age, "most": most})).all())


async def put_brand(session: Session, *, brand: str, name: str, support_email: str | None, sequence: int) -> None:
    """Remember how a brand calls itself, unless something newer is known."""
    values = {"brand": brand, "name": name, "support_email": support_email, "sequence": sequence}
    statement = insert(brands).values(**values)
    newer = statement.on_conflict_do_update(
        index_elements=[brands.c.brand], set_=values, where=brands.c.sequence < sequence
    )
    await session.execute(newer)


async def brand_name(session: Session, brand: str) -> str | None:
    """Return what a brand is called, if it is known."""
    name: str | None = (
        await session.execute(select(brands.c.name).where(brands.c.brand == brand))
    ).scalar_one_or_none()
    return name
