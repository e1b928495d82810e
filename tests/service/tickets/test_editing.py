"""Editing, assigning and escalating."""

import asyncio
from typing import Any

import pytest

from shared.contracts.tickets import TicketAssigned, TicketEscalated, TicketStatusChanged, TicketUpdated
from shared.ids import new_id
from tests.service.tickets.desk import Desk


async def test_an_edit_is_two_facts_at_most(desk: Desk) -> None:
    """All fields are one fact, the status another; the ETag is the version of the last."""
    ticket = await desk.open()
    answer = await desk.patch(
        ticket, status="resolved", priority="high", subject="Late payout", language="de", reason="WDR.LATE"
    )
    assert answer.status_code == 200
    edited = answer.json()
    assert answer.headers["ETag"] == '"4"'
    assert (edited["status"], edited["priority"], edited["subject"], edited["reason"], edited["version"]) == (
        "resolved", "high", "Late payout", "WDR.LATE", 4,
    )  # fmt: skip
    _, _, updated, moved = await desk.told(ticket["id"])
    assert TicketUpdated.model_validate(updated.data).changes == {
        "priority": ("normal", "high"),
        "subject": ("Payout", "Late payout"),
        "language": (None, "de"),
        "reason": (None, "WDR.LATE"),
    }
    fact = TicketStatusChanged.model_validate(moved.data)
    assert (fact.before, fact.after, fact.ticket.reason_class, moved.sequence) == ("new", "resolved", "C", 4)
    cleared = (await desk.patch(edited, language=None, reason=None)).json()
    assert (cleared["language"], cleared["reason"], cleared["version"]) == (None, None, 5)


async def test_an_edit_that_changes_nothing_tells_nothing(desk: Desk) -> None:
    """The version stays."""
    ticket = await desk.open()
    answer = await desk.patch(ticket, status="new", subject="Payout")
    assert (answer.status_code, answer.json()) == (200, ticket)
    assert len(await desk.told(ticket["id"])) == 2


async def test_conditional_edits(desk: Desk) -> None:
    """Without If-Match 428, with a malformed one 400, with an old one 412 that names the current version."""
    ticket = await desk.open()
    path = f"/v1/tickets/{ticket['id']}"
    without = await desk.service.http.patch(path, json={"status": "open"}, headers=desk.agent())
    assert (without.status_code, without.json()["code"]) == (428, "if-match-missing")
    malformed = await desk.service.http.patch(
        path, json={"status": "open"}, headers=desk.agent() | {"If-Match": 'W/"2"'}
    )
    assert malformed.status_code == 400
    stale = await desk.patch(ticket, version=1, status="open")
    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (412, "stale", 2)


