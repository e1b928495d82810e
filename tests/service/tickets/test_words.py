"""Messages and the timeline, through the API."""

import asyncio
from typing import Any

import pytest

from shared.contracts.tickets import MessageAdded, TicketState, TicketStatusChanged
from shared.ids import new_id
from tests.service.tickets.desk import Desk


async def test_an_answer_takes_the_ticket_into_work(desk: Desk) -> None:
    """201 with the message; two facts: the words, then the move they cause."""
    ticket = await desk.open()
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": "It is on its way.", "kind": "reply"})
    assert answer.status_code == 201
    message = answer.json()
    assert {name: message[name] for name in ("ticket_id", "kind", "text", "author", "automatic", "version")} == {
        "ticket_id": ticket["id"],
        "kind": "reply",
        "text": "It is on its way.",
        "author": {"kind": "staff", "id": "s-1", "name": "Ann"},
        "automatic": False,
        "version": 3,
    }
    said, moved = (await desk.told(ticket["id"]))[2:]
    fact = MessageAdded.model_validate(said.data)
    assert (str(fact.message_id), fact.kind, fact.live, fact.contact) == (message["id"], "reply", False, None)
    assert TicketStatusChanged.model_validate(moved.data).after == "open"
    assert (await desk.get(f"/{ticket['id']}"))["version"] == 4


@pytest.mark.parametrize("status", ["pending", "resolved", "closed"])
async def test_the_ticket_reopens_when_the_player_writes_again(desk: Desk, status: str) -> None:
    """Whatever the player says the kind is, his words are a message and bring the ticket back."""
    ticket = (await desk.patch(await desk.open(), status=status)).json()
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": "Still missing", "kind": "note"}, desk.player())
    assert (answer.status_code, answer.json()["kind"], answer.json()["author"]["id"]) == (201, "message", "p-1")
    assert (await desk.get(f"/{ticket['id']}"))["status"] == "open"
    said, moved = (await desk.told(ticket["id"]))[3:]
    assert (said.type, moved.data["before"], moved.data["after"]) == (MessageAdded.type, status, "open")


async def test_notes_stay_inside(desk: Desk) -> None:
    """Players and visitors never see notes, assignments, priorities or escalations; staff see all of it."""
    ticket = await desk.open()
    path = f"/{ticket['id']}"
    await desk.post(f"{path}/messages", {"text": "Suspicious", "kind": "note"})
    await desk.post(f"{path}/messages", {"text": "We look into it."})
    await desk.assign(ticket, "me")
    await desk.patch(await desk.get(path), priority="urgent")
    await desk.post(f"{path}/escalation", {"reason": "VIP"})
    for_player = await desk.get(f"{path}/timeline", desk.player())
    assert [entry["change"] or entry["text"] for entry in for_player["items"]] == [
        {"what": "opened", "status": "new"},
        "Where is it?",
        "We look into it.",
        {"what": "status", "before": "new", "after": "open"},
    ]
    words = await desk.get(f"{path}/messages", desk.player())
    assert [item["text"] for item in words["items"]] == ["Where is it?", "We look into it."]
    assert [item["kind"] for item in (await desk.get(f"{path}/messages"))["items"]] == ["message", "note", "reply"]
    inside = (await desk.get(f"{path}/timeline"))["items"]
    assert [(entry["change"] or {}).get("what", entry["kind"]) for entry in inside] == [
        "opened", "message", "note", "reply", "status", "assignee", "fields", "escalation", "assignee",
    ]  # fmt: skip
    assert sorted(entry["version"] for entry in inside) == list(range(1, 10))


