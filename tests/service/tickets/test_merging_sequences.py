"""Any sequence of merges, undos, splits and words: every word is in exactly one timeline of the staff."""

import random
from datetime import datetime
from typing import Any

import pytest

from tests.service.tickets.desk import Desk

STEPS = 40


async def _do_something(desk: Desk, dice: random.Random, tickets: list[str], said: set[str]) -> None:
    one = dice.choice(tickets)
    path = f"/{one}"
    match dice.choice(("merge", "merge", "unmerge", "split", "say", "say")):
        case "merge":
            await desk.post(f"{path}/merge", {"into": dice.choice(tickets)})
        case "unmerge":
            await desk.post(f"{path}/unmerge", None)
        case "split":
            words = (await desk.get(f"{path}/messages", limit=100))["items"]
            body = {"message_ids": [dice.choice(words)["id"]], "subject": "Split"} if words else None
            answer = await desk.post(f"{path}/split", body)
            if answer.status_code == 201:
                tickets.append(answer.json()["id"])
        case _:
            words = f"words {len(said)}"
            answer = await desk.post(f"{path}/messages", {"text": words}, desk.player())
            assert answer.status_code == 201, answer.text
            said.add(words)


def _earliest(one: dict[str, Any], states: list[dict[str, Any]]) -> datetime:
    group = [one, *(other for other in states if other["merged_into"] == one["id"])]
    return min(datetime.fromisoformat(other["created_at"]) for other in group)


@pytest.mark.parametrize("seed", range(4))
async def test_every_word_is_in_one_timeline_and_the_earliest_receipt_is_kept(desk: Desk, seed: int) -> None:
    """Merged tickets name one that stands, and it was received when the first of them was."""
    dice = random.Random(seed)  # noqa: S311 - a walk that can be repeated
    said = {f"words {number}" for number in range(4)}
    tickets = [(await desk.open(message={"text": words}))["id"] for words in sorted(said)]
    for _ in range(STEPS):
        await _do_something(desk, dice, tickets, said)
    states = [await desk.get(f"/{one}") for one in tickets]
    standing = {state["id"]: state for state in states if state["merged_into"] is None}
    assert {state["merged_into"] for state in states} - {None} <= set(standing)
    seen: list[str] = []
    for state in standing.values():
        assert datetime.fromisoformat(state["received_at"]) == _earliest(state, states)
        words = (await desk.get(f"/{state['id']}/messages", limit=100))["items"]
        seen += [one["text"] for one in words if one["moved_to"] is None]
    assert sorted(seen) == sorted(said)
