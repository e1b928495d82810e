"""Timers: set and cancelled with their clock, claimed in due order, fired set-wise.

The database's `now()` is the only clock here. `clock_timestamp()` is volatile, cannot bound the index scan, and would
read every pending timer at every tick.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping, insert, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.sla.domain.clocks import Clock, TimerKind, timers
from services.sla.domain.facts import Owner
from services.sla.queries.clocks import clock_from
from services.sla.tables import timers as timer_table
from shared.contracts.base import Channel
from shared.db.engine import Session
from shared.db.ground import outbox

PENDING: Final = "pending"
FIRED: Final = "fired"
CANCELLED: Final = "cancelled"

_UPSERT: Final = upsert(timer_table)
_SET: Final = _UPSERT.on_conflict_do_update(
    index_elements=[timer_table.c.clock_id, timer_table.c.kind],
    set_={name: _UPSERT.excluded[name] for name in ("due_at", "generation", "state")},
)
_NEAREST: Final = text(
    "SELECT due_at - now() FROM timers WHERE state = 'pending' AND due_at > :after ORDER BY due_at LIMIT 1"
)
# Rows that a consumer or another worker holds are skipped, never waited for: so this side can be in no deadlock.
CLAIM: Final = """
SELECT clock.*, timer.kind AS timer_kind, timer.generation AS timer_generation, timer.due_at AS timer_due_at,
       ticket.channel, ticket.assignee_id, ticket.clock_sequence, now() AS now
FROM timers AS timer
JOIN clocks AS clock ON clock.id = timer.clock_id
JOIN clocked_tickets AS ticket ON ticket.id = timer.ticket_id
WHERE timer.state = 'pending' AND timer.due_at <= now() AND timer.due_at > :after
ORDER BY timer.due_at
LIMIT :limit
FOR UPDATE OF timer, ticket, clock SKIP LOCKED
"""
_MARK: Final = text("""
WITH done AS (
    SELECT * FROM unnest(CAST(:clock_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:states AS text[]))
        AS done (clock_id, kind, state)
)
UPDATE timers SET state = done.state FROM done WHERE timers.clock_id = done.clock_id AND timers.kind = done.kind
""")
_ADVANCE: Final = text("""
WITH changed AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:warned AS timestamptz[]), CAST(:breached AS timestamptz[])
    ) AS changed (id, state, warned_at, breached_at)
), told AS (
    UPDATE clocked_tickets AS ticket SET clock_sequence = told.sequence
    FROM unnest(CAST(:ticket_ids AS uuid[]), CAST(:sequences AS bigint[])) AS told (id, sequence)
    WHERE ticket.id = told.id
)
UPDATE clocks SET state = changed.state, warned_at = changed.warned_at, breached_at = changed.breached_at
FROM changed WHERE clocks.id = changed.id
""")


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer that fell due, its clock and its ticket, all locked; `told` is the ticket's last told sequence."""

    brand: str
    kind: TimerKind
    due_at: datetime
    generation: int
    clock: Clock
    owner: Owner
    told: int
    now: datetime


async def set_timers(session: Session, brand: str, ticket_id: UUID, changed: Iterable[Clock]) -> None:
    """Make the timers of changed clocks what their schedules say."""
    clocks = tuple(changed)
    rescheduled = [clock.id for clock in clocks if clock.generation > 1]
    if rescheduled:
        await session.execute(
            update(timer_table)
            .where(timer_table.c.clock_id.in_(rescheduled), timer_table.c.state == PENDING)
            .values(state=CANCELLED)
        )
    rows = [
        {
            "clock_id": clock.id, "kind": kind, "brand": brand, "ticket_id": ticket_id, "due_at": due_at,
            "generation": clock.generation, "state": PENDING,
        }
        for clock in clocks
        for kind, due_at in timers(clock)
    ]  # fmt: skip
    if rows:
        await session.execute(_SET, rows)


async def nearest_due(session: Session, *, after: datetime) -> timedelta | None:
    """Return how long it is until a timer due later than `after` falls due; negative if one is overdue."""
    wait: timedelta | None = (await session.execute(_NEAREST, {"after": after})).scalar_one_or_none()
    return wait


async def claim_due(session: Session, *, after: datetime, limit: int) -> Sequence[DueTimer]:
    """Return up to `limit` overdue timers due later than `after`, in due order, locked with all they touch."""
    rows = await session.execute(text(CLAIM), {"after": after, "limit": limit})
    return [_due_timer(row) for row in rows.mappings()]


async def mark(session: Session, states: Sequence[tuple[DueTimer, str]]) -> None:
    """Store how claimed timers ended: fired or cancelled."""
    await session.execute(
        _MARK,
        {
            "clock_ids": [timer.clock.id for timer, _ in states],
            "kinds": [timer.kind.value for timer, _ in states],
            "states": [state for _, state in states],
        },
    )


async def advance(session: Session, clocks: Iterable[Clock], told: Mapping[UUID, int]) -> None:
    """Store clocks after their timers and the last told sequence of their tickets."""
    changed = tuple(clocks)
    await session.execute(
        _ADVANCE,
        {
            "ids": [clock.id for clock in changed],
            "states": [clock.state.value for clock in changed],
            "warned": [clock.warned_at for clock in changed],
            "breached": [clock.breached_at for clock in changed],
            "ticket_ids": list(told),
            "sequences": list(told.values()),
        },
    )


async def insert_told(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert a batch of outbox rows in their order and let the relay know."""
    await session.execute(insert(outbox), rows)
    session.info["recorded"] = True


def _due_timer(row: RowMapping) -> DueTimer:
    return DueTimer(
        brand=row["brand"],
        kind=TimerKind(row["timer_kind"]),
        due_at=row["timer_due_at"],
        generation=row["timer_generation"],
        clock=clock_from(row),
        owner=Owner(row["ticket_id"], Channel(row["channel"]), row["assignee_id"]),
        told=row["clock_sequence"],
        now=row["now"],
    )
