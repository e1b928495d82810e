"""Where events wait that could not be handled: rows, not broker queues, to be read, ordered and replayed."""

import random
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import RowMapping, text, update
from sqlalchemy.dialects.postgresql import insert

from shared.db.engine import Database, Session
from shared.db.ground import parked_events
from shared.errors import DomainError
from shared.messaging.decoding import Work, identity
from shared.messaging.transport import Delivery

SCHEDULE: Final = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 3600))
GAP_PATIENCE: Final = timedelta(days=7)
CLAIM: Final = timedelta(seconds=60)
_JITTER: Final = 0.2
_KEPT_BYTES: Final = 1024 * 1024

_CLOSED: Final = """
    w.reason IN ('gap', 'behind') AND w.sequence - 1 - coalesce(c.sequence, 0) <= (
        SELECT count(*) FROM parked_events d
        WHERE d.consumer = w.consumer AND d.brand = w.brand AND d.stream = w.stream AND d.aggregate_id = w.aggregate_id
          AND d.state <> 'parked' AND d.sequence > coalesce(c.sequence, 0) AND d.sequence < w.sequence)
"""
_EARLIER: Final = """
    EXISTS (SELECT FROM parked_events e
        WHERE e.consumer = w.consumer AND e.brand = w.brand AND e.stream = w.stream AND e.aggregate_id = w.aggregate_id
          AND e.state = 'parked' AND e.sequence < w.sequence)
"""
_CLAIM_DUE: Final = text(f"""
    UPDATE parked_events p SET reason = 'claimed', next_at = now() + :claim
    WHERE (p.consumer, p.event_id) IN (
        SELECT w.consumer, w.event_id FROM parked_events w
        LEFT JOIN aggregate_cursors c USING (consumer, brand, stream, aggregate_id)
        WHERE w.state = 'parked' AND w.consumer = :consumer AND (w.next_at <= now() OR ({_CLOSED}))
          AND NOT (w.stream = ANY(:strict) AND NOT w.late AND {_EARLIER})
        ORDER BY w.next_at LIMIT :limit FOR UPDATE OF w SKIP LOCKED)
    RETURNING p.*
""")  # noqa: S608 - constants of this module only
_CLAIM_NEXT: Final = text("""
    UPDATE parked_events p SET reason = 'claimed', next_at = now() + :claim
    WHERE (p.consumer, p.event_id) IN (
        SELECT consumer, event_id FROM parked_events
        WHERE state = 'parked' AND consumer = :consumer AND brand = :brand AND stream = :stream
          AND aggregate_id = :aggregate_id AND sequence > :sequence
        ORDER BY sequence LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING p.*
""")
_IS_BLOCKED: Final = text("""
    SELECT EXISTS (SELECT FROM parked_events
    WHERE state = 'parked' AND consumer = :consumer AND brand = :brand AND stream = :stream
      AND aggregate_id = :aggregate_id AND sequence < :sequence)
""")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event is kept: a stable reason, and where it failed without what it said (that may be personal)."""

    reason: str
    error: str = ""

    @property
    def hash(self) -> str:
        """Return the same short mark for the same fault at the same place."""
        return sha256(f"{self.reason} {self.error}".encode()).hexdigest()[:16]


def fault_of(error: BaseException, reason: str = "failed") -> Fault:
    """Describe an error by its class and the innermost place in our own code."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "site-packages" not in f.filename] or frames
    place = f" at {'/'.join(ours[-1].filename.split('/')[-3:])}:{ours[-1].lineno}" if ours else ""
    if isinstance(error, DomainError):
        return Fault(error.code() if reason == "refused" else reason, f"{error.code()}{place}")
    return Fault(reason, f"{type(error).__name__}{place}")


def delay(attempts: int, jitter: float) -> timedelta | None:
    """Return how long an event waits after so many redrives, None when it has had its last; `jitter` is in -1..1."""
    return SCHEDULE[attempts] * (1 + _JITTER * jitter) if attempts < len(SCHEDULE) else None


def some_delay(attempts: int) -> timedelta | None:
    """Return `delay` with random jitter, so that what failed together does not come back together."""
    return delay(attempts, random.uniform(-1, 1))  # noqa: S311 - jitter, not a secret


async def park(database: Database, consumer: str, work: Work, fault: Fault) -> None:
    """Keep an event for another try; one that is kept already stays as it is."""
    row = _row(consumer, work.delivery, fault) | _identity_of(work) | {"state": "parked", "attempts": 0}
    await _keep(database, row, some_delay(0))


