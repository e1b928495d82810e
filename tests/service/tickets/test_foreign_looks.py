"""Looks at players' words in other services are lines of the same trail, on a real database."""

from datetime import timedelta
from typing import Any

from shared.contracts.base import Author, AuthorKind
from shared.contracts.chat import TranscriptRead
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started


def _read(ticket_id: Any, **more: Any) -> TranscriptRead:
    reader = Author(kind=AuthorKind.STAFF, id="s-2", name="Bob")
    values = {"read_id": new_id(), "ticket_id": ticket_id, "reader": reader, "after_seq": 0, "listening": True}
    times = {"request_id": "r-9", "read_at": MORNING + timedelta(minutes=1)}
    return TranscriptRead.model_validate(values | times | more)


async def _trail(desk: Desk, brand: str = "lucky", **query: Any) -> list[dict[str, Any]]:
    headers = desk.agent("s-lead", brand, "lead")
    answer = await desk.service.http.get("/v1/audit", params={"action": "read_transcript", **query}, headers=headers)
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
