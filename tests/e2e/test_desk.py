"""The desk in a real browser against the running product."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask, made
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.e2e.test_widget import AXE, HOSTILE
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

RULES: Final = "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
MANY: Final = 1000


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with an agent, a colleague and a lead."""
    house = await found_house(door, product.demo, "desk")
    for role, name in (("agent", "ann"), ("agent", "bob"), ("lead", "lea")):
        await house.hire(role, name)
    return house


def _somebody() -> str:
    return f"p{uuid4().hex[:8]}"


async def test_a_chat_arrives_by_itself_is_taken_and_the_player_hears_the_answer(house: House, ann: Clerk) -> None:
    await expect(ann.page.locator(".empty").first).to_be_visible()
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))
    try:
        await chat.say("Where is my payout?")
        await ann.open(player)
        await expect(ann.words("Where is my payout?")).to_be_visible()
        await ann.page.locator("header").get_by_role("button", name="Take it").click()
        await expect(ann.page.locator(".holder")).to_have_text("yours")
        await ann.say("It leaves today.")
        await expect(ann.words("It leaves today.")).to_be_visible()
        await expect(ann.box).to_have_value("")
        await eventually(lambda: any(message["text"] == "It leaves today." for message in chat.messages))
        await chat.say("Thank you!")
        await expect(ann.words("Thank you!")).to_be_visible()
        await chat.signal("typing", ticket_id=chat.ticket_id)
        await expect(ann.page.locator(".typing")).to_be_visible()
        await expect(ann.page.locator(".clock-met")).to_have_count(1)
    finally:
        await chat.close()


async def test_words_that_cross_stand_where_the_player_heard_them(house: House, ann: Clerk) -> None:
    """Both speak at once, again and again: desk and chat show one order, also to who comes anew."""
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))
    try:
        await chat.say("Hello?")
        await ann.open(player)
        await expect(ann.words("Hello?")).to_be_visible()
        for number in range(8):
            answer = house.reply(chat.ticket_id, f"answer {number}", token=house.tokens["ann"])
            await asyncio.gather(answer, *(chat.say(f"word {number} {more}") for more in range(2)))
        path = f"/v1/chat/sessions/{chat.ticket_id}/messages?limit=100"

        async def transcript() -> list[str]:
            said = [item["text"] for item in (await house.door.call("GET", path, token=house.api_key))["items"]]
            return said if len(said) == 1 + 8 * 3 else []

        heard = await eventually(transcript)
        await expect(ann.page.locator(".said .words")).to_have_text(heard)
        await ann.page.reload()
        await expect(ann.page.locator(".said .words")).to_have_text(heard)
    finally:
        await chat.close()


async def test_notes_macros_drafts_and_tags(house: House, ann: Clerk) -> None:
    macro = {"name": "On its way", "texts": {"en": "See {{ticket.number}}."}, "actions": {"status": "pending"}}
    await made(house.door, "/v1/macros", macro, token=house.tokens["lea"])
    player = _somebody()
    ticket = await house.ticket(player)
    await ann.open(player)
    await ann.page.keyboard.press("n")
    await expect(ann.box).to_be_focused()
    await ann.say("He called twice.")
    await expect(ann.page.locator(".said.note .words")).to_have_text("He called twice.")
    await ann.box.press("Escape")
    await ann.page.keyboard.press("m")
    await ann.page.get_by_role("combobox", name="Find a macro").press("Enter")
    await expect(ann.box).to_have_value(f"See {ticket['number']}.")

    async def kept_by_the_server() -> bool:
        kept = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}/draft", token=house.tokens["ann"])
        return kept.status == 200 and kept.json["text"] == f"See {ticket['number']}."

    await eventually(kept_by_the_server)
    await ann.page.get_by_role("button", name="Reply").click()
    await ann.box.press("Control+Enter")
    await expect(ann.page.locator(".said.reply .words")).to_have_text(f"See {ticket['number']}.")
    await expect(ann.page.locator("#field-status")).to_have_value("pending")
    tag = ann.page.get_by_label("Add a tag")
    await tag.fill("payout")
    await tag.press("Enter")
    await expect(ann.page.locator(".tags li")).to_have_text("payout")


