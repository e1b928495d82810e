"""Splitting, linking and changing many tickets, on the real database."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from shared.contracts.tickets import MessageAdded, TicketLinked, TicketSplit
from tests.service.tickets.desk import KIM, Desk, received
from tests.support.eventually import eventually


async def _words(desk: Desk, ticket: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await desk.get(f"/{ticket['id']}/messages"))["items"]
    return items


async def test_split_words_become_a_ticket_and_stay_with_a_mark(desk: Desk) -> None:
    """The new one begins with the earliest of them; every word is unmarked in exactly one timeline."""
    ticket = await desk.open(message={"text": "payout"})
    for words in ("bonus", "bonus again"):
        await desk.post(f"/{ticket['id']}/messages", {"text": words}, desk.player())
    _, *moved = await _words(desk, ticket)
    body = {"message_ids": [one["id"] for one in moved], "subject": "Bonus"}
    answer = await desk.post(f"/{ticket['id']}/split", body)
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["player_id"], new["status"], new["created_at"]) == ("p-1", "new", moved[0]["created_at"])
    copies = await _words(desk, new)
    assert [(one["text"], one["copied_from"]) for one in copies] == [(one["text"], one["id"]) for one in moved]
    assert [one["moved_to"] for one in await _words(desk, ticket)] == [None, new["id"], new["id"]]
    assert (await desk.told(ticket["id"]))[-1].type == TicketSplit.type
    again = await desk.post(f"/{ticket['id']}/split", body)
    assert (again.status_code, again.json()["code"]) == (409, "message-split-before")
    elsewhere = await desk.post(f"/{new['id']}/split", body)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "message-not-found")
    (link,) = (await desk.get(f"/{ticket['id']}/links"))["items"]
    assert (link["ticket_id"], link["relation"]) == (new["id"], "child")


async def test_copied_replies_are_sent_to_nobody_again(desk: Desk) -> None:
    """Later ones go where the original's go."""
    await desk.service.publish(received("Payout", KIM))

    async def opened() -> bool:
        return bool((await desk.get(""))["items"])

    await eventually(opened)
    (ticket,) = (await desk.get(""))["items"]
    reply = (await desk.post(f"/{ticket['id']}/messages", {"text": "Done."})).json()
    (first, _) = await _words(desk, ticket)
    body = {"message_ids": [reply["id"], first["id"]], "subject": "Other"}
    new = (await desk.post(f"/{ticket['id']}/split", body)).json()
    assert new["status"] == "open"
    copies = [MessageAdded.model_validate(f.data) for f in await desk.told(new["id"]) if f.type == MessageAdded.type]
    assert [(one.contact, one.live) for one in copies] == [(None, False)] * 2
    await desk.post(f"/{new['id']}/messages", {"text": "More."})
    last = MessageAdded.model_validate((await desk.told(new["id"]))[-1].data)
    assert last.contact is not None
    assert last.contact.address == KIM.address


async def test_links_show_from_both_sides(desk: Desk) -> None:
    """Parent and child are each other's inverse; both tickets tell it; saying it anew replaces it."""
    parent, child = await desk.open(), await desk.open()
    path = f"/v1/tickets/{parent['id']}/links/{child['id']}"
    for relation in ("related", "child", "child"):
        answer = await desk.service.http.put(path, json={"relation": relation}, headers=desk.agent())
        assert answer.status_code == 200, answer.text
    seen = [(await desk.get(f"/{one['id']}/links"))["items"] for one in (parent, child)]
    assert [[(link["ticket_id"], link["relation"]) for link in links] for links in seen] == [
        [(child["id"], "child")],
        [(parent["id"], "parent")],
    ]
    assert [f.data["relation"] for f in await desk.told(child["id"]) if f.type == TicketLinked.type] == [
        "related",
        "parent",
    ]
    assert (await desk.service.http.delete(path, headers=desk.agent())).status_code == 204
    assert (await desk.service.http.delete(path, headers=desk.agent())).status_code == 404
    assert (await desk.get(f"/{child['id']}/links"))["items"] == []
    assert (await desk.service.http.get(f"/v1/tickets/{child['id']}/links", headers=desk.player())).status_code == 403


async def test_each_of_many_gets_its_answer(desk: Desk) -> None:
    """Refusals name their reason and lose none of the others."""
    plain, safety, complaint, foreign = (
        await desk.open(),
        await desk.open(),
        await desk.open(),
        await desk.open(desk.player(brand="other")),
    )
    async with desk.service.ground.database.begin("lucky") as session:
        values = {"x": UUID(safety["id"]), "c": UUID(complaint["id"])}
        await session.execute(text("UPDATE tickets SET reason_class = 'X' WHERE id = :x"), values)
        await session.execute(text("UPDATE tickets SET complaint_id = id WHERE id = :c"), values)
    ids = [complaint["id"], plain["id"], foreign["id"], safety["id"]]
    action = {"status": "closed", "priority": "low", "tags_add": ["spam", "old"], "tags_remove": ["old"]}
    answer = await desk.post("/bulk", {"ids": ids, "action": action})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [(item["id"], item["status"], (item["problem"] or {}).get("code")) for item in items] == [
        (complaint["id"], "refused", "bulk-refused"),
        (plain["id"], "done", None),
        (foreign["id"], "refused", "ticket-not-found"),
        (safety["id"], "refused", "bulk-refused"),
    ]
    changed = await desk.get(f"/{plain['id']}")
    assert (changed["status"], changed["priority"], changed["tags"]) == ("closed", "low", ["spam"])
    assert changed["version"] == items[1]["ticket"]["version"]
    assert (await desk.get(f"/{safety['id']}"))["version"] == 2


