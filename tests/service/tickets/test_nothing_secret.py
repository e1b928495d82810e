"""What people of the desk call things is as free of cards and accounts as what they write to players."""

from typing import Any

import httpx
import pytest

from tests.service.tickets.desk import Desk

CARD = "4111 1111 1111 1111"
HIDDEN = "[CARD:411111******1111]"


async def _send(desk: Desk, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
    lead = desk.agent("s-9", role="lead")
    return await desk.service.http.request(method, path, json=body, headers=lead | headers)


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("PUT", "/v1/teams/cards", {"name": f"Those with {CARD}"}, "name"),
        ("POST", "/v1/views", {"name": f"Those with {CARD}"}, "name"),
        ("POST", "/v1/macros", {"name": f"Those with {CARD}", "texts": {"en": "Hello"}}, "name"),
        ("PUT", "/v1/reasons/PAY.CARD", {"name": f"Those with {CARD}", "reason_class": "S", "severity": 5}, "name"),
        ("POST", "/v1/ticket-fields", {"key": "card", "label": f"Those with {CARD}", "type": "text"}, "label"),
    ],
)
async def test_names_are_redacted_before_they_are_kept(
    desk: Desk, method: str, path: str, body: dict[str, Any], name: str
) -> None:
    answer = await _send(desk, method, path, body, **{"If-Match": '"0"'})
    assert answer.status_code in {200, 201}, answer.text
    assert answer.json()[name] == f"Those with {HIDDEN}"


async def test_the_choices_of_a_field_are_redacted(desk: Desk) -> None:
    """When it is made and when it is edited; two that become one are refused as such."""
    field = {"key": "card", "label": "Card", "type": "choice", "choices": [CARD, "none"]}
    made = await _send(desk, "POST", "/v1/ticket-fields", field)
    assert made.json()["choices"] == [HIDDEN, "none"]
    more = {"choices": [HIDDEN, "none", CARD]}
    refused = await _send(desk, "PATCH", "/v1/ticket-fields/card", more, **{"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (400, "field-choices-invalid")


async def test_a_draft_is_redacted(desk: Desk) -> None:
    ticket = await desk.open()
    await _send(desk, "PUT", f"/v1/tickets/{ticket['id']}/draft", {"text": f"Your card {CARD}"})
    assert (await desk.get(f"/{ticket['id']}/draft", desk.agent("s-9")))["text"] == f"Your card {HIDDEN}"


async def test_a_card_is_no_tag_and_no_shortcut(desk: Desk) -> None:
    """They are names by which something is found again: instead of being changed they are refused."""
    ticket = await desk.open()
    card = CARD.replace(" ", "-")
    tagged = await _send(desk, "PUT", f"/v1/tickets/{ticket['id']}/tags/{card}")
    assert (tagged.status_code, tagged.json()["code"]) == (400, "tag-malformed")
    assert card not in tagged.text.replace(f"/tags/{card}", "")
    action = {"ids": [ticket["id"]], "action": {"tags_add": [card]}}
    bulk = await _send(desk, "POST", "/v1/tickets/bulk", action)
    assert bulk.json()["items"][0]["problem"]["code"] == "tag-malformed"
    macro = {"name": "Card", "texts": {"en": "Hello"}}
    by_macro = await _send(desk, "POST", "/v1/macros", macro | {"actions": {"add_tags": [card]}})
    assert (by_macro.status_code, by_macro.json()["code"]) == (400, "tag-malformed")
    assert (await _send(desk, "POST", "/v1/macros", macro | {"shortcut": card})).status_code == 422
    assert (await desk.get(f"/{ticket['id']}"))["tags"] == []


async def test_a_tier_is_redacted(desk: Desk) -> None:
    ticket = await desk.open()
    lead = desk.agent("s-9", role="lead")
    answer = await desk.patch(ticket, lead, tier=f"VIP {CARD}")
    assert answer.json()["tier"] == f"VIP {HIDDEN}"


async def test_a_card_is_no_number_of_a_field(desk: Desk) -> None:
    await _send(desk, "POST", "/v1/ticket-fields", {"key": "amount", "label": "Amount", "type": "number"})
    ticket = await desk.open()
    refused = await desk.patch(ticket, fields={"amount": 378282246310005})
    assert (refused.status_code, refused.json()["code"]) == (400, "field-value-invalid")
    assert (await desk.patch(ticket, fields={"amount": 1200.5})).status_code == 200


async def test_many_tickets_are_tagged_in_the_one_spelling_and_not_beyond_the_bound(desk: Desk) -> None:
    """As one by one: case folded, blanks as hyphens, at most thirty."""
    ticket = await desk.open()
    bulk = {
        "ids": [ticket["id"]],
        "action": {"tags_add": ["Bonus Abuse", "BONUS-abuse", "x", "y"], "tags_remove": ["Y"]},
    }
    assert (await _send(desk, "POST", "/v1/tickets/bulk", bulk)).json()["items"][0]["status"] == "done"
    assert (await desk.get(f"/{ticket['id']}"))["tags"] == ["bonus-abuse", "x"]
    twenty, more = ({"tags_add": [f"t{n}" for n in many]} for many in (range(20), range(20, 40)))
    await _send(desk, "POST", "/v1/tickets/bulk", {"ids": [ticket["id"]], "action": twenty})
    answer = await _send(desk, "POST", "/v1/tickets/bulk", {"ids": [ticket["id"]], "action": more})
    assert answer.json()["items"][0]["problem"]["code"] == "tags-full"
