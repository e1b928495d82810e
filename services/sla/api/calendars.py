"""The HTTP edge of calendars."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.sla.api.promises import Reader, Writer
from services.sla.domain.calendars import (
    CalendarInUse,
    CalendarNeverOpen,
    CalendarNotFound,
    DueTimeTooFar,
    TimeZoneUnknown,
    TooManyCalendars,
    TooManyHolidays,
    WindowInvalid,
    add_business_time,
)
from services.sla.schemas import calendars as schemas
from services.sla.use_cases import calendars as deciding
from shared.db.session import SessionDep
from shared.service import GroundDep
from shared.web.actor import Forbidden
from shared.web.conditional import IfMatchDep, Stale, demand, etag
from shared.web.idempotency import OnceDep, Reply
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router = APIRouter(prefix="/v1/sla/calendars", tags=["sla"])

_UNFIT = (TimeZoneUnknown, WindowInvalid, TooManyHolidays, CalendarNeverOpen)


@router.get("", responses=problems(Forbidden, CursorInvalid))
async def list_calendars(session: SessionDep, actor: Reader, page: PageDep) -> Page[schemas.CalendarView]:
    """List the calendars of the brand in the order of their creation."""
    after = page.after({})
    calendars = await deciding.calendars_of_brand(session, brand=actor.brand)
    following = [calendar for calendar in calendars if after is None or str(calendar.id) > after[0]]
    shown, next_cursor = page.cut(following, lambda calendar: (str(calendar.id),), {})
    return Page(items=[schemas.CalendarView.of(calendar) for calendar in shown], next_cursor=next_cursor)


@router.post(
    "",
    status_code=201,
    response_model=schemas.CalendarView,
    responses=problems(Forbidden, TooManyCalendars, *_UNFIT),
)
async def add_calendar(
    body: schemas.NewCalendar, session: SessionDep, actor: Writer, once: OnceDep, ground: GroundDep
) -> Response:
    """Add a calendar of the brand: its time zone, windows of the week and holidays; policies follow it by its id."""

    async def run() -> Reply:
        calendar = await deciding.add_calendar(session, body.draft(), brand=actor.brand, now=ground.clock.now())
        headers = {"ETag": etag(calendar.version), "Location": f"/v1/sla/calendars/{calendar.id}"}
        return Reply(schemas.CalendarView.of(calendar), headers=headers)

    return await once.answer(run, status=201)


@router.get("/{calendar_id}", responses=problems(Forbidden, CalendarNotFound))
async def read_calendar(
    calendar_id: UUID, session: SessionDep, actor: Reader, response: Response
) -> schemas.CalendarView:
    """Read one calendar and its ETag."""
    calendar = await deciding.find_calendar(session, brand=actor.brand, calendar_id=calendar_id)
    response.headers["ETag"] = etag(calendar.version)
    return schemas.CalendarView.of(calendar)


@router.patch("/{calendar_id}", responses=problems(Forbidden, CalendarNotFound, Stale, DueTimeTooFar, *_UNFIT))
async def edit_calendar(
    *,
    calendar_id: UUID,
    body: schemas.CalendarEdit,
    session: SessionDep,
    actor: Writer,
    expected: IfMatchDep,
    ground: GroundDep,
    response: Response,
) -> schemas.CalendarView:
    """Edit a calendar; promises that begin from now on follow the new version, running ones keep theirs."""
    calendar = await deciding.edit_calendar(
        session,
        calendar_id,
        body.revise,
        brand=actor.brand,
        demand=lambda actual: demand(expected, actual),
        now=ground.clock.now(),
    )
    response.headers["ETag"] = etag(calendar.version)
    return schemas.CalendarView.of(calendar)


@router.delete("/{calendar_id}", status_code=204, responses=problems(Forbidden, CalendarNotFound, CalendarInUse))
async def delete_calendar(calendar_id: UUID, session: SessionDep, actor: Writer) -> None:
    """Remove a calendar that no policy follows; promises that began under it still count by it."""
    await deciding.delete_calendar(session, brand=actor.brand, calendar_id=calendar_id)


@router.post("/{calendar_id}/due-time", responses=problems(Forbidden, CalendarNotFound, DueTimeTooFar))
async def preview_due_time(
    calendar_id: UUID, body: schemas.DueTimeQuestion, session: SessionDep, actor: Reader
) -> schemas.DueTime:
    """Tell when a promise would be due; nothing is stored."""
    calendar = await deciding.find_calendar(session, brand=actor.brand, calendar_id=calendar_id)
    return schemas.DueTime(due_at=add_business_time(calendar.hours, body.start, body.duration()))
