"""Faces, the ledger and measures on the real database."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from typer.testing import CliRunner

from deploy.cli import app
from deploy.commands.measures import rebuild_in
from deploy.local.databases import ServiceUrls
from services.sla.use_cases.facing import measure_tickets
from shared.contracts.tickets import STREAM, TicketStatus
from tests.service.sla.desk import Desk, story_now
from tests.support.service import PUBLIC_KEY
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


async def test_the_command_makes_what_the_events_gave(desk: Desk) -> None:
    """Merged and split tickets among them; what stood there wrongly goes, other brands are left alone."""
    merged = story_now().opened().player_writes(0).assigned(10, "s-1").merged(100)
    survivor = story_now().opened().player_writes(0).staff_replies(60).absorbed(100, waiting_since=20)
    for story in (case(), merged, survivor.staff_replies(130), case()):
        await desk.tell(story)
    await desk.tell(case(), brand="royal")
    before = await measured(desk)
    assert {row["kind"] for row in before if row["ticket_id"] == merged.ticket_id} == {
        "wait_queue", "wait_agent", "handling",
    }  # fmt: skip
    async with desk.service.ground.database.begin_worker() as session:
        await session.execute(text("UPDATE measures SET seconds = 1e6, agent_id = 'nobody'"))
        await session.execute(text("DELETE FROM measures WHERE kind = 'reply'"))
        await session.execute(text("UPDATE measures SET ordinal = 99 WHERE kind = 'handling'"))
    assert await _command(desk.service.urls, "rebuild-measures", "--brand", "lucky") == (
        0,
        "lucky: measured 4 tickets anew\n",
    )
    after = await rows(desk, "measures")
    assert [row for row in after if row["brand"] == "lucky"] == [row for row in before if row["brand"] == "lucky"]
    assert {row["seconds"] for row in after if row["brand"] == "royal"} == {1e6}


async def _command(urls: ServiceUrls, *words: str) -> tuple[int, str]:
    environment = {
        "SLA_DATABASE_URL": urls.app, "SLA_WORKER_DATABASE_URL": urls.worker, "SLA_GATEWAY_PUBLIC_KEY": PUBLIC_KEY,
        "SLA_CURSOR_SECRET": "x" * 32, "SLA_MEASURE_BATCH": "2",
    }  # fmt: skip
    done = await asyncio.to_thread(CliRunner().invoke, app, ["sla", *words], env={**os.environ, **environment})
    return done.exit_code, done.output


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
