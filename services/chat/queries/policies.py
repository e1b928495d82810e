"""Rules of brands for live conversations in the database; every version is kept."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chat.domain.rules import BUILT_IN, ChatPolicy
from services.chat.tables import chat_policies
from shared.db.engine import Session


async def policy_of(session: Session, brand: str) -> ChatPolicy:
    """Return the newest rules of a brand; version 0 without any of its own."""
    newest = (
        select(chat_policies).where(chat_policies.c.brand == brand).order_by(chat_policies.c.version.desc()).limit(1)
    )
    row = (await session.execute(newest)).first()
    if row is None:
        return BUILT_IN
    warn_after = None if row.warn_after is None else timedelta(seconds=row.warn_after)
    end_after, correct_within = timedelta(seconds=row.end_after), timedelta(seconds=row.correct_within)
    return ChatPolicy(row.version, warn_after, end_after, row.asks_for_rating, row.announces_people, correct_within)


async def insert_policy(session: Session, brand: str, policy: ChatPolicy, *, by: str, now: datetime) -> bool:
    """Store the next version; False if somebody else has just stored it."""
    warn_after = None if policy.warn_after is None else int(policy.warn_after.total_seconds())
    values = {
        "brand": brand, "version": policy.version, "warn_after": warn_after,
        "end_after": int(policy.end_after.total_seconds()), "asks_for_rating": policy.asks_for_rating,
        "announces_people": policy.announces_people, "correct_within": int(policy.correct_within.total_seconds()),
        "changed_by": by, "created_at": now,
    }  # fmt: skip
    statement = upsert(chat_policies).values(values).on_conflict_do_nothing().returning(chat_policies.c.version)
    return (await session.execute(statement)).first() is not None
