"""Two tickets processes on one database, one of them killed: every ticket has one owner at a time."""

import asyncio
from typing import Any

from shared.contracts.base import Envelope
from shared.contracts.tickets import TicketAssigned
from tests.service.tickets.desk import Desk
from tests.service.tickets.test_queue import profile
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

_CAPACITY = 4


async def test_no_double_assignment_with_a_kill(postgres: Cluster, tickets: RunningService) -> None:
    """Both take openings and decide at once; one dies in the middle, and the other one gives what it left."""
    desk = Desk(tickets)
    people = [f"s-{n}" for n in range(1, 6)]
    for one in people:
        await desk.hire(one, "agent")
        await profile(desk, one, capacity={"form": _CAPACITY})
    async with running_service(postgres, "tickets", urls=tickets.urls) as twin:
        beside = Desk(twin)
        await asyncio.gather(*(side.open() for _ in range(8) for side in (desk, beside)))
        victim = asyncio.create_task(_open_many(beside))
        await asyncio.gather(*(desk.open() for _ in range(4)))
        victim.cancel()
    await eventually(lambda: _is_full(tickets, people))
    facts = [TicketAssigned.model_validate(fact.data) for fact in await tickets.recorded(TicketAssigned)]
    owners: dict[Any, str | None] = {}
    for fact in facts:
        assert owners.get(fact.ticket_id) == fact.previous_assignee_id
        owners[fact.ticket_id] = fact.assignee_id
        held = list(owners.values())
        assert all(held.count(one) <= _CAPACITY for one in people)


async def _open_many(desk: Desk) -> None:
    await asyncio.gather(*(desk.open() for _ in range(8)))


async def _is_full(tickets: RunningService, people: list[str]) -> bool:
    """Nobody is idle while something waits."""
    told: list[Envelope] = await tickets.recorded(TicketAssigned)
    return len(told) == _CAPACITY * len(people)
