"""The ledger of told facts: an event is a row of the transaction that made it true."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy import and_, delete, func, insert, select, update

from shared.contracts.base import Envelope, Event
from shared.db.engine import Database, Session
from shared.db.fixed import Fixed
from shared.db.ground import outbox
from shared.errors import DomainError, Kind
from shared.ids import new_id
from shared.messaging.transport import MAX_EVENT_BYTES, Message
from shared.telemetry import current_causation, current_traceparent

_PRUNE_ROWS: Final = 1000
_WRITTEN: Final = ("event_id", "brand", "type", "stream", "aggregate_id", "sequence", "envelope")
_INSERT: Final = Fixed(insert(outbox), columns=_WRITTEN)
_UNROUTABLE: Final = and_(outbox.c.published_at.is_(None), outbox.c.parked_at.is_not(None))


class Backlog(NamedTuple):
    """What waits in an outbox: events, the age of the oldest in seconds, and events parked as unroutable."""

    pending: int
    oldest_seconds: float
    unroutable: int


class EventTooLarge(DomainError):
    """An event may have at most 256 KiB."""

    kind: ClassVar[Kind] = Kind.TOO_LARGE


class ForeignEvent(RuntimeError):
    """Only the owner tells a fact: the first segment of its type names the service that may record it."""


async def record(session: Session, event: Event, *, brand: str, sequence: int, at: datetime) -> UUID:
    """Tell a fact when the transaction commits, and return the event's id.

    Call it after the aggregate's row is locked, so that positions follow commit order per aggregate. `sequence` is the
    version this fact gave its aggregate: every event takes the next one, without gaps, within its stream.
    """
    row = row_of(event, service=str(session.info["service"]), brand=brand, sequence=sequence, at=at)
    await record_rows(session, [row])
    return UUID(str(row["event_id"]))


async def record_rows(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Tell several facts, made by `row_of`, in one write."""
    await _INSERT.many(session, rows)
    session.info["recorded"] = True


def row_of(event: Event, *, service: str, brand: str, sequence: int, at: datetime) -> dict[str, object]:
    """Return the outbox row of an event, for the few writes that insert it in one statement with their own rows.

    Such a write sets `session.info["recorded"] = True` itself, else the relay finds the row at its next poll.
    """
    if event.owner() != service:
        message = f"{service} may not tell {event.type}"
        raise ForeignEvent(message)
    envelope = envelope_of(event, brand=brand, sequence=sequence, at=at)
    body = envelope.model_dump_json(exclude_none=True)
    if len(body.encode()) > MAX_EVENT_BYTES:
        raise EventTooLarge
    return {
        "event_id": envelope.id,
        "brand": brand,
        "type": event.type,
        "stream": event.stream,
        "aggregate_id": envelope.subject,
        "sequence": sequence,
        "envelope": body,
    }


def envelope_of(event: Event, *, brand: str, sequence: int, at: datetime) -> Envelope:
    """Return a new envelope around an event, bound to the current trace and to what caused it."""
    return Envelope(
        id=new_id(),
        source=f"pitboss/{event.owner()}",
        type=event.type,
        subject=event.aggregate_id(),
        time=at,
        brand=brand,
        sequence=sequence,
        traceparent=current_traceparent(),
        causation=current_causation(),
        data=event.model_dump(mode="json"),
    )


def message_of(envelope: Envelope, stream: str) -> Message:
    """Return what a transport carries for an envelope."""
    return Message(
        id=envelope.id,
        type=envelope.type,
        brand=envelope.brand,
        stream=stream,
        aggregate_id=envelope.subject,
        sequence=envelope.sequence,
        body=envelope.model_dump_json(exclude_none=True).encode(),
    )


def message_of_row(row: "Mapping[Any, Any] | asyncpg.Record", *, only: str | None = None) -> Message:
    """Return what a transport carries for an outbox row: its stored bytes."""
    return Message(
        id=row["event_id"],
        type=row["type"],
        brand=row["brand"],
        stream=row["stream"],
        aggregate_id=row["aggregate_id"],
        sequence=row["sequence"],
        body=row["envelope"].encode(),
        only=only,
    )


def id_floor(at: datetime) -> UUID:
    """Return the smallest UUIDv7 of a moment: event ids are minted in order of time, so they index it."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def release_unroutable(database: Database) -> int:
    """Give the relay what it had parked as unroutable, after the topology was repaired; return how many."""
    async with database.begin_worker() as session:
        done = await session.execute(update(outbox).where(_UNROUTABLE).values(parked_at=None, last_error=None))
        session.info["recorded"] = True
        return done.rowcount


async def prune(database: Database, before: datetime) -> int:
    """Delete one batch of confirmed rows told before `before`; return how many.

    Batched deletes are enough at this size. Daily partitions, dropped whole, are the next step when a day's rows pass
    some ten millions.
    """
    old = (
        select(outbox.c.event_id)
        .where(outbox.c.event_id < id_floor(before), outbox.c.published_at.is_not(None))
        .order_by(outbox.c.event_id)
        .limit(_PRUNE_ROWS)
    )
    async with database.begin_worker() as session:
        done = await session.execute(delete(outbox).where(outbox.c.event_id.in_(old)))
        return done.rowcount


async def backlog(database: Database) -> Backlog:
    """Return what the relay still has to do."""
    pending = and_(outbox.c.published_at.is_(None), outbox.c.parked_at.is_(None))
    oldest = select(outbox.c.event_id).where(pending).order_by(outbox.c.position).limit(1).scalar_subquery()
    counts = select(
        select(func.count()).select_from(outbox).where(pending).scalar_subquery(),
        oldest,
        select(func.count()).select_from(outbox).where(_UNROUTABLE).scalar_subquery(),
        func.extract("epoch", func.now()),
    )
    async with database.begin_worker() as session:
        waiting, first, parked, now = (await session.execute(counts)).one()
    age = float(now) - (first.int >> 80) / 1000 if first else 0.0
    return Backlog(waiting, max(age, 0.0), parked)
