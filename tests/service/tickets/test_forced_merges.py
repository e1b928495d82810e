"""Two people's tickets made one by force and taken apart again: each one's words and answers are his."""

from datetime import datetime
from typing import Any, Final, get_args

import pytest

from services.sla.domain.history import clocks_of
from services.sla.domain.tracked import TicketFact
from services.sla.queries.defaults import default_policies
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted, session_started
from tests.service.tickets.test_complaints import WORDS, licensed, read, scheduled, steps
from tests.support.eventually import eventually

A, B = "p-1", "p-2"
_FACTS: Final = {fact.type: fact for fact in get_args(TicketFact)}


async def _two(desk: Desk) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a ticket of A and one of B."""
    return (
        await desk.open(message={"text": "a one"}),
        await desk.open(desk.player(B), message={"text": "b one"}),
    )


async def _merge(desk: Desk, merged: dict[str, Any], into: dict[str, Any]) -> None:
    headers = desk.agent("s-9", role="senior")
    answer = await desk.post(f"/{merged['id']}/merge", {"into": into["id"], "force": True}, headers)
    assert answer.status_code == 200, answer.text


async def _undo(desk: Desk, merged: dict[str, Any]) -> None:
    answer = await desk.post(f"/{merged['id']}/unmerge", None)
    assert answer.status_code == 200, answer.text


async def _say(desk: Desk, ticket: dict[str, Any], words: str, player: str | None = None) -> str:
    headers = desk.agent() if player is None else desk.player(player)
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": words}, headers)
    assert answer.status_code == 201, answer.text
    at: str = answer.json()["created_at"]
    return at


async def _sees(desk: Desk, ticket: dict[str, Any], player: str | None = None) -> list[str]:
    headers = desk.agent() if player is None else desk.player(player)
    return [one["text"] for one in (await desk.get(f"/{ticket['id']}/messages", headers))["items"]]


async def _waits(desk: Desk) -> dict[str, str]:
    items = (await desk.get("", unanswered=True))["items"]
    return {one["id"]: one["waiting_since"] for one in items}


async def _status(desk: Desk, ticket: dict[str, Any]) -> str:
    status: str = (await desk.get(f"/{ticket['id']}"))["status"]
    return status


async def _owed(desk: Desk, ticket: dict[str, Any]) -> list[datetime]:
    """Return since when the promises of an answer run that the ticket's facts make."""
    told = await desk.told(ticket["id"])
    facts = [(one.sequence, _FACTS[one.type].model_validate(one.data)) for one in told if one.type in _FACTS]
    kinds = {ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE}
    clocks = clocks_of(facts, policies=default_policies()).clocks
    return [one.started_at for one in clocks if one.kind in kinds and one.open]


def _at(*moments: str) -> list[datetime]:
    return [datetime.fromisoformat(one) for one in moments]


async def test_words_of_the_meantime_go_with_who_said_them(desk: Desk) -> None:
    """Nobody had to answer either of them; then A alone speaks, and A alone waits: since he spoke."""
    hers, his = await _two(desk)
    for one in (hers, his):
        await _say(desk, one, "answer")
        assert (await desk.patch(await desk.get(f"/{one['id']}"), status="pending")).status_code == 200
    await _merge(desk, hers, his)
    at = await _say(desk, hers, "my money is gone", A)
    assert await _sees(desk, hers, A) == ["a one", "answer", "my money is gone"]
    assert await _sees(desk, his, B) == ["b one", "answer"]
    assert await _waits(desk) == {his["id"]: at}
    await _undo(desk, hers)
    assert await _sees(desk, hers, A) == await _sees(desk, hers) == ["a one", "answer", "my money is gone"]
    assert await _sees(desk, his, B) == ["b one", "answer"]
    assert await _sees(desk, his) == ["b one", "answer", "my money is gone"]
    assert await _waits(desk) == {hers["id"]: at}
    assert (await _status(desk, hers), await _status(desk, his)) == ("open", "pending")
    assert (await _owed(desk, hers), await _owed(desk, his)) == (_at(at), [])


async def test_the_copy_names_what_was_said_and_the_record_where_it_went(desk: Desk) -> None:
    """It has its own time and is delivered to nobody again."""
    hers, his = await _two(desk)
    await _merge(desk, hers, his)
    at = await _say(desk, hers, "my money is gone", A)
    await _undo(desk, hers)
    (original,) = [one for one in (await desk.get(f"/{his['id']}/messages"))["items"] if one["origin_ticket_id"]]
    (copy,) = [one for one in (await desk.get(f"/{hers['id']}/messages"))["items"] if one["copied_from"]]
    assert (original["moved_to"], copy["copied_from"], copy["created_at"]) == (hers["id"], original["id"], at)
    (told,) = [fact for fact in await desk.service.recorded(MessageAdded) if fact.data["copied_from"]]
    assert (told.data["live"], told.data["also_for"], told.data["contact"]) == (False, [], None)


async def test_what_was_answered_does_not_wait(desk: Desk) -> None:
    """A reply to A in the survivor is A's, in its place; it answered nothing that B had asked."""
    hers, his = await _two(desk)
    first = (await desk.get(f"/{his['id']}/messages"))["items"][0]["created_at"]
    await _merge(desk, hers, his)
    await _say(desk, hers, "my money is gone", A)
    await _say(desk, hers, "it is on its way")
    await _undo(desk, hers)
    assert await _sees(desk, hers, A) == ["a one", "my money is gone", "it is on its way"]
    assert await _sees(desk, his, B) == ["b one"]
    assert await _waits(desk) == {his["id"]: first}
    assert (await _status(desk, hers), await _status(desk, his)) == ("open", "new")
    assert (await _owed(desk, hers), await _owed(desk, his)) == ([], _at(first))


