"""What no rule, no macro and no bulk ever closes: open complaints and tickets about a player's safety."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.tickets.use_cases.ageing import answer_alarm
from tests.service.tickets.desk import Desk
from tests.support.eventually import eventually

CLOSE: dict[str, Any] = {"status": "closed"}
EVERYWHERE = {"allowed_in_safety": True, "allowed_in_complaints": True}


async def _macro(desk: Desk, actions: dict[str, Any], **fields: Any) -> httpx.Response:
    body = {"name": "Step", "actions": actions, **EVERYWHERE, **fields}
    return await desk.service.http.post("/v1/macros", json=body, headers=desk.agent("s-9", role="lead"))


async def _use(desk: Desk, ticket: dict[str, Any], macro: httpx.Response) -> httpx.Response:
    assert macro.status_code == 201, macro.text
    return await desk.post(f"/{ticket['id']}/macros/{macro.json()['id']}", {"send": False})


async def _now(desk: Desk, ticket: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await desk.get(f"/{ticket['id']}")
    return found


async def _complaint(desk: Desk, **fields: Any) -> dict[str, Any]:
    ticket = await desk.open(**fields)
    assert (await desk.post(f"/{ticket['id']}/complaint", {"type": "other"})).status_code == 201
    return await _now(desk, ticket)


async def _safety(desk: Desk) -> dict[str, Any]:
    return await desk.open(reason="RG.SELF_HARM")


async def _alarm(desk: Desk, ticket: dict[str, Any], *, ring: bool = False) -> datetime | None:
    async with desk.service.ground.database.begin("lucky") as session:
        if ring:
            await session.execute(text("UPDATE alarms SET due_at = now() WHERE ticket_id = :id"), {"id": ticket["id"]})
            return None
        found: datetime | None = await session.scalar(
            text("SELECT due_at FROM alarms WHERE ticket_id = :id"), {"id": ticket["id"]}
        )
        return found


@pytest.mark.parametrize("held", [_complaint, _safety])
async def test_time_passes_by_what_must_be_closed_by_a_person(desk: Desk, held: Any) -> None:
    """A resolved one stays resolved and is looked at again the next day."""
    ticket = await held(desk)
    assert (await desk.patch(ticket, status="resolved")).status_code == 200
    await _alarm(desk, ticket, ring=True)

    async def put_off() -> bool:
        due = await _alarm(desk, ticket)
        return due is not None and due > datetime.now(UTC)

    await eventually(put_off)
    due = await _alarm(desk, ticket)
    assert due is not None
    assert (due - datetime.now(UTC)).total_seconds() == pytest.approx(86400, abs=60)
    assert (await _now(desk, ticket))["status"] == "resolved"


async def test_a_tag_holds_a_ticket_as_well_as_its_reason(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.service.http.put(f"/v1/tickets/{ticket['id']}/tags/safety", headers=desk.agent())
    await desk.patch(await _now(desk, ticket), status="resolved")
    await _alarm(desk, ticket, ring=True)
    async with desk.service.ground.database.begin("lucky") as session:
        await answer_alarm(session, brand="lucky", ticket_id=ticket["id"], now=datetime.now(UTC))
    assert (await _now(desk, ticket))["status"] == "resolved"
    bulk = await desk.post("/bulk", {"ids": [ticket["id"]], "action": CLOSE})
    assert bulk.json()["items"][0]["problem"]["code"] == "bulk-refused", bulk.text


async def test_a_macro_closes_neither_complaint_nor_safety(desk: Desk) -> None:
    """Also one that was written for both, and nothing else of it happens."""
    macro = await _macro(desk, {**CLOSE, "add_tags": ["done"]})
    for ticket, code in ((await _complaint(desk), "complaint-open"), (await _safety(desk), "macro-not-usable")):
        answer = await _use(desk, ticket, macro)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        after = await _now(desk, ticket)
        assert (after["status"], after["tags"], after["version"]) == (ticket["status"], [], ticket["version"])


async def test_nothing_is_closed_by_the_edit_that_makes_it_a_complaint(desk: Desk) -> None:
    """By hand and by macro: the reason registers the complaint, so the status is refused."""
    ticket = await desk.open()
    by_hand = await desk.patch(ticket, reason="CMP.FORMAL", status="closed")
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "complaint-open")
    by_macro = await _use(desk, ticket, await _macro(desk, {**CLOSE, "reason": "CMP.FORMAL"}))
    assert (by_macro.status_code, by_macro.json()["code"]) == (409, "complaint-open")
    safety = await _use(desk, ticket, await _macro(desk, {**CLOSE, "reason": "RG.SELF_HARM"}))
    assert (safety.status_code, safety.json()["code"]) == (409, "macro-not-usable")
    assert (await _now(desk, ticket))["version"] == ticket["version"]


async def test_a_macro_knows_the_brands_own_reasons(desk: Desk) -> None:
    """With what they bring, priority and team; one out of use is refused like one that never was."""
    lead = desk.agent("s-9", role="lead")
    http = desk.service.http
    await desk.team("cash")
    path, reason = "/v1/reasons/OWN.CASH", {"name": "Cash", "reason_class": "R", "severity": 2, "team_id": "cash"}
    put = await http.put(path, json=reason, headers=lead | {"If-Match": '"0"'})
    assert put.status_code == 200, put.text
    ticket, other = await desk.open(), await desk.open()
    macro = await _macro(desk, {"reason": "OWN.CASH"})
    after = (await _use(desk, ticket, macro)).json()["ticket"]
    assert [after[name] for name in ("reason", "priority", "team_id")] == [
        "OWN.CASH", "high", "cash",
    ]  # fmt: skip
    gone = await http.put(path, json={**reason, "active": False}, headers=lead | {"If-Match": '"1"'})
    assert gone.status_code == 200, gone.text
    refused = await _use(desk, other, macro)
    assert (refused.status_code, refused.json()["code"]) == (400, "reason-unknown")
    assert (await _macro(desk, {"reason": "OWN.CASH"})).json()["code"] == "reason-unknown"


async def test_a_macro_resolves_only_what_is_filled_in(desk: Desk) -> None:
    """The fields that a reason requires hold up a macro as they hold up a hand."""
    lead = desk.agent("s-9", role="lead")
    field = {"key": "payout_id", "label": "Payout", "type": "text", "required_for": ["WDR.STATUS"]}
    added = await desk.service.http.post("/v1/ticket-fields", json=field, headers=lead)
    assert added.status_code == 201, added.text
    ticket = await desk.open(reason="WDR.STATUS")
    macro = await _macro(desk, {"status": "resolved"})
    refused = await _use(desk, ticket, macro)
    assert (refused.status_code, refused.json()["code"]) == (409, "fields-missing"), refused.text
    filled = (await desk.patch(ticket, fields={"payout_id": "7"})).json()
    assert (await _use(desk, filled, macro)).json()["ticket"]["status"] == "resolved"
