"""Whoever a ticket's open complaint is about does nothing in that ticket; who may be meant does not have it."""

from typing import Any

import httpx

from tests.service.tickets.desk import Desk
from tests.service.tickets.passing import comes_to, holder
from tests.service.tickets.test_complaints import post, read, scheduled
from tests.service.tickets.test_conflicts_of_interest import complained_about
from tests.service.tickets.test_queue import profile


async def _edit(desk: Desk, complaint: str, who: str, **fields: Any) -> httpx.Response:
    headers = desk.agent(who, role="senior") | {"If-Match": f'"{(await read(desk, complaint))["version"]}"'}
    return await desk.service.http.patch(f"/v1/complaints/{complaint}", json=fields, headers=headers)


async def _macro(desk: Desk, me: dict[str, str], ticket: str) -> httpx.Response:
    body = {
        "name": "Mine", "texts": {"en": "Hello"}, "actions": {"assign_me": True}, "personal": True,
        "allowed_in_complaints": True,
    }  # fmt: skip
    made = await desk.service.http.post("/v1/macros", json=body, headers=me)
    assert made.status_code == 201, made.text
    return await desk.post(f"/{ticket}/macros/{made.json()['id']}", {"send": False}, me)


async def test_the_accused_does_nothing_in_the_ticket(desk: Desk) -> None:
    """Neither words nor edits, hands, tags, links, macros, merges or splits; and nothing of it is left."""
    for one in ("s-1", "s-2", "s-3"):
        await desk.hire(one, "senior")
    me = desk.agent("s-1", role="senior")
    ticket, his = await desk.open(), await desk.open()
    mine = await desk.post(f"/{ticket['id']}/messages", {"text": "No"}, me)
    assert (await desk.assign(ticket, "s-2")).status_code == 200
    await complained_about(desk, "s-1", ticket)
    id_, before = ticket["id"], await desk.get(f"/{ticket['id']}")
    http, path = desk.service.http, f"/v1/tickets/{ticket['id']}"
    words = f"{path}/messages/{mine.json()['id']}"
    deeds = {
        "reply": await desk.post(f"/{id_}/messages", {"text": "You are wrong", "kind": "reply"}, me),
        "note": await desk.post(f"/{id_}/messages", {"text": "He lies", "kind": "note"}, me),
        "correct": await http.patch(words, json={"text": "Yes"}, headers=me),
        "withdraw": await http.delete(words, headers=me),
        "resolve": await desk.patch(before, me, status="resolved"),
        "priority": await desk.patch(before, me, priority="low"),
        "assign": await http.put(f"{path}/assignment", json={"assignee_id": "s-2"}, headers=me),
        "escalate": await desk.post(f"/{id_}/escalation", {"reason": "Not me"}, me),
        "take over": await desk.post(f"/{id_}/takeover", {"reason": "Mine"}, me),
        "invite": await desk.post(f"/{id_}/participants", {"staff_id": "s-3"}, me),
        "tag": await http.put(f"{path}/tags/harmless", headers=me),
        "link": await http.put(f"{path}/links/{his['id']}", json={"relation": "related"}, headers=me),
        "merge": await desk.post(f"/{his['id']}/merge", {"into": id_}, me),
        "split": await desk.post(f"/{id_}/split", {"message_ids": [mine.json()["id"]], "subject": "x"}, me),
        "macro": await _macro(desk, me, id_),
    }
    refused = {name: (one.status_code, one.json()["code"]) for name, one in deeds.items()}
    assert refused == dict.fromkeys(deeds, (409, "conflict-of-interest"))
    assert await desk.get(f"/{id_}") == before


async def test_who_names_himself_is_out_of_it(desk: Desk) -> None:
    await desk.hire("s-1", "senior")
    ticket = await desk.open()
    await desk.assign(ticket, "s-1")
    complaint = (await desk.post(f"/{ticket['id']}/complaint", {})).json()
    assert (await _edit(desk, complaint["id"], "s-1", accused_staff_id="s-1")).status_code == 200
    assert await holder(desk, ticket) is None


async def test_whoever_answered_does_not_keep_a_ticket_that_complains_about_staff(desk: Desk) -> None:
    """Nor gets it back from the queue or by hand, though nobody is named yet; he may still leave a note."""
    for one in ("s-1", "s-2"):
        await desk.hire(one, "agent")
    await profile(desk, "s-1")
    ticket = await desk.open()
    await comes_to(desk, ticket, "s-1")
    await desk.post(f"/{ticket['id']}/messages", {"text": "No"}, desk.agent("s-1"))
    edited = await desk.patch(await desk.get(f"/{ticket['id']}"), desk.agent("s-1"), reason="CMP.STAFF")
    assert edited.status_code == 200, edited.text
    assert edited.json()["assignee_id"] is None
    given = await desk.assign(ticket, "s-1")
    assert (given.status_code, given.json()["code"]) == (409, "conflict-of-interest")
    note = await desk.post(f"/{ticket['id']}/messages", {"text": "I said no", "kind": "note"}, desk.agent("s-1"))
    assert note.status_code == 201
    await profile(desk, "s-2")
    await comes_to(desk, ticket, "s-2")
    answered = await desk.post(f"/{ticket['id']}/messages", {"text": "Let me look"}, desk.agent("s-2"))
    assert answered.status_code == 201
    assert await holder(desk, ticket) == "s-2"


async def test_whoever_answered_does_not_approve_the_withdrawal(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/messages", {"text": "No"}, desk.agent("s-7", role="lead"))
    complaint = (await desk.post(f"/{ticket['id']}/complaint", {"type": "staff_conduct"})).json()
    asked = await post(desk, complaint, "withdrawal", reason_code="none", reason="A question")
    assert asked.status_code == 200
    refused = await post(desk, complaint, "withdrawal/approval", who="s-7", role="lead")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict-of-interest")
    assert (await post(desk, complaint, "withdrawal/approval", who="s-6", role="lead")).status_code == 200


async def test_answers_in_what_was_merged_in_concern_too(desk: Desk) -> None:
    await desk.hire("s-7")
    answered, ticket = await desk.open(), await desk.open()
    await desk.post(f"/{answered['id']}/messages", {"text": "No"}, desk.agent("s-7", role="senior"))
    merged = await desk.post(f"/{answered['id']}/merge", {"into": ticket["id"]}, desk.agent("s-2"))
    assert merged.status_code == 200, merged.text
    complaint = (await desk.post(f"/{ticket['id']}/complaint", {"type": "staff_conduct"})).json()
    await scheduled(desk, complaint)
    refused = await post(desk, complaint, "investigate", who="s-7")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict-of-interest")
    given = await desk.assign(ticket, "s-7")
    assert (given.status_code, given.json()["code"]) == (409, "conflict-of-interest")


async def test_named_as_one_about_staff_it_leaves_the_hands_of_whoever_answered(desk: Desk) -> None:
    for one in ("s-1", "s-7"):
        await desk.hire(one, "senior")
    ticket = await desk.open()
    await desk.assign(ticket, "s-1")
    await desk.post(f"/{ticket['id']}/messages", {"text": "No"}, desk.agent("s-1"))
    complaint = (await desk.post(f"/{ticket['id']}/complaint", {})).json()
    assert await holder(desk, ticket) == "s-1"
    assert (await _edit(desk, complaint["id"], "s-7", type="staff_conduct")).status_code == 200
    assert await holder(desk, ticket) is None
