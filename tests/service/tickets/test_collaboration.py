"""Working on one ticket together, on a real database."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.contracts.tickets import MessageAdded, TicketUpdated
from tests.service.tickets.desk import Desk


async def _call(
    desk: Desk, method: str, path: str, headers: dict[str, str] | None = None, **how: Any
) -> httpx.Response:
    return await desk.service.http.request(method, path, headers=headers or desk.agent(), **how)


async def _items(desk: Desk, path: str, staff: str = "s-1", **query: Any) -> list[dict[str, Any]]:
    answer = await _call(desk, "GET", path, desk.agent(staff), params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_note_calls_people_who_then_follow_the_ticket(desk: Desk) -> None:
    """Beside the text or inside it; the fact says whom, they find it unread and read it once."""
    ticket = await desk.open()
    await desk.hire("s-2")
    await desk.hire("s-3")
    body = {"text": "Look, @[s-2]", "kind": "note", "mentions": ["s-3"]}
    note = (await desk.post(f"/{ticket['id']}/messages", body)).json()
    told = await desk.service.recorded(MessageAdded)
    assert told[-1].data["mentions"] == ["s-3", "s-2"]
    (mention,) = await _items(desk, "/v1/agents/me/mentions", "s-2", unread=True)
    assert (mention["id"], mention["ticket_id"], mention["text"]) == (note["id"], ticket["id"], "Look, @[s-2]")
    assert mention["author"] == {"id": "s-1", "name": "Ann"}
    assert {one["staff_id"] for one in await _items(desk, f"/v1/tickets/{ticket['id']}/watchers")} == {"s-2", "s-3"}
    path = f"/v1/agents/me/mentions/{note['id']}/read"
    assert (await _call(desk, "POST", path, desk.agent("s-2"))).status_code == 204
    assert (await _call(desk, "POST", path, desk.agent("s-2"))).status_code == 204
    assert await _items(desk, "/v1/agents/me/mentions", "s-2", unread=True) == []
    assert len(await _items(desk, "/v1/agents/me/mentions", "s-2")) == 1
    assert len(await _items(desk, "/v1/agents/me/mentions", "s-3", unread=True)) == 1
    refused = await _call(desk, "POST", path, desk.agent("s-9"))
    assert (refused.status_code, refused.json()["code"]) == (404, "mention-not-found")


async def test_mentions_come_in_pages_newest_first(desk: Desk) -> None:
    """Reading some meanwhile moves none of them."""
    ticket = await desk.open()
    await desk.hire("s-2")
    for n in range(5):
        await desk.post(f"/{ticket['id']}/messages", {"text": f"{n} @[s-2]", "kind": "note"})
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await _call(desk, "GET", "/v1/agents/me/mentions", desk.agent("s-2"), params=query)).json()
        seen += [item["text"] for item in page["items"]]
        await _call(desk, "POST", f"/v1/agents/me/mentions/{page['items'][0]['id']}/read", desk.agent("s-2"))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"{n} @[s-2]" for n in (4, 3, 2, 1, 0)]


async def test_a_note_for_somebody_who_is_not_here_is_refused(desk: Desk) -> None:
    """A typo must not look as if somebody had been told; nothing is written."""
    ticket = await desk.open()
    await desk.hire("s-2", active=False)
    for body, status, code in (
        ({"text": "@[s-404]", "kind": "note"}, 404, "staff-not-found"),
        ({"text": "x", "kind": "note", "mentions": ["s-2"]}, 409, "staff-inactive"),
        ({"text": "x", "mentions": ["s-2"]}, 400, "mentions-refused"),
        ({"text": "Hello @[s-2]"}, 400, "mentions-refused"),
        ({"text": "Hello @[s-2]", "kind": "reply"}, 400, "mentions-refused"),
    ):
        answer = await desk.post(f"/{ticket['id']}/messages", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len((await desk.get(f"/{ticket['id']}/messages"))["items"]) == 1


async def test_following_a_ticket_does_not_change_it(desk: Desk) -> None:
    """One's own will; for others leads decide. It is no fact of the ticket: its version stays."""
    ticket = await desk.open()
    await desk.hire("s-2")
    path = f"/v1/tickets/{ticket['id']}/watchers"
    assert (await _call(desk, "PUT", f"{path}/me")).status_code == 200
    assert (await _call(desk, "PUT", f"{path}/me")).status_code == 200
    assert (await _call(desk, "PUT", f"{path}/s-2")).status_code == 403
    lead = desk.agent("s-9", role="lead")
    assert (await _call(desk, "PUT", f"{path}/s-2", lead)).status_code == 200
    assert (await _call(desk, "PUT", f"{path}/s-404", lead)).status_code == 404
    assert [one["staff_id"] for one in await _items(desk, path)] == ["s-1", "s-2"]
    (watched,) = await _items(desk, "/v1/agents/me/watched")
    assert watched["number"] == ticket["number"]
    assert (await _call(desk, "DELETE", f"{path}/me")).status_code == 204
    assert (await _call(desk, "DELETE", f"{path}/s-2")).status_code == 403
    assert (await _call(desk, "DELETE", f"{path}/s-2", lead)).status_code == 204
    assert await _items(desk, path) == []
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]


