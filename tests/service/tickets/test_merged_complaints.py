"""Complaints in tickets that are merged and split: never lost, never younger, answered to whoever complained."""

from datetime import timedelta
from typing import Any

import httpx

from shared.contracts.tickets import ComplaintRegistered, MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import MORNING, Desk, posted, session_started
from tests.service.tickets.test_complaints import WORDS, complained, licensed, post, read, scheduled, steps


async def _merge(desk: Desk, merged: str, into: str, *, force: bool = False) -> httpx.Response:
    headers = desk.agent("s-9", role="senior")
    return await desk.post(f"/{merged}/merge", {"into": into, "force": force}, headers)


async def _split_off(desk: Desk, ticket: str, *texts: str) -> httpx.Response:
    items = (await desk.get(f"/{ticket}/messages"))["items"]
    ids = [item["id"] for item in items if item["text"] in texts]
    assert len(ids) == len(texts)
    return await desk.post(f"/{ticket}/split", {"message_ids": ids, "subject": "Apart"})


async def _split(desk: Desk, ticket: str, *texts: str) -> dict[str, Any]:
    answer = await _split_off(desk, ticket, *texts)
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


async def test_only_who_complained_ends_the_pause(desk: Desk) -> None:
    """In two players' tickets that were forced together the other one's words are no answer to the investigator."""
    await licensed(desk, "GB")
    hers, his = await desk.open(message={"text": WORDS}), await desk.open(desk.player("p-2"))
    complaint = await read(desk, (await desk.get(f"/{hers['id']}"))["complaint_id"])
    assert (await _merge(desk, his["id"], hers["id"], force=True)).status_code == 200
    await scheduled(desk, complaint)
    pause = {"reason_code": "evidence", "evidence_request_id": "e-1"}
    await steps(desk, complaint, ("investigate", {}), ("pause", pause))
    for ticket, player, state in ((his, "p-2", "paused"), (hers, "p-1", "investigating")):
        said = await desk.post(f"/{ticket['id']}/messages", {"text": "Here it is"}, desk.player(player))
        assert said.status_code == 201, said.text
        assert (await read(desk, complaint["id"]))["state"] == state


async def test_his_words_to_his_merged_ticket_end_the_pause_too(desk: Desk) -> None:
    await licensed(desk, "GB")
    other, ticket = await desk.open(), await desk.open(message={"text": WORDS})
    complaint = await read(desk, (await desk.get(f"/{ticket['id']}"))["complaint_id"])
    assert (await _merge(desk, other["id"], ticket["id"])).status_code == 200
    await scheduled(desk, complaint)
    pause = {"reason_code": "evidence", "evidence_request_id": "e-1"}
    await steps(desk, complaint, ("investigate", {}), ("pause", pause))
    await desk.post(f"/{other['id']}/messages", {"text": "Here it is"}, desk.player())
    assert (await read(desk, complaint["id"]))["state"] == "investigating"


async def test_a_split_leaves_a_complaint_its_words(desk: Desk) -> None:
    """It would be a second one, without the clock and the conflicts of interest of the first; other words go."""
    complaint = await complained(desk)
    ticket = complaint["ticket_id"]
    await desk.service.publish(posted(ticket, 2, "And my bonus?"))
    refused = await _split_off(desk, ticket, WORDS, "And my bonus?")
    assert (refused.status_code, refused.json()["code"]) == (409, "complaint-keeps-words")
    harmless = await _split(desk, ticket, "And my bonus?")
    assert harmless["complaint_id"] is None
    assert (await desk.get(f"/{ticket}"))["complaint_id"] == complaint["id"]
    assert len(await desk.service.recorded(ComplaintRegistered)) == 1


async def test_a_split_leaves_a_complaint_that_no_phrase_told_its_words(desk: Desk) -> None:
    """Registered by hand it is about the player's first words."""
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/complaint", {"type": "game_fault"})
    refused = await _split_off(desk, ticket["id"], "Where is it?")
    assert (refused.status_code, refused.json()["code"]) == (409, "complaint-keeps-words")


async def test_once_the_complaint_is_over_its_words_can_be_split_off(desk: Desk) -> None:
    """And the new ticket has none."""
    complaint = await complained(desk)
    asked = {"reason_code": "none", "reason": "A question"}
    assert (await post(desk, complaint, "withdrawal", **asked)).status_code == 200
    assert (await post(desk, complaint, "withdrawal/approval", who="s-7", role="lead")).status_code == 200
    assert (await _split(desk, complaint["ticket_id"], WORDS))["complaint_id"] is None
