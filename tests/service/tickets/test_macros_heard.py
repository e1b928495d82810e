"""What a macro says is heard by whoever hears the same words said by hand, on a real database."""

from typing import Any

from shared.contracts.tickets import MessageAdded
from shared.ids import new_id
from tests.service.tickets.desk import Desk, posted, session_started


async def _macro(desk: Desk, text: str) -> str:
    lead = desk.agent("s-9", role="lead")
    answer = await desk.service.http.post("/v1/macros", json={"name": "M", "texts": {"en": text}}, headers=lead)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _said(desk: Desk) -> dict[str, Any]:
    return (await desk.service.recorded(MessageAdded))[-1].data


async def test_a_macro_reaches_every_live_conversation_that_was_merged_in(desk: Desk) -> None:
    """As a reply by hand does; and the survivor stays what it is."""
    first, second = new_id(), new_id()
    for one in (first, second):
        await desk.service.publish(session_started(one))
        await desk.service.publish(posted(one, 1, "Hello"))
    assert (await desk.post(f"/{first}/merge", {"into": str(second)})).status_code == 200
    used = await desk.post(f"/{second}/macros/{await _macro(desk, 'Good day')}", {})
    assert used.status_code == 200, used.text
    by_macro = await _said(desk)
    await desk.post(f"/{second}/messages", {"text": "Good day"})
    by_hand = await _said(desk)
    for name in ("live", "also_for", "contact", "text", "kind"):
        assert by_macro[name] == by_hand[name], name
    assert by_macro["also_for"] == [str(first)]


async def test_a_note_by_macro_calls_whom_it_names(desk: Desk) -> None:
    """Else it would look like a call and be none; whoever is not here is refused, and nothing is done."""
    await desk.hire("s-2")
    ticket = await desk.open()
    path = f"/{ticket['id']}/macros/{await _macro(desk, 'Look, @[s-2]')}"
    assert (await desk.post(path, {"kind": "note"})).status_code == 200
    assert (await _said(desk))["mentions"] == ["s-2"]
    unread = await desk.service.http.get("/v1/agents/me/mentions", headers=desk.agent("s-2"))
    assert [one["text"] for one in unread.json()["items"]] == ["Look, @[s-2]"]
    refused = await desk.post(path, {"kind": "note", "text": "Look, @[s-404]"})
    assert (refused.status_code, refused.json()["code"]) == (404, "staff-not-found")
    to_the_player = await desk.post(path, {})
    assert (to_the_player.status_code, to_the_player.json()["code"]) == (400, "mentions-refused")
