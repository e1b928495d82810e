"""Who waits for an answer once a merge is taken back, and since when: each ticket for its own words."""

from datetime import datetime
from typing import Any

from shared.contracts.tickets import TicketReleased, TicketUnmerged
from tests.service.tickets.desk import Desk


async def _said(desk: Desk, ticket: dict[str, Any], words: str, headers: dict[str, str] | None = None) -> str:
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": words}, headers or desk.player())
    assert answer.status_code == 201, answer.text
    at: str = answer.json()["created_at"]
    return at


async def _merge(desk: Desk, merged: dict[str, Any], into: dict[str, Any]) -> None:
    answer = await desk.post(f"/{merged['id']}/merge", {"into": into["id"]})
    assert answer.status_code == 200, answer.text


async def _undo(desk: Desk, merged: dict[str, Any]) -> None:
    answer = await desk.post(f"/{merged['id']}/unmerge", None)
    assert answer.status_code == 200, answer.text


async def _waits(desk: Desk) -> dict[str, str]:
    """Return since when each ticket waits that is listed as waiting, the longest first."""
    items = (await desk.get("", sort="waiting", unanswered=True))["items"]
    return {one["id"]: one["waiting_since"] for one in items}


async def _first_words(desk: Desk, ticket: dict[str, Any]) -> str:
    at: str = (await desk.get(f"/{ticket['id']}/messages"))["items"][0]["created_at"]
    return at


async def test_each_waits_for_its_own_words(desk: Desk) -> None:
    """The twin's older words are not the survivor's any more."""
    twin, survivor = await desk.open(), await desk.open()
    own = {one["id"]: await _first_words(desk, one) for one in (twin, survivor)}
    await _merge(desk, twin, survivor)
    assert await _waits(desk) == {survivor["id"]: own[twin["id"]]}
    await _undo(desk, twin)
    assert await _waits(desk) == own
    assert list(await _waits(desk)) == [twin["id"], survivor["id"]]


async def test_words_of_the_meantime_wait_in_the_survivor(desk: Desk) -> None:
    """What was said to the merged twin stays where it landed, and so does the wait for it; both are told."""
    twin, survivor = await desk.open(), await desk.open()
    first = await _first_words(desk, twin)
    await _said(desk, survivor, "Done.", desk.agent())
    await _merge(desk, twin, survivor)
    news = await _said(desk, twin, "Any news?")
    await _undo(desk, twin)
    assert await _waits(desk) == {twin["id"]: first, survivor["id"]: news}
    (unmerged,) = await desk.service.recorded(TicketUnmerged)
    (released,) = await desk.service.recorded(TicketReleased)
    told = [datetime.fromisoformat(str(fact.data["waiting_since"])) for fact in (unmerged, released)]
    assert told == [datetime.fromisoformat(at) for at in (first, news)]


async def test_who_was_answered_does_not_wait(desk: Desk) -> None:
    """Neither a survivor whose player got his answer, nor a twin that was answered or finished before the merge."""
    answered, finished, survivor = [await desk.open() for _ in range(3)]
    await _said(desk, answered, "Done.", desk.agent())
    assert (await desk.patch(finished, status="resolved")).status_code == 200
    await _said(desk, survivor, "Done.", desk.agent())
    for twin in (answered, finished):
        await _merge(desk, twin, survivor)
        await _undo(desk, twin)
    assert await _waits(desk) == {}


async def test_what_stays_merged_goes_on_waiting_until_the_survivor_answers(desk: Desk) -> None:
    """Another twin's words wait in the survivor, unless it has answered since they came."""
    early, late, survivor = [await desk.open() for _ in range(3)]
    first, second = await _first_words(desk, early), await _first_words(desk, late)
    await _said(desk, survivor, "Done.", desk.agent())
    for twin in (early, late):
        await _merge(desk, twin, survivor)
    await _undo(desk, early)
    assert await _waits(desk) == {early["id"]: first, survivor["id"]: second}
    await _merge(desk, early, survivor)
    await _said(desk, survivor, "All done.", desk.agent())
    await _undo(desk, early)
    assert await _waits(desk) == {early["id"]: first}


async def test_a_chain_comes_apart_as_it_was_made(desk: Desk) -> None:
    """What went up in the one that leaves waits there again."""
    bottom, middle, top = [await desk.open() for _ in range(3)]
    first = await _first_words(desk, bottom)
    for one in (middle, top):
        await _said(desk, one, "Done.", desk.agent())
    await _merge(desk, bottom, middle)
    await _merge(desk, middle, top)
    await _undo(desk, middle)
    assert await _waits(desk) == {middle["id"]: first}
    await _undo(desk, bottom)
    assert await _waits(desk) == {bottom["id"]: first}
