"""A request that arrives two hundred times at once happens once."""

import asyncio
from collections import Counter

import pytest

from deploy.demo.clients import Door, new_key
from shared.contracts.tickets import MessageAdded, TicketOpened
from tests.e2e.asking import Answer, Json, ask, rows
from tests.e2e.house import House
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster]

TWINS = 200
_TOLD = "SELECT count(*) FROM outbox WHERE aggregate_id = $1 AND envelope::jsonb ->> 'type' = $2"


async def _patiently(door: Door, path: str, body: Json, *, token: str, key: str) -> Answer:
    """Send one twin as clients do: 409 (the first one still runs) and 503 (too many at once) are repeated."""

    async def attempt() -> Answer | None:
        answer = await ask(door, "POST", path, token=token, body=body, headers={"Idempotency-Key": key})
        if answer.status not in {409, 503}:
            return answer
        assert answer.headers["Retry-After"]
        return None

    answer = await eventually(attempt, within=60, every=0.5)
    assert answer is not None
    return answer


async def _twins(door: Door, path: str, body: Json, *, token: str) -> tuple[str, list[Answer]]:
    key = new_key()
    asked = (_patiently(door, path, body, token=token, key=key) for _ in range(TWINS))
    answers = list(await asyncio.gather(*asked))
    statuses = Counter(answer.status for answer in answers)
    replayed = sum(answer.headers.get("Idempotency-Replayed") == "true" for answer in answers)
    print(f"{path}: {dict(statuses)}, replayed {replayed}")  # noqa: T201 - the figures are the point
    assert statuses == {201: TWINS}
    assert replayed == TWINS - 1
    assert len({answer.body for answer in answers}) == 1
    return key, answers


async def _told(product: Product, ticket: str, type_: str) -> int:
    found = await rows(product.databases()["tickets"].worker, _TOLD, ticket, type_)
    return int(found[0][0])


async def test_two_hundred_twins_open_one_ticket(product: Product, door: Door, lucky: House) -> None:
    """One ticket, one set of facts, two hundred identical answers; another payload under the key is refused."""
    player = f"twin-{new_key()}"
    body = {"subject": "Twins", "message": {"text": "Only once, please."}, "player_id": player}
    key, answers = await _twins(door, "/v1/tickets", body, token=lucky.api_key)

    listed = await door.call("GET", f"/v1/tickets?player_id={player}", token=lucky.api_key)
    assert [item["id"] for item in listed["items"]] == [answers[0].json["id"]]
    assert await _told(product, answers[0].json["id"], TicketOpened.type) == 1
    assert await _told(product, answers[0].json["id"], MessageAdded.type) == 1

    other = await ask(
        door,
        "POST",
        "/v1/tickets",
        token=lucky.api_key,
        body=body | {"subject": "Triplets"},
        headers={"Idempotency-Key": key},
    )
    assert (other.status, other.code) == (422, "idempotency-key-reused")


async def test_two_hundred_twins_add_one_message(product: Product, door: Door, lucky: House) -> None:
    """The same words, sent two hundred times under one key, join the ticket once."""
    ticket = str((await lucky.ticket("twin-writer"))["id"])
    path = f"/v1/tickets/{ticket}/messages"
    key, answers = await _twins(door, path, {"text": "Said once."}, token=lucky.tokens["agent"])

    listed = await door.call("GET", path, token=lucky.tokens["agent"])
    assert [item["id"] for item in listed["items"][1:]] == [answers[0].json["id"]]
    assert await _told(product, ticket, MessageAdded.type) == 2

    other = await ask(
        door,
        "POST",
        path,
        token=lucky.tokens["agent"],
        body={"text": "Said differently."},
        headers={"Idempotency-Key": key},
    )
    assert (other.status, other.code) == (422, "idempotency-key-reused")


async def test_a_key_belongs_to_its_owner(door: Door, lucky: House) -> None:
    """The same key in other hands is another key."""
    key = new_key()
    opened = [
        await ask(
            door,
            "POST",
            "/v1/tickets",
            token=lucky.player(player),
            body={"subject": "Mine", "message": {"text": "Mine alone."}},
            headers={"Idempotency-Key": key},
        )
        for player in ("owner-1", "owner-2")
    ]
    assert [answer.status for answer in opened] == [201, 201]
    assert opened[0].json["id"] != opened[1].json["id"]
