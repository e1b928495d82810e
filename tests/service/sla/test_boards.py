"""The board, what was broken and why, and exports, over HTTP."""

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.sla.queries.boards import BOARD, BREACHES, MEASURES
from services.sla.use_cases.facing import measure_tickets
from shared.clock import SystemClock
from shared.contracts.base import Channel
from shared.contracts.tickets import MessageAdded, ReasonClass, TicketStatus
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.sla.desk import Desk, story_now
from tests.support.eventually import eventually
from tests.support.sla import AGENT, Story


def ago(minutes: float, channel: Channel = Channel.WEB) -> Story:
    """Return a story that began so many minutes ago."""
    story = story_now(channel=channel)
    story.zero -= timedelta(minutes=minutes)
    return story


async def get(desk: Desk, path: str, *, brand: str = "lucky", **query: str | int) -> Any:
    answer = await desk.service.http.get(f"/v1/sla/{path}", params=query, headers=desk.lead(brand))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def line(desk: Desk, channel: Channel) -> dict[str, Any]:
    board = await get(desk, "board", channel=channel.value)
    found: list[dict[str, Any]] = board["lines"]
    assert len(found) == 1
    return found[0]


async def breached(desk: Desk, count: int) -> list[dict[str, Any]]:
    async def found() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await get(desk, "breaches"))["items"]
        return rows if len(rows) >= count else []

    return list(await eventually(found))


async def test_sla_is_in_minutes_and_visible_before_it_breaks_and_can_be_taken_out(desk: Desk) -> None:
    """Promises are kept by the minute: who waits, what is due soon, what broke, and all of it as a file."""
    await desk.tell(ago(1).opened().player_writes(0))
    await desk.tell(ago(10).opened().player_writes(0))
    await desk.tell(ago(2).opened().player_writes(0).staff_replies(30))
    (broken,) = await breached(desk, 1)
    assert (broken["metric"], broken["cause"], broken["holder_id"]) == ("first_response", "queue", None)
    assert broken["late_seconds"] >= 300

    async def counted() -> bool:
        return bool((await line(desk, Channel.WEB))["breached_today"])

    assert await eventually(counted)
    web = await line(desk, Channel.WEB)
    assert (web["waiting"], web["due_in_5_minutes"], web["due_in_15_minutes"]) == (2, 1, 1)
    assert web["metrics"]["first_response"] == {"met_today": 1, "breached_today": 1, "attainment_today": 0.5}
    answer = await desk.service.http.get("/v1/sla/breaches/export", headers=desk.lead())
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["clock_id"] == broken["clock_id"]


async def test_the_board_is_of_one_brand_and_of_chosen_lines(desk: Desk) -> None:
    await desk.tell(ago(1, Channel.EMAIL).opened().player_writes(0))
    await desk.tell(ago(1).opened().player_writes(0), brand="royal")
    assert [found["channel"] for found in (await get(desk, "board"))["lines"]] == ["email"]
    assert (await get(desk, "board", channel="web"))["lines"] == []
    assert (await get(desk, "board", team_id="t-1"))["lines"] == []
    assert (await line(desk, Channel.EMAIL))["due_in_60_minutes"] == 0
    kiritimati = await get(desk, "board", time_zone="Pacific/Kiritimati")
    assert kiritimati["day_began_at"].endswith("+14:00")


async def test_an_answered_ticket_waits_no_more_and_a_second_later_the_board_shows_it(desk: Desk) -> None:
    story = ago(1).opened().player_writes(0)
    await desk.tell(story)
    assert (await line(desk, Channel.WEB))["waiting"] == 1
    await desk.tell(story.staff_replies(10), first=3)

    async def answered() -> bool:
        return not (await line(desk, Channel.WEB))["waiting"]

    assert await eventually(answered)


