"""Merging tickets and taking it back, on the real database."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.contracts.tickets import MessageAdded, TicketAbsorbed, TicketMerged, TicketReleased, TicketUnmerged
from shared.ids import new_id
from tests.service.tickets.desk import KIM, MORNING, Desk, posted, received, session_started
from tests.support.eventually import eventually


async def _merge(desk: Desk, merged: dict[str, Any], into: dict[str, Any], **more: Any) -> httpx.Response:
    headers = more.pop("headers", None)
    return await desk.post(f"/{merged['id']}/merge", {"into": into["id"], **more}, headers)


async def _texts(desk: Desk, ticket: dict[str, Any], headers: dict[str, str] | None = None) -> list[str]:
    return [item["text"] for item in (await desk.get(f"/{ticket['id']}/messages", headers, limit=100))["items"]]


async def _say(desk: Desk, ticket: dict[str, Any], words: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await desk.post(f"/{ticket['id']}/messages", {"text": words}, headers)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_17_merged_conversations_are_one_and_replies_do_not_revive_the_dead_one(desk: Desk) -> None:
    """Complaint 17: merging keeps every word, and what is written to the merged ticket lands in the survivor."""
    first = await desk.open(message={"text": "one"})
    second = await desk.open(message={"text": "two"})
    answer = await _merge(desk, first, second, reason="same payout")
    assert answer.status_code == 200, answer.text
    survivor = answer.json()
    assert survivor["id"] == second["id"]
    assert survivor["received_at"] == first["created_at"]
    gone = await desk.get(f"/{first['id']}")
    assert (gone["status"], gone["merged_into"]) == ("closed", second["id"])
    said = await _say(desk, first, "three", desk.player())
    assert (said["ticket_id"], said["origin_ticket_id"]) == (second["id"], first["id"])
    assert await _texts(desk, second) == ["one", "two", "three"]
    assert await _texts(desk, first) == ["one"]
    assert await _texts(desk, first, desk.player()) == ["one", "two", "three"]
    assert (await desk.get(f"/{first['id']}"))["status"] == "closed"
    assert [f.type for f in await desk.told(first["id"])][2:] == [TicketMerged.type]
    absorbed = next(f for f in await desk.told(second["id"]) if f.type == TicketAbsorbed.type)
    fact = TicketAbsorbed.model_validate(absorbed.data)
    assert fact.received_at.isoformat() == fact.waiting_since.isoformat()  # type: ignore[union-attr]


async def test_edits_of_a_merged_ticket_name_the_survivor(desk: Desk) -> None:
    """409 with the id of the ticket to change instead."""
    first, second = await desk.open(), await desk.open()
    await _merge(desk, first, second)
    gone = await desk.get(f"/{first['id']}")
    answers = [
        await desk.patch(gone, priority="high"),
        await desk.assign(gone, "me"),
        await desk.post(f"/{first['id']}/escalation", {"reason": "VIP"}),
        await _merge(desk, first, await desk.open()),
        await _merge(desk, await desk.open(), first),
        await _merge(desk, second, first),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (409, "ticket-merged"), answer.text
        assert answer.json()["survivor_id"] == second["id"]
    itself = await _merge(desk, second, second)
    assert (itself.status_code, itself.json()["code"]) == (400, "merge-into-itself")


async def test_an_undo_gives_both_back_what_they_had(desk: Desk) -> None:
    """Status, holder and time of receipt; words of the meantime stay where they landed."""
    await desk.hire("s-7", "agent")
    first = await desk.open(message={"text": "one"})
    assert (await desk.assign(first, "s-7")).status_code == 200
    second = (await desk.patch(await desk.open(message={"text": "two"}), status="resolved")).json()
    survivor = (await _merge(desk, first, second)).json()
    assert (survivor["status"], survivor["assignee_id"]) == ("open", "s-7")
    answer = await desk.post(f"/{first['id']}/unmerge", None)
    assert answer.status_code == 200, answer.text
    back, other = answer.json(), await desk.get(f"/{second['id']}")
    assert (back["status"], back["assignee_id"], back["merged_into"]) == ("new", "s-7", None)
    assert (other["status"], other["assignee_id"], other["received_at"]) == ("resolved", None, second["created_at"])
    assert await _texts(desk, first) == ["one"]
    assert await _texts(desk, second) == ["two"]
    assert [f.type for f in await desk.told(first["id"])][-1] == TicketUnmerged.type
    assert TicketReleased.type in [f.type for f in await desk.told(second["id"])]
    again = await desk.post(f"/{first['id']}/unmerge", None)
    assert (again.status_code, again.json()["code"]) == (409, "not-merged")


async def test_words_of_the_meantime_stay_in_the_survivor_and_keep_it_open(desk: Desk) -> None:
    """What an undo gives back never hides unanswered words."""
    first = await desk.open(message={"text": "one"})
    second = (await desk.patch(await desk.open(message={"text": "two"}), status="resolved")).json()
    await _merge(desk, first, second)
    await _say(desk, first, "three", desk.player())
    await desk.post(f"/{first['id']}/unmerge", None)
    assert await _texts(desk, first) == ["one"]
    assert await _texts(desk, second) == ["two", "three"]
    assert (await desk.get(f"/{second['id']}"))["status"] == "open"


async def test_a_merge_can_be_taken_back_for_a_day(desk: Desk) -> None:
    """After 24 hours both have grown together."""
    first, second = await desk.open(), await desk.open()
    await _merge(desk, first, second)
    async with desk.service.ground.database.begin("lucky") as session:
        await session.execute(text("UPDATE merges SET merged_at = merged_at - interval '24 hours 1 second'"))
    answer = await desk.post(f"/{first['id']}/unmerge", None)
    assert (answer.status_code, answer.json()["code"]) == (409, "merge-too-old")


async def test_what_was_merged_before_follows_and_comes_back(desk: Desk) -> None:
    """A into B, B into C: A's words are C's; B out of C takes A along."""
    a, b, c = [await desk.open(message={"text": name}) for name in "abc"]
    await _merge(desk, a, b)
    survivor = (await _merge(desk, b, c)).json()
    assert survivor["received_at"] == a["created_at"]
    assert (await desk.get(f"/{a['id']}"))["merged_into"] == c["id"]
    assert await _texts(desk, c) == ["a", "b", "c"]
    back = (await desk.post(f"/{b['id']}/unmerge", None)).json()
    assert (back["received_at"], (await desk.get(f"/{a['id']}"))["merged_into"]) == (a["created_at"], b["id"])
    assert (await _texts(desk, b), await _texts(desk, c)) == (["a", "b"], ["c"])
    assert (await desk.get(f"/{c['id']}"))["received_at"] == c["created_at"]


async def test_words_of_two_players_stay_apart(desk: Desk) -> None:
    """Refused unless a senior forces it, and then neither sees the other's words."""
    hers = await desk.open(message={"text": "hers"})
    his = await desk.open(desk.player("p-2"), message={"text": "his"})
    refused = await _merge(desk, hers, his)
    assert (refused.status_code, refused.json()["code"]) == (409, "players-differ")
    assert (await _merge(desk, hers, his, force=True)).status_code == 403
    forced = await _merge(desk, hers, his, force=True, headers=desk.agent("s-2", role="senior"))
    assert forced.status_code == 200, forced.text
    await _say(desk, hers, "for her")
    await _say(desk, his, "for him")
    await _say(desk, hers, "hers again", desk.player())
    assert await _texts(desk, his) == ["hers", "his", "for her", "for him", "hers again"]
    assert await _texts(desk, his, desk.player("p-2")) == ["his", "for him"]
    assert await _texts(desk, hers, desk.player()) == ["hers", "for her", "hers again"]


