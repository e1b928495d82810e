"""Lists by every filter and in every order, and that each of them is read from an index."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from services.tickets.queries.lists import Filters, Order, Sort, statements
from services.tickets.queries.search import beginning_so
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockEvent,
    ClockMet,
    ClockPaused,
    ClockStarted,
    ClockState,
    ClockWithdrawn,
)
from shared.contracts.tickets import Priority, ReasonClass, TicketStatus
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.tickets.desk import Desk
from tests.support.service import RunningService

NOON = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
_STATES: dict[type[ClockEvent], ClockState] = {
    ClockStarted: ClockState.RUNNING, ClockMet: ClockState.MET, ClockPaused: ClockState.PAUSED,
    ClockCancelled: ClockState.CANCELLED, ClockBreached: ClockState.BREACHED, ClockWithdrawn: ClockState.MET,
}  # fmt: skip


async def _clock(
    desk: Desk, ticket: dict[str, Any], fact: Any, *, minutes: int = 0, clock: UUID | None = None, sequence: int
) -> None:
    changes = {
        "ticket_id": UUID(ticket["id"]),
        "clock_id": clock or new_id(),
        "due_at": NOON + timedelta(minutes=minutes),
        "state": _STATES[fact],
    }
    await desk.service.publish(fact.sample().model_copy(update=changes), sequence=sequence)


async def _due(desk: Desk, ticket: dict[str, Any]) -> str | None:
    [listed] = [one for one in (await desk.get(""))["items"] if one["id"] == ticket["id"]]
    due: str | None = listed["next_due_at"]
    return due


async def _numbers(desk: Desk, **query: Any) -> list[str]:
    return [one["number"] for one in (await desk.get("", **query))["items"]]


async def _all_pages(desk: Desk, **query: Any) -> list[str]:
    seen: list[str] = []
    more: dict[str, Any] = {}
    while more or not seen:
        page = await desk.get("", limit=2, **query, **more)
        seen += [one["number"] for one in page["items"]]
        more = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    return seen


async def test_the_earliest_open_promise(desk: Desk) -> None:
    """Kept from sla's facts in whatever order they come; the ticket's version does not move."""
    ticket, first, second = await desk.open(), new_id(), new_id()
    await _clock(desk, ticket, ClockStarted, minutes=5, clock=first, sequence=1)
    await _clock(desk, ticket, ClockStarted, minutes=9, clock=second, sequence=2)
    assert await _due(desk, ticket) == "2026-01-06T12:05:00Z"
    await _clock(desk, ticket, ClockMet, minutes=5, clock=first, sequence=4)
    assert await _due(desk, ticket) == "2026-01-06T12:09:00Z"
    await _clock(desk, ticket, ClockPaused, minutes=5, clock=first, sequence=3)
    await _clock(desk, ticket, ClockStarted, minutes=5, clock=first, sequence=1)
    assert await _due(desk, ticket) == "2026-01-06T12:09:00Z"
    await _clock(desk, ticket, ClockCancelled, minutes=9, clock=second, sequence=5)
    assert await _due(desk, ticket) is None
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]


async def test_a_broken_promise_stays_due_until_it_is_withdrawn(desk: Desk) -> None:
    """Late is more urgent than soon."""
    ticket, clock = await desk.open(), new_id()
    await _clock(desk, ticket, ClockBreached, minutes=-5, clock=clock, sequence=2)
    assert await _due(desk, ticket) == "2026-01-06T11:55:00Z"
    await _clock(desk, ticket, ClockWithdrawn, minutes=-5, clock=clock, sequence=3)
    assert await _due(desk, ticket) is None


async def test_by_due_time(desk: Desk) -> None:
    """Soonest first, without a promise last, finished ones not at all; the same in pages and backwards."""
    opened = [await desk.open() for _ in range(6)]
    for n, minutes in ((0, 9), (1, 3), (2, 6)):
        await _clock(desk, opened[n], ClockStarted, minutes=minutes, sequence=1)
    await desk.patch(opened[5], status="closed")
    wanted = [opened[n]["number"] for n in (1, 2, 0, 3, 4)]
    assert await _numbers(desk, sort="due") == wanted
    assert await _all_pages(desk, sort="due") == wanted
    backwards = [opened[n]["number"] for n in (0, 2, 1, 4, 3)]
    assert await _all_pages(desk, sort="due", order="desc") == backwards
    assert await _numbers(desk, due_before="2026-01-06T12:06:00Z") == [opened[1]["number"]]
    answer = await desk.service.http.get("/v1/tickets?sort=due&status=closed", headers=desk.agent())
    assert (answer.status_code, answer.json()["code"]) == (400, "sort-refused")


async def test_by_waiting_time(desk: Desk) -> None:
    """Who waits longest comes first; a person's reply ends it, no note and no server's does, and new words begin it."""
    first, second, third = [await desk.open() for _ in range(3)]
    assert await _all_pages(desk, sort="waiting") == [first["number"], second["number"], third["number"]]
    await desk.post(f"/{second['id']}/messages", {"text": "Looking", "kind": "note"})
    await desk.post(f"/{third['id']}/messages", {"text": "We look into it"}, desk.server("tickets:write"))
    await desk.post(f"/{first['id']}/messages", {"text": "Done"})
    assert await _numbers(desk, sort="waiting") == [second["number"], third["number"]]
    assert await _numbers(desk, unanswered=True) == [third["number"], second["number"]]
    assert await _numbers(desk, unanswered=False) == [first["number"]]
    await desk.post(f"/{first['id']}/messages", {"text": "Still"}, desk.player())
    assert await _numbers(desk, sort="waiting") == [second["number"], third["number"], first["number"]]
    await desk.patch(await desk.get(f"/{third['id']}"), status="closed")
    assert await _numbers(desk, sort="waiting") == [second["number"], first["number"]]


async def test_by_update(desk: Desk) -> None:
    """What was touched last comes first."""
    first, second, third = [await desk.open() for _ in range(3)]
    await desk.patch(first, priority="high")
    assert await _all_pages(desk, sort="updated") == [first["number"], third["number"], second["number"]]
    assert await _all_pages(desk, sort="updated", order="asc") == [second["number"], third["number"], first["number"]]


_PLAIN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "team_id": ("team_id", "'vip'", {"team_id": "vip"}),
    "tags": ("tags", "'{bonus,fraud}'", {"tag": ["fraud", "bonus"]}),
    "reason": ("reason", "'WDR.LATE'", {"reason": "WDR.LATE"}),
    "class": ("reason_class", "'R'", {"reason_class": "R"}),
    "priority": ("priority", "'urgent'", {"priority": ["urgent", "high"]}),
    "channel": ("channel", "'phone'", {"channel": "phone"}),
    "language": ("language", "'de'", {"language": "de"}),
    "tier": ("tier", "'gold'", {"tier": "gold"}),
    "licence": ("licence", "'MT'", {"licence": "MT"}),
    "complaint": ("complaint_id", "gen_random_uuid()", {"complaint": True}),
    "created": ("created_at", "'2020-01-01'", {"created_until": "2020-01-02T00:00:00Z"}),
}


@pytest.mark.parametrize("case", list(_PLAIN))
async def test_a_filter_narrows(tickets: RunningService, desk: Desk, case: str) -> None:
    """It lets its ticket through and nothing else, here, in every order and beside a search."""
    column, value, query = _PLAIN[case]
    wanted, _other = await desk.open(), await desk.open()
    async with tickets.ground.database.begin("lucky") as session:
        await session.execute(text(f"UPDATE tickets SET {column} = {value} WHERE id = :id"), {"id": wanted["id"]})  # noqa: S608 - values of this file
    for sort in Sort:
        assert await _numbers(desk, sort=sort.value, **query) == [wanted["number"]]


async def test_tags_are_followed(tickets: RunningService, desk: Desk) -> None:
    """Taken off, a tag finds the ticket no longer."""
    ticket = await desk.open()
    for held in (["a", "b"], ["b"], []):
        async with tickets.ground.database.begin("lucky") as session:
            await session.execute(text("UPDATE tickets SET tags = :tags"), {"tags": held})
        assert [tag for tag in ("a", "b") if await _numbers(desk, tag=tag) == [ticket["number"]]] == held


async def test_merged_tickets_are_left_out(tickets: RunningService, desk: Desk) -> None:
    """Unless asked for."""
    merged, kept = await desk.open(), await desk.open()
    async with tickets.ground.database.begin("lucky") as session:
        await session.execute(
            text("UPDATE tickets SET merged_into = :kept WHERE id = :id"), {"kept": kept["id"], "id": merged["id"]}
        )
    assert await _numbers(desk) == [kept["number"]]
    assert await _numbers(desk, merged=True) == [kept["number"], merged["number"]]


@pytest.mark.parametrize(
    "query",
    ["team_id=vip", "tag=a", "tier=gold", "licence=CW", "complaint=false", "unanswered=false", "reason_class=S",
     "due_before=2026-01-06T12:00:00Z", "player_id=p-7"],
)  # fmt: skip
async def test_players_are_refused_filters_by_what_they_are_not_shown(desk: Desk, query: str) -> None:
    """A list that only looks narrowed would lie."""
    await desk.open()
    for caller in (desk.player(), desk.visitor()):
        answer = await desk.service.http.get(f"/v1/tickets?{query}&status=new", headers=caller)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (403, "forbidden")
        assert problem["errors"][0]["pointer"] == f"#query/{query.partition('=')[0]}"
    assert (await desk.service.http.get(f"/v1/tickets?{query}", headers=desk.agent())).status_code == 200


async def test_lists_say_what_players_are_called(desk: Desk) -> None:
    """As each said last in the ticket itself; who never said a name has none, and players are told nothing of it."""
    first = await desk.open()
    nameless = await desk.open(desk.service.actor(ActorKind.PLAYER, "p-1"))
    renamed = desk.service.actor(ActorKind.PLAYER, "p-1", name="Kim Lee")
    await desk.post(f"/{first['id']}/messages", {"text": "Ann told me to wait"}, renamed)
    await desk.post(f"/{first['id']}/messages", {"text": "You have to wait"}, desk.agent())
    for query in ({}, {"q": first["number"]}, {"sort": "updated"}):
        names = {one["id"]: one["player_name"] for one in (await desk.get("", **query))["items"]}
        assert names[first["id"]] == "Kim Lee"
        assert names.get(nameless["id"]) is None
    assert {one["player_name"] for one in (await desk.get("", renamed))["items"]} == {None}
    view = await desk.service.http.post("/v1/views", json={"name": "All", "filters": {}}, headers=desk.agent())
    assert view.status_code == 201, view.text
    listed = await desk.service.http.get(f"/v1/views/{view.json()['id']}/tickets", headers=desk.agent())
    assert {one["id"]: one["player_name"] for one in listed.json()["items"]}[first["id"]] == "Kim Lee"


async def test_players_learn_nothing_by_filtering(desk: Desk) -> None:
    """Their own id narrows nothing, what they are not shown is not in their list, and they do not sort by it."""
    ticket = await desk.open()
    own = await desk.get("", desk.player(), player_id="p-1", merged=True, status="new")
    assert [one["id"] for one in own["items"]] == [ticket["id"]]
    [shown] = (await desk.get("", desk.player()))["items"]
    assert (shown["waiting_since"], shown["next_due_at"]) == (None, None)
    answer = await desk.service.http.get("/v1/tickets?sort=waiting", headers=desk.player())
    assert answer.json()["code"] == "sort-refused"


_OPEN = (TicketStatus.NEW, TicketStatus.OPEN)
_NARROWING = re.compile(r"created_at|team_id|reason|tier|complaint|player_id|tag|channel|priority|language|licence")


@pytest.mark.parametrize(
    ("filters", "sort", "index"),
    [
        (Filters(), Sort.CREATED, "ix_tickets_newest"),
        (Filters(statuses=_OPEN), Sort.CREATED, "ix_tickets_unfinished"),
        (Filters(), Sort.UPDATED, "ix_tickets_changed"),
        (Filters(created_until=NOON), Sort.UPDATED, "ix_tickets_changed"),
        (Filters(), Sort.DUE, "ix_tickets_due"),
        (Filters(statuses=_OPEN), Sort.DUE, "ix_tickets_due"),
        (Filters(), Sort.WAITING, "ix_tickets_waiting"),
        (Filters(team_id="vip"), Sort.CREATED, "ix_tickets_team"),
        (Filters(reason="WDR.LATE"), Sort.CREATED, "ix_tickets_reason"),
        (Filters(tier="gold"), Sort.CREATED, "ix_tickets_tier"),
        (Filters(complaint=True), Sort.CREATED, "ix_tickets_complaint"),
        (Filters(player_id="p-7"), Sort.CREATED, "ix_tickets_player"),
        (Filters(channel="phone"), Sort.CREATED, "ix_tickets_channel"),
        (Filters(priorities=(Priority.URGENT,)), Sort.CREATED, "ix_tickets_priority"),
        (Filters(language="ja"), Sort.CREATED, "ix_tickets_language"),
        (Filters(licence="CW"), Sort.CREATED, "ix_tickets_licence"),
        (Filters(reason_class=ReasonClass.SAFETY), Sort.CREATED, "ix_tickets_reason_class"),
        (Filters(tags=("bonus",)), Sort.CREATED, "pk_ticket_tags"),
    ],
)
async def test_19_slow_with_history(tickets: RunningService, filters: Filters, sort: Sort, index: str) -> None:
    """Every list is read from an index by the application's role: nothing is sorted, nothing read in full."""
    for statement in statements("lucky", filters, sort, Order.DESC, None):
        plan = await _plan(tickets, statement.limit(26))
        assert index in plan, plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan
        # What is narrowed to is looked up, not read past.
        assert not [said for said in re.findall(r'"Filter": "([^"]*)"', plan) if _NARROWING.search(said)]


