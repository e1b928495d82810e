"""Macros and canned answers, on a real database."""

import asyncio
from typing import Any

import httpx

from shared.contracts.gateway import BrandChanged
from shared.contracts.tickets import MessageAdded
from tests.service.tickets.desk import Desk

LEAD = {"role": "lead"}
TEXTS = {
    "en": "Dear {{player.name}}, {{ticket.number}} is in work. {{agent.name}}, {{brand.name}}",
    "de": "Hallo {{player.name}}, {{ticket.number}} ist in Arbeit. {{agent.name}}, {{brand.name}}",
}


async def _call(
    desk: Desk, method: str, path: str, headers: dict[str, str] | None = None, **how: Any
) -> httpx.Response:
    return await desk.service.http.request(method, path, headers=headers or desk.agent("s-9", **LEAD), **how)


async def _macro(desk: Desk, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    body = {"name": "Hello", "texts": TEXTS, **fields}
    answer = await _call(desk, "POST", "/v1/macros", headers, json=body)
    assert answer.status_code == 201, answer.text
    macro: dict[str, Any] = answer.json()
    return macro


async def _lucky(desk: Desk, default: str = "en") -> None:
    event = BrandChanged(brand="lucky", name="Lucky", languages=("en", "de"), default_language=default)
    await desk.service.publish(event)


async def _use(
    desk: Desk, ticket: dict[str, Any], macro: dict[str, Any], staff: str = "s-1", **body: Any
) -> httpx.Response:
    return await desk.post(f"/{ticket['id']}/macros/{macro['id']}", body, desk.agent(staff))


async def _names(desk: Desk, headers: dict[str, str] | None = None, **query: Any) -> list[str]:
    answer = await _call(desk, "GET", "/v1/macros", headers or desk.agent(), params=query)
    assert answer.status_code == 200, answer.text
    return [macro["name"] for macro in answer.json()["items"]]


async def test_a_macro_is_kept_edited_and_forgotten(desk: Desk) -> None:
    """By leads, with the version that was read; agents read it."""
    macro = await _macro(desk, shortcut="hello")
    path = f"/v1/macros/{macro['id']}"
    read = await _call(desk, "GET", path, desk.agent())
    assert (read.json(), read.headers["ETag"]) == (macro, '"1"')
    assert (await _call(desk, "PATCH", path, json={"name": "Hi"})).status_code == 428
    mine = desk.agent("s-9", **LEAD)
    edited = await _call(desk, "PATCH", path, mine | {"If-Match": '"1"'}, json={"name": "Hi", "shortcut": None})
    assert (edited.json()["name"], edited.json()["shortcut"], edited.headers["ETag"]) == ("Hi", None, '"2"')
    same = await _call(desk, "PATCH", path, mine | {"If-Match": '"2"'}, json={"name": "Hi"})
    assert same.headers["ETag"] == '"2"'
    assert (await _call(desk, "PATCH", path, mine | {"If-Match": '"1"'}, json={"name": "Ho"})).status_code == 412
    agent = desk.agent() | {"If-Match": '"2"'}
    assert (await _call(desk, "PATCH", path, agent, json={"name": "Ho"})).status_code == 403
    assert (await _call(desk, "DELETE", path, agent)).status_code == 403
    foreign = desk.agent("s-9", "royal", "lead") | {"If-Match": '"2"'}
    assert (await _call(desk, "DELETE", path, foreign)).status_code == 404
    assert (await _call(desk, "DELETE", path, mine | {"If-Match": '"2"'})).status_code == 204
    assert (await _call(desk, "GET", path)).status_code == 404


async def test_a_personal_macro_is_its_owners_alone(desk: Desk) -> None:
    """Agents write their own, nobody else sees them, and a shortcut is unique per owner."""
    assert (
        await _call(desk, "POST", "/v1/macros", desk.agent(), json={"name": "x", "texts": TEXTS})
    ).status_code == 403
    await _macro(desk, name="Ours", shortcut="hello")
    own = await _macro(desk, desk.agent(), name="Mine", personal=True, shortcut="hello")
    taken = await _call(
        desk,
        "POST",
        "/v1/macros",
        desk.agent(),
        json={"name": "x", "texts": TEXTS, "personal": True, "shortcut": "hello"},
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "shortcut-taken")
    other = await _macro(desk, desk.agent(), name="Other", personal=True, shortcut="other")
    renamed = await _call(
        desk, "PATCH", f"/v1/macros/{other['id']}", desk.agent() | {"If-Match": '"1"'}, json={"shortcut": "hello"}
    )
    assert renamed.json()["code"] == "shortcut-taken"
    assert await _names(desk) == ["Ours", "Mine", "Other"]
    assert await _names(desk, shortcut="hello") == ["Ours", "Mine"]
    assert await _names(desk, desk.agent("s-9", **LEAD)) == ["Ours"]
    assert (await _call(desk, "GET", f"/v1/macros/{own['id']}")).status_code == 404


async def test_what_nothing_fills_in_is_refused_when_it_is_written(desk: Desk) -> None:
    """With its place in the request."""
    for texts in ({"en": "{{player.password}}"}, {"en": "{{7*7}}"}, {"en": "{{player.name"}):
        answer = await _call(desk, "POST", "/v1/macros", json={"name": "x", "texts": texts})
        assert (answer.status_code, answer.json()["code"]) == (400, "placeholder-unknown")
        assert answer.json()["errors"][0]["pointer"].endswith("texts/en")
    bodies: list[dict[str, Any]] = [{"texts": TEXTS, "promotional": True, "allowed_in_safety": True}, {"texts": {}}]
    for body in bodies:
        answer = await _call(desk, "POST", "/v1/macros", json={"name": "x", **body})
        assert (answer.status_code, answer.json()["code"]) == (400, "macro-invalid")
    answer = await _call(desk, "POST", "/v1/macros", json={"name": "x", "actions": {"reason": "NO.SUCH"}})
    assert answer.json()["code"] == "reason-unknown"
    answer = await _call(desk, "POST", "/v1/macros", json={"name": "x", "actions": {"python": "1"}})
    assert answer.status_code == 422


async def test_a_ticket_is_offered_what_it_would_be_told(desk: Desk) -> None:
    """In its own language, else in the brand's; what is missing is named instead of being sent as `None`."""
    await _lucky(desk, default="de")
    await _macro(desk)
    await _macro(desk, name="Field", texts={"de": "{{fields.bet}} {{player.name}}"})
    await _macro(desk, name="Mail", conditions={"channels": ["email"]})
    await _macro(desk, name="Off", active=False)
    english, french = await desk.open(language="en-GB"), await desk.open(language="fr")
    answer = await _call(desk, "GET", "/v1/macros", desk.agent(), params={"ticket_id": english["id"]})
    hello, field = answer.json()["items"]
    assert hello["text"] == f"Dear Kim, {english['number']} is in work. Ann, Lucky"
    assert hello["language"] == "en"
    assert (field["text"], field["missing"]) == (None, ["fields.bet"])
    answer = await _call(desk, "GET", "/v1/macros", desk.agent(), params={"ticket_id": french["id"]})
    assert answer.json()["items"][0]["text"].startswith("Hallo Kim")
    foreign = desk.agent(brand="royal")
    assert (await _call(desk, "GET", "/v1/macros", foreign, params={"ticket_id": english["id"]})).status_code == 404


async def test_a_macro_speaks_and_acts_in_one_step(desk: Desk) -> None:
    """Words first, then edits, hands and status, one version each."""
    await _lucky(desk)
    actions = {"status": "pending", "priority": "high", "add_tags": ["Payout Asked"], "assign_me": True}
    macro = await _macro(desk, actions=actions)
    ticket = await desk.open(language="de")
    await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/draft", desk.agent(), json={"text": "Hm"})
    answer = await _use(desk, ticket, macro)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["message"]["text"] == f"Hallo Kim, {ticket['number']} ist in Arbeit. Ann, Lucky"
    after = body["ticket"]
    assert (after["status"], after["priority"], after["tags"], after["assignee_id"]) == (
        "pending", "high", ["payout-asked"], "s-1",
    )  # fmt: skip
    told = await desk.told(ticket["id"])
    assert [event.type.split(".")[2] for event in told[2:]] == [
        "added", "status_changed", "updated", "assigned", "status_changed",
    ]  # fmt: skip
    assert [event.sequence for event in told] == list(range(1, 8))
    draft = await _call(desk, "GET", f"/v1/tickets/{ticket['id']}/draft", desk.agent())
    assert draft.status_code == 404


async def test_a_macro_may_act_without_a_word_or_speak_in_other_words(desk: Desk) -> None:
    await _lucky(desk)
    macro = await _macro(desk, actions={"priority": "low"})
    ticket = await desk.open()
    silent = await _use(desk, ticket, macro, send=False)
    assert (silent.json()["message"], silent.json()["ticket"]["priority"]) == (None, "low")
    spoken = await _use(desk, ticket, macro, text="{{player.name}}, soon!", kind="note")
    assert (spoken.json()["message"]["text"], spoken.json()["message"]["kind"]) == ("Kim, soon!", "note")
    refused = await _use(desk, ticket, macro, text="{{player.nmae}}")
    assert refused.json()["code"] == "placeholder-unknown"


async def test_nothing_half_filled_is_ever_sent(desk: Desk) -> None:
    """No `{{player.name}}` and no `None` to a player; the refusal says what is missing, and nothing has happened."""
    macro = await _macro(desk, actions={"priority": "low"})
    ticket = await desk.open()
    refused = await _use(desk, ticket, macro)
    assert (refused.status_code, refused.json()["code"]) == (409, "placeholder-empty")
    assert refused.json()["missing"] == ["brand.name"]
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]
    assert len(await desk.service.recorded(MessageAdded)) == 1


