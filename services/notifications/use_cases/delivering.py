"""Claiming due deliveries fairly, and writing down what came of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Row

from services.notifications.domain import health, signing
from services.notifications.domain.attempts import GONE, Attempt, DeliveryState, judge
from services.notifications.domain.fairness import allocate
from services.notifications.domain.health import DisableReason, Health
from services.notifications.queries import claims, endpoints
from services.notifications.queries.claims import Claimed, EndpointDue, Recorded, Result
from services.notifications.use_cases.endpoints import tell_disabled
from shared.contracts.notifications import DeliveryExhausted, EndpointRecovered
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging import outbox

_logger = structlog.get_logger(module=__name__)


class Finished(NamedTuple):
    """A claimed delivery and how its attempt went."""

    claimed: Claimed
    attempt: Attempt


class Slots(NamedTuple):
    """What this process can still take: `free` of `capacity`; the last round ended `after` this endpoint."""

    free: int
    capacity: int
    after: UUID | None


class Round(NamedTuple):
    """What a claim brought; `due_in` is when to look again at the latest, in seconds, if anything is known to come."""

    claimed: list[Claimed]
    after: UUID | None
    is_cut: bool
    due_in: float | None


async def claim_deliveries(session: Session, *, slots: Slots, lease: timedelta) -> Round:
    """Lease due deliveries, endpoint by endpoint in turn; one process at a time decides, for milliseconds."""
    if not slots.free:
        return Round([], slots.after, is_cut=False, due_in=None)
    await claims.take_turn(session)
    found = await claims.endpoints_due(session)
    due = [one for one in found if one.due_in <= 0]
    dealt = allocate([one.candidate for one in due], free=slots.free, capacity=slots.capacity, after=slots.after)
    claimed = await _take(session, due, dealt.grants, lease)
    later = min((one.due_in for one in found if one.due_in > 0), default=None)
    return Round(claimed, dealt.after, dealt.is_cut and bool(claimed), later)


async def record_attempts(
    session: Session, finished: Sequence[Finished], *, now: datetime, roll: Callable[[], float], scale: float
) -> None:
    """Write results whose lease still holds, and what they mean for their endpoints' health."""
    standing = await endpoints.lock_health(session, sorted({f.claimed.endpoint_id for f in finished}))
    recorded = await claims.record(session, [_result(f, roll(), scale) for f in finished])
    counted = {(r.id, r.endpoint_id) for r in recorded}
    attempts: dict[UUID, list[Attempt]] = {}
    for one in finished:
        if (one.claimed.id, one.claimed.endpoint_id) in counted:
            attempts.setdefault(one.claimed.endpoint_id, []).append(one.attempt)
    changed: dict[UUID, Health] = {}
    for row in standing:
        before, after = _health(row), await _judged(session, row, attempts.get(row.id, []), now=now, scale=scale)
        if after != before:
            changed[row.id] = after
    await endpoints.store_health(session, changed)
    await _tell_exhausted(session, [r for r in recorded if r.state == DeliveryState.EXHAUSTED], now)


async def _take(
    session: Session, due: Sequence[EndpointDue], grants: dict[UUID, int], lease: timedelta
) -> list[Claimed]:
    token = new_id()
    ordered = [one.candidate.endpoint_id for one in due if one.ordered and one.candidate.endpoint_id in grants]
    plain = {endpoint_id: count for endpoint_id, count in grants.items() if endpoint_id not in ordered}
    claimed = await claims.take(session, plain, token=token, lease=lease)
    for endpoint_id in ordered:
        claimed += await claims.take_heads(session, endpoint_id, count=grants[endpoint_id], token=token, lease=lease)
    return claimed


async def _judged(
    session: Session, row: Row[*tuple[Any, ...]], attempts: Sequence[Attempt], *, now: datetime, scale: float
) -> Health:
    """Return the endpoint's health after these attempts, and tell what an operator must know."""
    state = _health(row)
    for attempt in attempts:
        if attempt.failure is None:
            if state.troubled:
                await _tell_recovered(session, row, now)
            state = health.after_success(state, latency=attempt.latency)
        else:
            state = health.after_failure(state, now=now, scale=scale)
    state = _warned(row, state, now=now, scale=scale)
    reason = _disabling(row, attempts, state, now=now, scale=scale)
    if reason is None:
        return state
    values = {"state": "disabled", "disabled_reason": reason.value}
    await tell_disabled(
        session, await endpoints.change_endpoint(session, row.id, values, now=now), reason=reason, now=now
    )
    return replace(state, troubled=True)


def _disabling(
    row: Row[*tuple[Any, ...]], attempts: Sequence[Attempt], state: Health, *, now: datetime, scale: float
) -> DisableReason | None:
    if row.state == "disabled":
        return None
    if any(attempt.status == GONE for attempt in attempts):
        return DisableReason.GONE
    return DisableReason.FAILING if health.should_disable(state, now=now, scale=scale) else None


def _warned(row: Row[*tuple[Any, ...]], state: Health, *, now: datetime, scale: float) -> Health:
    hours = health.warning(state, now=now, scale=scale)
    if not hours:
        return state
    _logger.warning("webhook_endpoint_failing", endpoint_id=str(row.id), brand=row.brand, hours=hours)
    return replace(state, warned_hours=hours, troubled=True)


def _result(finished: Finished, roll: float, scale: float) -> Result:
    claimed, attempt = finished
    verdict = judge(attempt, step=claimed.step, roll=roll, scale=scale)
    return Result(
        id=claimed.id,
        token=claimed.token,
        state=verdict.state.value,
        delay=verdict.delay.total_seconds(),
        status=attempt.status,
        error=attempt.failure.value if attempt.failure else None,
        response=attempt.response,
        attempted_at=attempt.attempted_at,
        latency_ms=round(attempt.latency.total_seconds() * 1000),
    )


def _health(row: Row[*tuple[Any, ...]]) -> Health:
    return Health(
        cap=row.cap,
        failures=row.failures,
        failing_since=row.failing_since_at,
        open_until=row.open_until_at,
        troubled=row.troubled,
        warned_hours=row.warned_hours,
    )


async def _tell_recovered(session: Session, row: Row[*tuple[Any, ...]], now: datetime) -> None:
    event = EndpointRecovered(endpoint_id=row.id, url=row.url, recovered_at=now)
    sequence = await endpoints.next_told(session, row.id)
    await outbox.record(session, event, brand=row.brand, sequence=sequence, at=now)


async def _tell_exhausted(session: Session, exhausted: Sequence[Recorded], now: datetime) -> None:
    for one in exhausted:
        event = DeliveryExhausted(
            delivery_id=one.id,
            endpoint_id=one.endpoint_id,
            webhook_id=signing.webhook_id(one.event_id),
            attempts=one.attempts,
            exhausted_at=now,
        )
        await outbox.record(session, event, brand=one.brand, sequence=one.told, at=now)
