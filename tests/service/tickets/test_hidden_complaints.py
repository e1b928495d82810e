"""An open complaint is hidden from whoever it is about, and that he tried to read it is on record."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.service.tickets.desk import Desk
from tests.service.tickets.test_complaints import complained, post
from tests.service.tickets.test_conflicts_of_interest import complained_about


async def _hidden(desk: Desk) -> tuple[str, str]:
    """Return a complaint about s-1 and another one, by their ids."""
    await desk.hire("s-1", "lead")
    other = await complained(desk, None)
    ticket = await complained_about(desk, "s-1")
    complaint: str = (await desk.get(f"/{ticket['id']}"))["complaint_id"]
    return complaint, other["id"]


async def _get(desk: Desk, who: str, path: str, **query: Any) -> httpx.Response:
    headers = desk.agent(who, role="lead")
    return await desk.service.http.get(f"/v1/complaints{path}", params=query, headers=headers)


@pytest.mark.parametrize("path", ["", "/letter"])
async def test_the_accused_does_not_read_it(desk: Desk, path: str) -> None:
    """Neither it nor its history or letter; colleagues do, and he does once it is over."""
    complaint, _ = await _hidden(desk)
    refused = await _get(desk, "s-1", f"/{complaint}{path}")
    assert (refused.status_code, refused.json()["code"]) == (404, "complaint-not-found")
    assert (await _get(desk, "s-2", f"/{complaint}{path}")).status_code == 200
    query = {"action": "refuse_complaint"}
    trail = await desk.service.http.get("/v1/audit", params=query, headers=desk.agent("s-2", role="lead"))
    (entry,) = trail.json()["items"]
    assert (entry["actor"]["id"], entry["player_id"]) == ("s-1", "p-1")
    asked = {"reason_code": "none", "reason": "A question"}
    assert (await post(desk, {"id": complaint}, "withdrawal", **asked)).status_code == 200
    assert (await post(desk, {"id": complaint}, "withdrawal/approval", who="s-7", role="lead")).status_code == 200
    assert (await _get(desk, "s-1", f"/{complaint}{path}")).status_code == 200


async def test_lists_leave_it_out_for_him_alone(desk: Desk) -> None:
    complaint, other = await _hidden(desk)
    for who, shown in (("s-1", [other]), ("s-2", [complaint, other])):
        found = (await _get(desk, who, "", limit=10)).json()["items"]
        assert {one["id"] for one in found} == set(shown)


async def test_he_does_not_get_it_by_registering_it_again(desk: Desk) -> None:
    complaint, _ = await _hidden(desk)
    ticket = (await _get(desk, "s-2", f"/{complaint}")).json()["ticket_id"]
    again = await desk.post(f"/{ticket}/complaint", {}, desk.agent("s-1", role="lead"))
    assert (again.status_code, again.json()["code"]) == (409, "conflict-of-interest")


async def test_he_exports_nothing_that_would_lack_it(desk: Desk) -> None:
    """A return without it would be wrong, so another lead makes it; other months are his to export."""
    await _hidden(desk)
    query = {"licence": "default", "month": f"{datetime.now(UTC):%Y-%m}"}
    refused = await _get(desk, "s-1", "/export", **query)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict-of-interest")
    assert len((await _get(desk, "s-2", "/export", **query)).json()["complaints"]) == 1
    assert (await _get(desk, "s-1", "/export", **query | {"month": "2025-01"})).status_code == 200
