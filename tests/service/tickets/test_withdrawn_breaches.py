"""Breaches that were none, on the real database: what they did is taken back, and nothing that people did since."""

from typing import Any
from uuid import UUID

from shared.contracts.sla import ClockBreached, ClockKind, ClockWithdrawn
from shared.contracts.tickets import TicketAssigned, TicketEscalationWithdrawn
from shared.ids import new_id
from tests.service.tickets.desk import Desk
from tests.support.service import RunningService


def breach(ticket: dict[str, Any], clock: UUID, kind: str = "first_response") -> ClockBreached:
    changes = {"ticket_id": UUID(ticket["id"]), "clock_id": clock, "kind": ClockKind(kind)}
    return ClockBreached.sample().model_copy(update=changes)


def withdrawn(told: ClockBreached) -> ClockWithdrawn:
    changes = {"ticket_id": told.ticket_id, "clock_id": told.clock_id, "kind": told.kind}
    return ClockWithdrawn.sample().model_copy(update=changes)


async def broken(tickets: RunningService, desk: Desk, kind: str = "first_response") -> tuple[Any, ClockBreached]:
    """Return a ticket that s-1 had and answered in time, after a breach gave it to s-9."""
    for id_, role in (("s-1", "agent"), ("s-2", "agent"), ("s-9", "senior")):
        await desk.hire(id_, role)
    ticket = (await desk.assign(await desk.open(), "me")).json()
    await desk.post(f"/{ticket['id']}/messages", {"text": "Paid out."})
    told = breach(ticket, new_id(), kind)
    await tickets.publish(told, sequence=1)
    return await desk.get(f"/{ticket['id']}"), told


async def asked(desk: Desk, staff_id: str = "s-9") -> list[Any]:
    answer = await desk.service.http.get("/v1/agents/me/escalations", headers=desk.agent(staff_id, role="senior"))
    items: list[Any] = answer.json()["items"]
    return items


async def test_priority_holder_and_escalation_are_what_they_were(tickets: RunningService, desk: Desk) -> None:
    """Once, however often it is told; the timeline says so."""
    ticket, told = await broken(tickets, desk)
    assert (ticket["priority"], ticket["assignee_id"], len(await asked(desk))) == ("urgent", "s-9", 1)
    for _ in range(2):
        await tickets.publish(withdrawn(told), sequence=2)
    after = await desk.get(f"/{ticket['id']}")
    assert (after["priority"], after["assignee_id"], await asked(desk)) == ("normal", "s-1", [])
    fact, assigned = (await desk.told(ticket["id"]))[-2:]
    back = TicketEscalationWithdrawn.model_validate(fact.data)
    assert (back.cause, back.senior_id, back.handed_up_before) == ("sla.first_response.withdrawn", None, False)
    assert TicketAssigned.model_validate(assigned.data).previous_assignee_id == "s-9"
    changes = [entry["change"] or {} for entry in (await desk.get(f"/{ticket['id']}/timeline"))["items"]]
    said = [change for change in changes if change.get("what") == "escalation_withdrawn"]
    assert [one["cause"] for one in said] == ["sla.first_response.withdrawn"]
    assert after["version"] == ticket["version"] + 3


async def test_what_people_did_since_stays(tickets: RunningService, desk: Desk) -> None:
    """Who worked on it keeps it, who gave it to somebody else is not overruled, nor who set the priority."""
    ticket, told = await broken(tickets, desk)
    await desk.post(f"/{ticket['id']}/messages", {"text": "I look into it", "kind": "note"}, desk.agent("s-9"))
    await tickets.publish(withdrawn(told), sequence=2)
    after = await desk.get(f"/{ticket['id']}")
    assert (after["priority"], after["assignee_id"], await asked(desk)) == ("normal", "s-9", [])

    moved, told = await broken(tickets, desk)
    lowered = (await desk.patch(moved, priority="low")).json()
    given = (await desk.assign(lowered, "s-2")).json()
    await tickets.publish(withdrawn(told), sequence=2)
    assert await desk.get(f"/{moved['id']}") == given | {"contact": None}


async def test_the_former_holders_own_words_do_not_keep_it_from_him(tickets: RunningService, desk: Desk) -> None:
    """Nor do those of the player."""
    ticket, told = await broken(tickets, desk)
    await desk.post(f"/{ticket['id']}/messages", {"text": "Mine!", "kind": "note"})
    await desk.post(f"/{ticket['id']}/messages", {"text": "Thanks"}, desk.player())
    await tickets.publish(withdrawn(told), sequence=2)
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-1"


async def test_nobody_is_given_back_what_he_may_not_take(tickets: RunningService, desk: Desk) -> None:
    ticket, told = await broken(tickets, desk)
    await desk.hire("s-1", "agent", active=False, sequence=2)
    await tickets.publish(withdrawn(told), sequence=2)
    after = await desk.get(f"/{ticket['id']}", desk.agent("s-9"))
    assert (after["priority"], after["assignee_id"]) == ("normal", "s-9")


async def test_other_breaches_count_whichever_was_none(tickets: RunningService, desk: Desk) -> None:
    """The one that stands holds the priority and the senior it asked."""
    ticket, first = await broken(tickets, desk)
    second = breach(ticket, new_id(), "next_response")
    await tickets.publish(second, sequence=2)
    await tickets.publish(withdrawn(first), sequence=3)
    after = await desk.get(f"/{ticket['id']}")
    assert (after["priority"], after["assignee_id"], len(await asked(desk))) == ("high", "s-9", 1)
    await tickets.publish(withdrawn(second), sequence=4)
    assert (await desk.get(f"/{ticket['id']}"))["priority"] == "normal"


async def test_a_breach_that_is_told_after_it_was_withdrawn_does_nothing(tickets: RunningService, desk: Desk) -> None:
    ticket = await desk.open()
    told = breach(ticket, new_id())
    await tickets.publish(withdrawn(told), sequence=2)
    await tickets.publish(told, sequence=1)
    assert await desk.get(f"/{ticket['id']}") == ticket | {"contact": None}


async def test_who_was_asked_by_hand_before_is_asked_still(tickets: RunningService, desk: Desk) -> None:
    """A senior who had been called earlier is called on; that ticket had been handed up before."""
    await desk.hire("s-8", "senior")
    ticket = (await desk.assign(await desk.open(), "me")).json()
    answer = await desk.post(f"/{ticket['id']}/escalation", {"reason": "Help"})
    assert answer.json()["assignee_id"] == "s-8"
    told = breach(ticket, new_id())
    await tickets.publish(told, sequence=1)
    await tickets.publish(withdrawn(told), sequence=2)
    (ask,) = await asked(desk, "s-8")
    assert ask["cause"].endswith("Help")
    back = [one for one in await desk.told(ticket["id"]) if one.type == TicketEscalationWithdrawn.type]
    assert [(one.data["senior_id"], one.data["handed_up_before"]) for one in back] == [("s-8", True)]
