"""Players are asked how a conversation was, once for every time it was finished, and answer once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.chat.domain.errors import AlreadyRated, RatingNotAsked, SessionNotFound
from services.chat.domain.rules import Rating
from services.chat.domain.values import Person
from services.chat.queries import policies, ratings, sessions
from shared.contracts.chat import RatingGiven, RatingRequested
from shared.db.engine import Session
from shared.messaging.outbox import record
from shared.redaction import redact


async def ask(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Ask the player of a finished conversation, unless he is still to answer, nothing was said, or safety is at stake.

    Whoever is in danger is not asked how he liked it. The session is locked by the caller or by its stream's order.
    """
    found = await ratings.askable(session, brand, ticket_id)
    policy = await policies.policy_of(session, brand)
    if found is None or found[0] or not policy.asks_for_rating:
        return
    before = await ratings.newest_rating(session, brand, ticket_id)
    if before is not None and before.rated_at is None:
        return
    rating = Rating(ticket_id, 1 if before is None else before.round + 1, asked_at=now, assignee_id=found[1])
    await ratings.insert_rating(session, brand, rating)
    asked = RatingRequested(ticket_id=ticket_id, round=rating.round, asked_at=now)
    await record(session, asked, brand=brand, sequence=2 * rating.round - 1, at=now)


async def rate(
    session: Session, *, person: Person, ticket_id: UUID, score: int, comment: str | None, now: datetime
) -> Rating:
    """Take what a player says; saying the same again changes nothing."""
    brand = person.brand
    locked = (await sessions.lock_sessions(session, brand, [ticket_id])).get(ticket_id)
    if locked is None or not locked.belongs_to(person.author()):
        raise SessionNotFound
    asked = await ratings.newest_rating(session, brand, ticket_id)
    if asked is None:
        raise RatingNotAsked
    said = replace(asked, score=score, comment=None if comment is None else redact(comment), rated_at=now)
    if asked.rated_at is not None:
        if (asked.score, asked.comment) != (said.score, said.comment):
            raise AlreadyRated
        return asked
    await ratings.answer_rating(session, brand, said)
    given = RatingGiven(
        ticket_id=ticket_id, round=said.round, player=person.author(), assignee_id=said.assignee_id,
        score=score, comment=said.comment, rated_at=now,
    )  # fmt: skip
    await record(session, given, brand=brand, sequence=2 * said.round, at=now)
    return said


async def is_wanted(session: Session, *, brand: str, ticket_id: UUID) -> bool:
    """True if the player was asked and has not answered yet."""
    asked = await ratings.newest_rating(session, brand, ticket_id)
    return asked is not None and asked.rated_at is None


async def list_ratings(
    session: Session, *, brand: str, worst: int, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Rating]:
    """Return ratings of at most `worst`, newest first."""
    return await ratings.ratings_page(session, brand, worst=worst, after=after, limit=limit)
