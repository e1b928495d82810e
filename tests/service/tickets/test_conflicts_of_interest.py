"""Whom a ticket complains about never gets it: from the queue, by hand, in bulk, by escalation, by taking it."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.sla import ClockBreached, ClockKind
from shared.contracts.tickets import TicketAssigned, TicketEscalated
from shared.ids import new_id
from tests.service.tickets.desk import Desk
from tests.service.tickets.passing import comes_to, holder, look
from tests.service.tickets.test_queue import profile
from tests.support.service import RunningService


async def complained_about(desk: Desk, accused: str, ticket: dict[str, Any] | None = None) -> dict[str, Any]:
    """Register a complaint about somebody and return its ticket."""
    ticket = ticket or await desk.open()
    answer = await desk.post(f"/{ticket['id']}/complaint", {"type": "other"}, desk.agent("s-7", role="senior"))
    assert answer.status_code == 201, answer.text
    headers = desk.agent("s-7", role="senior") | {"If-Match": f'"{answer.json()["version"]}"'}
    path = f"/v1/complaints/{answer.json()['id']}"
    edited = await desk.service.http.patch(path, json={"accused_staff_id": accused}, headers=headers)
    assert edited.status_code == 200, edited.text
    return ticket


async def test_the_queue_does_not_give_it_to_him(tickets: RunningService, desk: Desk) -> None:
    """Even if nobody else is there: it waits, and goes to whoever comes."""
    await desk.hire("s-1", "agent")
    ticket = await complained_about(desk, "s-1")
    await profile(desk, "s-1")
    await look(desk, seconds=5)
    assert await tickets.recorded(TicketAssigned) == []
    await desk.hire("s-2", "agent")
    await profile(desk, "s-2")
    await comes_to(desk, ticket, "s-2")


async def test_the_queue_does_not_give_it_to_him_as_the_players_manager(desk: Desk) -> None:
    """A reservation for him keeps nobody waiting either."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
    await profile(desk, "s-1", capacity={"form": 0})
    lead = desk.agent("s-lead", role="lead")
    await desk.service.http.put("/v1/agents/s-1/players/p-1", headers=lead)
    ticket = await complained_about(desk, "s-1")
    await profile(desk, "s-1", 1)
    await profile(desk, "s-2")
    await comes_to(desk, ticket, "s-2")


async def test_it_is_taken_from_him_when_he_is_named(desk: Desk) -> None:
    """And goes to a colleague."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
    await profile(desk, "s-1")
    ticket = await desk.open()
    await comes_to(desk, ticket, "s-1")
    await profile(desk, "s-2")
    await complained_about(desk, "s-1", ticket)
    await comes_to(desk, ticket, "s-2")


async def test_he_cannot_take_it_and_nobody_can_give_it_to_him(desk: Desk) -> None:
    """`me`, by a colleague, in bulk: refused, and whoever had it keeps it."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
    ticket, other = await complained_about(desk, "s-2"), await desk.open()
    await desk.assign(ticket, "s-1")
    http, path = desk.service.http, f"/v1/tickets/{ticket['id']}/assignment"
    takes = await http.put(path, json={"assignee_id": "me"}, headers=desk.agent("s-2"))
    given = await desk.assign(ticket, "s-2")
    assert [(one.status_code, one.json()["code"]) for one in (takes, given)] == [(409, "conflict-of-interest")] * 2
    body = {"ids": [ticket["id"], other["id"]], "action": {"assignee_id": "s-2"}}
    many = await desk.post("/bulk", body, desk.agent("s-9", role="senior"))
    assert many.status_code == 200, many.text
    assert (await holder(desk, ticket), await holder(desk, other)) == ("s-1", "s-2")
    assert "conflict-of-interest" in many.text or "complaint" in many.text


@pytest.mark.parametrize("assigns", [True, False])
async def test_no_escalation_asks_him(tickets: RunningService, desk: Desk, *, assigns: bool) -> None:
    """By hand and by breach, in a brand whose queue assigns and in one that pulls; declining passes him over too."""
    for one in ("s-8", "s-9"):
        await desk.hire(one, "senior")
    await desk.hire("s-9", "senior", "away", sequence=9)
    if assigns:
        await desk.hire("s-1", "agent")
        await profile(desk, "s-1", capacity={"form": 0})
    ticket = await complained_about(desk, "s-8")
    answer = await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    assert answer.status_code == 200, answer.text
    declined = await desk.post(
        f"/{ticket['id']}/escalation/decline", {"reason": "Off duty"}, desk.agent("s-9", role="senior")
    )
    assert declined.status_code == 200, declined.text
    breach = {"ticket_id": UUID(ticket["id"]), "clock_id": new_id(), "kind": ClockKind.RESOLUTION}
    await tickets.publish(ClockBreached.sample().model_copy(update=breach))
    told = [fact for fact in await desk.told(ticket["id"]) if fact.type == TicketEscalated.type]
    assert [fact.data["senior_id"] for fact in told] == ["s-9", "s-9"]
    assert all(fact.data.get("assignee_id") != "s-8" for fact in await desk.told(ticket["id"]))


async def test_who_was_asked_before_he_was_named_cannot_accept(desk: Desk) -> None:
    """He may only decline."""
    for one in ("s-8", "s-9"):
        await desk.hire(one, "senior")
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    ticket = await desk.open()
    await comes_to(desk, ticket, "s-1")
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    await complained_about(desk, "s-8", ticket)
    senior = desk.agent("s-8", role="senior")
    accepted = await desk.post(f"/{ticket['id']}/escalation/accept", None, senior)
    assert (accepted.status_code, accepted.json()["code"]) == (409, "conflict-of-interest")
    said = await desk.post(f"/{ticket['id']}/messages", {"text": "Well.", "kind": "reply"}, senior)
    assert (said.status_code, said.json()["code"]) == (409, "conflict-of-interest")
    assert await holder(desk, ticket) == "s-1"
    declined = await desk.post(f"/{ticket['id']}/escalation/decline", {"reason": "It is about me"}, senior)
    assert declined.status_code == 200


async def test_once_it_is_over_the_ticket_is_like_any_other(desk: Desk) -> None:
    """A withdrawn complaint bars nobody."""
    await desk.hire("s-1", "agent")
    ticket = await complained_about(desk, "s-1")
    complaint = (await desk.get(f"/{ticket['id']}"))["complaint_id"]
    asked = {"reason_code": "not_a_complaint", "reason": "A question"}
    for path, body, who, role in (("withdrawal", asked, "s-9", "senior"), ("withdrawal/approval", {}, "s-7", "lead")):
        answer = await desk.service.http.post(
            f"/v1/complaints/{complaint}/{path}", json=body, headers=desk.agent(who, role=role)
        )
        assert answer.status_code == 200, answer.text
    await profile(desk, "s-1")
    await comes_to(desk, ticket, "s-1")


async def test_a_merge_does_not_hand_it_to_him(desk: Desk) -> None:
    """Who has the ticket that goes up in it gets it otherwise, if nobody else has it."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
    about_him, about_another = await complained_about(desk, "s-1"), await complained_about(desk, "s-2")
    for survivor in (about_him, about_another):
        his = await desk.open()
        await desk.assign(his, "s-1")
        merged = await desk.post(f"/{his['id']}/merge", {"into": survivor["id"]}, desk.agent("s-9"))
        assert merged.status_code == 200, merged.text
    assert (await holder(desk, about_him), await holder(desk, about_another)) == (None, "s-1")