async def test_an_edit_of_tags_alone_is_a_fact(desk: Desk) -> None:
    """Whoever reacts to tickets hears of it, with what was before; the same tag again is no fact."""
    ticket = await desk.open()
    path = f"/v1/tickets/{ticket['id']}/tags"
    first = await _call(desk, "PUT", f"{path}/Bonus%20Abuse")
    assert first.json()["tags"] == ["bonus-abuse"]
    assert first.json()["version"] == ticket["version"] + 1
    again = await _call(desk, "PUT", f"{path}/BONUS-abuse")
    assert again.headers["ETag"] == first.headers["ETag"]
    await _call(desk, "PUT", f"{path}/vip")
    await _call(desk, "DELETE", f"{path}/bonus-abuse")
    gone = await _call(desk, "DELETE", f"{path}/bonus-abuse")
    assert gone.json()["tags"] == ["vip"]
    facts = [TicketUpdated.model_validate(event.data) for event in await desk.service.recorded(TicketUpdated)]
    changes = [list(fact.changes["tags"]) for fact in facts]
    assert changes == [[None, "bonus-abuse"], ["bonus-abuse", "bonus-abuse, vip"], ["bonus-abuse, vip", "vip"]]
    timeline = (await desk.get(f"/{ticket['id']}/timeline"))["items"]
    assert [one["change"]["what"] for one in timeline if one["kind"] == "change"] == ["opened", *["fields"] * 3]
    refused = await _call(desk, "PUT", f"{path}/a,b")
    assert (refused.status_code, refused.json()["code"]) == (400, "tag-malformed")
    assert (await _call(desk, "PUT", f"{path}/x", desk.player())).status_code == 403
    assert (await _call(desk, "PUT", f"{path}/x", desk.agent(brand="royal"))).status_code == 404


async def test_tags_set_at_the_same_time_are_both_there(desk: Desk) -> None:
    ticket = await desk.open()
    tags = [f"t{n}" for n in range(8)]
    await asyncio.gather(*(_call(desk, "PUT", f"/v1/tickets/{ticket['id']}/tags/{tag}") for tag in tags))
    assert sorted((await desk.get(f"/{ticket['id']}"))["tags"]) == tags


async def test_the_tags_in_use_most_used_first(desk: Desk) -> None:
    for tags in (("vip", "loud"), ("vip",), ()):
        ticket = await desk.open()
        for tag in tags:
            await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/tags/{tag}")
    assert await _items(desk, "/v1/tickets/tags") == [{"tag": "vip", "tickets": 2}, {"tag": "loud", "tickets": 1}]
    foreign = await _call(desk, "GET", "/v1/tickets/tags", desk.agent(brand="royal"))
    assert foreign.json() == {"items": []}


async def test_a_draft_waits_until_it_is_sent(desk: Desk) -> None:
    """Redacted, replaced by the next one, and gone with the words of its kind, not with those of the other."""
    ticket = await desk.open()
    path = f"/v1/tickets/{ticket['id']}/draft"
    assert (await _call(desk, "GET", path)).status_code == 404
    await _call(desk, "PUT", path, json={"text": "Dear"})
    kept = await _call(desk, "PUT", path, json={"text": "Dear Kim, your card 4111 1111 1111 1111"})
    assert kept.status_code == 200, kept.text
    draft = (await _call(desk, "GET", path)).json()
    assert draft["text"].startswith("Dear Kim")
    assert "4111 1111 1111 1111" not in draft["text"]
    await desk.post(f"/{ticket['id']}/messages", {"text": "By the way", "kind": "note"})
    await desk.post(f"/{ticket['id']}/messages", {"text": "Another's"}, desk.agent("s-2"))
    await desk.post(f"/{ticket['id']}/messages", {"text": "Not yet", "clear_draft": False})
    assert (await _call(desk, "GET", path)).status_code == 200
    await desk.post(f"/{ticket['id']}/messages", {"text": "Dear Kim"})
    assert (await _call(desk, "GET", path)).json()["code"] == "draft-not-found"
    assert (await _call(desk, "DELETE", path)).status_code == 204


