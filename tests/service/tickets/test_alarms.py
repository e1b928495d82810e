"""Alarms that cannot be answered, and those of tickets from before there were alarms, on the real database."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import asyncpg
from sqlalchemy import text

from services.tickets.queries.lifecycles import put_off
from tests.service.tickets.desk import Desk
from tests.support.eventually import eventually

MIGRATION = import_module("services.tickets.migrations.versions.20261124_1593_steady_alarms")
UNREADABLE = '{"channel": "carrier pigeon"}'


async def _run(desk: Desk, statement: str, **values: object) -> Any:
    async with desk.service.ground.database.begin("lucky") as session:
        found = await session.execute(text(statement), values)
        return found.first() if found.returns_rows else None


async def _resolved(desk: Desk) -> dict[str, Any]:
    ticket: dict[str, Any] = (await desk.patch(await desk.open(), status="resolved")).json()
    return ticket


async def _ring(desk: Desk, ticket: dict[str, Any], seconds_ago: int = 0) -> None:
    await _run(
        desk,
        "UPDATE alarms SET due_at = now() - make_interval(secs => :late) WHERE ticket_id = CAST(:id AS uuid)",
        id=ticket["id"],
        late=seconds_ago,
    )


async def _alarm(desk: Desk, ticket: dict[str, Any]) -> Any:
    return await _run(
        desk,
        "SELECT attempts, due_at - now() AS coming FROM alarms WHERE ticket_id = CAST(:id AS uuid)",
        id=ticket["id"],
    )


async def test_what_cannot_be_answered_is_put_off_and_keeps_nobody_waiting(desk: Desk) -> None:
    """Three tickets that cannot even be read ring before a sound one, which closes all the same."""
    broken = [await _resolved(desk) for _ in range(3)]
    sound = await _resolved(desk)
    for ticket in broken:
        await _run(
            desk,
            "UPDATE tickets SET contact = CAST(:contact AS jsonb) WHERE id = CAST(:id AS uuid)",
            contact=UNREADABLE,
            id=ticket["id"],
        )
        await _ring(desk, ticket, 60)
    await _ring(desk, sound)

    async def closed() -> bool:
        return bool((await desk.get(f"/{sound['id']}"))["status"] == "closed")

    await eventually(closed)

    async def tried_twice() -> bool:
        return all([(await _alarm(desk, ticket)).attempts >= 2 for ticket in broken])

    await eventually(tried_twice)
    mended = broken[0]
    await _run(desk, "UPDATE tickets SET contact = NULL WHERE id = CAST(:id AS uuid)", id=mended["id"])
    await _ring(desk, mended)

    async def closes() -> bool:
        return bool((await desk.get(f"/{mended['id']}"))["status"] == "closed")

    await eventually(closes)


async def test_the_pause_doubles_up_to_an_hour(desk: Desk) -> None:
    """And begins anew once the ticket has moved."""
    ticket = (await desk.patch(await desk.open(), status="resolved")).json()
    pauses = []
    for _ in range(14):
        async with desk.service.ground.database.begin("lucky") as session:
            # In one transaction, so that no job sees the alarm ring.
            await session.execute(text("UPDATE alarms SET due_at = now()"))
            pauses.append(await put_off(session, "lucky", ticket["id"]))
            assert await put_off(session, "lucky", ticket["id"]) is None
    seconds = [pause.total_seconds() for pause in pauses if pause is not None]
    assert seconds == [min(2**turn, 3600) for turn in range(14)]
    again = (await desk.patch(ticket, status="open")).json()
    await desk.patch(again, status="resolved")
    assert (await _alarm(desk, ticket)).attempts == 0


async def test_tickets_from_before_get_their_time_and_their_alarm(desk: Desk) -> None:
    """Resolved ones close seven days after they were; what is closed, or long due, is not all moved at once."""
    fresh, old, closed = await _resolved(desk), await _resolved(desk), await _resolved(desk)
    await desk.patch(closed, status="closed")
    await _run(desk, "DELETE FROM alarms")
    await _run(desk, "UPDATE tickets SET resolved_at = NULL")
    month = timedelta(days=30)
    await _run(
        desk, "UPDATE tickets SET updated_at = now() - interval '30 days' WHERE id = CAST(:id AS uuid)", id=old["id"]
    )
    owner = await asyncpg.connect(desk.service.urls.owner)
    try:
        async with owner.transaction():
            for statement in MIGRATION.BACKFILL:
                await owner.execute(statement)
    finally:
        await owner.close()
    assert timedelta(days=6, hours=23) < (await _alarm(desk, fresh)).coming <= timedelta(days=7)
    assert timedelta() <= (await _alarm(desk, old)).coming <= timedelta(days=1)
    assert await _alarm(desk, closed) is None
    for ticket, age in ((fresh, timedelta()), (old, month), (closed, timedelta())):
        row = await _run(desk, "SELECT resolved_at FROM tickets WHERE id = CAST(:id AS uuid)", id=ticket["id"])
        assert abs(datetime.now(UTC) - row.resolved_at - age) < timedelta(minutes=1)
