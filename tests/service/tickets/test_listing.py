"""Lists of tickets: filters, isolation, completeness."""

import asyncio
from typing import Any

from shared.ids import new_id
from tests.service.tickets.desk import Desk
from tests.support.service import RunningService


async def _scan(desk: Desk, headers: dict[str, str] | None = None, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await desk.get("", headers, **query, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_filters_narrow_the_list(desk: Desk) -> None:
    """Status, assignee (me, none, an id), player, channel and changes since a time."""
    await desk.hire("s-2", "agent")
    first = await desk.open(desk.player("p-1"))
    second = await desk.open(desk.player("p-2"), channel="web")
    third = await desk.open(desk.player("p-2"))
    await desk.assign(first, "me")
    await desk.assign(second, "s-2")
    third = (await desk.patch(third, status="pending")).json()

    async def ids(**query: Any) -> list[str]:
        return [item["id"] for item in await _scan(desk, **query)]

    assert await ids() == [third["id"], second["id"], first["id"]]
    assert await ids(status="pending") == [third["id"]]
    assert await ids(status=["pending", "new"]) == [third["id"], second["id"], first["id"]]
    assert await ids(assignee="me") == [first["id"]]
    assert await ids(assignee="s-2") == [second["id"]]
    assert await ids(assignee="none") == [third["id"]]
    assert await ids(player_id="p-2") == [third["id"], second["id"]]
    assert await ids(channel="web", player_id="p-2") == [second["id"]]
    assert await ids(updated_since=third["updated_at"]) == [third["id"]]


async def test_players_see_their_own_only(desk: Desk) -> None:
    """Another player's, a visitor's and another brand's tickets do not exist, whatever is asked for."""
    mine = await desk.open(desk.player("p-1"))
    foreign = [
        await desk.open(desk.player("p-2")),
        await desk.open(desk.visitor("p-1")),
        await desk.open(desk.player("p-1", "royal")),
        await desk.open(desk.agent()),
    ]
    for query in ({}, {"player_id": "p-1"}, {"assignee": "none"}):
        assert [item["id"] for item in await _scan(desk, desk.player("p-1"), **query)] == [mine["id"]]
    refused = await desk.service.http.get("/v1/tickets?player_id=p-2", headers=desk.player("p-1"))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert [item["id"] for item in await _scan(desk, desk.visitor("p-1"))] == [foreign[1]["id"]]
    for ticket in foreign:
        path = f"/v1/tickets/{ticket['id']}"
        for suffix in ("", "/messages", "/timeline"):
            answer = await desk.service.http.get(path + suffix, headers=desk.player("p-1"))
            assert (answer.status_code, answer.json()["code"]) == (404, "ticket-not-found")
        assert (await desk.post(f"/{ticket['id']}/messages", {"text": "Hi"}, desk.player("p-1"))).status_code == 404


async def test_another_brand_is_another_world(desk: Desk) -> None:
    """Staff and servers of one brand get 404 for every route of another brand's ticket."""
    ticket = await desk.open(desk.player(brand="royal"))
    path, http = f"/v1/tickets/{ticket['id']}", desk.service.http
    agent = desk.agent() | {"If-Match": '"2"'}
    answers = [
        await http.get(path, headers=desk.server("tickets:read")),
        await http.get(path, headers=agent),
        await http.patch(path, json={"status": "open"}, headers=agent),
        await http.put(f"{path}/assignment", json={"assignee_id": None}, headers=agent),
        await http.post(f"{path}/escalation", json={"reason": "help"}, headers=agent),
        await http.post(f"{path}/messages", json={"text": "Hi"}, headers=agent),
        await http.get(f"{path}/messages", headers=agent),
        await http.get(f"{path}/timeline", headers=agent),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "ticket-not-found")] * 8
    assert await _scan(desk) == []


async def test_a_scan_sees_every_ticket_once_while_others_come(desk: Desk) -> None:
    """Tickets that exist during the whole scan appear exactly once, although new ones arrive and old ones change."""
    old = [await desk.open(desk.player(f"p-{i}")) for i in range(23)]
    stop = asyncio.Event()

    async def disturb() -> None:
        for number in range(1_000):
            if stop.is_set():
                return
            await desk.open(desk.player("p-new"))
            ticket = old[number % len(old)]
            await desk.patch(await desk.get(f"/{ticket['id']}"), subject=f"Changed {number}")

    disturber = asyncio.create_task(disturb())
    seen = [item["id"] for item in await _scan(desk, limit=5)]
    stop.set()
    await disturber
    assert len(seen) == len(set(seen))
    assert {ticket["id"] for ticket in old} <= set(seen)


async def test_cursors_are_bound_to_their_list(desk: Desk) -> None:
    """Forged, foreign and re-filtered cursors are 400, limits out of range 422."""
    for _ in range(3):
        await desk.open()
    cursor = (await desk.get("", limit=1))["next_cursor"]
    http = desk.service.http
    bad = [
        await http.get("/v1/tickets", params={"cursor": cursor, "status": "new"}, headers=desk.agent()),
        await http.get("/v1/tickets", params={"cursor": cursor}, headers=desk.agent(brand="royal")),
        await http.get("/v1/tickets", params={"cursor": cursor}, headers=desk.player()),
        await http.get("/v1/tickets", params={"cursor": cursor[:-2] + "AA"}, headers=desk.agent()),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in bad] == [(400, "cursor-invalid")] * 4
    for query, pointer in (
        ({"limit": "101"}, "#query/limit"),
        ({"status": "lost"}, "#query/status/0"),
        ({"updated_since": "yesterday"}, "#query/updated_since"),
        ({"updated_since": "2026-11-22T09:00:00"}, "#query/updated_since"),
        ({"updated_since": "0001-01-01T00:00:00+23:59"}, "#query/updated_since"),
        ({"updated_since": "9999-12-31T23:59:59-23:59"}, "#query/updated_since"),
        ({"player_id": "p\x00"}, "#query/player_id"),
        ({"assignee": "\x00"}, "#query/assignee"),
    ):
        answer = await http.get("/v1/tickets", params=query, headers=desk.agent())
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_unknown_or_malformed_id(tickets: RunningService, desk: Desk) -> None:
    """What is no ticket is 404, what is no id is 422."""
    absent = await tickets.http.get(f"/v1/tickets/{new_id()}", headers=desk.agent())
    assert absent.status_code == 404
    malformed = await tickets.http.get("/v1/tickets/42", headers=desk.agent())
    assert (malformed.status_code, malformed.json()["errors"][0]["pointer"]) == (422, "#path/ticket_id")