async def test_18_one_person_with_two_conversations_becomes_one(desk: Desk) -> None:
    """Complaint 18: two live sessions of a player are merged; both hear the answer, and both write to one ticket."""
    first, second = new_id(), new_id()
    for number, ticket_id in enumerate((first, second)):
        await desk.service.publish(session_started(ticket_id))
        await desk.service.publish(posted(ticket_id, 1 + number, f"words {number}"))

    async def both() -> bool:
        return len((await desk.get(""))["items"]) == 2

    await eventually(both)
    assert (await _merge(desk, {"id": str(first)}, {"id": str(second)})).status_code == 200
    await _say(desk, {"id": str(second)}, "answer")
    reply = (await desk.service.recorded(MessageAdded))[-1]
    fact = MessageAdded.model_validate(reply.data)
    assert (fact.ticket_id, fact.live, fact.also_for) == (second, True, (first,))
    await desk.service.publish(posted(first, 9, "late"))

    async def landed() -> bool:
        return await _texts(desk, {"id": str(second)}) == ["words 0", "words 1", "late", "answer"]

    await eventually(landed)
    assert (await desk.get(f"/{first}"))["status"] == "closed"


async def test_mail_to_the_merged_ticket_lands_in_the_survivor(desk: Desk) -> None:
    """Two threads of one address."""
    for subject in ("One", "Two"):
        await desk.service.publish(received(subject, subject=subject))

    async def both() -> bool:
        return len((await desk.get(""))["items"]) == 2

    await eventually(both)
    one, two = sorted((await desk.get(""))["items"], key=lambda item: item["subject"])
    assert (await _merge(desk, one, two)).status_code == 200
    await desk.service.publish(received("Three", KIM, ticket_id=one["id"]))

    async def landed() -> bool:
        return sorted(await _texts(desk, two)) == ["One", "Three", "Two"]

    await eventually(landed)
    assert MORNING.isoformat().startswith((await desk.get(f"/{two['id']}"))["received_at"][:19])