async def test_an_edit_that_comes_too_late_shows_what_changed_and_loses_nothing(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player)
    await ann.open(player)
    await ann.box.fill("Half a sen")
    await ann.page.route("**/v1/tickets/*", _hold_back(house, ticket))
    await ann.page.locator("#field-priority").select_option("urgent")
    conflict = ann.page.locator(".conflict")
    await expect(conflict).to_contain_text("Bob")
    await expect(conflict).to_contain_text("Status: New → Pending")
    await conflict.get_by_role("button", name="Do it all the same").click()
    await expect(conflict).to_have_count(0)
    await expect(ann.page.locator("#field-priority")).to_have_value("urgent")
    await expect(ann.page.locator("#field-status")).to_have_value("pending")
    await expect(ann.box).to_have_value("Half a sen")


def _hold_back(house: House, ticket: Json) -> Callable[[Route], Awaitable[None]]:
    """Let Bob edit the ticket in the moment in which Ann's edit is on its way."""
    edited: list[str] = []

    async def between(route: Route) -> None:
        if route.request.method == "PATCH" and not edited:
            edited.append("once")
            version = str(
                (await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.api_key)).headers["ETag"]
            )
            answer = await ask(
                house.door,
                "PATCH",
                f"/v1/tickets/{ticket['id']}",
                token=house.tokens["bob"],
                body={"status": "pending"},
                headers={"If-Match": version},
            )
            assert answer.status == 200, answer.body
        await route.continue_()

    return between


async def test_words_of_a_colleague_meanwhile_are_shown_before_mine_are_sent(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player)
    await ann.open(player)
    await ann.page.route("**/v1/tickets/*/timeline*", lambda route: route.abort())
    await house.reply(ticket["id"], "I have it.", token=house.tokens["bob"])
    await ann.say("Let me see.")
    await expect(ann.page.locator(".composer .conflict")).to_contain_text("spoke meanwhile")
    await expect(ann.box).to_have_value("Let me see.")
    await ann.page.unroute("**/v1/tickets/*/timeline*")
    await ann.page.get_by_role("button", name="Send all the same").click()
    await expect(ann.words("I have it.")).to_be_visible()
    await expect(ann.words("Let me see.")).to_be_visible()


async def test_what_players_write_is_text_whatever_it_is(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player, HOSTILE[0], subject=HOSTILE[1])
    for text in HOSTILE[1:]:
        body = {"text": text}
        await made(house.door, f"/v1/tickets/{ticket['id']}/messages", body, token=house.player(player))
    await ann.open(player)
    words = ann.page.locator(".words")
    await expect(words).to_have_count(len(HOSTILE))
    assert await words.all_inner_texts() == list(HOSTILE)
    assert await ann.page.locator(".words *").count() == 0
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text(HOSTILE[1])


async def test_search_finds_words_and_the_palette_does_anything(house: House, ann: Clerk) -> None:
    player = _somebody()
    await house.ticket(player, "The zeppelin bonus is missing")
    await ann.row(player).wait_for()

    async def found() -> bool:
        answer = await ask(house.door, "GET", "/v1/tickets?q=zeppelin", token=house.tokens["ann"])
        return bool(answer.json["items"])

    await eventually(found)
    await ann.page.keyboard.press("/")
    await ann.page.keyboard.type("zeppelin")
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.locator(".row mark")).to_have_text("zeppelin")
    await ann.page.keyboard.press("Escape")
    await ann.page.keyboard.press("Control+k")
    await ann.page.keyboard.type("i am busy")
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.locator(".presence-busy")).to_be_visible()


async def test_the_brands_own_fields_are_filled_in_where_the_reason_asks_for_them(house: House, ann: Clerk) -> None:
    fields = (
        {"key": "amount", "label": "Amount", "type": "number", "required_for": ["WDR.LATE"]},
        {"key": "method", "label": "Method", "type": "choice", "choices": ["card", "wallet"]},
    )
    for field in fields:
        await made(house.door, "/v1/ticket-fields", field, token=house.tokens["lea"])
    await ann.page.reload()
    player = _somebody()
    ticket = await house.ticket(player)
    await ann.open(player)
    await ann.page.locator("#field-reason").select_option("WDR.LATE")
    await expect(ann.page.locator(".field.is-missing")).to_contain_text("Amount *")
    await ann.page.locator("#own-amount").fill("120.5")
    await ann.page.locator("#own-amount").press("Enter")
    await expect(ann.page.locator(".field.is-missing")).to_have_count(0)
    await ann.page.locator("#own-method").select_option("wallet")
    await ann.page.locator("#field-status").select_option("resolved")
    await expect(ann.page.locator("#field-status")).to_have_value("resolved")
    kept = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.tokens["ann"])
    assert kept.json["fields"] == {"amount": 120.5, "method": "wallet"}
    await ann.page.evaluate(AXE.read_text())
    assert await _axe(ann.page) == []


