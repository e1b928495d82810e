"""Exact order where a handler needs it: how far each aggregate of a strict stream has been applied."""

from enum import StrEnum
from typing import Final

from sqlalchemy import text

from shared.db.engine import Session
from shared.messaging.decoding import Work


class Step(StrEnum):
    """What an event's sequence means for its aggregate."""

    NEXT = "next"
    OLD = "old"
    GAP = "gap"


class Gap(Exception):
    """An earlier event of the aggregate has not been applied yet."""


_ADVANCE: Final = text("""
    INSERT INTO aggregate_cursors AS c (consumer, brand, stream, aggregate_id, sequence)
    SELECT CAST(:consumer AS text), CAST(:brand AS text), CAST(:stream AS text), CAST(:aggregate_id AS text),
        CAST(:sequence AS bigint)
    WHERE CAST(:sequence AS bigint) = 1 OR EXISTS (SELECT FROM aggregate_cursors
        WHERE consumer = :consumer AND brand = :brand AND stream = :stream AND aggregate_id = :aggregate_id)
    ON CONFLICT (consumer, brand, stream, aggregate_id) DO UPDATE SET sequence = excluded.sequence
    WHERE c.sequence = excluded.sequence - 1 RETURNING c.sequence
""")
_POSITION: Final = text(
    "SELECT sequence FROM aggregate_cursors WHERE consumer = :consumer AND brand = :brand AND stream = :stream "
    "AND aggregate_id = :aggregate_id FOR UPDATE"
)
_DEAD_BETWEEN: Final = text(
    "SELECT count(*) FROM parked_events WHERE consumer = :consumer AND brand = :brand AND stream = :stream "
    "AND aggregate_id = :aggregate_id AND sequence > :position AND sequence < :sequence AND state <> 'parked'"
)
_JUMP: Final = text(
    "INSERT INTO aggregate_cursors AS c (consumer, brand, stream, aggregate_id, sequence) "
    "VALUES (:consumer, :brand, :stream, :aggregate_id, :sequence) "
    "ON CONFLICT (consumer, brand, stream, aggregate_id) DO UPDATE "
    "SET sequence = greatest(c.sequence, excluded.sequence)"
)


async def advance(session: Session, consumer: str, work: Work) -> Step:
    """Move the cursor of the work's aggregate to its sequence if it is the next one, locking it until the commit.

    A gap that consists of dead events only is no gap: they will not come, so the stream goes on without them.
    """
    values = _values(consumer, work)
    if (await session.execute(_ADVANCE, values)).first() is not None:
        return Step.NEXT
    position = (await session.execute(_POSITION, values)).scalar() or 0
    sequence = work.envelope.sequence
    if sequence <= position:
        return Step.OLD
    dead = (await session.execute(_DEAD_BETWEEN, values | {"position": position})).scalar_one()
    if position + dead + 1 < sequence:
        return Step.GAP
    await session.execute(_JUMP, values)
    return Step.NEXT


async def jump(session: Session, consumer: str, work: Work) -> None:
    """Move the cursor to the work's sequence whatever is missing before it; never moves it back."""
    await session.execute(_JUMP, _values(consumer, work))


def _values(consumer: str, work: Work) -> dict[str, object]:
    return {
        "consumer": consumer,
        "brand": work.envelope.brand,
        "stream": work.stream,
        "aggregate_id": work.envelope.subject,
        "sequence": work.envelope.sequence,
    }
