"""A senior is asked, and accepts or declines."""

from typing import Any

import pytest

from shared.contracts.tickets import TicketEscalated, TicketEscalationAccepted, TicketEscalationDeclined
from tests.service.tickets.desk import Desk
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually


async def test_a_senior_declines_and_the_next_accepts(desk: Desk) -> None:
    """Only who is asked can answer; the reason is kept, and whoever accepts has the ticket."""
    for one in ("s-8", "s-9"):
        await desk.hire(one, "senior")
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    path = f"/{ticket['id']}/escalation"
    other = await desk.post(f"{path}/accept", None, desk.agent("s-9", role="senior"))
    assert (other.status_code, other.json()["code"]) == (409, "not-asked")
    declined = await desk.post(f"{path}/decline", {"reason": "No French"}, desk.agent("s-8", role="senior"))
    assert declined.status_code == 200
    accepted = await desk.post(f"{path}/accept", None, desk.agent("s-9", role="senior"))
    assert (accepted.status_code, accepted.json()["assignee_id"]) == (200, "s-9")
    again = await desk.post(f"{path}/accept", None, desk.agent("s-9", role="senior"))
    assert again.status_code == 409
    told = {fact.type: fact.data for fact in await desk.told(ticket["id"])}
    assert told[TicketEscalationDeclined.type]["reason"] == "No French"
    assert told[TicketEscalationDeclined.type]["next_senior_id"] == "s-9"
    assert told[TicketEscalationAccepted.type]["senior_id"] == "s-9"


async def test_with_nobody_left_the_ticket_waits_for_everybody(desk: Desk) -> None:
    """Everybody declined: it goes back to the queue."""
    await desk.hire("s-8", "senior")
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    path = f"/{ticket['id']}/escalation/decline"
    declined = await desk.post(path, {"reason": "Off duty"}, desk.agent("s-8", role="senior"))
    assert declined.json()["assignee_id"] is None


async def assigning(desk: Desk, *seniors: str) -> dict[str, Any]:
    """Let the queue of the brand assign, and return a ticket that an agent has."""
    for one in seniors:
        await desk.hire(one, "senior")
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1")
    ticket = await desk.open()

    async def held() -> bool:
        return bool((await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-1")

    await eventually(held)
    return ticket


async def asked(desk: Desk, ticket: dict[str, Any]) -> TicketEscalated:
    """Return the last escalation of a ticket."""
    told = [fact for fact in await desk.told(ticket["id"]) if fact.type == TicketEscalated.type]
    return TicketEscalated.model_validate(told[-1].data)


@pytest.mark.parametrize("act", ["accept", "reply", "take"])
async def test_who_is_asked_has_it_when_he_accepts(desk: Desk, act: str) -> None:
    """Until then the agent keeps it; to answer or to take it is to accept."""
    ticket = await assigning(desk, "s-9")
    answer = await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    assert answer.json()["assignee_id"] == "s-1"
    fact = await asked(desk, ticket)
    assert (fact.senior_id, fact.asked) == ("s-9", True)
    senior = desk.agent("s-9", role="senior")
    if act == "accept":
        await desk.post(f"/{ticket['id']}/escalation/accept", None, senior)
    elif act == "reply":
        await desk.post(f"/{ticket['id']}/messages", {"text": "I have a look."}, senior)
    else:
        path = f"/v1/tickets/{ticket['id']}/assignment"
        await desk.service.http.put(path, json={"assignee_id": "me"}, headers=senior)
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-9"
    accepted = [fact for fact in await desk.told(ticket["id"]) if fact.type == TicketEscalationAccepted.type]
    assert [fact.data["senior_id"] for fact in accepted] == ["s-9"]
    again = await desk.post(f"/{ticket['id']}/escalation/accept", None, senior)
    assert again.status_code == 409


async def test_nobody_left_brings_it_back_raised_and_calls_the_lead(desk: Desk) -> None:
    """It waits before the standard; the lead finds it among his mentions."""
    ticket = await assigning(desk, "s-9")
    await desk.hire("s-lead", "lead")
    await profile(desk, "s-1", 1, capacity={"form": 0})
    await desk.open()
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    for one, role in (("s-9", "senior"), ("s-lead", "lead")):
        path = f"/{ticket['id']}/escalation/decline"
        assert (await desk.post(path, {"reason": "Off duty"}, desk.agent(one, role=role))).status_code == 200
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] is None
    lines = (await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())).json()["items"]
    assert [(one["ticket_id"] == ticket["id"], one["rank"]) for one in lines] == [(True, "x2"), (False, "standard")]
    lead = desk.agent("s-lead", role="lead")
    called = (await desk.service.http.get("/v1/agents/me/mentions", headers=lead)).json()["items"]
    assert [one["ticket_id"] for one in called] == [ticket["id"]]


async def test_a_grave_reason_asks_a_senior_by_itself(desk: Desk) -> None:
    """Complex or regulated, and severe; once, and not if a senior has it. A ticket may be opened with it."""
    ticket = await assigning(desk, "s-9")
    await desk.patch(await desk.get(f"/{ticket['id']}"), reason="WDR.LATE")
    assert (await asked(desk, ticket)).senior_id == "s-9"
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-1"
    opened = await desk.open(reason="WDR.LATE")
    assert (await asked(desk, opened)).cause == "reason: WDR.LATE"
    await desk.patch(await desk.get(f"/{opened['id']}"), reason="WDR.STATUS")
    await desk.patch(await desk.get(f"/{opened['id']}"), reason="WDR.LATE")
    told = [fact.type for fact in await desk.told(opened["id"])]
    assert told.count(TicketEscalated.type) == 1
