"""Whether players are told by themselves that their complaint is registered is the brand's to say."""

from typing import Any

import httpx

from shared.contracts.tickets import ComplaintChanged
from tests.service.tickets.desk import Desk
from tests.service.tickets.test_complaints import complained, post, read, scheduled

PATH = "/v1/tickets/policy"


async def _decide(desk: Desk, version: int, **body: Any) -> httpx.Response:
    headers = desk.agent("s-9", role="lead") | {"If-Match": f'"{version}"'}
    return await desk.service.http.put(PATH, json={"channels": {}, **body}, headers=headers)


async def _replies(desk: Desk, complaint: dict[str, Any]) -> list[dict[str, Any]]:
    items = (await desk.get(f"/{complaint['ticket_id']}/messages"))["items"]
    return [one for one in items if one["kind"] == "reply"]


async def test_a_brand_may_acknowledge_complaints_by_hand(desk: Desk) -> None:
    """Switched off, nothing is said to the player until a person does it, which is when the clock is met."""
    assert (await _decide(desk, 0, acknowledge_complaints=False)).json()["acknowledge_complaints"] is False
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    waiting = await read(desk, complaint["id"])
    assert (waiting["state"], waiting["acknowledged_at"]) == ("registered", None)
    assert waiting["legal_due_at"] is not None
    assert await _replies(desk, complaint) == []
    assert (await post(desk, complaint, "acknowledge")).status_code == 200
    done = await read(desk, complaint["id"])
    assert done["state"] == "acknowledged"
    told = ComplaintChanged.model_validate((await desk.service.recorded(ComplaintChanged))[-1].data)
    assert told.complaint.acknowledged_at is not None
    (reply,) = await _replies(desk, complaint)
    assert reply["author"]["id"] == "s-9"


async def test_complaints_are_acknowledged_unless_a_brand_decides_otherwise(desk: Desk) -> None:
    """By default, and again once it is switched on; an edit of the days alone leaves the switch as it is."""
    assert (await desk.service.http.get(PATH, headers=desk.agent())).json()["acknowledge_complaints"] is True
    await _decide(desk, 0, acknowledge_complaints=False)
    days = {"web": {"auto_close_days": 1, "reopen_days": 1}}
    assert (await _decide(desk, 1, channels=days)).json()["acknowledge_complaints"] is False
    assert (await _decide(desk, 2, acknowledge_complaints=True)).json()["acknowledge_complaints"] is True
    complaint = await complained(desk)
    await scheduled(desk, complaint)
    assert (await read(desk, complaint["id"]))["state"] == "acknowledged"
    for nothing in (None, "no", 0):
        assert (await _decide(desk, 3, acknowledge_complaints=nothing)).status_code == 422