async def test_many_are_merged_at_once(desk: Desk) -> None:
    """A hundred answers fit; those of somebody else are refused."""
    into = await desk.open()
    ids = [(await desk.open())["id"] for _ in range(5)] + [(await desk.open(desk.player("p-2")))["id"], into["id"]]
    answer = await desk.post("/bulk", {"ids": ids, "action": {"merge_into": into["id"]}})
    problems = [(item["problem"] or {}).get("code") for item in answer.json()["items"]]
    assert problems == [None] * 5 + ["players-differ", "merge-into-itself"]
    assert len(await _words(desk, into)) == 6


async def test_bulk_refuses_what_it_cannot_mean(desk: Desk) -> None:
    """422: no ids, one twice, more than a hundred, nothing to do, a merge together with changes."""
    ticket = await desk.open()
    ids = [ticket["id"]]
    wrong: list[dict[str, Any]] = [
        {"ids": [], "action": {"priority": "low"}},
        {"ids": ids * 2, "action": {"priority": "low"}},
        {"ids": ids, "action": {}},
        {"ids": ids, "action": {"merge_into": ticket["id"], "priority": "low"}},
        {"ids": ids, "action": {"status": "snoozed"}},
    ]
    for body in wrong:
        assert (await desk.post("/bulk", body)).status_code == 422, body


async def test_a_hundred_are_changed_at_once_and_one_more_is_refused(desk: Desk) -> None:
    """All of them, each with its own answer."""
    ids = [(await desk.open())["id"] for _ in range(101)]
    answer = await desk.post("/bulk", {"ids": ids[:100], "action": {"priority": "low"}})
    assert [item["status"] for item in answer.json()["items"]] == ["done"] * 100
    assert (await desk.post("/bulk", {"ids": ids, "action": {"priority": "high"}})).status_code == 422


async def test_a_ticket_has_at_most_a_hundred_links(desk: Desk) -> None:
    """One of those it has may still be replaced."""
    ticket, *others = [await desk.open() for _ in range(102)]

    async def link(other: dict[str, Any], relation: str) -> int:
        path = f"/v1/tickets/{ticket['id']}/links/{other['id']}"
        return (await desk.service.http.put(path, json={"relation": relation}, headers=desk.agent())).status_code

    assert {await link(other, "related") for other in others[:100]} == {200}
    assert await link(others[100], "related") == 409
    assert await link(others[0], "duplicate") == 200
    backwards = f"/v1/tickets/{others[100]['id']}/links/{ticket['id']}"
    answer = await desk.service.http.put(backwards, json={"relation": "related"}, headers=desk.agent())
    assert (answer.status_code, answer.json()["code"]) == (409, "links-full")


async def test_many_are_given_a_contact_reason(desk: Desk) -> None:
    """With all that it brings; what concerns safety keeps its own, and nothing becomes that while it is closed."""
    plain, other = await desk.open(), await desk.open()
    safety = await desk.open(reason="RG.SELF_HARM")
    action: dict[str, Any] = {"status": "closed", "tags_add": ["spam"], "reason": "WDR.LATE"}
    answer = await desk.post("/bulk", {"ids": [plain["id"]], "action": action})
    assert answer.json()["items"][0]["status"] == "done"
    changed = await desk.get(f"/{plain['id']}")
    assert (changed["reason"], changed["priority"], changed["status"]) == ("WDR.LATE", "high", "closed")
    recoded = await desk.post("/bulk", {"ids": [safety["id"]], "action": {"reason": "WDR.LATE"}})
    endangered = await desk.post(
        "/bulk", {"ids": [other["id"]], "action": {"status": "closed", "reason": "RG.SELF_HARM"}}
    )
    tagged = await desk.post("/bulk", {"ids": [other["id"]], "action": {"status": "closed", "tags_add": ["safety"]}})
    for refused in (recoded, endangered, tagged):
        assert refused.json()["items"][0]["problem"]["code"] == "bulk-refused"
    cleared = await desk.post("/bulk", {"ids": [plain["id"]], "action": {"reason": None}})
    assert cleared.json()["items"][0]["status"] == "done"
    assert (await desk.get(f"/{plain['id']}"))["reason"] is None


async def test_many_are_given_no_reason_that_there_is_not(desk: Desk) -> None:
    """The whole request is refused: every ticket would be. Of a merge it is why, in anybody's words."""
    ticket, into = await desk.open(), await desk.open()
    body = {"ids": [ticket["id"]], "action": {"priority": "low", "reason": "GEN.SPAMM"}}
    refused = await desk.post("/bulk", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "reason-unknown")
    assert refused.json()["errors"][0]["pointer"] == "/action/reason"
    assert (await desk.get(f"/{ticket['id']}"))["priority"] == "normal"
    merge = {"ids": [ticket["id"]], "action": {"merge_into": into["id"], "reason": "the same payout"}}
    assert (await desk.post("/bulk", merge)).json()["items"][0]["status"] == "done"


async def test_refusals_speak_of_no_python(desk: Desk) -> None:
    """A wrong word names those there are, a list too short or too long says how many it takes."""
    ids = [(await desk.open())["id"]]
    for body, said in (
        ({"ids": ids, "action": {"status": "snoozed"}}, "must be 'open', 'pending', 'resolved' or 'closed'"),
        ({"ids": [], "action": {"priority": "low"}}, "needs at least 1 item, has 0"),
        ({"ids": ids, "action": {"tags_add": ["a"] * 21}}, "takes at most 20 items"),
    ):
        assert (await desk.post("/bulk", body)).json()["errors"][0]["detail"] == said
    ticket = await desk.get(f"/{ids[0]}")
    past = await desk.patch(ticket, status="snoozed", snoozed_until="2020-01-01T00:00:00Z")
    assert past.json()["detail"] == "a ticket sleeps until a time to come; this one is over"