async def test_words_after_the_answer_wait_from_their_own_time(desk: Desk) -> None:
    hers, his = await _two(desk)
    await _merge(desk, hers, his)
    await _say(desk, hers, "it is on its way")
    at = await _say(desk, hers, "still nothing", A)
    own = await _say(desk, his, "b two", B)
    assert await _say(desk, his, "for b")
    await _undo(desk, hers)
    assert own > at
    assert await _sees(desk, hers, A) == ["a one", "it is on its way", "still nothing"]
    assert await _sees(desk, his, B) == ["b one", "b two", "for b"]
    assert await _waits(desk) == {hers["id"]: at}
    assert (await _owed(desk, hers), await _owed(desk, his)) == (_at(at), [])


@pytest.mark.parametrize("status", ["pending", "resolved"])
async def test_a_survivor_is_as_it_was_unless_its_own_player_spoke(desk: Desk, status: str) -> None:
    """What B says in the meantime keeps it open, although the last answer went to A."""
    hers, his = await _two(desk)
    for one in (hers, his):
        await _say(desk, one, "answer")
        assert (await desk.patch(await desk.get(f"/{one['id']}"), status=status)).status_code == 200
    for spoken, after in ((False, status), (True, "open")):
        await _merge(desk, hers, his)
        at = await _say(desk, his, "b two", B) if spoken else None
        await _say(desk, hers, "a two", A)
        await _say(desk, hers, "for a")
        await _undo(desk, hers)
        assert await _status(desk, his) == after
        assert await _waits(desk) == ({his["id"]: at} if at else {})
        assert await _owed(desk, his) == (_at(at) if at else [])
    assert await _sees(desk, hers, A) == ["a one", "answer", "a two", "for a", "a two", "for a"]


async def test_what_a_person_was_told_by_way_of_a_chain_goes_with_his_ticket(desk: Desk) -> None:
    """C went up in A's ticket, that one in B's: taken apart step by step each sees his own at every step."""
    hers, his = await _two(desk)
    third = await desk.open(desk.player("p-3"), message={"text": "c one"})
    await _merge(desk, third, hers)
    await _merge(desk, hers, his)
    await _say(desk, hers, "a two", A)
    at = await _say(desk, third, "c two", "p-3")
    await _undo(desk, hers)
    seen = (["a one", "a two"], ["b one"], ["c one", "c two"])
    people = ((hers, A), (his, B), (third, "p-3"))
    assert tuple([await _sees(desk, *one) for one in people]) == seen
    await _undo(desk, third)
    assert tuple([await _sees(desk, *one) for one in people]) == seen
    assert await _owed(desk, third) == _at(at)
    assert set(await _waits(desk)) == {one["id"] for one in (hers, his, third)}


async def test_the_same_persons_words_stay_in_the_survivor(desk: Desk) -> None:
    twin, survivor = await desk.open(message={"text": "one"}), await desk.open(message={"text": "two"})
    await _merge(desk, twin, survivor)
    await _say(desk, twin, "three", A)
    await _undo(desk, twin)
    assert (await _sees(desk, twin, A), await _sees(desk, survivor, A)) == (["one"], ["two", "three"])


async def test_live_words_come_back_without_a_second_delivery(desk: Desk) -> None:
    live, his = new_id(), await desk.open(desk.player(B), message={"text": "b one"})
    await desk.service.publish(session_started(live))
    await desk.service.publish(posted(live, 1, "a one"))
    hers = {"id": str(live)}

    async def opened() -> bool:
        return len((await desk.get(""))["items"]) == 2

    await eventually(opened)
    await _merge(desk, hers, his)
    await desk.service.publish(posted(live, 2, "a two"))
    await _say(desk, hers, "for a")
    await _undo(desk, hers)
    assert await _sees(desk, hers, A) == ["a one", "a two", "for a"]
    heard = [fact.data for fact in await desk.service.recorded(MessageAdded) if fact.data["text"] == "for a"]
    assert [one["also_for"] for one in heard] == [[str(live)], []]
    assert [one["live"] for one in heard] == [False, False]
    assert set(await _waits(desk)) == {his["id"]}


async def test_another_players_words_are_no_first_words_of_a_complaint(desk: Desk) -> None:
    """Registered by hand it is as old as what its own player said; here staff opened the ticket and he said nothing."""
    hers = await desk.open()
    his = await desk.open(desk.agent(), player_id=B, message={"text": "About your account"})
    await _merge(desk, hers, his)
    await _say(desk, hers, "my money is gone", A)
    answer = await desk.post(f"/{his['id']}/complaint", {"type": "other"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["received_at"] == his["created_at"]


async def test_who_complained_in_the_meantime_is_answered_in_his_own_ticket(desk: Desk) -> None:
    """The complaint stays with the survivor; its player neither hears of it nor ends its pause."""
    await licensed(desk, "GB")
    hers, his = await _two(desk)
    await _merge(desk, hers, his)
    await _say(desk, hers, WORDS, A)
    complaint = await read(desk, (await desk.get(f"/{his['id']}"))["complaint_id"])
    await _undo(desk, hers)
    await scheduled(desk, complaint)
    assert complaint["number"] in (await _sees(desk, hers, A))[-1]
    assert await _sees(desk, his, B) == ["b one"]
    pause = {"reason_code": "evidence", "evidence_request_id": "e-1"}
    await steps(desk, complaint, ("investigate", {}), ("pause", pause))
    await _say(desk, his, "Here it is", B)
    assert (await read(desk, complaint["id"]))["state"] == "paused"
