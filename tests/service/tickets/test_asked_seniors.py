"""A senior is asked, and accepts or declines."""

from shared.contracts.tickets import TicketEscalationAccepted, TicketEscalationDeclined
from tests.service.tickets.desk import Desk


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
