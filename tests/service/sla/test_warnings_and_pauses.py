"""Several warnings, pauses as the policy says, late news and edits of calendars, in the running service."""

from datetime import datetime, timedelta
from typing import Any, cast

from shared.contracts.sla import ClockWarned
from shared.contracts.tickets import BackOffice, TicketStatus
from tests.service.sla.desk import Desk, story_now
from tests.support.eventually import eventually

POLICIES, CALENDARS = "/v1/sla/policies", "/v1/sla/calendars"
ALWAYS = {day: [{"opens": "00:00", "closes": "24:00"}] for day in ("monday", "tuesday", "wednesday", "thursday")}
WEEKEND = {day: [{"opens": "00:00", "closes": "24:00"}] for day in ("friday", "saturday", "sunday")}


async def added(desk: Desk, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await desk.service.http.post(path, json=body, headers=desk.lead())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def policy(desk: Desk, metric: str = "first_response", **target: object) -> dict[str, Any]:
    return await added(desk, POLICIES, {"name": "Own", "targets": {metric: target}})


async def test_each_warning_is_told_once_with_its_percent(desk: Desk) -> None:
    made = await policy(desk, breach_seconds=1, warnings=[30, 60, 90])
    assert made["targets"]["first_response"]["warnings"] == [30, 60, 90]
    story = story_now().opened()
    await desk.tell(story)

    async def broken() -> bool:
        return "breached" in await desk.facts(story)

    await eventually(broken)
    assert await desk.facts(story) == ["started", "warned", "warned", "warned", "breached"]
    told = await desk.told(story)
    assert [envelope.data.get("percent") for envelope in told] == [None, 30, 60, 90, None]
    assert [envelope.sequence for envelope in told] == [1, 2, 3, 4, 5]
    for envelope in told[1:4]:
        fact = ClockWarned.model_validate(envelope.data)
        assert fact.percent is not None
        after = timedelta(seconds=fact.percent / 100)
        assert fact.warn_at == fact.occurred_at == story.zero + after
    (clock,) = await desk.clocks(story)
    warnings = cast("list[dict[str, object]]", clock["warnings"])
    shown = [(one["percent"], datetime.fromisoformat(str(one["at"])), one["told"]) for one in warnings]
    assert shown == [
        (percent, datetime.fromisoformat(str(told[place].data["warn_at"])), True)
        for place, percent in enumerate((30, 60, 90), start=1)
    ]


async def test_an_answer_cancels_the_warnings_that_were_to_come(desk: Desk) -> None:
    await policy(desk, breach_seconds=600, warnings=[50, 80, 95])
    story = story_now()
    story.zero -= timedelta(seconds=310)
    await desk.tell(story.opened())

    async def warned() -> bool:
        return await desk.facts(story) == ["started", "warned"]

    await eventually(warned)
    await desk.tell(story.staff_replies(310), first=2)
    (clock,) = await desk.clocks(story)
    warnings = cast("list[dict[str, object]]", clock["warnings"])
    assert [one["told"] for one in warnings] == [True, False, False]
    assert await desk.facts(story) == ["started", "warned", "met"]


async def test_a_promise_stands_still_as_its_policy_says_after_a_restart_too(desk: Desk) -> None:
    await policy(desk, "resolution", breach_seconds=600, pauses=["waiting:kyc", "bot"])
    story = story_now().opened().becomes(1, TicketStatus.WAITING, BackOffice.KYC)
    story.updated(11, waiting_on=BackOffice.RISK).becomes(21, TicketStatus.PENDING).becomes(31, TicketStatus.BOT)
    await desk.tell(story.becomes(41, TicketStatus.OPEN))
    clock = {one["kind"]: one for one in await desk.clocks(story)}["resolution"]
    assert clock["paused_seconds"] == 20
    assert datetime.fromisoformat(str(clock["due_at"])) == story.zero + timedelta(seconds=620)


async def test_late_news_take_the_breach_of_a_finished_ticket_back(desk: Desk) -> None:
    await policy(desk, breach_seconds=60)
    story = story_now()
    story.zero -= timedelta(seconds=100)
    await desk.tell(story.opened().becomes(90, TicketStatus.RESOLVED))
    assert await desk.facts(story) == ["started", "breached"]
    await desk.tell(story.staff_replies(30), first=3)
    assert await desk.facts(story) == ["started", "breached", "withdrawn", "met"]
    (clock,) = await desk.clocks(story)
    assert (clock["state"], clock["breached_at"], clock["corrected"]) == ("met", None, True)
    breaches = await desk.service.http.get("/v1/sla/breaches", headers=desk.lead())
    assert breaches.json()["items"] == []


async def test_applying_a_policy_after_an_edit_of_its_calendar_moves_what_is_open(desk: Desk) -> None:
    week: dict[str, object] = {**ALWAYS, **WEEKEND}
    calendar = await added(desk, CALENDARS, {"name": "Always", "time_zone": "UTC", "week": week})
    body = {"name": "Own", "calendar_id": calendar["id"], "targets": {"first_response": {"breach_seconds": 864000}}}
    made = await added(desk, POLICIES, body)
    story = story_now().opened()
    await desk.tell(story)
    (before,) = await desk.clocks(story)
    closed: dict[str, object] = {"week": {"friday": [], "saturday": [], "sunday": []}}
    headers = desk.lead() | {"If-Match": '"1"'}
    path = f"{CALENDARS}/{calendar['id']}"
    assert (await desk.service.http.patch(path, json=closed, headers=headers)).status_code == 200
    assert (await desk.clocks(story))[0]["due_at"] == before["due_at"]
    applied = [
        (await desk.service.http.post(f"{POLICIES}/{made['id']}/apply", json={}, headers=desk.lead())).json()["clocks"]
        for _ in range(2)
    ]
    assert applied == [1, 0]
    (clock,) = await desk.clocks(story)
    assert str(clock["due_at"]) > str(before["due_at"])
    (earlier,) = cast("list[dict[str, object]]", clock["earlier"])
    assert (earlier["cause"], earlier["due_at"]) == ("calendar", before["due_at"])
    assert await desk.facts(story) == ["started", "started"]
