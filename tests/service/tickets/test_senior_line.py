"""A senior who does not accept in time: the next in line is asked, and sla counts his time; both services at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.contracts.base import Envelope, event_class
from shared.contracts.sla import ClockBreached, ClockKind
from shared.contracts.tickets import TicketEscalated
from shared.ids import new_id
from tests.service.tickets.desk import Desk
from tests.service.tickets.test_asked_seniors import asked, assigning
from tests.support.database import Cluster
from tests.support.service import RunningService, running_service


def breach(ticket: dict[str, Any]) -> ClockBreached:
    """Return the news that nobody accepted in time."""
    changes = {"ticket_id": UUID(ticket["id"]), "clock_id": new_id(), "kind": ClockKind.SENIOR_ACCEPTS}
    return ClockBreached.sample().model_copy(update=changes)


async def test_the_next_in_line_is_asked_and_nobody_twice(tickets: RunningService, desk: Desk) -> None:
    """Who works on it keeps it meanwhile; with nobody left it waits for everybody and the lead is called."""
    ticket = await assigning(desk, "s-7", "s-8")
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    assert (await asked(desk, ticket)).senior_id == "s-7"
    await tickets.publish(breach(ticket))
    second = await asked(desk, ticket)
    assert (second.senior_id, second.asked, second.cause) == ("s-8", True, "sla.senior_accepts.breached")
    assert (await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-1"
    late = await desk.post(f"/{ticket['id']}/escalation/accept", None, desk.agent("s-7", role="senior"))
    assert late.status_code == 409
    await tickets.publish(breach(ticket))
    assert (await asked(desk, ticket)).senior_id is None
    accepted = await desk.post(f"/{ticket['id']}/escalation/accept", None, desk.agent("s-8", role="senior"))
    assert accepted.status_code == 409


async def test_who_was_asked_next_may_accept(tickets: RunningService, desk: Desk) -> None:
    """It is his from then on, and asking is over."""
    ticket = await assigning(desk, "s-7", "s-8")
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    await tickets.publish(breach(ticket))
    accepted = await desk.post(f"/{ticket['id']}/escalation/accept", None, desk.agent("s-8", role="senior"))
    assert (accepted.status_code, accepted.json()["assignee_id"]) == (200, "s-8")


async def test_sla_follows_who_is_asked(postgres: Cluster, tickets: RunningService, desk: Desk) -> None:
    """The broken clock ends for the first senior; a second one runs for the next, and his acceptance meets it."""
    ticket = await assigning(desk, "s-7", "s-8")
    await desk.post(f"/{ticket['id']}/escalation", {"reason": "needs a decision"})
    await tickets.publish(breach(ticket))
    await desk.post(f"/{ticket['id']}/escalation/accept", None, desk.agent("s-8", role="senior"))
    facts = await desk.told(ticket["id"])
    begun = next(n for n, one in enumerate(facts) if one.type == TicketEscalated.type)
    async with running_service(postgres, "sla") as sla:
        for number, one in enumerate(facts):
            # The second senior was asked, and accepted, an hour and more after the first one was asked.
            late = timedelta(hours=2) if number > begun else timedelta(0)
            await _pass_on(sla, one, late)
        clocks = (await sla.http.get(f"/v1/tickets/{ticket['id']}/sla", headers=sla.actor())).json()["clocks"]
    seniors = sorted((one for one in clocks if one["kind"] == "senior_accepts"), key=lambda one: one["started_at"])
    assert [one["state"] for one in seniors] == ["breached", "met"]
    assert seniors[0]["met_at"] is None


async def _pass_on(sla: RunningService, fact: Envelope, late: timedelta) -> None:
    declared = event_class(fact.type)
    assert declared is not None
    event = declared.model_validate(fact.data)
    at = event.occurred_at + late  # type: ignore[attr-defined]
    await sla.publish(event.model_copy(update={"occurred_at": at}), sequence=fact.sequence, at=at)