@pytest.mark.parametrize("statuses", [_OPEN, (TicketStatus.CLOSED,), (*_OPEN, TicketStatus.CLOSED)])
def test_a_status_is_said_once(statuses: tuple[TicketStatus, ...]) -> None:
    """Two conditions that say the same make the planner expect nobody, and sort thousands."""
    sorts = Sort if TicketStatus.CLOSED not in statuses else (Sort.CREATED, Sort.UPDATED, Sort.WAITING)
    for sort in sorts:
        for statement in statements("lucky", Filters(statuses=statuses), sort, Order.ASC, None):
            assert str(statement.whereclause).count("status") == 1


def test_what_is_due_is_unfinished() -> None:
    """Finished tickets are not due whatever else is asked for."""
    wanted = Filters(statuses=(TicketStatus.OPEN, TicketStatus.CLOSED), due_before=NOON)
    [statement] = statements("lucky", wanted, Sort.CREATED, Order.DESC, None)
    said = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"render_postcompile": True}))  # type: ignore[no-untyped-call]
    assert "IN ('open')" in said


async def test_a_tag_is_followed_in_its_own_order(tickets: RunningService) -> None:
    """What has it is read newest first, and nothing else."""
    [statement] = statements("lucky", Filters(tags=("bonus",)), Sort.CREATED, Order.DESC, None)
    plan = await _plan(tickets, statement.limit(26))
    assert re.findall(r'"Index Name": "(\w+)"', plan)[0] == "pk_ticket_tags"
    assert "Sort" not in plan