async def test_the_card_puts_off_escalates_complains_and_merges(house: House, ann: Clerk) -> None:
    player = _somebody()
    await house.ticket(player, subject="First of two")
    second = await house.ticket(player, subject="Second of two")
    await ann.open("First of two")
    dialog = ann.page.locator("dialog")
    await ann.page.locator("#field-status").select_option("waiting")
    await dialog.get_by_label("For").select_option("kyc")
    await dialog.get_by_role("button", name="Set waiting").click()
    await expect(ann.page.locator(".card .aside")).to_have_text("for KYC")
    await ann.page.locator(".card").get_by_role("button", name="Escalate", exact=True).click()
    await dialog.get_by_label("Why").fill("Beyond me")
    await dialog.get_by_role("button", name="Escalate").click()
    await expect(ann.page.locator(".change", has_text="escalated")).to_be_visible()
    await ann.page.locator(".card").get_by_role("button", name="Merge", exact=True).click()
    await dialog.get_by_label("Number").fill(second["number"])
    await dialog.get_by_role("button", name="Merge").click()
    await ann.page.get_by_role("button", name="Open the one it went into").click()
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Second of two")
    await ann.page.locator(".card").get_by_role("button", name="Complaint", exact=True).click()
    await dialog.get_by_role("button", name="Register").click()
    await expect(ann.page.locator(".card .complaint")).to_be_visible()


async def test_who_else_looks_and_types_is_shown(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player)
    await ann.open(player)
    bob = await ChatSocket.of_staff(house.door, house.tokens["bob"])
    try:
        await bob.signal("view", ticket_id=ticket["id"])
        await expect(ann.page.locator(".collision")).to_contain_text("Bob is looking")
        await bob.signal("typing", ticket_id=ticket["id"])
        await expect(ann.page.locator(".collision")).to_contain_text("Bob is typing")
    finally:
        await bob.close()
    await expect(ann.page.locator(".collision")).to_have_count(0)


async def test_files_go_with_a_reply(house: House, ann: Clerk) -> None:
    player = _somebody()
    await house.ticket(player)
    await ann.open(player)
    file: FilePayload = {"name": "terms.txt", "mimeType": "text/plain", "buffer": b"the terms of the bonus"}
    await ann.page.locator("input[type=file]").set_input_files(file)
    await expect(ann.page.locator(".uploads .sent")).to_contain_text("terms.txt")
    await ann.say("Here they are.")
    await expect(ann.page.locator("button.file")).to_contain_text("terms.txt")


async def test_a_token_that_ends_is_renewed_unnoticed(ann: Clerk) -> None:
    kept = 'sessionStorage.getItem("pitboss.desk.session")'
    before = json.loads(await ann.page.evaluate(kept))
    aged = json.dumps({**before, "expiresAt": 0})
    await ann.page.evaluate('text => sessionStorage.setItem("pitboss.desk.session", text)', aged)
    await ann.page.reload()
    await expect(ann.page.locator(".tabs")).to_be_visible()

    async def renewed() -> bool:
        after = json.loads(await ann.page.evaluate(kept))
        return bool(after["access_token"] != before["access_token"])

    await eventually(renewed)
    await expect(ann.page.locator(".banner")).to_have_count(0)
    assert await ann.page.get_by_label("Password").count() == 0


