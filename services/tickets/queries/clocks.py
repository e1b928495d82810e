"""The clocks of tickets, copied from sla, and the earliest promise that is open."""

from typing import Final

from shared.contracts.sla import ClockEvent
from shared.db.engine import Session
from shared.db.fixed import Fixed

# Facts of one ticket share one sequence: an older one of the same clock that comes late changes nothing.
_KEEP: Final = Fixed(
    """
    INSERT INTO ticket_clocks AS c (clock_id, brand, ticket_id, kind, state, due_at, sequence)
    VALUES (:clock_id, :brand, :ticket_id, :kind, :state, :due_at, :sequence)
    ON CONFLICT (clock_id) DO UPDATE
    SET state = excluded.state, due_at = excluded.due_at, sequence = excluded.sequence
    WHERE c.brand = excluded.brand AND c.sequence < excluded.sequence
    """
)
# A row lock first: of two clocks told at the same time the second must see the first.
_LOCK: Final = Fixed("SELECT 1 FROM tickets WHERE brand = :brand AND id = :ticket_id FOR UPDATE")
_DUE: Final = Fixed(
    """
    WITH earliest AS (
        SELECT min(due_at) AS due_at FROM ticket_clocks
        WHERE brand = :brand AND ticket_id = :ticket_id AND state IN ('running', 'warned', 'breached')
    )
    UPDATE tickets SET next_due_at = earliest.due_at FROM earliest
    WHERE tickets.brand = :brand AND tickets.id = :ticket_id AND tickets.next_due_at IS DISTINCT FROM earliest.due_at
    """
)


async def keep_clock(session: Session, brand: str, clock: ClockEvent, sequence: int) -> bool:
    """Keep a clock as a fact told it and put its ticket's earliest promise right; False if there is no such ticket."""
    ticket = {"brand": brand, "ticket_id": clock.ticket_id}
    if await _LOCK.value(session, ticket) is None:
        return False
    values = {"clock_id": clock.clock_id, "kind": clock.kind.value, "state": clock.state.value, "due_at": clock.due_at}
    await _KEEP.rows(session, {**ticket, **values, "sequence": sequence})
    await _DUE.rows(session, ticket)
    return True
