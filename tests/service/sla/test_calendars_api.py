"""Calendars over HTTP, and the clocks that follow them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from httpx import Response

from shared.contracts.tickets import ReasonClass, TicketStatus
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.sla.desk import Desk, story_now
from tests.support.eventually import eventually
from tests.support.sla import Story

CALENDARS = "/v1/sla/calendars"
POLICIES = "/v1/sla/policies"
OFFICE = [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]
NIGHT = [{"opens": "22:00", "closes": "06:00"}]
WEEK = {"monday": OFFICE, "tuesday": OFFICE, "friday": OFFICE, "saturday": NIGHT}
BERLIN = {"name": "Berlin", "time_zone": "Europe/Berlin", "week": WEEK}


async def added(desk: Desk, body: dict[str, object] | None = None, **headers: str) -> Response:
    return await desk.service.http.post(CALENDARS, json=BERLIN | (body or {}), headers=desk.lead() | headers)


async def calendar_of(desk: Desk, body: dict[str, object] | None = None) -> dict[str, object]:
    answer = await added(desk, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


async def policy_of(desk: Desk, calendar_id: object, breach: float = 3600, **fields: object) -> Response:
    targets = {metric: {"breach_seconds": breach} for metric in ("first_response", "resolution")}
    body = {"name": "Desk", "targets": targets, "calendar_id": calendar_id} | fields
    return await desk.service.http.post(POLICIES, json=body, headers=desk.lead())


async def due_time(desk: Desk, calendar: dict[str, object], start: str, seconds: float) -> Response:
    question = {"start": start, "seconds": seconds}
    path = f"{CALENDARS}/{calendar['id']}/due-time"
    return await desk.service.http.post(path, json=question, headers=desk.service.actor())


async def test_a_calendar_is_read_as_it_was_added(desk: Desk) -> None:
    holidays = [{"date": "2026-12-25", "name": "Christmas"}, {"date": "2026-12-24", "windows": OFFICE[:1]}]
    answer = await added(desk, {"holidays": holidays})
    calendar = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert answer.headers["location"] == f"{CALENDARS}/{calendar['id']}"
    assert (calendar["week"]["monday"], calendar["week"]["sunday"]) == (OFFICE, [])
    assert calendar["week"]["saturday"] == NIGHT
    assert [day["date"] for day in calendar["holidays"]] == ["2026-12-24", "2026-12-25"]
    read = await desk.service.http.get(f"{CALENDARS}/{calendar['id']}", headers=desk.service.actor())
    assert (read.json(), read.headers["etag"]) == (calendar, '"1"')
    listed = await desk.service.http.get(CALENDARS, headers=desk.service.actor())
    assert listed.json() == {"items": [calendar], "next_cursor": None}


async def test_the_due_time_can_be_asked_beforehand(desk: Desk) -> None:
    calendar = await calendar_of(desk)
    answer = await due_time(desk, calendar, "2026-11-24T17:30:00+01:00", 3600)
    assert answer.status_code == 200, answer.text
    assert datetime.fromisoformat(answer.json()["due_at"]) == datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
    for start, seconds in (("9999-12-31T00:00:00Z", 60), ("0001-01-01T00:00:00Z", 60), ("2026-01-01T00:00:00", 60)):
        assert (await due_time(desk, calendar, start, seconds)).status_code == 422


async def test_edits_need_the_version_they_were_read_at(desk: Desk) -> None:
    path = f"{CALENDARS}/{(await calendar_of(desk))['id']}"
    edit = {"week": {"monday": [], "sunday": NIGHT}}
    assert (await desk.service.http.patch(path, json=edit, headers=desk.lead())).status_code == 428
    answer = await desk.service.http.patch(path, json=edit, headers=desk.lead() | {"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    week = answer.json()["week"]
    assert (week["monday"], week["tuesday"], week["sunday"]) == ([], OFFICE, NIGHT)
    stale = await desk.service.http.patch(path, json=edit, headers=desk.lead() | {"If-Match": '"1"'})
    assert stale.status_code == 412
    read = await desk.service.http.get(path, headers=desk.service.actor())
    assert read.json() == answer.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"week": {}}, 400, "calendar-never-open"),
        ({"week": {}, "holidays": [{"date": "2026-12-24", "windows": OFFICE}]}, 400, "calendar-never-open"),
        ({"time_zone": "Europe/Atlantis"}, 400, "time-zone-unknown"),
        ({"time_zone": "../../etc/passwd"}, 400, "time-zone-unknown"),
        ({"week": {"monday": [{"opens": "09:00", "closes": "09:00"}]}}, 422, None),
        ({"week": {"monday": [{"opens": "24:00", "closes": "09:00"}]}}, 422, None),
        ({"week": {"monday": [{"opens": "9:00", "closes": "10:00"}]}}, 422, None),
        ({"week": {"someday": OFFICE}}, 422, None),
        ({"week": {"monday": OFFICE * 3}}, 422, None),
        ({"holidays": [{"date": "2026-02-30"}]}, 422, None),
        ({"name": ""}, 422, None),
    ],
)
async def test_a_bad_calendar_is_refused(desk: Desk, body: dict[str, object], status: int, code: str | None) -> None:
    answer = await added(desk, body)
    assert answer.status_code == status, answer.text
    assert code in (None, answer.json()["code"])


async def test_a_repeated_post_adds_one_calendar(desk: Desk) -> None:
    answers = [await added(desk, None, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"


async def test_the_largest_calendar_can_be_answered_again(desk: Desk) -> None:
    windows = [{"opens": f"{hour:02}:00", "closes": f"{hour:02}:30"} for hour in range(4)]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    holidays = [
        {"date": f"{start + timedelta(days=day):%Y-%m-%d}", "name": "🎰" * 40, "windows": windows} for day in range(150)
    ]
    answers = [await added(desk, {"holidays": holidays}, **{"Idempotency-Key": "big"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]


async def test_a_calendar_that_a_policy_follows_cannot_be_removed(desk: Desk) -> None:
    calendar = await calendar_of(desk)
    path = f"{CALENDARS}/{calendar['id']}"
    policy = (await policy_of(desk, calendar["id"])).json()
    assert policy["calendar_id"] == calendar["id"]
    story = story_now().opened()
    await desk.tell(story)
    before = await desk.clocks(story)
    answer = await desk.service.http.delete(path, headers=desk.lead())
    assert (answer.status_code, answer.json()["code"]) == (409, "calendar-in-use")
    headers = desk.lead() | {"If-Match": '"1"'}
    kept = await desk.service.http.patch(f"{POLICIES}/{policy['id']}", json={"name": "Still"}, headers=headers)
    assert kept.json()["calendar_id"] == calendar["id"]
    headers = desk.lead() | {"If-Match": '"2"'}
    freed = await desk.service.http.patch(f"{POLICIES}/{policy['id']}", json={"calendar_id": None}, headers=headers)
    assert freed.json()["calendar_id"] is None
    assert (await desk.service.http.delete(path, headers=desk.lead())).status_code == 204
    assert (await desk.service.http.delete(path, headers=desk.lead())).status_code == 404
    assert [clock["due_at"] for clock in await desk.clocks(story)] == [clock["due_at"] for clock in before]


async def test_a_policy_follows_calendars_of_its_own_brand_only(desk: Desk) -> None:
    calendar = await calendar_of(desk)
    body = {"name": "Desk", "targets": {"first_response": {"breach_seconds": 60}}, "calendar_id": calendar["id"]}
    for headers, wanted in ((desk.lead("royal"), calendar["id"]), (desk.lead(), str(new_id()))):
        answer = await desk.service.http.post(POLICIES, json=body | {"calendar_id": wanted}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "calendar-unknown")
    path, foreign = f"{CALENDARS}/{calendar['id']}", desk.lead("royal") | {"If-Match": '"1"'}
    assert (await desk.service.http.get(path, headers=foreign)).status_code == 404
    assert (await desk.service.http.patch(path, json={"name": "x"}, headers=foreign)).status_code == 404
    assert (await desk.service.http.delete(path, headers=foreign)).status_code == 404
    assert (await desk.service.http.get(CALENDARS, headers=foreign)).json()["items"] == []


async def test_hours_too_few_for_what_is_promised_are_refused(desk: Desk) -> None:
    calendar = await calendar_of(desk)
    assert (await policy_of(desk, calendar["id"], 300 * 86400)).status_code == 201
    rare = {"week": {"monday": [{"opens": "09:00", "closes": "09:01"}], "tuesday": [], "friday": [], "saturday": []}}
    headers = desk.lead() | {"If-Match": '"1"'}
    answer = await desk.service.http.patch(f"{CALENDARS}/{calendar['id']}", json=rare, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "due-time-too-far")


@pytest.mark.parametrize(
    ("kind", "role", "scopes", "status"),
    [
        (ActorKind.STAFF, "senior", set[str](), 403),
        (ActorKind.SERVER, None, {"sla:read"}, 403),
        (ActorKind.SERVER, None, {"sla:write"}, 201),
        (ActorKind.PLAYER, None, set[str](), 403),
    ],
)
async def test_calendars_are_written_by_leads_and_permitted_keys_only(
    desk: Desk, kind: ActorKind, role: str | None, scopes: set[str], status: int
) -> None:
    headers = desk.service.actor(kind, role=role, scopes=scopes) | {"Idempotency-Key": "k"}
    assert (await desk.service.http.post(CALENDARS, json=BERLIN, headers=headers)).status_code == status


async def test_clocks_follow_the_calendar_they_began_with(desk: Desk) -> None:
    """A ticket of last Monday noon, paused over a lunch and resumed by events that each load the clock anew."""
    calendar = await calendar_of(desk)
    await policy_of(desk, calendar["id"], 7200)
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    story = Story(ticket_id=new_id(), zero=monday, reason_class=ReasonClass.SIMPLE).opened()
    await desk.tell(story)
    headers = desk.lead() | {"If-Match": '"1"'}
    closed = {"holidays": [{"date": "2026-11-23"}]}
    edited = await desk.service.http.patch(f"{CALENDARS}/{calendar['id']}", json=closed, headers=headers)
    assert edited.status_code == 200
    story.becomes(1800, TicketStatus.PENDING).becomes(3 * 3600, TicketStatus.OPEN).becomes(12600, TicketStatus.RESOLVED)
    await desk.tell(story, first=2)
    clocks = {clock["kind"]: clock for clock in await desk.clocks(story)}
    resolution = clocks["resolution"]
    assert (resolution["state"], resolution["due_at"]) == ("met", "2026-11-23T14:30:00Z")
    assert (resolution["paused_seconds"], resolution["business_seconds"]) == (9000, 3600)
    assert resolution["elapsed_seconds"] == 3600


async def test_a_policy_without_calendar_is_unaffected(desk: Desk) -> None:
    await calendar_of(desk)
    story = story_now().opened().staff_replies(30)
    await desk.tell(story)
    (clock,) = await desk.clocks(story)
    assert clock["elapsed_seconds"] == clock["business_seconds"] == 30


async def test_timers_fire_when_the_open_time_is_over(desk: Desk) -> None:
    whole = [{"opens": "00:00", "closes": "24:00"}]
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    calendar = await calendar_of(desk, {"week": dict.fromkeys(days, whole)})
    await policy_of(desk, calendar["id"], 0.3)
    story = story_now().opened()
    await desk.tell(story)

    async def breached() -> bool:
        return "breached" in await desk.facts(story)

    await eventually(breached)
    (clock,) = [clock for clock in await desk.clocks(story) if clock["kind"] == "first_response"]
    assert (clock["state"], clock["breached_at"]) == ("breached", clock["due_at"])


async def test_of_edits_at_the_same_time_one_counts(desk: Desk) -> None:
    calendar = await calendar_of(desk)
    policy = (await policy_of(desk, calendar["id"])).json()
    other = await calendar_of(desk)
    headers = desk.lead() | {"If-Match": '"1"'}
    for path, edit in (
        (f"{CALENDARS}/{calendar['id']}", {"name": "Other"}),
        (f"{POLICIES}/{policy['id']}", {"calendar_id": other["id"]}),
    ):
        edits = [desk.service.http.patch(path, json=edit, headers=headers) for _ in range(4)]
        answers = await asyncio.gather(*edits)
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
