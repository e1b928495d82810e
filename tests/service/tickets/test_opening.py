"""Opening a ticket by hand."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from shared.contracts.tickets import MessageAdded, TicketOpened
from shared.ids import new_id
from tests.service.tickets.desk import Desk
from tests.support.service import RunningService


async def test_a_player_opens_a_ticket(tickets: RunningService, desk: Desk) -> None:
    """201 with the ticket, its ETag and its place; two facts, in order, that carry it."""
    body = {"subject": " Payout ", "message": {"text": "Where\nis it?"}, "reason": "WDR.LATE", "language": "en"}
    answer = await tickets.http.post("/v1/tickets", json=body, headers=desk.player())
    assert answer.status_code == 201
    ticket = answer.json()
    expected = {
        "brand": "lucky", "number": "LUCKY-1001", "player_id": "p-1", "subject": "Payout", "channel": "form",
        "status": "new", "priority": "high", "assignee_id": None, "language": "en", "reason": "WDR.LATE", "version": 2,
    }  # fmt: skip
    assert {name: ticket[name] for name in expected} == expected
    assert answer.headers["ETag"] == '"2"'
    assert answer.headers["Location"] == f"/v1/tickets/{ticket['id']}"
    read = await tickets.http.get(answer.headers["Location"], headers=desk.player())
    assert (read.json(), read.headers["ETag"]) == (ticket | {"contact": None}, '"2"')
    opened, said = await desk.told(ticket["id"])
    assert (opened.type, opened.sequence, said.type, said.sequence) == (TicketOpened.type, 1, MessageAdded.type, 2)
    fact = MessageAdded.model_validate(said.data)
    assert (fact.author.kind, fact.author.id, fact.kind, fact.text) == ("player", "p-1", "message", "Where\nis it?")
    assert fact.ticket.number == "LUCKY-1001"
    assert fact.ticket.version == 2
    assert fact.occurred_at == datetime.fromisoformat(ticket["created_at"])


async def test_numbers_count_per_brand(desk: Desk) -> None:
    """Every brand counts from 1001, without dashes in front."""
    numbers = [(await desk.open())["number"] for _ in range(3)]
    assert numbers == ["LUCKY-1001", "LUCKY-1002", "LUCKY-1003"]
    other = await desk.open(desk.player(brand="lucky-star"))
    assert other["number"] == "LUCKYSTAR-1001"


async def test_fifty_at_once_get_fifty_numbers(desk: Desk) -> None:
    """Nobody waits for a counter and nobody shares a number, not even in the brand's first moment."""
    opened = await asyncio.gather(*(desk.open(desk.player(f"p-{i}")) for i in range(50)))
    assert {ticket["number"] for ticket in opened} == {f"LUCKY-{n}" for n in range(1001, 1051)}


async def test_a_visitor_opens_a_ticket(desk: Desk) -> None:
    """An anonymous writer has no player id and sees the ticket again."""
    ticket = await desk.open(desk.visitor())
    assert ticket["player_id"] is None
    assert await desk.get(f"/{ticket['id']}", desk.visitor()) == ticket | {"contact": None}


async def test_a_server_opens_in_the_players_name(desk: Desk) -> None:
    """The words are the player's, the deed is the server's."""
    ticket = await desk.open(desk.server("tickets:write"), player_id="p-7", channel="phone")
    assert (ticket["player_id"], ticket["channel"]) == ("p-7", "phone")
    opened, said = await desk.told(ticket["id"])
    assert opened.data["actor"] == {"kind": "server", "id": "k-1", "name": None}
    assert said.data["author"] == {"kind": "player", "id": "p-7", "name": None}


async def test_staff_without_a_player_open_an_internal_ticket(desk: Desk) -> None:
    """Its first words are a note."""
    ticket = await desk.open(desk.agent())
    _, said = await desk.told(ticket["id"])
    assert (ticket["player_id"], said.data["kind"]) == (None, "note")


