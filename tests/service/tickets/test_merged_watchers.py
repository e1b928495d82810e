"""Who follows a ticket, or is called in it, goes with it into the survivor and back, on a real database."""

from typing import Any

import httpx

from tests.service.tickets.desk import Desk


async def _call(desk: Desk, method: str, path: str, staff: str = "s-1", **how: Any) -> httpx.Response:
    answer = await desk.service.http.request(method, path, headers=desk.agent(staff), **how)
    assert answer.is_success, answer.text
    return answer


async def _follow(desk: Desk, ticket: dict[str, Any], *staff: str) -> None:
    for one in staff:
        await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/watchers/me", one)


async def _watchers(desk: Desk, ticket: dict[str, Any]) -> list[str]:
    answer = await _call(desk, "GET", f"/v1/tickets/{ticket['id']}/watchers")
    return [one["staff_id"] for one in answer.json()["items"]]


async def _watched(desk: Desk, staff: str, **query: Any) -> list[str]:
    answer = await _call(desk, "GET", "/v1/agents/me/watched", staff, params=query)
    return [one["number"] for one in answer.json()["items"]]


async def _merge(desk: Desk, merged: dict[str, Any], into: dict[str, Any]) -> None:
    assert (await desk.post(f"/{merged['id']}/merge", {"into": into["id"]})).status_code == 200


async def _unmerge(desk: Desk, merged: dict[str, Any]) -> None:
    assert (await desk.post(f"/{merged['id']}/unmerge", None)).status_code == 200


async def test_who_follows_a_merged_ticket_follows_the_survivor_once(desk: Desk) -> None:
    """Both those of the merged one and of what was merged into it before; nobody twice, on either list."""
    first, second, third = [await desk.open() for _ in range(3)]
    await _follow(desk, first, "s-1", "s-2")
    await _follow(desk, second, "s-2", "s-3")
    await _follow(desk, third, "s-3", "s-4")
    await _merge(desk, first, second)
    await _merge(desk, second, third)
    assert sorted(await _watchers(desk, third)) == ["s-1", "s-2", "s-3", "s-4"]
    for one in ("s-1", "s-2", "s-3", "s-4"):
        assert await _watched(desk, one) == [third["number"]]


async def test_an_undo_gives_each_ticket_its_own_followers_back(desk: Desk) -> None:
    """Those who came with it go with it; who followed both, or followed the survivor since, stays."""
    first, second = await desk.open(), await desk.open()
    await _follow(desk, first, "s-1", "s-2", "s-3")
    await _follow(desk, second, "s-2")
    await _merge(desk, first, second)
    await _follow(desk, second, "s-3", "s-4")
    await _unmerge(desk, first)
    assert sorted(await _watchers(desk, first)) == ["s-1", "s-2", "s-3"]
    assert sorted(await _watchers(desk, second)) == ["s-2", "s-3", "s-4"]
    assert await _watched(desk, "s-1") == [first["number"]]
    assert sorted(await _watched(desk, "s-3")) == sorted([first["number"], second["number"]])


async def test_who_follows_the_survivor_no_more_is_not_brought_back(desk: Desk) -> None:
    """It ends for all that is merged into it: neither the survivor nor an undo shows the person again."""
    first, second = await desk.open(), await desk.open()
    await _follow(desk, first, "s-1", "s-2")
    await _merge(desk, first, second)
    await _call(desk, "DELETE", f"/v1/tickets/{second['id']}/watchers/me", "s-1")
    assert await _watchers(desk, second) == ["s-2"]
    assert await _watched(desk, "s-1") == []
    await _unmerge(desk, first)
    assert await _watchers(desk, first) == ["s-2"]


async def test_followed_tickets_come_in_pages_each_survivor_once(desk: Desk) -> None:
    """Also if what belongs together lies on two pages."""
    tickets = [await desk.open() for _ in range(5)]
    for one in tickets:
        await _follow(desk, one, "s-1")
    await _merge(desk, tickets[4], tickets[0])
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await _call(desk, "GET", "/v1/agents/me/watched", params={"limit": 2, **cursor})).json()
        seen += [one["number"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [tickets[n]["number"] for n in (3, 2, 1, 0)]


async def test_a_call_in_a_merged_ticket_names_the_survivor(desk: Desk) -> None:
    """Whether the note was written before the merge or after it; an undo takes the first one back with its ticket."""
    await desk.hire("s-2")
    first, second = await desk.open(), await desk.open(subject="The other one")
    note = {"text": "Look, @[s-2]", "kind": "note"}
    await desk.post(f"/{first['id']}/messages", note)
    await _merge(desk, first, second)
    await desk.post(f"/{first['id']}/messages", note)

    async def mentions() -> list[tuple[str, str, str]]:
        items = (await _call(desk, "GET", "/v1/agents/me/mentions", "s-2")).json()["items"]
        return [(one["ticket_id"], one["number"], one["subject"]) for one in items]

    survivor = (second["id"], second["number"], "The other one")
    assert await mentions() == [survivor, survivor]
    await _unmerge(desk, first)
    assert await mentions() == [survivor, (first["id"], first["number"], first["subject"])]