async def bury(database: Database, consumer: str, delivery: Delivery, work: Work | None, fault: Fault) -> None:
    """Keep an event that can never be handled; its stream goes on without it (see `cursors.advance`)."""
    identified = _identity_of(work) if work else {}
    await _keep(database, _row(consumer, delivery, fault) | identified | {"state": "dead", "attempts": 0}, None)


async def is_blocked(database: Database, consumer: str, work: Work) -> bool:
    """True if an earlier event of the work's aggregate is parked, so that waiting for it now is no use."""
    async with database.begin_worker() as session:
        values = {"consumer": consumer, "sequence": work.envelope.sequence, **_key(work)}
        return bool((await session.execute(_IS_BLOCKED, values)).scalar_one())


async def claim_due(database: Database, consumer: str, strict: Sequence[str], limit: int) -> Sequence[RowMapping]:
    """Take parked events whose time has come, or whose gap has closed; of a strict aggregate only the first.

    A claim lasts 60 s: after a crash the events are due again.
    """
    values = {"consumer": consumer, "strict": list(strict), "limit": limit, "claim": CLAIM}
    async with database.begin_worker() as session:
        return (await session.execute(_CLAIM_DUE, values)).mappings().all()


async def claim_next(database: Database, consumer: str, after: Work) -> RowMapping | None:
    """Take the parked event that waits right behind `after`, if there is one."""
    values = {"consumer": consumer, "sequence": after.envelope.sequence, "claim": CLAIM, **_key(after)}
    async with database.begin_worker() as session:
        return (await session.execute(_CLAIM_NEXT, values)).mappings().first()


async def finish(session: Session, row: RowMapping, **changes: Any) -> None:  # noqa: ANN401 - column values
    """Write the outcome of a redrive into its row."""
    await session.execute(
        update(parked_events)
        .where(parked_events.c.consumer == row["consumer"], parked_events.c.event_id == row["event_id"])
        .values(last_at=text("now()"), **changes)
    )


def delivery_of(row: RowMapping) -> Delivery:
    """Return a parked event as if it had just been delivered."""

    async def settle(done: bool) -> None:
        del done

    return Delivery(
        body=bytes(row["envelope"]),
        id=str(row["event_id"]),
        type=str(row["type"]),
        brand=str(row["brand"]),
        stream=str(row["stream"]),
        aggregate_id=str(row["aggregate_id"]),
        sequence=int(row["sequence"]),
        settle=settle,
    )


async def counts(database: Database, consumer: str) -> tuple[int, int]:
    """Return how many events of a consumer are parked and dead."""
    statement = text(
        "SELECT count(*) FILTER (WHERE state = 'parked'), count(*) FILTER (WHERE state = 'dead') "
        "FROM parked_events WHERE consumer = :consumer AND state <> 'replayed'"
    )
    async with database.begin_worker() as session:
        parked, dead = (await session.execute(statement, {"consumer": consumer})).one()
    return parked, dead


def _row(consumer: str, delivery: Delivery, fault: Fault) -> dict[str, object]:
    return {
        "consumer": consumer,
        "event_id": identity(delivery),
        "brand": delivery.brand,
        "type": delivery.type,
        "stream": delivery.stream,
        "aggregate_id": delivery.aggregate_id,
        "sequence": delivery.sequence,
        "envelope": delivery.body[:_KEPT_BYTES],
        "reason": fault.reason,
        "error": fault.error,
        "error_hash": fault.hash,
    }


def _identity_of(work: Work) -> dict[str, object]:
    envelope = work.envelope
    return {"event_id": envelope.id, "type": envelope.type, "sequence": envelope.sequence, **_key(work)}


def _key(work: Work) -> dict[str, object]:
    brand, stream, aggregate_id = work.key
    return {"brand": brand, "stream": stream, "aggregate_id": aggregate_id}


async def _keep(database: Database, row: dict[str, object], wait: timedelta | None) -> None:
    times = {"first_at": text("now()"), "last_at": text("now()")}
    due: dict[str, object] = {"next_at": text("now() + :wait").bindparams(wait=wait)} if wait else {}
    async with database.begin_worker() as session:
        await session.execute(insert(parked_events).values(**row, **times, **due).on_conflict_do_nothing())