async def test_the_wallboard_of_a_lead(house: House, browser: Browser) -> None:
    """What falls due first is Ann's: whoever leads takes it over from here, and says why."""
    await house.ticket(_somebody())
    player = _somebody()
    await house.ticket(player)
    path = "/v1/tickets?sort=due&limit=1"

    async def due_first() -> Json:
        rows: list[Json] = (await ask(house.door, "GET", path, token=house.tokens["ann"])).json["items"]
        return rows[0] if rows and rows[0]["next_due_at"] else {}

    first = await eventually(due_first)
    given = {"assignee_id": house.ids["ann"]}
    path_of_first = f"/v1/tickets/{first['id']}/assignment"
    assert (await ask(house.door, "PUT", path_of_first, token=house.tokens["ann"], body=given)).status == 200
    async with Clerk.of(house, browser, "lea", bypass_csp=True) as lea:
        await lea.row(player).wait_for()
        await lea.page.keyboard.press("b")
        await expect(lea.page.locator(".tile", has_text="Waiting").locator("strong")).not_to_have_text("0")
        await expect(lea.page.locator(".columns-chart")).to_be_visible()
        await lea.page.add_script_tag(path=AXE)
        assert await _axe(lea.page) == []
        held = lea.page.locator(".urgent li").filter(has=lea.page.get_by_text("Queue", exact=True))
        await expect(held.first.get_by_role("button").last).to_have_text("Take it")
        await expect(held.get_by_text("Take over")).to_have_count(0)
        await lea.page.get_by_role("button", name=f"Take over: {first['number']}").click()
        await lea.page.locator("dialog").get_by_label("Why").fill("It is nearly due")
        await lea.page.locator("dialog").get_by_role("button", name="Take over").click()
        await expect(lea.page.locator(".holder")).to_have_text("yours")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(house: House, browser: Browser, scheme: str) -> None:
    player = _somebody()
    ticket = await house.ticket(player)
    await house.reply(ticket["id"], "A note", token=house.tokens["bob"], kind="note")
    wishes = {"color_scheme": scheme, "reduced_motion": "reduce", "bypass_csp": True}
    async with Clerk.of(house, browser, "ann", **wishes) as ann:
        await ann.page.add_script_tag(path=AXE)
        await ann.open(player)
        await expect(ann.page.locator(".clock")).not_to_have_count(0)
        assert await _axe(ann.page) == []
        await ann.page.keyboard.press("Control+k")
        await expect(ann.page.locator("dialog").get_by_role("option").first).to_be_visible()
        assert await _axe(ann.page) == []


async def test_a_thousand_tickets_are_few_rows(ann: Clerk) -> None:
    """Pages of a thousand tickets are served in the place of the real ones; the list stays as small as what is seen."""
    await ann.page.route("**/v1/tickets?*", _thousand)
    await ann.page.reload()
    await ann.page.keyboard.press("3")
    # The socket may have told of a few others meanwhile.
    await expect(ann.page.locator(".tabs [aria-current]")).to_have_text(re.compile(r"All open\s+10\d\d"))
    drawn = await ann.page.locator(".rows").evaluate(
        """async (box) => {
            const rows = [];
            for (let step = 0; step <= 40; step += 1) {
                box.scrollTop = step * box.scrollHeight / 40;
                await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
                rows.push(box.querySelectorAll(".row").length);
            }
            return rows;
        }"""
    )
    assert max(drawn) < 30
    await expect(ann.row(f"Ticket {MANY - 1}")).to_be_visible()


async def _thousand(route: Route) -> None:
    asked = parse_qs(urlsplit(route.request.url).query)
    begin = int(asked.get("cursor", ["0"])[0])
    common: Json = {
        "status": "open", "priority": "normal", "channel": "form", "assignee_id": None, "language": "en", "tags": [],
        "updated_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "player_id": "p", "version": 1,
    }  # fmt: skip
    items = [{**common, **_numbered(n)} for n in range(begin, min(begin + 100, MANY))]
    following = str(begin + 100) if begin + 100 < MANY else None
    await route.fulfill(body=json.dumps({"items": items, "next_cursor": following}), content_type="application/json")


def _numbered(n: int) -> Json:
    due = f"2031-01-01T{n // 60:02}:{n % 60:02}:00Z"
    return {"id": str(UUID(int=n)), "number": f"D-{n}", "subject": f"Ticket {n}", "next_due_at": due}


async def _axe(page: Page) -> list[str]:
    found = await page.evaluate(RULES)
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]
