"""Deliveries as people see them: fanned out, listed, replayed, forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, select, text

from services.notifications.tables import delivery_attempts, webhook_deliveries, webhook_events
from shared.db.engine import Session
from shared.db.fixed import Fixed

# UUIDv7 (RFC 9562, section 5.7) made by the database, because one statement inserts for every endpoint.
_NEW_ID: Final = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing "
    "substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) "
    "from 1 for 6), 52, 1), 53, 1), 'hex')::uuid"
)

_FAN_OUT: Final = Fixed(
    f"""
    WITH matching AS (
        SELECT id, ordered, state FROM webhook_endpoints
         WHERE brand = :brand AND deleted_at IS NULL AND events && CAST(:types AS text[])
           AND (CAST(:only AS uuid) IS NULL OR id = CAST(:only AS uuid))
    ), told AS (
        INSERT INTO webhook_events (id, brand, type, aggregate_id, body, content_body, created_at)
        SELECT :event_id, :brand, :type, :aggregate_id, :body, CAST(:content_body AS bytea), now()
         WHERE EXISTS (SELECT 1 FROM matching)
        ON CONFLICT (id) DO NOTHING
    )
    INSERT INTO webhook_deliveries
           (id, brand, endpoint_id, event_id, type, aggregate_id, ordered, state, next_at, created_at)
    SELECT {_NEW_ID}, :brand, id, :event_id, :type, :aggregate_id, ordered,
           CASE WHEN state = 'disabled' THEN 'skipped' ELSE 'pending' END, now(), now()
      FROM matching
    ON CONFLICT (endpoint_id, event_id) DO NOTHING
    RETURNING id
    """  # noqa: S608 - the only interpolation is the constant above
)
_REPLAY: Final = text(
    """
    WITH locked AS (
        SELECT id, position
          FROM webhook_deliveries
         WHERE brand = :brand AND endpoint_id = :endpoint_id AND state = ANY(CAST(:states AS text[]))
           AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(CAST(:ids AS uuid[])))
           AND (CAST(:event_ids AS uuid[]) IS NULL OR event_id = ANY(CAST(:event_ids AS uuid[])))
           AND created_at >= CAST(:since AS timestamptz) AND created_at < CAST(:until AS timestamptz)
         ORDER BY position LIMIT :most
           FOR UPDATE
    ), chosen AS (
        SELECT id, row_number() OVER (ORDER BY position) - 1 AS place FROM locked
    )
    UPDATE webhook_deliveries d
       SET state = 'pending', step = 0, lease_token = NULL, finished_at = NULL,
           next_at = now() + make_interval(secs => chosen.place * CAST(:pause AS float8))
      FROM chosen WHERE d.id = chosen.id
    RETURNING d.id
    """
)
_FORGET: Final = text(
    """
    WITH old AS (
        SELECT id FROM webhook_deliveries
         WHERE created_at < now() - CAST(:age AS interval)
           AND (finished_at IS NULL OR finished_at < now() - CAST(:age AS interval))
         ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED
    ), attempts AS (
        DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM old)
    )
    DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM old) RETURNING id
    """
)
_FORGET_EVENTS: Final = text(
    """
    DELETE FROM webhook_events WHERE id IN (
        SELECT e.id FROM webhook_events e
         WHERE e.created_at < now() - CAST(:age AS interval)
           AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = e.id)
         ORDER BY e.created_at LIMIT :most)
    RETURNING id
    """
)


class StoredEvent(NamedTuple):
    """A fact ready to be sent: `content_body` is None where it would be the same bytes."""

    id: UUID
    type: str
    aggregate_id: str
    body: bytes
    content_body: bytes | None


async def fan_out(
    session: Session, brand: str, event: StoredEvent, *, types: Sequence[str], only: UUID | None = None
) -> Sequence[UUID]:
    """Insert one delivery per endpoint whose filter has one of `types`; repeating it changes nothing."""
    values = {
        "brand": brand,
        "types": list(types),
        "only": only,
        "event_id": event.id,
        "type": event.type,
        "aggregate_id": event.aggregate_id,
        "body": event.body,
        "content_body": event.content_body,
    }
    return [row["id"] for row in await _FAN_OUT.rows(session, values)]


async def deliveries_before(
    session: Session,
    brand: str,
    endpoint_id: UUID,
    *,
    state: str | None,
    type_: str | None,
    before: int | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return an endpoint's deliveries, newest first."""
    c = webhook_deliveries.c
    statement = _deliveries(and_(c.brand == brand, c.endpoint_id == endpoint_id))
    if state is not None:
        statement = statement.where(c.state == state)
    if type_ is not None:
        statement = statement.where(c.type == type_)
    if before is not None:
        statement = statement.where(c.position < before)
    return (await session.execute(statement.order_by(c.position.desc()).limit(limit))).all()


async def delivery(session: Session, brand: str, endpoint_id: UUID, delivery_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Return one delivery with the body it sends."""
    c = webhook_deliveries.c
    statement = (
        _deliveries(and_(c.brand == brand, c.endpoint_id == endpoint_id, c.id == delivery_id))
        .join(webhook_events, webhook_events.c.id == c.event_id)
        .add_columns(webhook_events.c.body, webhook_events.c.content_body)
    )
    return (await session.execute(statement)).first()


async def attempts_of(session: Session, brand: str, delivery_ids: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the attempts of these deliveries, oldest first."""
    c = delivery_attempts.c
    statement = select(delivery_attempts).where(c.brand == brand, c.delivery_id.in_(delivery_ids))
    return (await session.execute(statement.order_by(c.delivery_id, c.number))).all()


async def replay(
    session: Session,
    brand: str,
    endpoint_id: UUID,
    *,
    states: Sequence[str],
    ids: Sequence[UUID] | None,
    event_ids: Sequence[UUID] | None,
    since: datetime,
    until: datetime,
    pause: timedelta,
    most: int,
) -> int:
    """Make finished deliveries pending again, `pause` apart, in their first order; return how many."""
    values = {
        "brand": brand,
        "endpoint_id": endpoint_id,
        "states": list(states),
        "ids": None if ids is None else list(ids),
        "event_ids": None if event_ids is None else list(event_ids),
        "since": since,
        "until": until,
        "pause": pause.total_seconds(),
        "most": most,
    }
    return len((await session.execute(_REPLAY, values)).all())


async def forget(session: Session, *, age: timedelta, most: int) -> int:
    """Delete deliveries older than `age`, and facts that nobody is told any more; return how many."""
    gone = len((await session.execute(_FORGET, {"age": age, "most": most})).all())
    return gone + len((await session.execute(_FORGET_EVENTS, {"age": age, "most": most})).all())


def _deliveries(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    c = webhook_deliveries.c
    columns = (
        c.id, c.position, c.endpoint_id, c.event_id, c.type, c.aggregate_id, c.state, c.attempts, c.next_at,
        c.lease_token, c.last_status, c.last_error, c.created_at, c.finished_at,
    )  # fmt: skip
    return select(*columns).where(condition)
