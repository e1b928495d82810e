"""Legal clocks in the service: scheduled, warned, broken and met once, whatever order the facts come in."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.contracts.base import Author, AuthorKind
from shared.contracts.sla import ClockKind, ComplaintBreached, ComplaintMet, ComplaintScheduled, ComplaintWarned
from shared.contracts.tickets import ComplaintChanged, ComplaintRegistered, ComplaintState, ComplaintStep
from shared.contracts.tickets.complaints import SAMPLE_COMPLAINT
from shared.ids import new_id
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import RunningService, running_service

STAFF = Author(kind=AuthorKind.STAFF, id="s-1")


@pytest_asyncio.fixture
async def quick(postgres: Cluster) -> AsyncIterator[RunningService]:
    """The service, for which a legal day lasts a fifth of a second."""
    async with running_service(postgres, "sla", complaint_seconds_per_day=0.2) as service:
        yield service


def state(service: RunningService, **fields: object) -> ComplaintState:
    now = service.ground.clock.now()
    return SAMPLE_COMPLAINT.model_copy(
        update={"id": new_id(), "jurisdiction": "MT", "received_at": now, "version": 1, **fields}
    )


async def registered(service: RunningService, one: ComplaintState, sequence: int = 1) -> None:
    fact = ComplaintRegistered(complaint_id=one.id, complaint=one, actor=STAFF, occurred_at=one.received_at)
    await service.publish(fact, sequence=sequence)


async def changed(service: RunningService, one: ComplaintState, **fields: Any) -> ComplaintState:
    after = one.model_copy(update={**fields, "version": one.version + 1})
    fact = ComplaintChanged(
        complaint_id=one.id,
        complaint=after,
        actor=STAFF,
        occurred_at=one.received_at,
        before=one.step,
        after=after.step,
    )
    await service.publish(fact, sequence=after.version)
    return after


async def told(service: RunningService, type_: type, kind: ClockKind = ClockKind.COMPLAINT_FINAL) -> list[Any]:
    return [e for e in await service.recorded(type_) if e.data["kind"] == kind.value]


async def test_an_unanswered_complaint_is_warned_three_times_and_broken_once(quick: RunningService) -> None:
    one = state(quick)
    await registered(quick, one)
    (plan,) = await told(quick, ComplaintScheduled)
    await eventually(lambda: told(quick, ComplaintBreached))
    assert [e.data["percent"] for e in await told(quick, ComplaintWarned)] == [50, 80, 95]
    (broken,) = await told(quick, ComplaintBreached)
    assert broken.data["due_at"] == plan.data["due_at"]
    everything = [e for e in await quick.recorded() if e.subject == str(one.id)]
    assert sorted(e.sequence for e in everything) == list(range(1, len(everything) + 1))


async def test_what_is_answered_in_time_is_met(quick: RunningService) -> None:
    one = state(quick, jurisdiction="GB")
    await registered(quick, one)
    now = quick.ground.clock.now()
    await changed(quick, one, step=ComplaintStep.FINAL_RESPONSE_SENT, acknowledged_at=now, final_response_at=now)
    assert len(await told(quick, ComplaintMet)) == 1
    assert len(await told(quick, ComplaintMet, ClockKind.COMPLAINT_ACKNOWLEDGED)) == 1


async def test_an_older_fact_that_comes_late_changes_nothing(quick: RunningService) -> None:
    one = state(quick, jurisdiction="CW")
    now = quick.ground.clock.now()
    await changed(quick, one, step=ComplaintStep.CLOSED, closed_at=now)
    await registered(quick, one)
    assert await told(quick, ComplaintScheduled) == []


async def test_a_complaint_that_came_late_is_broken_at_its_own_time(quick: RunningService) -> None:
    one = state(quick, received_at=quick.ground.clock.now() - timedelta(days=1))
    await registered(quick, one)
    broken = (await eventually(lambda: told(quick, ComplaintBreached)))[0]
    assert broken.data["late_by_ms"] > 80_000_000
    assert await told(quick, ComplaintWarned) == []


async def test_an_answer_after_the_time_breaks_the_promise_although_no_timer_has_said_so(quick: RunningService) -> None:
    now = quick.ground.clock.now()
    one = state(quick, received_at=now - timedelta(days=1), version=0)
    await changed(quick, one, step=ComplaintStep.FINAL_RESPONSE_SENT, acknowledged_at=now, final_response_at=now)
    for kind in (ClockKind.COMPLAINT_FINAL, ClockKind.COMPLAINT_ACKNOWLEDGED):
        assert len(await told(quick, ComplaintBreached, kind)) == 1
        assert len(await told(quick, ComplaintMet, kind)) == 1


async def test_two_timer_jobs_fire_each_legal_clock_once(postgres: Cluster) -> None:
    """Two processes on one database: every complaint is warned three times and broken once."""
    async with (
        running_service(postgres, "sla", complaint_seconds_per_day=0.2) as one,
        running_service(postgres, "sla", urls=one.urls, complaint_seconds_per_day=0.2),
    ):
        complaints = [state(one) for _ in range(10)]
        for complaint in complaints:
            await registered(one, complaint)

        async def all_broken() -> bool:
            return len(await told(one, ComplaintBreached)) >= len(complaints)

        await eventually(all_broken)
        for type_, times in ((ComplaintWarned, 3), (ComplaintBreached, 1)):
            subjects = [fact.subject for fact in await told(one, type_)]
            assert sorted(subjects) == sorted([str(complaint.id) for complaint in complaints] * times)
