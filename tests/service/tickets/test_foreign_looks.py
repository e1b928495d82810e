"""Looks at players' words in other services are lines of the same trail, on a real database."""

from datetime import timedelta
from typing import Any

import pytest

from services.tickets.domain.audit import AuditAction
from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import ChatDataRead, TranscriptRead
from shared.contracts.intake import IntakeDataRead
from shared.contracts.looks import PlayerDataRead, Sight
from shared.contracts.notifications import DeliveriesRead
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started


def _read(ticket_id: Any, **more: Any) -> TranscriptRead:
    reader = Author(kind=AuthorKind.STAFF, id="s-2", name="Bob")
    values = {"read_id": new_id(), "ticket_id": ticket_id, "reader": reader, "after_seq": 0, "listening": True}
    times = {"request_id": "r-9", "read_at": MORNING + timedelta(minutes=1)}
    return TranscriptRead.model_validate(values | times | more)


async def _trail(desk: Desk, brand: str = "lucky", **query: Any) -> list[dict[str, Any]]:
    headers = desk.agent("s-lead", brand, "lead")
    wanted = {"action": "read_transcript", **query}
    params = {name: value for name, value in wanted.items() if value is not None}
    answer = await desk.service.http.get("/v1/audit", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_who_opened_a_transcript_in_chat_is_in_the_trail(desk: Desk) -> None:
    """With person, role, time, reason, ticket and player, once however often the fact is delivered."""
    await desk.hire("s-2", "senior")
    ticket_id = new_id()
    await desk.service.publish(session_started(ticket_id))
    await desk.service.publish(posted(ticket_id, 1, "Hello"))
    fact, event_id = _read(ticket_id, reason="a call"), new_id()
    for _ in range(2):
        await desk.service.publish(fact, sequence=1, id=event_id)
    (entry,) = await _trail(desk, player_id="p-1")
    assert entry["actor"] == {"kind": "staff", "id": "s-2", "name": "Bob", "role": "senior"}
    assert (entry["ticket_id"], entry["reason"], entry["request_id"]) == (str(ticket_id), "a call", "r-9")
    assert entry["occurred_at"] == (MORNING + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert entry["filter"] == {"listening": True}
    assert await _trail(desk, brand="royal") == []


async def test_a_look_that_comes_before_its_ticket_is_kept_all_the_same(desk: Desk) -> None:
    """With the player of the conversation if chat told of it, else without one."""
    known, unknown = new_id(), new_id()
    await desk.service.publish(session_started(known))
    for one in (known, unknown):
        await desk.service.publish(_read(one, after_seq=7, listening=False))
    entries = {entry["ticket_id"]: entry for entry in await _trail(desk)}
    assert entries[str(known)]["player_id"] == "p-1"
    assert entries[str(unknown)]["player_id"] is None
    assert entries[str(known)]["filter"] == {"after_seq": 7}


@pytest.mark.parametrize("fact", [ChatDataRead, IntakeDataRead, DeliveriesRead])
async def test_what_other_services_show_of_players_is_in_the_trail(desk: Desk, fact: type[PlayerDataRead]) -> None:
    """With what a list was narrowed to, and the player of the ticket if one is named; once however often it comes."""
    await desk.hire("s-2", "lead")
    ticket = await desk.open()
    reader = Author(kind=AuthorKind.STAFF, id="s-2", name="Bob")
    told = fact(
        read_id=new_id(), sight=Sight.LIST_ATTACHMENTS, reader=reader, ticket_id=ticket["id"], filter={"worst": 2},
        reason="a call", request_id="r-9", read_at=MORNING,
    )  # fmt: skip
    event_id = new_id()
    for _ in range(2):
        await desk.service.publish(told, sequence=1, id=event_id)
    (entry,) = await _trail(desk, player_id="p-1", action="list_attachments")
    assert (entry["actor"]["id"], entry["actor"]["role"], entry["ticket_id"]) == ("s-2", "lead", ticket["id"])
    assert (entry["filter"], entry["reason"], entry["request_id"]) == ({"worst": 2}, "a call", "r-9")
    unknown = told.model_copy(update={"read_id": new_id(), "sight": "smell_attachment", "ticket_id": None})
    await desk.service.publish(unknown, sequence=1)
    newest = (await _trail(desk, actor="s-2", action=None))[0]
    assert (newest["action"], newest["ticket_id"], newest["player_id"]) == ("smell_attachment", None, None)


def test_the_trail_knows_what_it_is_told() -> None:
    assert {sight.value for sight in Sight} <= {action.value for action in AuditAction}
