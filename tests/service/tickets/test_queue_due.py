"""When a place is due: the promises of sla and the legal time of complaints, as soon as they are told."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.sla import ClockCancelled, ClockKind, ClockStarted, ComplaintScheduled
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk
from tests.service.tickets.test_queue import profile
from tests.support.eventually import eventually


async def waiting(desk: Desk) -> list[dict[str, Any]]:
    """Return what waits, in serving order."""
    answer = await desk.service.http.get("/v1/queues/tickets", headers=desk.agent())
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def promised(desk: Desk, ticket: dict[str, Any], due_at: datetime, clock: UUID) -> None:
    """Tell that a ticket's promise has begun."""
    told = {"ticket_id": UUID(ticket["id"]), "clock_id": clock, "due_at": due_at}
    await desk.service.publish(ClockStarted.sample().model_copy(update=told))


async def complained(desk: Desk, ticket: dict[str, Any], left: timedelta) -> dict[str, Any]:
    """Register a complaint of a ticket and tell when the law wants it answered."""
    answer = await desk.post(f"/{ticket['id']}/complaint", {"type": "other"})
    assert answer.status_code == 201, answer.text
    complaint: dict[str, Any] = answer.json()
    await desk.service.publish(
        ComplaintScheduled(
            complaint_id=complaint["id"], ticket_id=UUID(ticket["id"]), kind=ClockKind.COMPLAINT_FINAL,
            jurisdiction=complaint["jurisdiction"], owner_id=None, started_at=MORNING,
            due_at=desk.service.ground.clock.now() + left, occurred_at=MORNING,
        )
    )  # fmt: skip
    return complaint


async def test_the_earliest_promise_is_served_first(desk: Desk) -> None:
    """Inside a rank; what is promised goes before what is not, and an ended promise counts no more."""
    first, second, third = [await desk.open() for _ in range(3)]
    now, clock = desk.service.ground.clock.now(), new_id()
    await promised(desk, second, now + timedelta(hours=2), new_id())
    await promised(desk, third, now + timedelta(hours=1), clock)
    lines = await waiting(desk)
    assert [one["ticket_id"] for one in lines] == [third["id"], second["id"], first["id"]]
    assert lines[0]["due_at"] is not None
    ended = {"ticket_id": UUID(third["id"]), "clock_id": clock}
    await desk.service.publish(ClockCancelled.sample().model_copy(update=ended))
    assert [one["ticket_id"] for one in await waiting(desk)] == [second["id"], first["id"], third["id"]]


async def test_a_reopened_ticket_comes_back_with_its_promise(desk: Desk) -> None:
    """The place is new, what was promised is not."""
    ticket = await desk.open()
    await desk.patch(ticket, status="pending")
    await promised(desk, ticket, MORNING, new_id())
    assert await waiting(desk) == []
    await desk.post(f"/{ticket['id']}/messages", {"text": "And now?"}, desk.player())
    assert [one["due_at"] is not None for one in await waiting(desk)] == [True]


async def test_a_legal_deadline_under_four_hours_goes_before_all_that_is_not_grave(desk: Desk) -> None:
    """Not before; and when the complaint is answered the ticket is like any other."""
    plain, near, far = [await desk.open() for _ in range(3)]
    await complained(desk, far, timedelta(days=9))
    complaint = await complained(desk, near, timedelta(hours=3))
    ranks = [(one["ticket_id"], one["rank"]) for one in await waiting(desk)]
    assert ranks == [(near["id"], "legal"), (plain["id"], "standard"), (far["id"], "standard")]
    lead = desk.agent("s-9", role="senior")
    for step, body in (
        ("investigate", {}),
        ("decision", {"decision": "No", "reasons": "None", "remedy": "None"}),
        ("final-response", {"decision": "No", "end_of_process_statement": "End", "language": "en"}),
    ):
        moved = await desk.service.http.post(f"/v1/complaints/{complaint['id']}/{step}", json=body, headers=lead)
        assert moved.status_code == 200, moved.text
    await desk.post(f"/{near['id']}/messages", {"text": "I see."}, desk.player())
    assert (near["id"], "standard") in [(one["ticket_id"], one["rank"]) for one in await waiting(desk)]


async def test_the_queue_is_looked_at_when_a_legal_deadline_comes_near(desk: Desk) -> None:
    """The moment four hours before is called for, so that nobody has to touch the ticket."""
    await desk.hire("s-1", "agent")
    await profile(desk, "s-1", capacity={"form": 1})
    busy = await desk.open()
    await eventually(lambda: _held(desk, busy))
    first, second = await desk.open(), await desk.open()
    await complained(desk, second, timedelta(hours=4, milliseconds=300))

    async def raised() -> bool:
        return [one["ticket_id"] for one in await waiting(desk)] == [second["id"], first["id"]]

    await eventually(raised)
    await desk.patch(await desk.get(f"/{busy['id']}"), status="resolved")
    await eventually(lambda: _held(desk, second))
    assert (await desk.get(f"/{first['id']}"))["assignee_id"] is None


async def _held(desk: Desk, ticket: dict[str, Any]) -> bool:
    return bool((await desk.get(f"/{ticket['id']}"))["assignee_id"] == "s-1")
