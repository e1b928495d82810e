"""Deciding when a brand's desks are open: its calendars."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from services.sla.domain.calendars import (
    CALENDARS_PER_BRAND,
    Calendar,
    CalendarDraft,
    CalendarInUse,
    CalendarNotFound,
    TooManyCalendars,
    check_hours,
    check_reach,
)
from services.sla.queries import calendars as queries
from services.sla.queries.policies import followers_of
from shared.db.engine import Session
from shared.ids import new_id


async def calendars_of_brand(session: Session, *, brand: str) -> Sequence[Calendar]:
    """Return the calendars of the brand in the order of their creation."""
    return await queries.calendars_of(session, brand)


async def find_calendar(session: Session, *, brand: str, calendar_id: UUID) -> Calendar:
    """Return one calendar of the brand."""
    calendar = await queries.calendar_of(session, brand, calendar_id)
    if calendar is None:
        raise CalendarNotFound
    return calendar


async def add_calendar(session: Session, draft: CalendarDraft, *, brand: str, now: datetime) -> Calendar:
    """Add a calendar of the brand; nothing follows it until a policy names it."""
    check_hours(draft.hours)
    if await queries.count_calendars(session, brand) >= CALENDARS_PER_BRAND:
        raise TooManyCalendars
    calendar = Calendar(new_id(), 1, draft.name, draft.hours)
    await queries.insert_calendar(session, brand, calendar, now=now)
    return calendar


async def edit_calendar(
    session: Session,
    calendar_id: UUID,
    revise: Callable[[CalendarDraft], CalendarDraft],
    *,
    brand: str,
    demand: Callable[[int], None],
    now: datetime,
) -> Calendar:
    """Store the revised calendar as its next version; running clocks keep the version they began with.

    `demand` is called with the current version and raises if the caller has not seen it.
    """
    calendar = await _locked(session, brand, calendar_id)
    demand(calendar.version)
    draft = revise(calendar.draft())
    check_hours(draft.hours)
    for policy in await followers_of(session, brand, calendar_id):
        check_reach(draft.hours, (target.breach for target in policy.targets.values()), field="#/week")
    edited = Calendar(calendar_id, calendar.version + 1, draft.name, draft.hours)
    await queries.update_calendar(session, brand, edited, now=now)
    return edited


async def delete_calendar(session: Session, *, brand: str, calendar_id: UUID) -> None:
    """Remove a calendar that no policy follows; clocks that began under it still count by it."""
    await _locked(session, brand, calendar_id)
    if await followers_of(session, brand, calendar_id):
        raise CalendarInUse
    await queries.delete_calendar(session, brand, calendar_id)


async def _locked(session: Session, brand: str, calendar_id: UUID) -> Calendar:
    calendar = await queries.calendar_of(session, brand, calendar_id, lock=True)
    if calendar is None:
        raise CalendarNotFound
    return calendar
