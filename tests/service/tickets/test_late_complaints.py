"""Complaints and words that come after the time for reopening: nothing is lost, no clock stands still for ever."""

from typing import Any

import pytest

from shared.contracts.tickets import ComplaintRegistered
from tests.service.tickets.desk import KIM, Desk, received
from tests.service.tickets.test_complaints import WORDS, licensed, post, read, scheduled, steps

PAUSE = {"reason_code": "evidence", "evidence_request_id": "e-1"}


async def _nothing_reopens(desk: Desk) -> None:
    """Let the time for reopening be over as soon as a ticket is resolved."""
    body = {"channels": {"default": {"auto_close_days": None, "reopen_days": 0}}}
    headers = desk.agent(role="lead") | {"If-Match": '"0"'}
    answer = await desk.service.http.put("/v1/tickets/policy", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def _resolved(desk: Desk, ticket: str) -> None:
    answer = await desk.patch(await desk.get(f"/{ticket}"), status="resolved")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("by", ["player", "server"])
async def test_a_late_complaint_opens_a_ticket_and_is_registered(desk: Desk, by: str) -> None:
    await _nothing_reopens(desk)
    ticket = await desk.open()
    await _resolved(desk, ticket["id"])
    caller, more = (desk.player(), {}) if by == "player" else (desk.server("tickets:write"), {"player_id": "p-1"})
    late = await desk.post(f"/{ticket['id']}/messages", {"text": WORDS, **more}, caller)
    assert late.status_code == 201, late.text
    follow_up = await desk.get(f"/{late.json()['ticket_id']}")
    assert follow_up["id"] != ticket["id"]
    complaint = await read(desk, follow_up["complaint_id"])
    assert (complaint["ticket_id"], complaint["details"]) == (follow_up["id"], WORDS)
    links = (await desk.get(f"/{follow_up['id']}/links"))["items"]
    assert [(one["ticket_id"], one["relation"]) for one in links] == [(ticket["id"], "follow_up")]


async def test_a_late_mail_that_complains_is_registered(desk: Desk) -> None:
    await _nothing_reopens(desk)
    await desk.service.publish(received(contact=KIM))
    (old,) = (await desk.get(""))["items"]
    await _resolved(desk, old["id"])
    await desk.service.publish(received(WORDS, KIM, ticket_id=old["id"]))
    (told,) = await desk.service.recorded(ComplaintRegistered)
    assert str(ComplaintRegistered.model_validate(told.data).complaint.ticket_id) != old["id"]


async def _paused(desk: Desk) -> dict[str, Any]:
    """Return a paused complaint whose ticket is resolved and whose time for reopening is over."""
    await licensed(desk, "GB")
    await _nothing_reopens(desk)
    ticket = await desk.open(message={"text": WORDS})
    complaint = await read(desk, (await desk.get(f"/{ticket['id']}"))["complaint_id"])
    await scheduled(desk, complaint)
    await steps(desk, complaint, ("investigate", {}), ("pause", PAUSE))
    await _resolved(desk, ticket["id"])
    return complaint


async def test_late_words_reach_an_open_complaint_and_end_its_pause(desk: Desk) -> None:
    """However long ago its ticket was resolved: that is where the investigator waits for them."""
    complaint = await _paused(desk)
    said = await desk.post(f"/{complaint['ticket_id']}/messages", {"text": "Here it is"}, desk.player())
    assert (said.status_code, said.json()["ticket_id"]) == (201, complaint["ticket_id"])
    after = await read(desk, complaint["id"])
    assert (after["state"], after["pauses"][0]["ended_at"] is None) == ("investigating", False)
    assert (await desk.get(f"/{complaint['ticket_id']}"))["status"] == "open"


async def test_once_the_complaint_is_over_late_words_open_a_ticket_again(desk: Desk) -> None:
    complaint = await _paused(desk)
    asked = {"reason_code": "none", "reason": "A question"}
    assert (await post(desk, complaint, "withdrawal", **asked)).status_code == 200
    assert (await post(desk, complaint, "withdrawal/approval", who="s-7", role="lead")).status_code == 200
    said = await desk.post(f"/{complaint['ticket_id']}/messages", {"text": "Hello"}, desk.player())
    assert said.status_code == 201
    assert said.json()["ticket_id"] != complaint["ticket_id"]
