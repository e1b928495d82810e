"""Holidays out of iCalendar files, over HTTP."""

from typing import Any

from httpx import Response

from services.sla.domain.holiday_files import LARGEST_FILE
from shared.clock import SystemClock
from shared.ids import new_id
from tests.service.sla.desk import Desk

YEAR = SystemClock().now().year
WEEK = {"monday": [{"opens": "09:00", "closes": "17:00"}]}


def ics(*events: tuple[str, str, str]) -> bytes:
    told = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART;VALUE=DATE:{day}\r\n{more}\r\nEND:VEVENT\r\n"
        for uid, day, more in events
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{told}END:VCALENDAR\r\n".encode()


async def added(desk: Desk, holidays: list[dict[str, object]] | None = None) -> str:
    body = {"name": "Office", "time_zone": "Europe/Malta", "week": WEEK, "holidays": holidays or []}
    answer = await desk.service.http.post("/v1/sla/calendars", json=body, headers=desk.lead())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def imported(desk: Desk, calendar: str, content: bytes, *, brand: str = "lucky") -> Response:
    headers = desk.lead(brand) | {"Content-Type": "text/calendar"}
    return await desk.service.http.post(
        f"/v1/sla/calendars/{calendar}/holidays/import", content=content, headers=headers
    )


def dates(answer: Response) -> list[str]:
    body: dict[str, Any] = answer.json()
    return [holiday["date"] for holiday in body["calendar"]["holidays"]]


async def test_a_file_brings_holidays_and_the_same_again_changes_nothing(desk: Desk) -> None:
    calendar = await added(desk)
    content = ics(("a", f"{YEAR}1225", "SUMMARY:Christmas"), ("b", f"{YEAR}0501", "DURATION:P2D"))
    answer = await imported(desk, calendar, content)
    assert answer.status_code == 200, answer.text
    assert dates(answer) == [f"{YEAR}-05-01", f"{YEAR}-05-02", f"{YEAR}-12-25"]
    assert (answer.json()["brought"], answer.json()["removed"], answer.headers["etag"]) == (3, 0, '"2"')
    again = await imported(desk, calendar, content)
    assert again.json()["calendar"] == answer.json()["calendar"]
    assert (again.json()["calendar"]["version"], again.json()["removed"]) == (2, 0)


async def test_an_import_replaces_what_the_same_events_brought_and_leaves_the_rest(desk: Desk) -> None:
    own: dict[str, object] = {
        "date": f"{YEAR}-03-19",
        "name": "Our day",
        "windows": [{"opens": "10:00", "closes": "12:00"}],
    }
    calendar = await added(desk, [own])
    await imported(desk, calendar, ics(("a", f"{YEAR}1225", ""), ("b", f"{YEAR}0501", "")))
    moved = await imported(desk, calendar, ics(("a", f"{YEAR}1226", ""), ("c", f"{YEAR}0319", "SUMMARY:Joseph")))
    assert dates(moved) == [f"{YEAR}-03-19", f"{YEAR}-05-01", f"{YEAR}-12-26"]
    assert moved.json()["calendar"]["holidays"][0] == own
    assert (moved.json()["brought"], moved.json()["removed"]) == (1, 1)
    cancelled = await imported(desk, calendar, ics(("a", f"{YEAR}1226", "STATUS:CANCELLED")))
    assert dates(cancelled) == [f"{YEAR}-03-19", f"{YEAR}-05-01"]
    assert cancelled.json()["skipped"] == 1
    assert cancelled.json()["skipped_events"] == [{"number": 1, "name": "", "reason": "cancelled"}]


async def test_what_cannot_be_read_is_refused_with_the_event(desk: Desk) -> None:
    calendar = await added(desk)
    unclear = await imported(desk, calendar, ics(("a", f"{YEAR}1225", "SUMMARY:Xmas\r\nRRULE:FREQ=DAILY")))
    assert (unclear.status_code, unclear.json()["code"]) == (422, "holiday-unclear")
    assert "Xmas" in unclear.json()["detail"]
    broken = await imported(desk, calendar, b"BEGIN:VCALENDAR")
    assert (broken.status_code, broken.json()["code"]) == (400, "holiday-file-invalid")
    many = ics(*((f"u{n}", f"{YEAR}0101", "RRULE:FREQ=YEARLY\r\nDURATION:P30D") for n in range(1)))
    full = await imported(desk, calendar, many)
    assert (full.status_code, full.json()["code"]) == (400, "too-many-holidays")
    listed = await desk.service.http.get(f"/v1/sla/calendars/{calendar}", headers=desk.lead())
    assert listed.json()["holidays"] == []


async def test_a_file_that_is_too_large_is_refused(desk: Desk) -> None:
    calendar = await added(desk)
    answer = await imported(desk, calendar, b"x" * (LARGEST_FILE + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "holiday-file-too-large")

    async def endless() -> Any:
        for _ in range(300):
            yield b"x" * 1024

    path = f"/v1/sla/calendars/{calendar}/holidays/import"
    streamed = await desk.service.http.post(path, content=endless(), headers=desk.lead())
    assert (streamed.status_code, streamed.json()["code"]) == (413, "holiday-file-too-large")


async def test_nobody_else_imports(desk: Desk) -> None:
    calendar = await added(desk)
    content = ics(("a", f"{YEAR}1225", ""))
    path = f"/v1/sla/calendars/{calendar}/holidays/import"
    agent = await desk.service.http.post(path, content=content, headers=desk.service.actor())
    assert agent.status_code == 403
    for place, brand in ((calendar, "royal"), (str(new_id()), "lucky")):
        for body in (content, b"", b"no calendar at all", b"x" * (LARGEST_FILE + 1)):
            answer = await imported(desk, place, body, brand=brand)
            assert (answer.status_code, answer.json()["code"]) == (404, "calendar-not-found")
