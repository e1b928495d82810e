"""Faces, the ledger and measures on the real database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from deploy.commands.measures import rebuild_in
from services.sla.use_cases.facing import measure_tickets
from shared.contracts.tickets import STREAM, TicketStatus
from tests.service.sla.desk import Desk, story_now
from tests.support.sla import Story


def case() -> Story:
    """Return a story with every kind of interval but the rarer waits."""
    return (
        story_now()
        .opened()
        .player_writes(0)
        .assigned(10, "s-1")
        .staff_replies(20)
        .becomes(20, TicketStatus.PENDING)
        .player_writes(60)
        .becomes(60, TicketStatus.OPEN)
        .staff_replies(90)
        .becomes(100, TicketStatus.RESOLVED)
        .player_writes(200)
        .becomes(200, TicketStatus.OPEN)
    )


async def rows(desk: Desk, table: str) -> Sequence[Any]:
    order = {"measures": "ticket_id, kind, ordinal", "ticket_faces": "ticket_id", "ticket_facts": "ticket_id, sequence"}
    async with desk.service.ground.database.begin_worker() as session:
        found = await session.execute(text(f"SELECT * FROM {table} ORDER BY {order[table]}"))  # noqa: S608
        return found.mappings().all()


async def measured(desk: Desk) -> Sequence[Any]:
    async with desk.service.ground.database.begin_worker() as session:
        await measure_tickets(session, limit=100, wait=True)
    return await rows(desk, "measures")


async def test_every_fact_is_kept_and_the_face_is_the_newest(desk: Desk) -> None:
    story = case()
    await desk.tell(story)
    (face,) = await rows(desk, "ticket_faces")
    assert (face["status"], face["party"], face["sequence"]) == ("open", "agent", 11)
    assert face["waiting_since"] == story.events[-1].occurred_at
    assert face["party_since"] == story.events[-1].occurred_at
    assert [fact["sequence"] for fact in await rows(desk, "ticket_facts")] == list(range(1, 12))


async def test_intervals_become_rows(desk: Desk) -> None:
    await desk.tell(case())
    found = {(row["kind"], row["ordinal"]): row["seconds"] for row in await measured(desk)}
    assert found == {
        ("first_response", 1): 20,
        ("reply", 1): 30,
        ("handling", 1): 100 - 10,
        ("resolution", 1): 100,
        ("reopen", 1): 100,
        ("wait_queue", 1): 10,
        ("wait_agent", 1): 10,
        ("wait_player", 1): 40,
        ("wait_agent", 2): 40,
    }


async def test_duplicates_change_nothing(desk: Desk) -> None:
    story = case()
    told = await desk.tell(story)
    before = await measured(desk)
    for envelope in told:
        await desk.again(envelope, STREAM)
    assert await measured(desk) == before
    assert len(await rows(desk, "ticket_facts")) == len(told)


async def test_measures_rebuilt_from_the_ledger_are_the_same(desk: Desk) -> None:
    for _ in range(3):
        await desk.tell(case())
    await desk.tell(case(), brand="royal")
    before = await measured(desk)
    async with desk.service.ground.database.begin_worker() as session:
        await session.execute(text("DELETE FROM measures WHERE brand = 'lucky'"))
    assert len(await rows(desk, "measures")) == len(before) // 4
    await rebuild_in(desk.service.ground.database, "lucky", batch=2)
    assert await rows(desk, "measures") == before


async def test_business_time_is_that_of_the_calendar_a_promise_follows(desk: Desk) -> None:
    body = {"name": "Always", "time_zone": "UTC", "week": {}}
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    body["week"] = {day: [{"opens": "00:00", "closes": "24:00"}] for day in days}
    http, lead = desk.service.http, desk.lead()
    calendar = (await http.post("/v1/sla/calendars", json=body, headers=lead)).json()
    policy = {
        "name": "Open", "targets": {"first_response": {"breach_seconds": 60}}, "calendar_id": calendar["id"],
    }  # fmt: skip
    assert (await http.post("/v1/sla/policies", json=policy, headers=lead)).status_code == 201
    await desk.tell(case())
    assert all(row["business_seconds"] == row["seconds"] for row in await measured(desk))
