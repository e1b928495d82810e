"""Timers: set and cancelled with their clock, claimed in due order, fired set-wise.

The database's `now()` is the only clock here. `clock_timestamp()` is volatile, cannot bound the index scan, and would
read every pending timer at every tick.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert

from services.sla.domain.clocks import Clock, timers
from services.sla.tables import timers as timer_table
from shared.contracts.sla import ClockBreached, ClockWarned
from shared.db.engine import Session
from shared.db.fixed import Fixed

PENDING: Final = "pending"

_UPSERT: Final = upsert(timer_table)
_SET: Final = _UPSERT.on_conflict_do_update(
    index_elements=[timer_table.c.ticket_id, timer_table.c.clock_id, timer_table.c.percent],
    set_={name: _UPSERT.excluded[name] for name in ("due_at", "generation", "state")},
)
_SET_TIMER: Final = Fixed(_SET, columns=("ticket_id", "clock_id", "percent", "brand", "due_at", "generation", "state"))
_CANCEL: Final = Fixed(
    "UPDATE timers SET state = 'cancelled' "
    "WHERE ticket_id = :ticket_id AND clock_id = ANY(:clock_ids) AND state = 'pending'"
)
_NEAREST: Final = Fixed(
    "SELECT due_at - now() FROM timers WHERE state = 'pending' AND due_at > :after ORDER BY due_at LIMIT 1"
)
# One statement, because a timer may cost no more than some tens of microseconds when many fall due at once. Rows that a
# consumer or another worker holds are skipped, never waited for, so this side can be in no deadlock.
FIRE: Final = """
WITH picked AS MATERIALIZED (
    SELECT clock_id, ticket_id, percent, due_at, generation FROM timers
    WHERE state = 'pending' AND due_at > :after AND due_at <= now()
    ORDER BY due_at LIMIT {limit} FOR UPDATE SKIP LOCKED
), due AS MATERIALIZED (
    SELECT picked.*, clock.brand, clock.kind AS clock_kind, clock.started_at, clock.warn_at, clock.due_at AS breach_at,
           clock.paused_for, ticket.channel, ticket.assignee_id, ticket.clock_sequence,
           picked.generation = clock.generation AND clock.ended_at IS NULL
               AND clock.state IN ('running', 'warned') AS heeded
    FROM picked
    JOIN clocks AS clock ON clock.ticket_id = picked.ticket_id AND clock.id = picked.clock_id
    JOIN clocked_tickets AS ticket ON ticket.id = picked.ticket_id
    FOR UPDATE OF clock, ticket SKIP LOCKED
), marked AS (
    UPDATE timers SET state = CASE WHEN due.heeded THEN 'fired' ELSE 'cancelled' END
    FROM due
    WHERE timers.ticket_id = due.ticket_id AND timers.clock_id = due.clock_id AND timers.percent = due.percent
), moved AS (
    UPDATE clocks SET
        state = CASE WHEN news.breached THEN 'breached' ELSE 'warned' END,
        warned_at = coalesce(news.warned_at, clocks.warned_at),
        warned_percent = coalesce(news.warned_percent, clocks.warned_percent),
        breached_at = CASE WHEN news.breached THEN clocks.due_at END
    FROM (
        SELECT ticket_id, clock_id, bool_or(percent = 100) AS breached,
               max(due_at) FILTER (WHERE percent < 100) AS warned_at,
               max(percent) FILTER (WHERE percent < 100) AS warned_percent
        FROM due WHERE heeded GROUP BY ticket_id, clock_id
    ) AS news
    WHERE clocks.ticket_id = news.ticket_id AND clocks.id = news.clock_id
), counted AS (
    UPDATE clocked_tickets AS ticket SET clock_sequence = ticket.clock_sequence + news.count
    FROM (SELECT ticket_id, count(*) FROM due WHERE heeded GROUP BY ticket_id) AS news
    WHERE ticket.id = news.ticket_id
), news AS (
    SELECT due.*, {event_id} AS event_id,
           CASE percent WHEN 100 THEN :breached_type ELSE :warned_type END AS type,
           clock_sequence + row_number() OVER (PARTITION BY ticket_id ORDER BY due_at, percent) AS sequence
    FROM due WHERE heeded
), said AS (
    SELECT news.*, json_build_object(
        'ticket_id', ticket_id, 'clock_id', clock_id, 'kind', clock_kind,
        'state', CASE percent WHEN 100 THEN 'breached' ELSE 'warned' END,
        'channel', channel, 'assignee_id', assignee_id, 'started_at', started_at,
        'warn_at', CASE percent WHEN 100 THEN warn_at ELSE due_at END,
        'due_at', breach_at, 'met_at', NULL, 'breached_at', CASE percent WHEN 100 THEN due_at END,
        'elapsed_seconds', CAST(extract(epoch FROM due_at - started_at - paused_for) AS float8),
        'late_by_ms', CAST(floor(extract(epoch FROM now() - due_at) * 1000) AS bigint), 'occurred_at', due_at
    ) AS data
    FROM news
), told AS (
    INSERT INTO outbox (event_id, brand, type, stream, aggregate_id, sequence, envelope)
    SELECT event_id, brand, type, :stream, ticket_id, sequence, json_build_object(
        'specversion', '1.0', 'id', event_id, 'source', CAST(:source AS text), 'type', type, 'subject', ticket_id,
        'time', now(), 'brand', brand, 'sequence', sequence,
        'data', CASE percent WHEN 100 THEN data
                ELSE CAST(CAST(data AS jsonb) || jsonb_build_object('percent', percent) AS json) END
    )
    FROM said ORDER BY due_at, percent
)
SELECT now() - due_at, heeded FROM due
"""
# UUIDv7 (RFC 9562, section 5.7) in the words of PostgreSQL 13 and later.
_EVENT_ID: Final = """CAST(encode(set_bit(set_bit(overlay(
    uuid_send(gen_random_uuid()) PLACING substring(int8send(CAST(extract(epoch FROM now()) * 1000 AS bigint)) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex') AS uuid)"""


def fire_statement(limit: int) -> str:
    """Return the statement that fires up to `limit` timers; the limit is a literal so that the planner knows it."""
    return FIRE.format(limit=int(limit), event_id=_EVENT_ID)


@cache
def _fire(limit: int) -> Fixed:
    return Fixed(fire_statement(limit))


async def set_timers(session: Session, brand: str, ticket_id: UUID, changed: Iterable[Clock]) -> None:
    """Make the timers of changed clocks what their schedules say."""
    clocks = tuple(changed)
    rescheduled = [clock.id for clock in clocks if clock.generation > 1]
    if rescheduled:
        await _CANCEL.rows(session, {"ticket_id": ticket_id, "clock_ids": rescheduled})
    rows = [
        {
            "clock_id": clock.id, "percent": percent, "brand": brand, "ticket_id": ticket_id, "due_at": due_at,
            "generation": clock.generation, "state": PENDING,
        }
        for clock in clocks
        for percent, due_at in timers(clock)
    ]  # fmt: skip
    if rows:
        await _SET_TIMER.many(session, rows)


async def nearest_due(session: Session, *, after: datetime) -> timedelta | None:
    """Return how long it is until a timer due later than `after` falls due; negative if one is overdue."""
    wait: timedelta | None = await _NEAREST.value(session, {"after": after})
    return wait


async def fire_due(session: Session, *, after: datetime, limit: int) -> Sequence[timedelta]:
    """Fire up to `limit` overdue timers that were due later than `after`, in due order; return how late each was.

    A timer is heeded if it was set for the schedule that its clock still has: then its clock is warned or breached, the
    ticket's next fact is told, and the timer is marked as fired; otherwise it is marked as cancelled. See
    `Clock.generation` for the schedule and `clocks.breach` for what a breach is.
    """
    values = {
        "after": after,
        "warned_type": ClockWarned.type,
        "breached_type": ClockBreached.type,
        "stream": ClockBreached.stream,
        "source": f"pitboss/{ClockBreached.owner()}",
    }
    rows = await _fire(limit).rows(session, values)
    if any(heeded for _, heeded in rows):
        session.info["recorded"] = True
    return [lag for lag, _ in rows]
