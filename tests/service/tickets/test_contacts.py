"""Who writes from outside is shown to the staff who read the ticket, on record, and to nobody else."""

from typing import Any, Final

import pytest
from sqlalchemy import text

from tests.service.tickets.desk import KIM, Desk, received
from tests.support.service import RunningService

SHOWN: Final = {"channel": "email", "address": "kim@example.org", "name": "Kim"}


async def _mailed(tickets: RunningService) -> str:
    await tickets.publish(received())
    return (await tickets.recorded())[0].subject


async def _contact(desk: Desk, ticket_id: str, headers: dict[str, str] | None = None) -> Any:
    return (await desk.get(f"/{ticket_id}", headers))["contact"]


async def test_staff_and_servers_see_who_writes_by_email(tickets: RunningService, desk: Desk) -> None:
    """From where and by which name, and nothing of how the answers are threaded; the newest name counts."""
    ticket_id = await _mailed(tickets)
    assert await _contact(desk, ticket_id) == SHOWN
    assert await _contact(desk, ticket_id, desk.server("tickets:read")) == SHOWN
    await tickets.publish(received("And?", KIM.model_copy(update={"name": "Kim Doe"}), ticket_id=ticket_id))
    assert await _contact(desk, ticket_id) == SHOWN | {"name": "Kim Doe"}


async def test_a_stranger_in_the_thread_is_not_who_writes(tickets: RunningService, desk: Desk) -> None:
    """His words are a note that names him; answers do not go to him."""
    ticket_id = await _mailed(tickets)
    lee = KIM.model_copy(update={"address": "lee@example.org", "name": "Lee"})
    await tickets.publish(received("Me too", lee, ticket_id=ticket_id))
    assert await _contact(desk, ticket_id) == SHOWN


@pytest.mark.parametrize("who", ["player", "visitor"])
async def test_whose_ticket_it_is_does_not_see_the_contact(tickets: RunningService, desk: Desk, who: str) -> None:
    """Even if the ticket is a player's or a visitor's and somebody writes in it by e-mail."""
    ticket_id = await _mailed(tickets)
    async with tickets.ground.database.begin("lucky") as session:
        statement = f"UPDATE tickets SET {who}_id = 'x-1' WHERE brand = 'lucky'"  # noqa: S608 - parameters of this test
        await session.execute(text(statement))
    headers = desk.player("x-1") if who == "player" else desk.visitor("x-1")
    answer = await tickets.http.get(f"/v1/tickets/{ticket_id}", headers=headers)
    assert (answer.status_code, answer.json()["contact"]) == (200, None)
    assert "example.org" not in answer.text


async def test_another_brand_does_not_see_it(tickets: RunningService, desk: Desk) -> None:
    ticket_id = await _mailed(tickets)
    for headers in (desk.agent(brand="royal", role="admin"), desk.server("tickets:read", brand="royal")):
        answer = await tickets.http.get(f"/v1/tickets/{ticket_id}", headers=headers)
        assert answer.status_code == 404
        assert "example.org" not in answer.text


async def test_what_came_by_no_outside_channel_has_no_contact(desk: Desk) -> None:
    assert await _contact(desk, (await desk.open())["id"]) is None


async def test_lists_carry_no_address_and_the_look_is_on_record(tickets: RunningService, desk: Desk) -> None:
    """Whoever wants to know who writes reads the ticket, which the audit trail tells."""
    ticket_id = await _mailed(tickets)
    page = await tickets.http.get("/v1/tickets", headers=desk.agent())
    assert page.json()["items"][0]["id"] == ticket_id
    assert "kim@" not in page.text
    await _contact(desk, ticket_id, desk.agent("s-7"))
    lead = desk.agent("s-lead", role="lead")
    trail = (await tickets.http.get("/v1/audit", params={"action": "read_ticket"}, headers=lead)).json()["items"]
    assert [(one["actor"]["id"], one["ticket_id"]) for one in trail] == [("s-7", ticket_id)]
    assert "kim@" not in str(trail)
