"""What a change of a policy would do to open tickets, and doing it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.sla.domain import fold
from services.sla.domain.policies import Draft, Policy, PolicyReadOnly, Source, with_policy
from services.sla.domain.running import Outcome
from services.sla.queries import clocks as clock_queries
from services.sla.queries import policies as policy_queries
from services.sla.queries.clocks import LockedTicket
from services.sla.use_cases.deciding import drafted, find_policy, revised
from services.sla.use_cases.measuring import keep_outcome
from shared.contracts.sla import ClockKind
from shared.db.engine import Session

SHOWN: Final = 100
EXAMINED: Final = 50_000
BATCH: Final = 500
APPLIED_AT_ONCE: Final = 200
_FIRST: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Shift:
    """One open clock whose due time would change; `new_due_at` is null if nothing would be promised any more."""

    ticket_id: UUID
    clock_id: UUID
    kind: ClockKind
    old_due_at: datetime
    new_due_at: datetime | None
    would_breach: bool


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many tickets and clocks a change would touch, the first clocks, whether all open tickets were examined."""

    tickets: int
    clocks: int
    shifts: tuple[Shift, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What one batch did; `next_after` is the ticket to go on after, null once no open ticket is left."""

    tickets: int
    clocks: int
    next_after: UUID | None


async def rehearse_draft(session: Session, draft: Draft, *, brand: str, now: datetime) -> Rehearsal:
    """Return what a new policy would change."""
    return await _rehearse(session, await drafted(session, draft, brand=brand), brand=brand, now=now)


async def rehearse_edit(
    session: Session, policy_id: UUID, revise: Callable[[Draft], Draft], *, brand: str, now: datetime
) -> Rehearsal:
    """Return what an edit of a policy would change."""
    policy = await find_policy(session, brand=brand, policy_id=policy_id)
    if policy.source is Source.DEFAULT:
        raise PolicyReadOnly
    return await _rehearse(session, await revised(session, policy, revise, brand=brand), brand=brand, now=now)


async def apply_policy(session: Session, policy_id: UUID, *, brand: str, after: UUID | None) -> Applied:
    """Put the open clocks that a policy touches under what is promised now, one bounded batch of tickets.

    Clocks that are there already stay as they are, so that a batch may be repeated.
    """
    await find_policy(session, brand=brand, policy_id=policy_id)
    policies = await policy_queries.policies_of(session, brand)
    batch = await clock_queries.open_tickets(session, brand, after=after or _FIRST, limit=APPLIED_AT_ONCE, lock=True)
    opened = await clock_queries.open_clocks_of_many(session, brand, [locked.ticket.id for locked in batch])
    tickets, clocks = 0, 0
    for locked in batch:
        ticket = locked.ticket
        outcome = fold.recompute(ticket, opened.get(ticket.id, ()), policies, at=locked.now, policy_id=policy_id)
        if outcome.changed:
            await keep_outcome(session, locked, outcome, brand=brand)
            tickets, clocks = tickets + 1, clocks + len(outcome.changed)
    return Applied(tickets, clocks, batch[-1].ticket.id if len(batch) == APPLIED_AT_ONCE else None)


async def _rehearse(session: Session, policy: Policy, *, brand: str, now: datetime) -> Rehearsal:
    policies = with_policy(await policy_queries.policies_of(session, brand), policy)
    tickets, clocks, examined = 0, 0, 0
    shown: list[Shift] = []
    batch: list[LockedTicket] = []
    while examined < EXAMINED and (examined == 0 or len(batch) == BATCH):
        last = batch[-1].ticket.id if batch else _FIRST
        batch = list(await clock_queries.open_tickets(session, brand, after=last, limit=BATCH))
        opened = await clock_queries.open_clocks_of_many(session, brand, [one.ticket.id for one in batch])
        for one in batch:
            before = opened.get(one.ticket.id, ())
            outcome = fold.recompute(one.ticket, before, policies, at=now, policy_id=policy.id)
            shifts = _shifts(outcome, {clock.id: clock.due_at for clock in before}, now)
            tickets, clocks = tickets + bool(shifts), clocks + len(shifts)
            shown.extend(shifts[: SHOWN - len(shown)])
        examined += len(batch)
        if not batch:
            break
    return Rehearsal(tickets, clocks, tuple(shown), complete=len(batch) < BATCH)


def _shifts(outcome: Outcome, before: dict[UUID, datetime], now: datetime) -> list[Shift]:
    return [
        Shift(
            ticket_id=outcome.ticket.id,
            clock_id=clock.id,
            kind=clock.kind,
            old_due_at=before[clock.id],
            new_due_at=clock.due_at if clock.open else None,
            would_breach=clock.open and clock.due_at <= now,
        )
        for clock in outcome.changed
        if not clock.open or clock.due_at != before[clock.id]
    ]