async def test_nobody_in_danger_is_sent_an_offer(desk: Desk) -> None:
    """Promotional macros are neither offered nor usable on safety tickets and complaints."""
    texts = {"en": "A bonus for you"}
    offer = await _macro(desk, name="Offer", texts=texts, promotional=True)
    plain = await _macro(desk, name="Plain", texts=texts)
    safe = await _macro(desk, name="Safe", texts=texts, allowed_in_safety=True)
    ticket = await desk.open()
    assert await _names(desk, ticket_id=ticket["id"]) == ["Offer", "Plain", "Safe"]
    await _call(desk, "PUT", f"/v1/tickets/{ticket['id']}/tags/safety")
    assert await _names(desk, ticket_id=ticket["id"]) == ["Safe"]
    for macro in (offer, plain):
        refused = await _use(desk, ticket, macro)
        assert (refused.status_code, refused.json()["code"]) == (409, "macro-not-usable")
        assert refused.json()["obstacles"] == ["safety"]
    assert (await _use(desk, ticket, safe)).status_code == 200


async def test_a_macro_cannot_turn_a_ticket_into_one_it_is_not_for(desk: Desk) -> None:
    """An offer that marks its ticket as a safety one in the same step would be an offer to somebody in danger."""
    macro = await _macro(desk, texts={"en": "A bonus"}, promotional=True, actions={"add_tags": ["safety"]})
    ticket = await desk.open()
    assert (await _use(desk, ticket, macro)).json()["code"] == "macro-not-usable"
    assert (await desk.get(f"/{ticket['id']}"))["version"] == ticket["version"]


