"""The HTTP edge of calendar files."""

import asyncio
from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.sla.api.promises import Writer
from services.sla.domain.calendars import CalendarNotFound, DueTimeTooFar, TooManyHolidays
from services.sla.domain.holiday_files import (
    LARGEST_FILE,
    HolidayFile,
    HolidayFileInvalid,
    HolidayFileTooLarge,
    HolidayUnclear,
    SkipReason,
    read_holidays,
)
from services.sla.schemas.calendars import CalendarView
from services.sla.use_cases.calendars import find_calendar
from services.sla.use_cases.holidays import Imported, import_holidays
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import etag
from shared.web.problems import problems

router = APIRouter(prefix="/v1/sla/calendars", tags=["sla"])

_SHOWN: Final = 100
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string"}}}}
}


class SkippedEvent(BaseModel):
    """An event of the file that brings no holiday; `whole_days_by_time`: enter its days by hand if they are free."""

    number: int
    name: str
    reason: SkipReason


class HolidayImport(BaseModel):
    """The calendar after an import: days that the file brought, earlier ones that went, events that bring none.

    `skipped_events` are the first hundred of those, each with the reason.
    """

    calendar: CalendarView
    brought: int
    removed: int
    skipped: int
    skipped_events: list[SkippedEvent]

    @classmethod
    def of(cls, imported: Imported, file: HolidayFile) -> Self:
        """Return the view of an import."""
        return cls(
            calendar=CalendarView.of(imported.calendar),
            brought=imported.brought,
            removed=imported.removed,
            skipped=len(file.skipped),
            skipped_events=[SkippedEvent.model_validate(one, from_attributes=True) for one in file.skipped[:_SHOWN]],
        )


async def holiday_file(calendar_id: UUID, request: Request, actor: Writer, ground: GroundDep) -> HolidayFile:
    """Return what the file in the body says; one that is too large is refused before it is read to its end.

    Whoever may not write, or names a calendar that his brand has not, is refused before his file is read. It is read in
    a thread: a file of the greatest size takes longer than others should wait.
    """
    async with ground.database.begin(actor.brand) as session:
        await find_calendar(session, brand=actor.brand, calendar_id=calendar_id)
    content = bytearray()
    if int(request.headers.get("content-length", "0")) > LARGEST_FILE:
        raise HolidayFileTooLarge
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_FILE:
            raise HolidayFileTooLarge
    return await asyncio.to_thread(read_holidays, bytes(content), year=ground.clock.now().year)


@router.post(
    "/{calendar_id}/holidays/import",
    openapi_extra=_BODY,
    responses=problems(
        Forbidden,
        CalendarNotFound,
        HolidayFileTooLarge,
        HolidayFileInvalid,
        HolidayUnclear,
        TooManyHolidays,
        DueTimeTooFar,
    ),
)
async def import_file(
    *,
    calendar_id: UUID,
    file: Annotated[HolidayFile, Depends(holiday_file)],
    session: SessionDep,
    actor: Writer,
    ground: GroundDep,
    response: Response,
) -> HolidayImport:
    """Import the all-day events of an iCalendar file as holidays, in place of what the same events brought before."""
    imported = await import_holidays(session, calendar_id, file, brand=actor.brand, now=ground.clock.now())
    response.headers["ETag"] = etag(imported.calendar.version)
    return HolidayImport.of(imported, file)
