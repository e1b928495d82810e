"""Saved views: one's own, shared ones, their tickets and their counts."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.service.tickets.desk import Desk
from tests.support.service import RunningService


async def _make(desk: Desk, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    view = {"name": "Mine", "filters": {"assignee": "me"}, **body}
    return await desk.service.http.post("/v1/views", json=view, headers=headers or desk.agent())


async def _names(desk: Desk, headers: dict[str, str]) -> list[str]:
    answer = await desk.service.http.get("/v1/views", headers=headers)
    return [view["name"] for view in answer.json()["items"]]


async def test_a_view_is_its_owners_unless_shared(desk: Desk) -> None:
    """Leads share; agents see shared ones and their own, in their order, and change their own only."""
    lead = desk.agent("s-lead", role="lead")
    assert (await _make(desk)).status_code == 201
    assert (await _make(desk, shared=True)).json()["code"] == "view-not-yours"
    shared = (await _make(desk, lead, name="All due", shared=True, sort="due", position=0, filters={})).json()
    assert (await _make(desk, desk.agent("s-2"), name="Theirs", position=1)).status_code == 201
    assert await _names(desk, desk.agent()) == ["All due", "Mine"]
    assert await _names(desk, lead) == ["All due"]
    assert await _names(desk, desk.agent("s-1", "royal")) == []
    path = f"/v1/views/{shared['id']}"
    refused = await desk.service.http.delete(path, headers=desk.agent())
    assert (refused.status_code, refused.json()["code"]) == (403, "view-not-yours")
    assert (await desk.service.http.delete(path, headers=desk.agent("s-1", "royal"))).status_code == 404
    assert (await desk.service.http.delete(path, headers=lead)).status_code == 204


async def test_a_view_is_edited_by_version(desk: Desk) -> None:
    """With If-Match, as everything; what is left out stays."""
    made = await _make(desk, columns=["number", "next_due_at"])
    path, http = f"/v1/views/{made.json()['id']}", desk.service.http
    assert (made.headers["location"], made.headers["etag"]) == (path, '"1"')
    match = desk.agent() | {"If-Match": '"1"'}
    edited = await http.patch(path, json={"name": "New", "sort": "waiting"}, headers=match)
    assert (edited.json()["name"], edited.json()["version"]) == ("New", 2)
    assert edited.json()["filters"] == {"assignee": "me"}
    assert (await http.patch(path, json={"name": "Late"}, headers=match)).status_code == 412
    assert (await http.get(path, headers=desk.agent())).json() == edited.json()
    assert (await http.get(path, headers=desk.agent("s-2"))).status_code == 404


@pytest.mark.parametrize(
    "body", [{"filters": {"stauts": ["new"]}}, {"filters": {"status": ["lost"]}}, {"sort": "luck"}, {"name": " "}]
)
async def test_views_say_what_lists_understand(desk: Desk, body: dict[str, Any]) -> None:
    """Filters are those of the list, and typos are refused."""
    assert (await _make(desk, **body)).status_code == 422


async def test_the_tickets_and_counts_of_views(desk: Desk) -> None:
    """`me` is whoever looks; counts come in one answer and end at a thousand."""
    mine, _other = await desk.open(), await desk.open()
    await desk.assign(mine, "me")
    lead = desk.agent("s-lead", role="lead")
    views = [
        (await _make(desk, lead, shared=True, name=name, filters=filters, position=n)).json()
        for n, (name, filters) in enumerate([("Mine", {"assignee": "me"}), ("New", {"status": ["new"]}), ("All", {})])
    ]
    listed = await desk.service.http.get(f"/v1/views/{views[0]['id']}/tickets", headers=desk.agent())
    assert [ticket["number"] for ticket in listed.json()["items"]] == [mine["number"]]
    for headers, held in ((desk.agent(), [1, 2, 2]), (lead, [0, 2, 2])):
        counts = (await desk.service.http.get("/v1/views/counts", headers=headers)).json()["items"]
        assert [(one["view_id"], one["count"], one["at_least"]) for one in counts] == [
            (view["id"], number, False) for view, number in zip(views, held, strict=True)
        ]
    foreign = await desk.service.http.get(f"/v1/views/{views[1]['id']}/tickets", headers=desk.agent(brand="royal"))
    assert foreign.status_code == 404


async def test_no_views_no_counts(desk: Desk) -> None:
    """Whoever has none is answered all the same."""
    answer = await desk.service.http.get("/v1/views/counts", headers=desk.agent())
    assert answer.json() == {"items": []}


_CARD = "4111 1111 1111 1111"


async def test_nothing_secret_is_kept_in_a_view(tickets: RunningService, desk: Desk) -> None:
    """Names and the texts of filters are redacted before they are stored, when made and when changed."""
    made = await _make(desk, name=f"Card {_CARD}", filters={"tag": ["fraud", _CARD], "player_id": _CARD})
    assert made.status_code == 201
    path, match = f"/v1/views/{made.json()['id']}", desk.agent() | {"If-Match": '"1"'}
    assert made.json()["filters"]["tag"][0] == "fraud"
    assert await _stored(tickets) == [made.json()["name"], made.json()["filters"]]
    assert "1111 1111" not in made.text
    body = {"name": f"My {_CARD}", "filters": {"tier": _CARD}}
    edited = await desk.service.http.patch(path, json=body, headers=match)
    assert edited.json()["name"].startswith("My [CARD")
    assert await _stored(tickets) == [edited.json()["name"], edited.json()["filters"]]
    assert "1111 1111" not in edited.text
    assert (await desk.service.http.get(f"{path}/tickets", headers=desk.agent())).status_code == 200
    broken = {"filters": {"language": "en-41111111-11111111"}}
    assert (await _make(desk, **broken)).status_code == 422


@pytest.mark.parametrize("field", ["name", "filters", "sort", "columns", "position"])
async def test_null_is_no_value(desk: Desk, field: str) -> None:
    """What must be there may be left out of a change, but not be null."""
    made = await _make(desk)
    match = desk.agent() | {"If-Match": '"1"'}
    path = f"/v1/views/{made.json()['id']}"
    for body in ({field: None}, {"filters": {"status": None}}, {"filters": {"merged": None}}):
        assert (await desk.service.http.patch(path, json=body, headers=match)).status_code == 422
    cleared = await desk.service.http.patch(path, json={"order": None}, headers=match)
    assert (cleared.status_code, cleared.json()["order"]) == (200, None)


async def test_a_view_is_ordered_as_its_list_can_be(desk: Desk) -> None:
    """Nothing is due of what is closed: refused when made, and when either half of it is changed."""
    refused = await _make(desk, sort="due", filters={"status": ["open", "closed"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "sort-refused")
    ways: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"filters": {}, "sort": "due"}, {"filters": {"status": ["closed"]}}),
        ({"filters": {"status": ["resolved"]}}, {"sort": "due"}),
    ]
    for first, second in ways:
        made = await _make(desk, **first)
        path, match = f"/v1/views/{made.json()['id']}", desk.agent() | {"If-Match": '"1"'}
        changed = await desk.service.http.patch(path, json=second, headers=match)
        assert (changed.status_code, changed.json()["code"]) == (400, "sort-refused")
        assert (await desk.service.http.get(path, headers=desk.agent())).json()["version"] == 1
    assert (await _make(desk, sort="due", filters={"status": ["open"]})).status_code == 201


async def _stored(service: RunningService) -> list[Any]:
    async with service.ground.database.begin("lucky") as session:
        return list((await session.execute(text("SELECT name, filters FROM views"))).one())