async def test_servers_answer_or_pass_words_on(desk: Desk) -> None:
    """In their own name, or in the name of the ticket's player and nobody else."""
    ticket = await desk.open()
    path, write = f"/{ticket['id']}/messages", "tickets:write"
    reply = await desk.post(path, {"text": "Paid out."}, desk.server(write))
    assert (reply.json()["kind"], reply.json()["author"]["kind"]) == ("reply", "server")
    words = await desk.post(path, {"text": "Thanks", "kind": "message", "player_id": "p-1"}, desk.server(write))
    assert (words.json()["kind"], words.json()["author"]) == (
        "message",
        {"kind": "player", "id": "p-1", "name": None},
    )
    stranger = await desk.post(path, {"text": "Hi", "player_id": "p-2"}, desk.server(write))
    assert (stranger.status_code, stranger.json()["code"]) == (400, "player-mismatch")
    nobody = await desk.post(path, {"text": "Hi", "kind": "message"}, desk.server(write))
    assert (nobody.status_code, nobody.json()["errors"][0]["pointer"]) == (400, "/player_id")
    staff = await desk.post(path, {"text": "Hi", "kind": "message"})
    assert (staff.status_code, staff.json()["code"]) == (400, "message-kind-refused")
    assert (await desk.post(path, {"text": "Hi"}, desk.server("tickets:read"))).status_code == 403


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "bell\x07"}, "/text"),
        ({"text": "x" * 16_001}, "/text"),
        ({"text": "Hi", "kind": "shout"}, "/kind"),
    ],
)
async def test_malformed_words_are_refused_by_field(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    """422 with a pointer, and the ticket stays as it was."""
    ticket = await desk.open()
    answer = await desk.post(f"/{ticket['id']}/messages", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await desk.get(f"/{ticket['id']}"))["version"] == 2


async def test_the_longest_text_fits(desk: Desk) -> None:
    """16 000 characters, each of four bytes, with a line break; also where the answer is stored for its twins."""
    longest = "🎰" * 15_999 + "\n"
    ticket = await desk.open(message={"text": longest})
    headers = desk.agent() | {"Idempotency-Key": str(new_id())}
    for _ in range(2):
        answer = await desk.post(f"/{ticket['id']}/messages", {"text": longest}, headers)
        assert (answer.status_code, answer.json()["text"]) == (201, longest)
    assert [len(m["text"]) for m in (await desk.get(f"/{ticket['id']}/messages"))["items"]] == [16_000, 16_000]


async def test_thirty_messages_at_once_leave_no_gap(desk: Desk) -> None:
    """Every message gets a version of its own; the facts are recorded in that order, without gaps."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    answers = await asyncio.gather(
        *(desk.post(path, {"text": f"Message {n}"}, desk.player() if n % 2 else desk.agent()) for n in range(30))
    )
    assert {answer.status_code for answer in answers} == {201}
    facts = await desk.told(ticket["id"])
    after = await desk.get(f"/{ticket['id']}")
    assert [fact.sequence for fact in facts] == list(range(1, after["version"] + 1))
    assert [TicketState.model_validate(fact.data["ticket"]).version for fact in facts] == [
        fact.sequence for fact in facts
    ]
    assert len({answer.json()["version"] for answer in answers}) == 30
    moves = [fact for fact in facts if fact.type == TicketStatusChanged.type]
    assert len(moves) == 1


async def test_twins_speak_once(desk: Desk) -> None:
    """The same key adds one message, however often and however close it comes."""
    ticket = await desk.open()
    headers = desk.agent() | {"Idempotency-Key": str(new_id())}
    path = f"/{ticket['id']}/messages"
    answers = await asyncio.gather(*(desk.post(path, {"text": "Once"}, headers) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len((await desk.get(path))["items"]) == 2


async def test_the_timeline_is_read_in_pages(desk: Desk) -> None:
    """Oldest first, each entry once, in the order of time."""
    ticket = await desk.open()
    path = f"/{ticket['id']}"
    for number in range(7):
        await desk.post(f"{path}/messages", {"text": f"Message {number}"})
    entries: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await desk.get(f"{path}/timeline", limit=3, **cursor)
        entries += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    order = [(entry["occurred_at"], entry["id"]) for entry in entries]
    assert (len(order), order) == (10, sorted(set(order)))
    elsewhere = await desk.open()
    answer = await desk.service.http.get(
        f"/v1/tickets/{elsewhere['id']}/timeline", params={"cursor": cursor["cursor"]}, headers=desk.agent()
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor-invalid")