async def test_a_macro_on_an_outdated_view_is_refused(desk: Desk) -> None:
    macro = await _macro(desk, texts={"en": "Soon"})
    ticket = await desk.open()
    await desk.post(f"/{ticket['id']}/messages", {"text": "Done"}, desk.agent("s-2"))
    refused = await _use(desk, ticket, macro, after_version=2)
    assert (refused.status_code, refused.json()["spoke"][0]["id"]) == (409, "s-2")


async def test_uses_are_counted_by_day_and_person(desk: Desk) -> None:
    """Also when many use one macro at once; a refused use and one that is repeated with its key count nothing more."""
    macro = await _macro(desk, texts={"en": "Soon"})
    tickets = [await desk.open() for _ in range(4)]
    await asyncio.gather(*(_use(desk, ticket, macro) for ticket in tickets))
    for _ in range(2):
        headers = desk.agent("s-2") | {"Idempotency-Key": "k-1"}
        await desk.post(f"/{tickets[0]['id']}/macros/{macro['id']}", {}, headers)
    read = (await _call(desk, "GET", f"/v1/macros/{macro['id']}")).json()
    assert read["uses_30d"] == 5
    assert read["last_used_at"] is not None
    usage = (await _call(desk, "GET", f"/v1/macros/{macro['id']}/usage")).json()["items"]
    assert [(one["staff_id"], one["uses"]) for one in usage] == [("s-1", 4), ("s-2", 1)]


async def test_the_list_has_pages_and_skips_what_is_not_for_the_ticket(desk: Desk) -> None:
    for n in range(5):
        await _macro(desk, name=f"{n}", texts={"en": "x"}, conditions={"channels": ["email"] if n % 2 else []})
    ticket = await desk.open()
    query: dict[str, Any] = {"ticket_id": ticket["id"], "limit": 2}
    first = (await _call(desk, "GET", "/v1/macros", desk.agent(), params=query)).json()
    rest = (
        await _call(desk, "GET", "/v1/macros", desk.agent(), params=query | {"cursor": first["next_cursor"]})
    ).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == ["0", "2", "4"]
    assert rest["next_cursor"] is None
