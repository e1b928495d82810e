"""Deciding what is promised: the policies of a brand."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.sla.domain.calendars import Calendar, CalendarUnknown
from services.sla.domain.policies import (
    LAST_POSITION,
    POLICIES_PER_BRAND,
    Draft,
    Policy,
    PolicyNotFound,
    PolicyReadOnly,
    Source,
    TooManyPolicies,
    Version,
    check,
)
from services.sla.queries import calendars as calendar_queries
from services.sla.queries import policies as queries
from shared.db.engine import Session
from shared.ids import new_id


async def policies_of_brand(session: Session, *, brand: str) -> Sequence[Policy]:
    """Return every policy that counts for the brand, in asking order."""
    return await queries.policies_of(session, brand)


async def find_policy(session: Session, *, brand: str, policy_id: UUID) -> Policy:
    """Return one policy that counts for the brand."""
    policy = await queries.policy_of(session, brand, policy_id)
    if policy is None:
        raise PolicyNotFound
    return policy


async def versions_of_policy(
    session: Session, *, brand: str, policy_id: UUID, before: int | None, limit: int
) -> Sequence[Version]:
    """Return up to `limit + 1` versions of a policy that are older than `before`, newest first."""
    await find_policy(session, brand=brand, policy_id=policy_id)
    return await queries.versions_of(session, brand, policy_id, before=before, limit=limit)


async def add_policy(session: Session, draft: Draft, *, brand: str, editor: str | None, now: datetime) -> Policy:
    """Add a policy of the brand; without a position it is asked after the brand's others, before the built-in ones."""
    policy = await drafted(session, draft, brand=brand)
    await queries.insert_policy(session, brand, policy, editor=editor, now=now)
    return policy


async def drafted(session: Session, draft: Draft, *, brand: str) -> Policy:
    """Return the policy that `draft` would become; refuse what cannot be one."""
    calendar = await _calendar(session, brand, draft)
    check(draft, calendar)
    count, last = await queries.places(session, brand)
    if count >= POLICIES_PER_BRAND:
        raise TooManyPolicies
    return Policy(
        id=new_id(),
        version=1,
        name=draft.name,
        position=draft.position or min(last + 1, LAST_POSITION),
        source=Source.BRAND,
        active=draft.active,
        conditions=draft.conditions,
        targets=draft.targets,
        calendar=calendar,
    )


async def edit_policy(
    session: Session,
    policy_id: UUID,
    revise: Callable[[Draft], Draft],
    *,
    brand: str,
    demand: Callable[[int], None],
    editor: str | None,
    now: datetime,
) -> Policy:
    """Store the revised policy as its next version; running clocks keep the version they began with.

    `demand` is called with the current version and raises if the caller has not seen it.
    """
    policy = await queries.policy_of(session, brand, policy_id, lock=True)
    if policy is None:
        raise PolicyNotFound
    if policy.source is Source.DEFAULT:
        raise PolicyReadOnly
    demand(policy.version)
    edited = await revised(session, policy, revise, brand=brand)
    await queries.update_policy(session, brand, edited, editor=editor, now=now)
    return edited


async def revised(session: Session, policy: Policy, revise: Callable[[Draft], Draft], *, brand: str) -> Policy:
    """Return the next version of a policy; refuse what cannot be one."""
    draft = revise(policy.draft())
    calendar = await _calendar(session, brand, draft)
    check(draft, calendar)
    return replace(
        policy,
        version=policy.version + 1,
        name=draft.name,
        position=draft.position or policy.position,
        active=draft.active,
        conditions=draft.conditions,
        targets=draft.targets,
        calendar=calendar,
    )


async def _calendar(session: Session, brand: str, draft: Draft) -> Calendar | None:
    """Return the calendar that the draft names, which nobody can remove or edit until the transaction ends."""
    if draft.calendar_id is None:
        return None
    calendar = await calendar_queries.calendar_of(session, brand, draft.calendar_id, lock=True)
    if calendar is None:
        raise CalendarUnknown(field="#/calendar_id")
    return calendar