async def test_after_an_undo_the_board_shows_who_waits_and_a_clock_watches_each(desk: Desk) -> None:
    """Words of the meantime wait in the survivor, those of before in the twin."""
    survivor = ago(2, Channel.EMAIL).opened().player_writes(0).staff_replies(10).absorbed(20, waiting_since=5)
    await desk.tell(survivor.player_writes(30).released(40))
    await desk.tell(ago(2).opened().player_writes(0).merged(20).unmerged(40))
    answered = ago(2, Channel.PHONE).opened().player_writes(0).staff_replies(10).absorbed(20, waiting_since=5)
    await desk.tell(answered.released(40))
    assert {found["channel"]: found["waiting"] for found in (await get(desk, "board"))["lines"]} == {
        "email": 1, "web": 1, "phone": 0,
    }  # fmt: skip
    clocks = {clock["state"]: clock for clock in await desk.clocks(survivor) if clock["kind"] == "next_response"}
    assert datetime.fromisoformat(str(clocks["running"]["started_at"])) == survivor.zero + timedelta(seconds=30)


async def test_words_that_became_a_ticket_of_their_own_wait_on_the_board_from_their_own_time(desk: Desk) -> None:
    """Staff open such a ticket and tell its words again: the board counts them as their clock does."""
    story = ago(3).opened(actor=AGENT).player_writes(0)
    story.events = [
        event.model_copy(update={"copied_from": new_id(), "actor": AGENT}) if isinstance(event, MessageAdded) else event
        for event in story.events
    ]
    await desk.tell(story)
    web = await line(desk, Channel.WEB)
    asked_at = datetime.fromisoformat(web["oldest_waiting_since"])
    assert (web["waiting"], asked_at) == (1, story.zero)


