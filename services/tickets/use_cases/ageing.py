"""What time does to tickets: snoozed ones wake, resolved ones close; and the policies that say when."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.tickets.domain.audit import AuditAction, Witness
from services.tickets.domain.lifecycle import Lifecycle, LifecyclePolicy, moves_by_itself
from services.tickets.domain.macros import is_safety
from services.tickets.domain.tickets import Story
from services.tickets.queries import lifecycles, tickets
from services.tickets.use_cases.auditing import record_decision
from services.tickets.use_cases.registering import is_complaint_open
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Author, AuthorKind
from shared.contracts.tickets import TicketState, TicketStatus
from shared.db.engine import Session
from shared.web.conditional import Stale, demand

_TIME: Final = Author(kind=AuthorKind.SYSTEM, id="lifecycle")
_LOOK_AGAIN: Final = timedelta(days=1)


async def answer_alarm(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> bool:
    """Wake or close a ticket whose time has come; False if somebody else is at it or was faster."""
    ticket = await tickets.lock_free_ticket(session, brand, ticket_id)
    if ticket is None or not await lifecycles.is_due(session, brand, ticket_id):
        return False
    if await _must_stay(session, brand, ticket.state):
        await lifecycles.set_alarm(session, brand, ticket_id, now + _LOOK_AGAIN)
        return True
    story = Story(ticket, actor=_TIME, now=now)
    moves_by_itself(story)
    if not story.events:
        await lifecycles.set_alarm(session, brand, ticket_id, None)
    await tell(session, story)
    return True


async def _must_stay(session: Session, brand: str, state: TicketState) -> bool:
    """True if a resolved ticket must not close by itself: what concerns safety, or an open complaint."""
    if state.status is not TicketStatus.RESOLVED:
        return False
    return is_safety(state) or await is_complaint_open(session, brand, state.complaint_id)


async def read_policy(session: Session, *, brand: str, witness: Witness | None) -> LifecyclePolicy:
    """Return the lifecycles of a brand."""
    await record_decision(session, witness, AuditAction.READ_LIFECYCLE, {})
    return await lifecycles.policy_of(session, brand)


async def edit_policy(
    session: Session,
    *,
    brand: str,
    witness: Witness | None,
    channels: Mapping[str, Lifecycle],
    acknowledge_complaints: bool | None,
    correct_within: timedelta | None,
    by: str,
    expected_version: int,
    now: datetime,
) -> LifecyclePolicy:
    """Replace the lifecycles of a brand; tickets that are resolved already keep the day on which they close.

    Whether complaints are acknowledged by themselves, and for how long staff correct their words, stay as they are
    unless they are said.
    """
    known = await lifecycles.policy_of(session, brand)
    demand(expected_version, known.version)
    acknowledge = known.acknowledge_complaints if acknowledge_complaints is None else acknowledge_complaints
    within = known.correct_within if correct_within is None else correct_within
    policy = LifecyclePolicy(known.version + 1, channels, acknowledge, within)
    if not await lifecycles.insert_policy(session, brand, policy, by=by, now=now):
        raise Stale(current_version=policy.version)
    await record_decision(session, witness, AuditAction.EDIT_LIFECYCLE, {"version": policy.version})
    return policy