async def test_the_beginning_of_a_number_is_read_from_its_index(tickets: RunningService) -> None:
    """However old the tickets are that begin so: none is looked for by age."""
    plan = await _plan(tickets, beginning_so("lucky", "LUCKY-1").limit(5))
    assert "ix_tickets_number" in plan
    assert "Sort" not in plan


async def test_search_is_read_from_an_index(tickets: RunningService) -> None:
    """Row-level security bars the application's role from the index of words; the owner's function is let in."""
    asked = "EXPLAIN SELECT ticket_id FROM search_documents WHERE document @@ search_query('lucky', 'word', NULL)"
    async with tickets.ground.database.begin("lucky") as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        barred = (await session.exec_driver_sql(asked)).scalars().all()
        settings = await session.exec_driver_sql("SELECT proconfig FROM pg_proc WHERE proname = 'search_matches'")
        assert "enable_seqscan=off" in settings.scalar_one()
    assert "ix_search_documents_words" not in str(barred)
    owner = await asyncpg.connect(tickets.urls.owner)
    try:
        await owner.execute("SET enable_seqscan = off")
        assert "ix_search_documents_words" in str(await owner.fetch(asked))
    finally:
        await owner.close()


async def _plan(service: RunningService, statement: Any) -> str:
    """Return how the application's role would read a long list: small tables are read in full unless told not to."""
    said = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    async with service.ground.database.begin("lucky") as session:
        for way in ("seqscan", "sort", "bitmapscan"):
            await session.execute(text(f"SET LOCAL enable_{way} = off"))
        plan = (await session.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {said}")).scalar_one()
    return json.dumps(plan)
