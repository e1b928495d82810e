"""The board and the list of breaches leave nothing out: legal clocks, tickets of the bot, tickets older than faces."""

import csv
import io
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import ComplaintChanged, ComplaintRegistered, ComplaintState, ComplaintStep, TicketStatus
from shared.contracts.tickets.complaints import SAMPLE_COMPLAINT
from shared.ids import new_id
from tests.service.sla.desk import Desk, story_now
from tests.support.eventually import eventually
from tests.support.sla import Story

STAFF = Author(kind=AuthorKind.STAFF, id="s-1")


async def get(desk: Desk, path: str, *, brand: str = "lucky", **query: str | int) -> Any:
    answer = await desk.service.http.get(f"/v1/sla/{path}", params=query, headers=desk.lead(brand))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def complained(desk: Desk, story: Story, *, days: float, owner: str | None = "s-9") -> ComplaintState:
    """Register a complaint about a ticket that was received so many days ago."""
    received = desk.service.ground.clock.now() - timedelta(days=days)
    update = {
        "id": new_id(), "ticket_id": story.ticket_id, "jurisdiction": "MT", "received_at": received, "version": 1,
        "owner_id": owner,
    }  # fmt: skip
    one = SAMPLE_COMPLAINT.model_copy(update=update)
    fact = ComplaintRegistered(complaint_id=one.id, complaint=one, actor=STAFF, occurred_at=received)
    await desk.service.publish(fact, brand="lucky", sequence=1)
    return one


async def answered(desk: Desk, one: ComplaintState) -> None:
    now = desk.service.ground.clock.now()
    after = one.model_copy(update={"version": 2, "acknowledged_at": now})
    fact = ComplaintChanged(
        complaint_id=one.id, complaint=after, actor=STAFF, occurred_at=now, before=one.step,
        after=ComplaintStep(one.step),
    )  # fmt: skip
    await desk.service.publish(fact, brand="lucky", sequence=2)


async def legal_breaches(desk: Desk, count: int) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]]:
        rows = [row for row in (await get(desk, "breaches"))["items"] if row["metric"].startswith("complaint")]
        return rows if len(rows) >= count else []

    return list(await eventually(found))


async def test_a_broken_legal_clock_is_on_the_board_in_the_list_and_in_the_export(desk: Desk) -> None:
    story = story_now(channel=Channel.EMAIL).opened().player_writes(0)
    await desk.tell(story)
    await complained(desk, story, days=20)
    rows = {row["metric"]: row for row in await legal_breaches(desk, 2)}
    assert rows.keys() == {"complaint_acknowledged", "complaint_final"}
    final = rows["complaint_final"]
    assert (final["ticket_id"], final["channel"], final["holder_id"]) == (str(story.ticket_id), "email", "s-9")
    assert (final["cause"], final["late_seconds"] > 0) == ("agent", True)
    exported = await desk.service.http.get("/v1/sla/breaches/export", headers=desk.lead())
    assert {row["clock_id"] for row in csv.DictReader(io.StringIO(exported.text))} >= {final["clock_id"]}
    for query in ({"assignee_id": "s-9"}, {"metric": "complaint_final"}, {"channel": "email"}):
        found = (await get(desk, "breaches", **query))["items"]
        assert final["clock_id"] in [row["clock_id"] for row in found]
    assert (await get(desk, "breaches", assignee_id="s-1"))["items"] == []
    assert (await get(desk, "breaches", brand="royal"))["items"] == []


async def test_a_reason_is_given_for_a_broken_legal_clock_too(desk: Desk) -> None:
    story = story_now().opened().player_writes(0)
    await desk.tell(story)
    await complained(desk, story, days=20, owner=None)
    broken = (await legal_breaches(desk, 2))[0]
    assert broken["cause"] == "queue"
    path = f"/v1/sla/breaches/{broken['clock_id']}/reason"
    body = {"reason_code": "forgotten"}
    assert (await desk.service.http.put(path, json=body, headers=desk.lead("royal"))).status_code == 404
    assert (await desk.service.http.put(path, json=body, headers=desk.lead())).status_code == 204
    assert (await legal_breaches(desk, 2))[0]["reason_code"] == "forgotten"


async def test_the_board_counts_what_the_law_demands_soon_and_what_was_kept(desk: Desk) -> None:
    story = story_now(channel=Channel.PHONE).opened().player_writes(0).staff_replies(1)
    await desk.tell(story)
    near = await complained(desk, story, days=0)
    await answered(desk, near)
    async with desk.service.ground.database.begin_worker() as session:
        soon = text("UPDATE complaint_timers SET due_at = now() + interval '4 minutes' WHERE state = 'pending'")
        await session.execute(soon)
    (line,) = (await get(desk, "board", channel="phone"))["lines"]
    assert (line["due_in_5_minutes"], line["due_in_60_minutes"]) == (1, 1)
    assert line["metrics"][ClockKind.COMPLAINT_ACKNOWLEDGED] == {
        "met_today": 1, "breached_today": 0, "attainment_today": 1.0,
    }  # fmt: skip


async def test_breaches_of_both_sorts_come_in_pages_in_the_order_of_their_breaking(desk: Desk) -> None:
    for minutes in (10, 20):
        story = story_now()
        story.zero -= timedelta(minutes=minutes)
        await desk.tell(story.opened().player_writes(0))
        await complained(desk, story, days=20 + minutes)

    ever = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z"}

    async def all_of_them() -> bool:
        return len((await get(desk, "breaches", **ever))["items"]) == 6

    await eventually(all_of_them)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 1, **ever}
    while True:
        page = await get(desk, "breaches", **query)
        seen += [row["breached_at"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert (len(seen), seen) == (6, sorted(seen))


async def test_whom_the_bot_talks_to_waits_for_nobody(desk: Desk) -> None:
    for _ in range(2):
        await desk.tell(story_now(status=TicketStatus.BOT).opened().player_writes(0))
    await desk.tell(story_now().opened().player_writes(0))
    (line,) = (await get(desk, "board"))["lines"]
    assert (line["waiting"], line["with_bot"]) == (1, 2)


async def test_tickets_that_are_older_than_faces_are_counted(desk: Desk) -> None:
    late, kept, due = story_now(), story_now(), story_now()
    late.zero -= timedelta(minutes=10)
    await desk.tell(late.opened().staff_replies(400))
    await desk.tell(kept.opened().staff_replies(1))
    await desk.tell(due.opened())
    async with desk.service.ground.database.begin_worker() as session:
        await session.execute(text("DELETE FROM ticket_faces"))
    (line,) = (await get(desk, "board"))["lines"]
    assert (line["team_id"], line["channel"], line["due_in_5_minutes"]) == (None, "web", 1)
    assert line["metrics"]["first_response"]["met_today"] == 1
    assert line["metrics"]["first_response"]["breached_today"] == 1