async def test_fifty_edits_at_once(desk: Desk) -> None:
    """Each is applied or refused as stale; nothing is overwritten and the version counts what was applied."""
    ticket = await desk.open()

    async def edit(number: int) -> int:
        fresh = await desk.get(f"/{ticket['id']}")
        return (await desk.patch(fresh, subject=f"Subject {number}")).status_code

    statuses = await asyncio.gather(*(edit(number) for number in range(50)))
    assert set(statuses) <= {200, 412}
    after = await desk.get(f"/{ticket['id']}")
    assert after["version"] - ticket["version"] == statuses.count(200) >= 1
    assert [fact.sequence for fact in await desk.told(ticket["id"])] == list(range(1, after["version"] + 1))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"status": "lost"}, "/status"),
        ({"status": None}, "/status"),
        ({"priority": "extreme"}, "/priority"),
        ({"subject": None}, "/subject"),
        ({"subject": "nul\x00"}, "/subject"),
        ({"language": "?"}, "/language"),
        ({"assignee_id": "s-1"}, "/assignee_id"),
    ],
)
async def test_a_malformed_edit_is_refused_by_field(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    """Unknown fields too: a silent no-op would look like success."""
    ticket = await desk.open()
    answer = await desk.patch(ticket, **change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_moves_that_are_not_in_the_table(desk: Desk) -> None:
    """409 with what would be allowed; the whole edit is refused."""
    ticket = (await desk.patch(await desk.open(), status="closed")).json()
    answer = await desk.patch(ticket, status="pending", priority="high")
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["allowed"]) == ("status-move-refused", ["open"])
    assert (await desk.get(f"/{ticket['id']}"))["priority"] == "normal"
    unknown = await desk.patch(ticket, reason="NO.SUCH")
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/reason")


async def test_who_may_edit(desk: Desk) -> None:
    """Staff and servers that may write; players and visitors edit nothing."""
    ticket = await desk.open()
    assert (await desk.patch(ticket, desk.player(), status="resolved")).status_code == 403
    assert (await desk.patch(ticket, desk.visitor(), status="resolved")).status_code == 403
    assert (await desk.patch(ticket, desk.server("tickets:read"), status="open")).status_code == 403
    assert (await desk.patch(ticket, desk.server("tickets:write"), status="open")).status_code == 200
    assert (await desk.post(f"/{ticket['id']}/escalation", {"reason": "x"}, desk.player())).status_code == 403
    assert (
        await desk.service.http.put(
            f"/v1/tickets/{ticket['id']}/assignment", json={"assignee_id": "me"}, headers=desk.server("tickets:write")
        )
    ).status_code == 403


async def test_assignment(desk: Desk) -> None:
    """To oneself, to a colleague, back to the queue; repeating it changes nothing."""
    await desk.hire("s-2", "senior")
    ticket = await desk.open()
    mine = await desk.assign(ticket, "me")
    assert (mine.status_code, mine.json()["assignee_id"], mine.headers["ETag"]) == (200, "s-1", '"3"')
    assert (await desk.assign(ticket, "s-1")).json()["version"] == 3
    assert (await desk.assign(ticket, "s-2")).json()["assignee_id"] == "s-2"
    assert (await desk.assign(ticket, None)).json()["assignee_id"] is None
    facts = [TicketAssigned.model_validate(fact.data) for fact in (await desk.told(ticket["id"]))[2:]]
    assert [(fact.previous_assignee_id, fact.assignee_id, fact.assignee_role) for fact in facts] == [
        (None, "s-1", "agent"),
        ("s-1", "s-2", "senior"),
        ("s-2", None, None),
    ]


async def test_assignments_that_are_refused(desk: Desk) -> None:
    """Unknown people 404, inactive ones 409, an old If-Match 412, a missing field 422."""
    await desk.hire("s-off", active=False)
    ticket = await desk.open()
    unknown = await desk.assign(ticket, "s-none")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "staff-not-found")
    inactive = await desk.assign(ticket, "s-off")
    assert (inactive.status_code, inactive.json()["code"]) == (409, "staff-inactive")
    assert (await desk.assign(ticket, "me", **{"If-Match": '"1"'})).status_code == 412
    assert (await desk.assign(ticket, "me", **{"If-Match": '"2"'})).status_code == 200
    empty = await desk.service.http.put(f"/v1/tickets/{ticket['id']}/assignment", json={}, headers=desk.agent())
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/assignee_id")


async def test_somebody_switched_off_takes_nothing(desk: Desk) -> None:
    """Not even with a token that is still valid."""
    await desk.hire("s-1", "agent", active=False)
    assert (await desk.assign(await desk.open(), "me")).status_code == 409


async def test_two_agents_take_the_same_ticket(desk: Desk) -> None:
    """With If-Match one of them wins and the other is told."""
    ticket = await desk.open()

    async def take(id_: str) -> int:
        headers = desk.agent(id_) | {"If-Match": '"2"'}
        path = f"/v1/tickets/{ticket['id']}/assignment"
        return (await desk.service.http.put(path, json={"assignee_id": "me"}, headers=headers)).status_code

    assert sorted(await asyncio.gather(*(take(f"s-{i}") for i in range(10)))) == [200] + [412] * 9


async def test_escalation_by_hand(desk: Desk) -> None:
    """Another senior takes over, once per key; a finished ticket is not escalated."""
    await desk.hire("s-9", "senior")
    ticket = await desk.open()
    headers = desk.agent() | {"Idempotency-Key": str(new_id())}
    path = f"/{ticket['id']}/escalation"
    first, twin = [await desk.post(path, {"reason": "needs a decision"}, headers) for _ in range(2)]
    assert (first.status_code, first.content) == (200, twin.content)
    assert (first.json()["assignee_id"], first.json()["version"]) == ("s-9", 4)
    escalated, assigned = (await desk.told(ticket["id"]))[2:]
    assert TicketEscalated.model_validate(escalated.data).cause == "staff: needs a decision"
    assert TicketAssigned.model_validate(assigned.data).assignee_role == "senior"
    again = await desk.post(path, {"reason": "he is ill"})
    assert again.json()["assignee_id"] is None
    await desk.patch(again.json(), status="resolved")
    finished = await desk.post(path, {"reason": "too late"})
    assert (finished.status_code, finished.json()["code"]) == (409, "ticket-finished")
    blank = await desk.post(path, {"reason": " "})
    assert (blank.status_code, blank.json()["errors"][0]["pointer"]) == (422, "/reason")
