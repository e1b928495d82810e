"""Complaints in tickets that are merged and split: never lost, never younger, answered to whoever complained."""

from datetime import timedelta
from typing import Any

import httpx

from shared.contracts.tickets import ComplaintRegistered, MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started
from tests.service.tickets.test_complaints import WORDS, complained, licensed, read, scheduled


async def _merge(desk: Desk, merged: str, into: str, *, force: bool = False) -> httpx.Response:
    headers = desk.agent("s-9", role="senior")
    return await desk.post(f"/{merged}/merge", {"into": into, "force": force}, headers)


async def _split(desk: Desk, ticket: str, *texts: str) -> dict[str, Any]:
    items = (await desk.get(f"/{ticket}/messages"))["items"]
    ids = [item["id"] for item in items if item["text"] in texts]
    answer = await desk.post(f"/{ticket}/split", {"message_ids": ids, "subject": "Apart"})
    assert answer.status_code == 201, answer.text
    state: dict[str, Any] = answer.json()
    return state


async def test_a_complaint_keeps_its_ticket(desk: Desk) -> None:
    """It is never merged away, open or over; merged the other way round it stays as old as it is."""
    complaint = await complained(desk)
    other = await desk.open()
    refused = await _merge(desk, complaint["ticket_id"], other["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "merge-refused")
    assert (await _merge(desk, other["id"], complaint["ticket_id"])).status_code == 200
    after = await read(desk, complaint["id"])
    assert (after["received_at"], after["ticket_id"]) == (complaint["received_at"], complaint["ticket_id"])
    assert (await desk.get(f"/{complaint['ticket_id']}"))["complaint_id"] == complaint["id"]
    many = await desk.post(
        "/bulk", {"ids": [complaint["ticket_id"]], "action": {"merge_into": (await desk.open())["id"]}}
    )
    assert many.json()["items"][0]["problem"]["code"] == "bulk-refused"


async def test_words_to_the_merged_ticket_complain_in_the_survivor(desk: Desk) -> None:
    """And who complained is answered in the conversation in which he wrote."""
    await licensed(desk, "GB")
    live, survivor = new_id(), await desk.open()
    await desk.service.publish(session_started(live))
    await desk.service.publish(posted(live, 1, "Hello"))
    assert (await _merge(desk, str(live), survivor["id"])).status_code == 200
    await desk.service.publish(posted(live, 2, WORDS))
    state = await desk.get(f"/{survivor['id']}")
    complaint = await read(desk, state["complaint_id"])
    assert (await desk.get(f"/{live}"))["complaint_id"] is None
    assert complaint["received_at"] == (MORNING + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")
    await scheduled(desk, complaint)
    fact = MessageAdded.model_validate((await desk.service.recorded(MessageAdded))[-1].data)
    assert complaint["number"] in fact.text
    assert fact.also_for == (live,)


async def test_a_complaint_by_hand_is_as_old_as_the_first_words_of_all(desk: Desk) -> None:
    """The merged ticket was opened before the survivor."""
    merged, survivor = await desk.open(), await desk.open()
    assert (await _merge(desk, merged["id"], survivor["id"])).status_code == 200
    answer = await desk.post(f"/{survivor['id']}/complaint", {"type": "other"})
    assert answer.json()["received_at"] == merged["created_at"]


async def test_the_complaint_of_another_player_is_his(desk: Desk) -> None:
    """Two players' tickets were forced together: the complaint names, and answers, who complained."""
    await licensed(desk, "GB")
    hers, his = await desk.open(), await desk.open(desk.player("p-2"))
    assert (await _merge(desk, his["id"], hers["id"], force=True)).status_code == 200
    said = await desk.post(f"/{his['id']}/messages", {"text": WORDS}, desk.player("p-2"))
    assert said.status_code == 201, said.text
    complaint = await read(desk, (await desk.get(f"/{hers['id']}"))["complaint_id"])
    assert complaint["player_id"] == "p-2"
    await scheduled(desk, complaint)
    for ticket, player, told in ((his, "p-2", True), (hers, "p-1", False)):
        words = str(await desk.get(f"/{ticket['id']}/messages", desk.player(player)))
        assert (complaint["number"] in words) is told


async def test_a_split_takes_the_complaint_along_with_the_words(desk: Desk) -> None:
    """Both tickets have it from then on, and the copy is no younger; other words take nothing along."""
    complaint = await complained(desk)
    ticket = complaint["ticket_id"]
    await desk.service.publish(posted(ticket, 2, "And my bonus?"))
    harmless = await _split(desk, ticket, "And my bonus?")
    assert harmless["complaint_id"] is None
    apart = await _split(desk, ticket, WORDS)
    copy = await read(desk, apart["complaint_id"])
    assert (copy["received_at"], copy["type"], copy["details"]) == (complaint["received_at"], complaint["type"], WORDS)
    assert (copy["ticket_id"], copy["state"]) == (apart["id"], "registered")
    assert (await desk.get(f"/{ticket}"))["complaint_id"] == complaint["id"]
    assert len(await desk.service.recorded(ComplaintRegistered)) == 2


async def test_a_split_takes_a_complaint_that_no_phrase_told(desk: Desk) -> None:
    """Registered by hand it is as old as the player's first words; these take it along."""
    ticket = await desk.open()
    by_hand = (await desk.post(f"/{ticket['id']}/complaint", {"type": "game_fault"})).json()
    apart = await _split(desk, ticket["id"], "Where is it?")
    copy = await read(desk, apart["complaint_id"])
    assert (copy["received_at"], copy["type"]) == (by_hand["received_at"], "game_fault")