async def test_two_that_are_merged_into_each_other_at_once_become_one(desk: Desk) -> None:
    """One wins, the other is told so, if need be when he asks again; nobody waits for ever."""

    async def merged(one: dict[str, Any], into: dict[str, Any]) -> int:
        answer = await _merge(desk, one, into)
        while answer.status_code == 503:  # nothing was done: somebody else holds the tickets
            assert answer.json()["code"] == "contended"
            answer = await _merge(desk, one, into)
        return answer.status_code

    for _ in range(5):
        a, b = await desk.open(message={"text": "a"}), await desk.open(message={"text": "b"})
        assert sorted(await asyncio.gather(merged(a, b), merged(b, a))) == [200, 409]
        states = [await desk.get(f"/{one['id']}") for one in (a, b)]
        assert [state["merged_into"] is None for state in states].count(True) == 1


async def test_no_word_is_lost_or_doubled_while_tickets_are_merged_and_parted(desk: Desk) -> None:
    """Words to all three, merges and undos at once: each acknowledged word is in exactly one timeline."""
    tickets = [await desk.open(message={"text": f"first {n}"}) for n in range(3)]
    acknowledged: set[str] = {f"first {n}" for n in range(3)}

    async def talk(number: int) -> None:
        for turn in range(8):
            words = f"{number}-{turn}"
            path = f"/{tickets[number]['id']}/messages"
            answer = await desk.post(path, {"text": words}, desk.player())
            while answer.status_code == 503:  # nothing was done: somebody else holds the tickets
                assert answer.json()["code"] == "contended"
                answer = await desk.post(path, {"text": words}, desk.player())
            assert answer.status_code == 201, answer.text
            acknowledged.add(words)

    async def shuffle() -> None:
        a, b, c = tickets
        for _ in range(3):
            await _merge(desk, a, b)
            await _merge(desk, b, c)
            await asyncio.gather(*(desk.post(f"/{one['id']}/unmerge", None) for one in (a, b, a)))

    await asyncio.gather(*(talk(number) for number in range(3)), shuffle())
    states = [await desk.get(f"/{one['id']}") for one in tickets]
    seen = [words for state in states if state["merged_into"] is None for words in await _texts(desk, state)]
    assert sorted(seen) == sorted(acknowledged)


@pytest.mark.parametrize("path", ["merge", "unmerge"])
async def test_foreign_tickets_are_not_there(desk: Desk, path: str) -> None:
    """404 for the other brand, 403 for players."""
    mine, other = await desk.open(), await desk.open()
    body = {"into": other["id"]} if path == "merge" else None
    foreign = await desk.post(f"/{mine['id']}/{path}", body, desk.agent(brand="other"))
    assert foreign.status_code == 404
    assert (await desk.post(f"/{mine['id']}/{path}", body, desk.player())).status_code == 403


async def test_of_two_undos_at_once_exactly_one_wins(desk: Desk) -> None:
    """The other one is told that the ticket is not merged."""
    for _ in range(3):
        a, b = await desk.open(), await desk.open()
        assert (await _merge(desk, a, b)).status_code == 200
        answers = await asyncio.gather(*(desk.post(f"/{a['id']}/unmerge", None) for _ in range(2)))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert next(one for one in answers if one.status_code == 409).json()["code"] == "not-merged"
    assert len(await desk.service.recorded(TicketUnmerged)) == 3