async def test_strangers_and_wrong_questions_are_refused(desk: Desk) -> None:
    http = desk.service.http
    for path in ("board", "breaches", "measures", "breaches/export", "measures/export"):
        player = desk.service.actor(ActorKind.PLAYER, id="p-1")
        assert (await http.get(f"/v1/sla/{path}", headers=player)).status_code == 403
        server = desk.service.actor(ActorKind.SERVER, scopes={"tickets:read"})
        assert (await http.get(f"/v1/sla/{path}", headers=server)).status_code == 403
    assert (await http.get("/v1/sla/measures", headers=desk.service.actor())).status_code == 403
    for path, code in (
        ("board?time_zone=Mars/Olympus", "board-zone-unknown"),
        ("breaches?since=2026-01-02T00:00:00", "period-invalid"),
        ("breaches?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "period-invalid"),
        ("measures/export?since=2026-01-01T00:00:00Z&until=2026-03-01T00:00:00Z", "period-invalid"),
    ):
        answer = await http.get(f"/v1/sla/{path}", headers=desk.lead())
        assert (answer.status_code, answer.json()["code"]) == (400, code), path


async def test_what_is_asked_for_since_a_moment_reaches_to_now(desk: Desk) -> None:
    """However long ago it was: only a file has a longest period, which is said instead of cut."""
    await desk.tell(ago(20).opened().player_writes(0).staff_replies(600))
    (broken,) = await breached(desk, 1)
    async with desk.service.ground.database.begin_worker() as session:
        await measure_tickets(session, limit=10, wait=True)
    long_ago = (SystemClock().now() - timedelta(days=60)).isoformat()
    assert [one["clock_id"] for one in (await get(desk, "breaches", since=long_ago))["items"]] == [broken["clock_id"]]
    assert (await get(desk, "measures", since=long_ago))["items"]
    for path in ("breaches/export", "measures/export"):
        params = {"since": long_ago}
        answer = await desk.service.http.get(f"/v1/sla/{path}", params=params, headers=desk.lead())
        assert (answer.status_code, answer.json()["code"]) == (400, "period-invalid")
        assert "31 days" in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "#query/until"
    ahead = (SystemClock().now() + timedelta(minutes=1)).isoformat()
    assert (await get(desk, "breaches", since=ahead))["items"] == []


async def test_whose_move_it_was_when_the_promise_broke_is_whom_it_is_put_down_to(desk: Desk) -> None:
    counting = {
        "name": "The bot counts too",
        "conditions": {"reason_class": ReasonClass.SIMPLE.value},
        "targets": {"resolution": {"breach_seconds": 900, "pauses": []}},
    }
    assert (await desk.service.http.post("/v1/sla/policies", json=counting, headers=desk.lead())).status_code == 201
    nobody = ago(20).opened().player_writes(0)
    held = ago(20).opened().player_writes(0).assigned(10, "s-1").assigned(400, "s-2")
    handed_back = ago(20).opened().player_writes(0).assigned(10, "s-1").assigned(120, None)
    with_bot = ago(20)
    with_bot.reason_class = ReasonClass.SIMPLE
    with_bot.opened().player_writes(0).becomes(1, TicketStatus.BOT)
    office = ago(20).opened().player_writes(0).assigned(5, "s-3").becomes(6, TicketStatus.WAITING)
    for story in (nobody, held, handed_back, with_bot, office):
        await desk.tell(story)
    rows = {row["ticket_id"]: (row["cause"], row["holder_id"]) for row in await breached(desk, 5)}
    assert rows == {
        str(nobody.ticket_id): ("queue", None),
        str(held.ticket_id): ("agent", "s-1"),
        str(handed_back.ticket_id): ("queue", None),
        str(with_bot.ticket_id): ("bot", None),
        str(office.ticket_id): ("back_office", "s-3"),
    }
    mine = await get(desk, "breaches", assignee_id="s-1")
    assert [row["ticket_id"] for row in mine["items"]] == [str(held.ticket_id)]
    assert (await get(desk, "breaches", metric="senior_accepts"))["items"] == []
    assert (await get(desk, "breaches", brand="royal"))["items"] == []


async def test_breaches_come_in_pages(desk: Desk) -> None:
    for minutes in range(10, 15):
        await desk.tell(ago(minutes).opened().player_writes(0))
    await breached(desk, 5)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = await get(desk, "breaches", **query)
        seen += [row["breached_at"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(seen) == 5
    assert seen == sorted(seen)


async def test_a_lead_says_why_and_what_he_says_is_redacted(desk: Desk) -> None:
    await desk.tell(ago(10).opened().player_writes(0))
    (broken,) = await breached(desk, 1)
    path = f"/v1/sla/breaches/{broken['clock_id']}/reason"
    body = {"reason_code": "understaffed", "note": "Card 4111 1111 1111 1111 asked for"}
    put = desk.service.http.put
    assert (await put(path, json=body, headers=desk.service.actor())).status_code == 403
    assert (await put(path, json=body, headers=desk.lead("royal"))).json()["code"] == "breach-not-found"
    assert (await put(path, json=body, headers=desk.lead())).status_code == 204
    (row,) = (await get(desk, "breaches"))["items"]
    assert (row["reason_code"], row["given_by"]) == ("understaffed", "s-1")
    assert "4111 1111 1111 1111" not in row["note"]
    assert row["given_at"] is not None


async def test_a_promise_that_was_kept_has_no_reason(desk: Desk) -> None:
    story = story_now().opened().player_writes(0).staff_replies(1)
    await desk.tell(story)
    (clock,) = await desk.clocks(story)
    answer = await desk.service.http.put(
        f"/v1/sla/breaches/{clock['id']}/reason", json={"reason_code": "x"}, headers=desk.lead()
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "breach-not-found")


async def test_measures_are_listed_and_exported(desk: Desk) -> None:
    await desk.tell(ago(10).opened().player_writes(0).assigned(10, "=HYPERLINK(1)").staff_replies(20))
    async with desk.service.ground.database.begin_worker() as session:
        await measure_tickets(session, limit=10, wait=True)
    listed = (await get(desk, "measures"))["items"]
    assert [(row["kind"], row["seconds"]) for row in listed] == [("wait_queue", 10), ("first_response", 20)]
    assert (await get(desk, "measures", kind="reply"))["items"] == []
    answer = await desk.service.http.get("/v1/sla/measures/export", headers=desk.lead())
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["kind"] for row in rows] == ["wait_queue", "first_response"]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = await desk.service.http.get("/v1/sla/measures/export?format=ndjson", headers=desk.lead())
    assert [json.loads(one)["seconds"] for one in lines.text.splitlines()] == [10, 20]


async def test_no_cell_of_an_export_is_a_formula(desk: Desk) -> None:
    await desk.tell(ago(10).opened().player_writes(0))
    (broken,) = await breached(desk, 1)
    path = f"/v1/sla/breaches/{broken['clock_id']}/reason"
    for note in ("=1+1", "+1", "-1", "@SUM(A1)", " =1"):
        await desk.service.http.put(path, json={"reason_code": "x", "note": note}, headers=desk.lead())
        answer = await desk.service.http.get("/v1/sla/breaches/export", headers=desk.lead())
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert row["note"] == f"'{note.strip()}"


async def test_lists_and_board_read_indexes_only(desk: Desk) -> None:
    """Among many tickets, what is shown is found by its index."""
    async with desk.service.ground.database.begin_worker() as session:
        await _grow(session)
    async with desk.service.ground.database.begin("lucky") as session:
        now = SystemClock().now()
        values = {
            "brand": "lucky", "now": now, "today": now, "since": now - timedelta(hours=1), "until": now, "limit": 26,
        }  # fmt: skip
        for statement in (BOARD, BREACHES, MEASURES):
            plan = await _plan(session, statement, values)
            assert "Seq Scan" not in plan, plan


async def _grow(session: Any) -> None:
    for statement in (
        (
            "INSERT INTO clocked_tickets (id, brand, channel, status, priority, greeted, accepted, escalated) SELECT "
            "gen_random_uuid(), 'lucky', 'web', 'closed', 'normal', true, false, false FROM generate_series(1, 20000)"
        ),
        (
            "INSERT INTO clocks (ticket_id, id, brand, kind, state, started_at, due_at, policy_id, policy_version, "
            "met_at, ended_at, paused_for, corrected, generation) SELECT id, id, brand, 'first_response', 'met', "
            "now() - interval '9 days', now() - interval '8 days', id, 1, now() - interval '8 days', "
            "now() - interval '8 days', '0', false, 1 FROM clocked_tickets"
        ),
        (
            "INSERT INTO timers (ticket_id, clock_id, percent, brand, due_at, generation, state) "
            "SELECT ticket_id, id, 100, brand, due_at, 1, 'cancelled' FROM clocks"
        ),
        (
            "INSERT INTO ticket_faces (ticket_id, brand, channel, status, priority, party, party_since, opened_at, "
            "sequence) SELECT id, brand, channel, status, priority, 'none', now(), now(), 1 "
            "FROM clocked_tickets"
        ),
        (
            "INSERT INTO ticket_facts (ticket_id, sequence, brand, type, at, data) "
            "SELECT id, 1, brand, 'x', now(), '{}' FROM clocked_tickets"
        ),
        (
            "INSERT INTO measures (ticket_id, kind, ordinal, brand, started_at, ended_at, seconds, channel) "
            "SELECT id, 'reply', 1, brand, now() - interval '9 days', now() - interval '8 days', 1, 'web' "
            "FROM clocked_tickets"
        ),
        "ANALYZE clocked_tickets, clocks, timers, ticket_faces, ticket_facts, measures",
    ):
        await session.execute(text(statement))


async def _plan(session: Any, statement: str, values: dict[str, object]) -> str:
    said = statement
    for name in ("after_ordinal", "after_kind", "after_at", "after_id", "assignee_id", "agent_id", "team_id"):
        said = said.replace(f":{name}", "NULL")
    for name in ("metric", "channel", "kind"):
        said = said.replace(f":{name}", "NULL")
    for name, value in values.items():
        said = said.replace(f":{name}", f"'{value}'")
    rows = await session.execute(text(f"EXPLAIN {said.replace('::bigint', '')}"))
    return "\n".join(rows.scalars())
