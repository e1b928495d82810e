"""What a brand decides about its queue, and that the queue keeps to it."""

from typing import Any

import httpx
import pytest

from tests.service.tickets.desk import Desk
from tests.service.tickets.test_queue import holder, profile
from tests.support.eventually import eventually

PATH = "/v1/queues/settings"


async def put(desk: Desk, version: int, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    """Replace the settings as a lead unless said otherwise."""
    who = (headers or desk.agent("s-lead", role="lead")) | {"If-Match": f'"{version}"'}
    return await desk.service.http.put(PATH, json=body, headers=who)


async def test_defaults_then_versions(desk: Desk) -> None:
    """Version 0 has the defaults; each edit needs the version before it; another brand keeps its own."""
    read = await desk.service.http.get(PATH, headers=desk.agent())
    assert (read.headers["ETag"], read.json()["silence_seconds"]) == ('"0"', 180)
    assert (read.json()["capacity"]["web"], read.json()["capacity"]["email"]) == (6, 20)
    first = await put(desk, 0, silence_seconds=60, capacity={"web": 3})
    assert (first.status_code, first.headers["ETag"], first.json()["capacity"]["web"]) == (200, '"1"', 3)
    assert (await put(desk, 0)).status_code == 412
    assert (await put(desk, 1, manager_minutes=0)).json()["silence_seconds"] == 180
    royal = await desk.service.http.get(PATH, headers=desk.agent(brand="royal"))
    assert royal.json()["version"] == 0
    trail = await desk.service.http.get("/v1/audit", headers=desk.agent("s-lead", role="lead"))
    assert [one["action"] for one in trail.json()["items"]].count("edit_queue_settings") == 2


async def test_agents_change_nothing(desk: Desk) -> None:
    """Nor do players see it."""
    assert (await put(desk, 0, desk.agent())).status_code == 403
    assert (await desk.service.http.get(PATH, headers=desk.player())).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"silence_seconds": 5}, {"capacity": {"web": 21}}, {"push_seconds": 0}, {"grace": 1}, {"capacity": {"fax": 1}}],
)
async def test_what_makes_no_sense_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    """Bounds that would starve people or players, and what is not known."""
    assert (await put(desk, 0, **wrong)).status_code == 422


async def test_default_room_counts_at_once(desk: Desk) -> None:
    """Who has no limit of his own holds what the brand says; more room is used as soon as there is some."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    assert (await put(desk, 0, capacity={"form": 1})).status_code == 200
    first, second = await desk.open(), await desk.open()

    async def one_has_it() -> bool:
        return await holder(desk, first) == "s-1"

    await eventually(one_has_it)
    assert await holder(desk, second) is None
    assert (await put(desk, 1, capacity={"form": 2})).status_code == 200

    async def both_have() -> bool:
        return await holder(desk, second) == "s-1"

    await eventually(both_have)


async def test_a_reason_of_the_brand_decides_the_rank(desk: Desk) -> None:
    """The queue goes by the brand's own taxonomy, not by the one that is built in."""
    plain = await desk.open()
    lead = desk.agent("s-lead", role="lead") | {"If-Match": '"0"'}
    body = {"name": "At risk", "reason_class": "X", "severity": 0, "required": []}
    made = await desk.service.http.put("/v1/reasons/RG.OUR_OWN", json=body, headers=lead)
    assert made.status_code == 200, made.text
    grave = await desk.open(reason="RG.OUR_OWN")
    waiting = await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())
    assert [(one["ticket_id"], one["rank"]) for one in waiting.json()["items"]] == [
        (grave["id"], "x0"),
        (plain["id"], "standard"),
    ]
