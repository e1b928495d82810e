"""What says that a player may be in danger is taken off a ticket by a senior, never by an agent alone."""

from typing import Any

import httpx
import pytest

from tests.service.tickets.desk import Desk


async def _endangered(desk: Desk) -> dict[str, Any]:
    """Return a ticket with both signs: the class of its reason and the tag."""
    ticket = await desk.open(reason="RG.HARM")
    path = f"/v1/tickets/{ticket['id']}/tags/safety"
    tagged = await desk.service.http.put(path, headers=desk.agent())
    assert (tagged.status_code, tagged.json()["tags"]) == (200, ["safety"]), tagged.text
    state: dict[str, Any] = tagged.json()
    return state


async def _lower(desk: Desk, ticket: dict[str, Any], how: str, headers: dict[str, str]) -> httpx.Response:
    http = desk.service.http
    match how:
        case "no reason":
            return await desk.patch(ticket, headers, reason=None)
        case "another reason":
            return await desk.patch(ticket, headers, reason="BON.WAGER")
        case "macro":
            body = {
                "name": "x", "personal": True, "actions": {"remove_tags": ["safety"]}, "texts": {"en": "Hello"},
                "allowed_in_safety": True,
            }  # fmt: skip
            made = await http.post("/v1/macros", json=body, headers=headers)
            assert made.status_code == 201, made.text
            return await desk.post(f"/{ticket['id']}/macros/{made.json()['id']}", {"send": False}, headers)
        case _:
            return await http.delete(f"/v1/tickets/{ticket['id']}/tags/safety", headers=headers)


@pytest.mark.parametrize("how", ["no reason", "another reason", "macro", "untag"])
async def test_an_agent_takes_no_sign_of_danger_off_and_a_senior_does(desk: Desk, how: str) -> None:
    ticket = await _endangered(desk)
    refused = await _lower(desk, ticket, how, desk.agent())
    assert (refused.status_code, refused.json()["code"]) == (403, "safety-downgrade-refused")
    assert await desk.get(f"/{ticket['id']}") == ticket | {"contact": None}
    lowered = await _lower(desk, ticket, how, desk.agent("s-9", role="senior"))
    assert lowered.status_code == 200, lowered.text


async def test_many_tickets_lose_no_sign_of_danger_either(desk: Desk) -> None:
    ticket = await _endangered(desk)
    body = {"ids": [ticket["id"]], "action": {"tags_remove": ["safety"]}}
    many = await desk.post("/bulk", body)
    assert many.json()["items"][0]["problem"]["code"] == "safety-downgrade-refused"


async def test_an_agent_says_more_precisely_what_the_danger_is(desk: Desk) -> None:
    """Another reason of that class, other tags."""
    ticket = await _endangered(desk)
    assert (await desk.patch(ticket, reason="RG.EXCLUDE")).status_code == 200
    tagged = await desk.service.http.put(f"/v1/tickets/{ticket['id']}/tags/called", headers=desk.agent())
    assert tagged.status_code == 200
