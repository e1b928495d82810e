"""Exact order where a handler needs it: how far each aggregate of a strict stream has been applied."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from shared.db.engine import Session
from shared.db.fixed import Fixed
from shared.messaging.decoding import Work
from shared.messaging.transport import AggregateKey


class Step(StrEnum):
    """What an event's sequence means for its aggregate."""

    NEXT = "next"
    OLD = "old"
    GAP = "gap"


class Gap(Exception):
    """An earlier event of the aggregate has not been applied yet."""


_ADVANCE: Final = Fixed(
    """
    INSERT INTO aggregate_cursors AS c (consumer, brand, stream, aggregate_id, sequence)
    SELECT CAST(:consumer AS text), CAST(:brand AS text), CAST(:stream AS text), CAST(:aggregate_id AS text),
        CAST(:sequence AS bigint)
    WHERE CAST(:sequence AS bigint) = 1 OR EXISTS (SELECT FROM aggregate_cursors
        WHERE consumer = :consumer AND brand = :brand AND stream = :stream AND aggregate_id = :aggregate_id)
    ON CONFLICT (consumer, brand, stream, aggregate_id) DO UPDATE SET sequence = excluded.sequence
    WHERE c.sequence = excluded.sequence - 1 RETURNING c.sequence
"""
)
_POSITION: Final = Fixed(
    "SELECT sequence FROM aggregate_cursors WHERE consumer = :consumer AND brand = :brand AND stream = :stream "
    "AND aggregate_id = :aggregate_id FOR UPDATE"
)
_DEAD_BETWEEN: Final = Fixed(
    "SELECT count(*) FROM parked_events WHERE consumer = :consumer AND brand = :brand AND stream = :stream "
    "AND aggregate_id = :aggregate_id AND sequence > :position AND sequence < :sequence AND state <> 'parked'"
)
_ADVANCE_ALL: Final = Fixed(
    """
    WITH runs AS (SELECT * FROM unnest(CAST(:streams AS text[]), CAST(:aggregate_ids AS text[]),
        CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[])) AS r(stream, aggregate_id, first, last)),
    moved AS (UPDATE aggregate_cursors c SET sequence = r.last FROM runs r
        WHERE c.consumer = :consumer AND c.brand = :brand AND c.stream = r.stream
          AND c.aggregate_id = r.aggregate_id AND c.sequence = r.first - 1
        RETURNING c.stream, c.aggregate_id),
    made AS (INSERT INTO aggregate_cursors (consumer, brand, stream, aggregate_id, sequence)
        SELECT CAST(:consumer AS text), CAST(:brand AS text), stream, aggregate_id, last FROM runs WHERE first = 1
        ON CONFLICT DO NOTHING RETURNING stream, aggregate_id)
    SELECT stream, aggregate_id FROM moved UNION ALL SELECT stream, aggregate_id FROM made
"""
)
_JUMP: Final = Fixed(
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
    if await _ADVANCE.row(session, values) is not None:
        return Step.NEXT
    position = await _POSITION.value(session, values) or 0
    sequence = work.envelope.sequence
    if sequence <= position:
        return Step.OLD
    dead = await _DEAD_BETWEEN.value(session, values | {"position": position})
    if position + dead + 1 < sequence:
        return Step.GAP
    await _JUMP.row(session, values)
    return Step.NEXT


async def advance_all(session: Session, consumer: str, brand: str, works: Sequence[Work]) -> set[AggregateKey]:
    """Move the cursors of all aggregates whose works continue them without a gap, in one statement; return their keys.

    For a transaction that succeeds or fails as a whole: the other aggregates need `advance`, work by work.
    """
    runs = _runs(works)
    values = {
        "consumer": consumer,
        "brand": brand,
        "streams": [key[1] for key in runs],
        "aggregate_ids": [key[2] for key in runs],
        "firsts": [first for first, _last in runs.values()],
        "lasts": [last for _first, last in runs.values()],
    }
    rows = await _ADVANCE_ALL.rows(session, values)
    return {(brand, stream, aggregate_id) for stream, aggregate_id in rows}


async def jump(session: Session, consumer: str, work: Work) -> None:
    """Move the cursor to the work's sequence whatever is missing before it; never moves it back."""
    await _JUMP.row(session, _values(consumer, work))


def _runs(works: Sequence[Work]) -> dict[AggregateKey, tuple[int, int]]:
    """Return first and last sequence of every aggregate whose works come in unbroken order."""
    runs: dict[AggregateKey, tuple[int, int]] = {}
    broken: set[AggregateKey] = set()
    for work in works:
        sequence = work.envelope.sequence
        first, last = runs.get(work.key, (sequence, sequence - 1))
        if sequence != last + 1:
            broken.add(work.key)
        runs[work.key] = (first, sequence)
    return {key: run for key, run in sorted(runs.items()) if key not in broken}


def _values(consumer: str, work: Work) -> dict[str, object]:
    return {
        "consumer": consumer,
        "brand": work.envelope.brand,
        "stream": work.stream,
        "aggregate_id": work.envelope.subject,
        "sequence": work.envelope.sequence,
    }