async def test_that_somebody_drafts_is_seen_but_not_what(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.hire("s-1")
    await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/draft", json={"text": "Hm", "kind": "note"})
    path = f"/v1/tickets/{ticket['id']}/drafts"
    (seen,) = await _items(desk, path, "s-2")
    assert (seen["staff_id"], seen["name"], seen["kind"], seen["text"]) == ("s-1", "s-1", "note", None)
    lead = await _call(desk, "GET", path, desk.agent("s-9", role="lead"))
    assert lead.json()["items"][0]["text"] == "Hm"
    assert (await _call(desk, "GET", path, desk.player())).status_code == 403


async def test_two_agents_do_not_talk_over_each_other(desk: Desk) -> None:
    """The second reply on an outdated view is refused and names the first; only if the client asks for it."""
    ticket = await desk.open()
    seen = ticket["version"]
    path = f"/{ticket['id']}/messages"
    first = await desk.post(path, {"text": "It is on its way.", "after_version": seen}, desk.agent("s-1"))
    assert first.status_code == 201
    second = await desk.post(path, {"text": "We refuse it.", "after_version": seen}, desk.agent("s-2"))
    problem = second.json()
    assert (second.status_code, problem["code"]) == (409, "ticket-changed")
    assert [(one["id"], one["name"], one["said"]) for one in problem["spoke"]] == [("s-1", "Ann", "reply")]
    assert problem["spoke"][0]["message_id"] == first.json()["id"]
    current = problem["current_version"]
    assert (
        await desk.post(path, {"text": "And soon.", "after_version": current}, desk.agent("s-2"))
    ).status_code == 201
    assert (await desk.post(path, {"text": "Whatever."}, desk.agent("s-3"))).status_code == 201


@pytest.mark.parametrize("version", [True, "2", 2.5, 2.0, -1, 2**63])
async def test_a_version_that_is_none_is_refused(desk: Desk, version: object) -> None:
    """Nobody asks for a guard and goes without one."""
    ticket = await desk.open()
    refused = await desk.post(f"/{ticket['id']}/messages", {"text": "Soon.", "after_version": version})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/after_version")
    last = await desk.post(f"/{ticket['id']}/messages", {"text": "Soon.", "after_version": 2**63 - 1})
    assert last.status_code == 201


async def test_notes_are_no_news_to_players(desk: Desk) -> None:
    """They neither hear of one nor are refused for it; a colleague is."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    seen = ticket["version"]
    await desk.post(path, {"text": "He is known for this.", "kind": "note"}, desk.agent("s-1"))
    unseen = {"text": "Hello?", "after_version": seen}
    refused = await desk.post(path, unseen, desk.agent("s-2"))
    assert [one["said"] for one in refused.json()["spoke"]] == ["note"]
    assert (await desk.post(path, unseen, desk.player())).status_code == 201
    await desk.post(path, {"text": "Yes?"}, desk.agent("s-1"))
    told = await desk.post(path, unseen, desk.player())
    assert [one["said"] for one in told.json()["spoke"]] == ["reply"]


async def test_bot_and_human_do_not_talk_over_each_other(desk: Desk) -> None:
    """A robot's reply on a view from before the agent's is refused; so is one that missed the player's words."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    await desk.post(path, {"text": "I am here."}, desk.agent("s-1"))
    bot = await desk.post(path, {"text": "Read our FAQ.", "after_version": 2}, desk.server("tickets:write"))
    assert (bot.status_code, bot.json()["spoke"][0]["id"]) == (409, "s-1")
    await desk.post(path, {"text": "Never mind!"}, desk.player())
    late = await desk.post(path, {"text": "Done.", "after_version": 4}, desk.agent("s-1"))
    assert late.json()["spoke"][0]["kind"] == "player"


async def test_edits_and_ones_own_words_outdate_no_view(desk: Desk) -> None:
    """What was not said cannot be talked over."""
    ticket = await desk.open()
    path = f"/{ticket['id']}/messages"
    await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/tags/vip")
    assert (await desk.post(path, {"text": "One", "after_version": 2})).status_code == 201
    assert (await desk.post(path, {"text": "Two", "after_version": 2})).status_code == 201


async def test_two_replies_at_the_same_moment_become_one(desk: Desk) -> None:
    ticket = await desk.open()
    answers = await asyncio.gather(
        *(
            desk.post(f"/{ticket['id']}/messages", {"text": "Mine", "after_version": 2}, desk.agent(f"s-{n}"))
            for n in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
