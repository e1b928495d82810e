"""Staff accounts and broken promises."""

from typing import Any
from uuid import UUID

import pytest

from shared.contracts.gateway import AccountChanged, StaffRole, StaffStatus
from shared.contracts.sla import ClockBreached, ClockKind
from shared.contracts.tickets import TicketAssigned, TicketEscalated, TicketUpdated
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk
from tests.support.service import RunningService


def _breach(ticket: dict[str, Any], kind: str = "first_response", clock: UUID | None = None) -> ClockBreached:
    changes = {"ticket_id": UUID(ticket["id"]), "clock_id": clock or new_id(), "kind": ClockKind(kind)}
    return ClockBreached.sample().model_copy(update=changes)


async def test_a_breach_escalates(tickets: RunningService, desk: Desk) -> None:
    """Urgent, handed to the senior who is online and has least in hand; three facts of the system."""
    for id_, status in (("s-away", "away"), ("s-busy", "busy"), ("s-loaded", "online"), ("s-free", "online")):
        await desk.hire(id_, status=status)
    await desk.assign(await desk.open(), "s-loaded")
    ticket = (await desk.assign(await desk.open(), "me")).json()
    await tickets.publish(_breach(ticket))
    after = await desk.get(f"/{ticket['id']}")
    assert (after["priority"], after["assignee_id"], after["version"]) == ("urgent", "s-free", 6)
    updated, escalated, assigned = (await desk.told(ticket["id"]))[3:]
    assert TicketUpdated.model_validate(updated.data).changes == {"priority": ("normal", "urgent")}
    fact = TicketEscalated.model_validate(escalated.data)
    assert (fact.cause, fact.senior_id, fact.actor.id) == ("sla.first_response.breached", "s-free", "sla")
    assert TicketAssigned.model_validate(assigned.data).previous_assignee_id == "s-1"


async def test_a_clock_breaches_once(tickets: RunningService, desk: Desk) -> None:
    """The same clock told again, even as a new event, changes nothing more; another clock does."""
    ticket, clock = await desk.open(), new_id()
    first = await tickets.publish(_breach(ticket, "next_response", clock))
    await tickets.publish(_breach(ticket, "next_response", clock), sequence=1, id=first.id)
    await tickets.publish(_breach(ticket, "next_response", clock))
    assert (await desk.get(f"/{ticket['id']}"))["priority"] == "high"
    assert len(await tickets.recorded(TicketEscalated)) == 1
    await tickets.publish(_breach(ticket, "next_response"))
    assert (await desk.get(f"/{ticket['id']}"))["priority"] == "urgent"


async def test_breaches_may_come_in_any_order(tickets: RunningService, desk: Desk) -> None:
    """They do not build on each other: a gap in the clock's stream holds nothing up."""
    ticket = await desk.open()
    await tickets.publish(_breach(ticket, "next_response"), sequence=9)
    await tickets.publish(_breach(ticket, "first_response"), sequence=4)
    assert [e.data["cause"] for e in await tickets.recorded(TicketEscalated)] == [
        "sla.next_response.breached",
        "sla.first_response.breached",
    ]


async def test_without_a_senior_the_ticket_goes_to_the_queue(tickets: RunningService, desk: Desk) -> None:
    """Agents, admins and people of other brands do not take it; the cause is recorded."""
    await desk.hire("s-agent", "agent")
    await desk.hire("s-admin", "admin")
    foreign = AccountChanged(
        membership_id="m-x", staff_id="s-royal", name="X", role=StaffRole.SENIOR, status=StaffStatus.ONLINE,
        active=True, changed_at=MORNING,
    )  # fmt: skip
    await tickets.publish(foreign, brand="royal")
    ticket = (await desk.assign(await desk.open(), "me")).json()
    await tickets.publish(_breach(ticket))
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] is None
    assert (await tickets.recorded(TicketEscalated))[0].data["senior_id"] is None


@pytest.mark.parametrize("status", ["resolved", "closed"])
async def test_a_breach_of_a_finished_ticket_changes_nothing(tickets: RunningService, desk: Desk, status: str) -> None:
    """The promise was broken all the same, but there is nothing left to hurry."""
    ticket = (await desk.patch(await desk.open(), status=status)).json()
    await tickets.publish(_breach(ticket))
    assert await desk.get(f"/{ticket['id']}") == ticket | {"contact": None}


async def test_accounts_arrive_in_any_order(desk: Desk) -> None:
    """The newest state wins, whichever comes last; repeating is harmless."""
    ticket = await desk.open()
    await desk.hire("s-2", active=False, sequence=3)
    await desk.hire("s-2", active=True, sequence=2)
    assert (await desk.assign(ticket, "s-2")).status_code == 409
    await desk.hire("s-2", "lead", active=True, sequence=4)
    await desk.hire("s-2", "lead", active=True, sequence=4)
    assert (await desk.assign(ticket, "s-2")).status_code == 200
