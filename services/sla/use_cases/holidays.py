"""Taking holidays out of calendar files."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.sla.domain.calendars import Calendar, CalendarDraft, CalendarNotFound, Holiday
from services.sla.domain.holiday_files import HolidayFile
from services.sla.queries import calendars as calendar_queries
from services.sla.queries import holidays as queries
from services.sla.use_cases.calendars import edit_calendar
from shared.db.engine import Session


@dataclass(frozen=True, slots=True)
class Imported:
    """A calendar after an import: how many of its days the file brought, how many earlier ones went."""

    calendar: Calendar
    brought: int
    removed: int


async def import_holidays(
    session: Session, calendar_id: UUID, file: HolidayFile, *, brand: str, now: datetime
) -> Imported:
    """Make the days of a file holidays, in place of those that the same events brought before.

    A date that people have entered themselves stays theirs. The same file again changes nothing.
    """
    calendar = await calendar_queries.calendar_of(session, brand, calendar_id, lock=True)
    if calendar is None:
        raise CalendarNotFound
    known = await queries.imported_days(session, brand, calendar_id)
    before = calendar.hours.holidays
    gone = {day for day, uid in known.items() if uid in file.uids or day not in before}
    kept = {day: holiday for day, holiday in before.items() if day not in gone}
    brought = {day: one for day, one in file.days.items() if day not in kept}
    after = kept | {day: Holiday((), one.name) for day, one in brought.items()}
    await queries.replace_imported(
        session, brand, calendar_id, gone=gone, brought={day: one.uid for day, one in brought.items()}
    )
    if after != before:
        calendar = await edit_calendar(
            session, calendar_id, lambda draft: _with(draft, after), brand=brand, demand=lambda _version: None, now=now
        )
    return Imported(calendar, len(brought), len((gone & before.keys()) - brought.keys()))


def _with(draft: CalendarDraft, holidays: Mapping[date, Holiday]) -> CalendarDraft:
    return replace(draft, hours=replace(draft.hours, holidays=holidays))