_GOOD: dict[str, Any] = {"subject": "Payout", "message": {"text": "Where is it?"}}


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": ""}, "/subject"),
        ({"subject": "   "}, "/subject"),
        ({"subject": "x" * 201}, "/subject"),
        ({"subject": "two\nlines"}, "/subject"),
        ({"subject": None}, "/subject"),
        ({"message": {}}, "/message/text"),
        ({"message": {"text": ""}}, "/message/text"),
        ({"message": {"text": " \n"}}, "/message/text"),
        ({"message": {"text": "nul\x00"}}, "/message/text"),
        ({"message": {"text": "x" * 16_001}}, "/message/text"),
        ({"message": {"text": 7}}, "/message/text"),
        ({"channel": "pigeon"}, "/channel"),
        ({"language": "english please"}, "/language"),
        ({"player_id": ""}, "/player_id"),
    ],
)
async def test_a_malformed_ticket_is_refused_by_field(
    tickets: RunningService, desk: Desk, change: dict[str, Any], pointer: str
) -> None:
    """422 with a pointer to the field, and nothing is stored."""
    answer = await tickets.http.post("/v1/tickets", json=_GOOD | change, headers=desk.agent())
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert await tickets.recorded() == []


async def test_half_a_character_is_refused(tickets: RunningService, desk: Desk) -> None:
    """A lone surrogate is valid JSON and no text."""
    body = b'{"subject": "Payout", "message": {"text": "\\ud83d"}}'
    headers = desk.player() | {"content-type": "application/json"}
    answer = await tickets.http.post("/v1/tickets", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/message/text"


async def test_business_refusals_name_the_field(desk: Desk) -> None:
    """400 with a stable code: unknown reason, a player who speaks for another, a server that names nobody."""
    cases = [
        (desk.player(), {"reason": "NO.SUCH"}, "reason-unknown", "/reason"),
        (desk.player(), {"player_id": "p-2"}, "player-mismatch", "/player_id"),
        (desk.server("tickets:write"), {}, "player-missing", "/player_id"),
    ]
    for headers, change, code, pointer in cases:
        answer = await desk.post("", _GOOD | change, headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_who_may_not_open(tickets: RunningService, desk: Desk) -> None:
    """Without token 401, without scope 403, a server without key 400."""
    assert (await tickets.http.post("/v1/tickets", json=_GOOD)).status_code == 401
    assert (await desk.post("", _GOOD, desk.server("tickets:read"))).status_code == 403
    keyless = {name: value for name, value in desk.server("tickets:write").items() if name != "Idempotency-Key"}
    answer = await desk.post("", _GOOD | {"player_id": "p-1"}, keyless)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")


async def test_twins_open_one_ticket(tickets: RunningService, desk: Desk) -> None:
    """The same key at the same time and later gives the same bytes, ETag and place, and one ticket."""
    headers = desk.player() | {"Idempotency-Key": str(new_id())}
    answers = await asyncio.gather(*(desk.post("", _GOOD, headers) for _ in range(20)))
    answers.append(await desk.post("", _GOOD, headers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({(answer.headers["ETag"], answer.headers["Location"]) for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert len(await tickets.recorded(TicketOpened)) == 1
    other = await desk.post("", _GOOD | {"subject": "Another"}, headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


async def test_secrets_never_reach_the_database(desk: Desk) -> None:
    """A card number is replaced before the first write, in subject and words."""
    card = "4111 1111 1111 1111"
    ticket = await desk.open(subject=f"Card {card}", message={"text": f"My card is {card}."})
    assert card not in str([envelope.data for envelope in await desk.told(ticket["id"])])
    assert "1111 1111" not in str(await desk.get(f"/{ticket['id']}/messages"))


async def test_unknown_fields_are_refused(tickets: RunningService, desk: Desk) -> None:
    """Whoever writes `internal` and means a note must not send a reply."""
    body = {"subject": "Payout", "message": {"text": "Hello"}, "priority": "urgent"}
    opening = await tickets.http.post("/v1/tickets", json=body, headers=desk.player())
    assert (opening.status_code, opening.json()["errors"][0]["pointer"]) == (422, "/priority")
    del body["priority"]
    ticket = (await tickets.http.post("/v1/tickets", json=body, headers=desk.player())).json()
    words = {"text": "only for us", "internal": True}
    saying = await tickets.http.post(f"/v1/tickets/{ticket['id']}/messages", json=words, headers=desk.player())
    assert (saying.status_code, saying.json()["errors"][0]["pointer"]) == (422, "/internal")


async def test_two_keys_are_no_key(desk: Desk) -> None:
    """A proxy that repeats the header must not decide which of the two counts."""
    headers = [*desk.server("tickets:write").items(), ("Idempotency-Key", "another")]
    body = {"subject": "Payout", "message": {"text": "Where?"}, "player_id": "p-1"}
    answer = await desk.service.http.post("/v1/tickets", json=body, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-malformed")
