"""What a person says at the desk is sent although nobody answered, and what the desk knows of a ticket it shows."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from uuid import uuid4

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Route, expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask, made
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

_MESSAGES: Final = "**/v1/tickets/*/messages"
_FROM_END: Final = "(box) => box.scrollHeight - box.scrollTop - box.clientHeight"


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a colleague and a lead."""
    house = await found_house(door, product.demo, "mends")
    await house.hire("agent", "bob")
    await house.hire("lead", "lea")
    return house


@pytest.fixture
async def ann(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Somebody new, to whom nothing belongs yet, at her desk."""
    await house.hire("agent", "ann")
    async with Clerk.of(house, browser, "ann") as clerk:
        yield clerk


def _somebody() -> str:
    return f"p{uuid4().hex[:8]}"


async def _opened(house: House, ann: Clerk, **more: str) -> Json:
    """Return a new ticket that Ann looks at."""
    player = _somebody()
    ticket = await house.ticket(player, **more)
    await ann.open(player)
    return ticket


async def _said(house: House, ticket: Json) -> list[str]:
    """Return what the staff said in a ticket, in order."""
    answer = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}/messages?limit=100", token=house.tokens["ann"])
    return [message["text"] for message in answer.json["items"] if message["kind"] != "message"]


def _waiting(ann: Clerk) -> Locator:
    return ann.page.locator(".said.unsent")


async def test_words_that_were_there_before_are_read_once_their_holder_sees_them(house: House, ann: Clerk) -> None:
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))

    def has_read(seq: int) -> bool:
        return any(
            frame["t"] == "receipt" and frame["reader"]["kind"] == "staff" and frame["read"] >= seq
            for frame in chat.others
        )

    try:
        await chat.say("Hello?")
        await ann.open(player)
        await expect(ann.words("Hello?")).to_be_visible()
        assert not has_read(1)
        await ann.page.locator("header").get_by_role("button", name="Take it").click()
        await eventually(lambda: has_read(1))
        await ann.page.keyboard.press("b")
        await expect(ann.page.locator("main.board")).to_be_visible()
        newest = await chat.say("Still there?")
        await ann.row(player).or_(ann.page.get_by_role("button", name="Tickets")).first.click()
        await eventually(lambda: has_read(newest["seq"]))
    finally:
        await chat.close()


async def test_without_a_network_words_wait_in_order_and_are_sent_by_themselves_once(house: House, ann: Clerk) -> None:
    """Also when another ticket was opened meanwhile."""
    other = await house.ticket(_somebody(), subject="Another")
    ticket = await _opened(house, ann, subject="Waits")
    await ann.context.set_offline(offline=True)
    await expect(ann.page.locator(".banner.offline")).to_contain_text("offline")
    await ann.say("First")
    await expect(_waiting(ann)).to_contain_text(["Waiting to be sent"])
    await expect(ann.box).to_have_value("")
    await ann.say("Second")
    await expect(_waiting(ann).locator(".words")).to_have_text(["First", "Second"])
    await ann.row(other["number"]).click()
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Another")
    await expect(_waiting(ann)).to_have_count(0)
    await expect(ann.page.locator(".banner.waiting")).to_contain_text("2")
    await ann.context.set_offline(offline=False)
    await expect(ann.page.locator(".banner.waiting")).to_have_count(0)
    await ann.row(ticket["number"]).click()
    await expect(ann.page.locator(".said.reply .words")).to_have_text(["First", "Second"])
    await expect(ann.box).to_have_value("")
    assert await _said(house, ticket) == ["First", "Second"]


async def test_an_answer_that_got_lost_is_not_said_twice(house: House, ann: Clerk) -> None:
    """The server has the words, but the gateway had no answer; the page is loaded anew before they are repeated."""
    ticket = await _opened(house, ann)
    keys: list[str | None] = []

    async def lost(route: Route) -> None:
        if route.request.method == "POST":
            keys.append(route.request.headers.get("idempotency-key"))
            if len(keys) == 1:
                await route.fetch()
            await route.fulfill(status=HTTPStatus.GATEWAY_TIMEOUT, json={"title": "Too late", "status": 504})
        else:
            await route.continue_()

    await ann.page.route(_MESSAGES, lost)
    await ann.say("Once")
    await expect(_waiting(ann)).to_be_visible()
    await eventually(lambda: len(keys) > 1)
    await ann.page.unroute(_MESSAGES)
    await ann.page.reload()
    await ann.open(ticket["number"])
    await expect(_waiting(ann)).to_have_count(0)
    await expect(ann.words("Once")).to_have_count(1)
    assert len(set(keys)) == 1
    assert await _said(house, ticket) == ["Once"]


async def test_words_that_wait_can_be_taken_back_into_the_box(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    await ann.page.route(_MESSAGES, _unavailable)
    await ann.say("Too soon")
    await expect(_waiting(ann)).to_be_visible()
    await _waiting(ann).get_by_role("button", name="Take it back").click()
    await expect(_waiting(ann)).to_have_count(0)
    await expect(ann.box).to_have_value("Too soon")
    await ann.page.unroute(_MESSAGES)
    await ann.say("In time")
    await expect(ann.words("In time")).to_be_visible()
    assert await _said(house, ticket) == ["In time"]


async def _unavailable(route: Route) -> None:
    if route.request.method == "POST":
        await route.fulfill(status=HTTPStatus.SERVICE_UNAVAILABLE, json={"title": "Not now", "status": 503})
    else:
        await route.continue_()


async def test_words_that_are_refused_after_waiting_are_in_the_box_with_the_reason(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    await ann.page.route(_MESSAGES, _unavailable)
    await ann.say("As if nobody had spoken")
    await expect(_waiting(ann)).to_be_visible()
    await house.reply(ticket["id"], "I have spoken", token=house.tokens["bob"])
    await ann.page.unroute(_MESSAGES)
    await expect(ann.page.locator(".composer .conflict")).to_contain_text("Bob")
    await expect(_waiting(ann)).to_have_count(0)
    await expect(ann.box).to_have_value("As if nobody had spoken")
    await ann.page.get_by_role("button", name="Send all the same").click()
    await expect(ann.words("As if nobody had spoken")).to_have_count(1)
    assert await _said(house, ticket) == ["I have spoken", "As if nobody had spoken"]


async def test_words_faster_than_the_conversation_are_refused_as_well(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player)
    is_there = asyncio.Event()

    async def late(route: Route) -> None:
        await is_there.wait()
        await route.continue_()

    await ann.page.route("**/timeline?*", late)
    await ann.open(player)
    await ann.page.route(_MESSAGES, _unavailable)
    await ann.say("As if nobody had spoken")
    is_there.set()
    await expect(_waiting(ann)).to_be_visible()
    await house.reply(ticket["id"], "I have spoken", token=house.tokens["bob"])
    await ann.page.unroute(_MESSAGES)
    await expect(ann.page.locator(".composer .conflict")).to_contain_text("Bob")
    assert await _said(house, ticket) == ["I have spoken"]


async def test_what_cannot_go_yet_for_its_file_says_so(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    may_pass = asyncio.Event()

    async def slow(route: Route) -> None:
        await may_pass.wait()
        await route.continue_()

    await ann.page.route("**/v1/attachments?*name=*", slow)
    note: FilePayload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Balance 250"}
    await ann.page.locator("input[type=file]").set_input_files(note)
    await ann.say("With a file")
    await expect(ann.page.locator(".toasts")).to_contain_text("still on its way")
    assert await _said(house, ticket) == []
    may_pass.set()
    await expect(ann.page.locator(".uploads .sending")).to_have_count(0)
    await ann.box.press("Control+Enter")
    await expect(ann.words("With a file")).to_have_count(1)
    assert await _said(house, ticket) == ["With a file"]


async def test_what_is_written_while_words_are_under_way_stays_and_what_was_said_does_not(
    house: House, ann: Clerk
) -> None:
    ticket = await _opened(house, ann)
    may_pass = asyncio.Event()

    async def slow(route: Route) -> None:
        if route.request.method == "POST":
            await may_pass.wait()
        await route.continue_()

    await ann.page.route(_MESSAGES, slow)
    await ann.say("The first.")
    await ann.box.press_sequentially(" The second")
    may_pass.set()
    await expect(ann.words("The first.")).to_have_count(1)
    await expect(ann.box).to_have_value("The second")
    may_pass.clear()
    await ann.box.press("Control+Enter")
    await ann.box.fill("Something else")
    may_pass.set()
    await expect(ann.words("The second")).to_have_count(1)
    await expect(ann.box).to_have_value("Something else")
    await ann.box.press("Control+Enter")
    await expect(ann.words("Something else")).to_have_count(1)
    await expect(ann.box).to_have_value("")
    assert await _said(house, ticket) == ["The first.", "The second", "Something else"]


async def test_words_that_waited_are_sent_although_others_came_that_were_shown(house: House, ann: Clerk) -> None:
    """The socket showed them before anything was written; only the timeline could not be read."""
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))
    try:
        await chat.say("Hello?")
        await ann.open(player)
        await expect(ann.words("Hello?")).to_be_visible()
        await ann.page.route(f"**/v1/tickets/{chat.ticket_id}/**", lambda route: route.fulfill(status=503, json={}))
        await chat.say("On the screen")
        await expect(ann.words("On the screen")).to_be_visible()
        await ann.say("Here I am")
        await expect(_waiting(ann)).to_be_visible()
        await ann.page.unroute(f"**/v1/tickets/{chat.ticket_id}/**")
        await expect(_waiting(ann)).to_have_count(0)
        await expect(ann.words("Here I am")).to_have_count(1)
        await expect(ann.box).to_have_value("")
    finally:
        await chat.close()


async def test_words_that_the_socket_brought_first_count_as_read(house: House, ann: Clerk) -> None:
    """Their ticket has them later."""
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))

    async def behind(route: Route) -> None:
        answer = await route.fetch()
        page = await answer.json()
        page["items"] = [one for one in page["items"] if one.get("text") != "Please hurry"]
        await route.fulfill(response=answer, json=page)

    try:
        await chat.say("Hello?")
        await ann.open(player)
        await expect(ann.words("Hello?")).to_be_visible()
        await ann.page.route("**/timeline?*", behind)
        await chat.say("Please hurry")
        await expect(ann.words("Please hurry")).to_be_visible()
        await eventually(lambda: _has_come(house, chat.ticket_id, "Please hurry"))
        await ann.say("Here I am")
        await expect(ann.words("Here I am")).to_be_visible()
        await expect(ann.page.locator(".composer .conflict")).to_have_count(0)
    finally:
        await chat.close()


async def _has_come(house: House, ticket: str, text: str) -> bool:
    answer = await ask(house.door, "GET", f"/v1/tickets/{ticket}/messages?limit=100", token=house.tokens["bob"])
    return text in [message["text"] for message in answer.json["items"]]


async def test_the_conversation_stays_at_its_end_when_something_takes_room_from_it(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    for number in range(12):
        await house.reply(ticket["id"], f"Line {number}\nand another", token=house.tokens["bob"])
    await expect(ann.words("Line 11\nand another")).to_be_visible()
    timeline = ann.page.locator(".timeline")

    async def is_at_end() -> bool:
        return float(await timeline.evaluate(_FROM_END)) < 1

    await eventually(is_at_end)
    before = await timeline.evaluate("(box) => box.clientHeight")
    await ann.page.route("**/v1/tickets/*/assignment", _forbidden)
    await ann.page.locator("header").get_by_role("button", name="Take it").click()
    await expect(ann.page.locator(".conversation .problem")).to_be_visible()
    await eventually(is_at_end)
    assert await timeline.evaluate("(box) => box.clientHeight") < before


async def _forbidden(route: Route) -> None:
    await route.fulfill(status=HTTPStatus.FORBIDDEN, json={"title": "Not for you", "status": 403, "code": "forbidden"})


async def test_after_a_search_a_row_shows_again_how_its_ticket_stands(house: House, ann: Clerk) -> None:
    word = f"zebra{uuid4().hex[:6]}"
    ticket = await house.ticket(_somebody(), f"My {word} is gone", subject="Lost")
    await ann.page.keyboard.press("/")
    search = ann.page.locator("#search")
    row = ann.row(ticket["number"])

    async def found() -> bool:
        await search.fill("")
        async with ann.page.expect_response(lambda response: f"q={word}" in response.url):
            await search.fill(word)
        return bool(await row.locator("mark").count())

    await eventually(found)
    await ann.page.route("**/v1/tickets?*updated_since*", _no_news)
    await search.press("Escape")
    await ann.page.keyboard.press("3")
    await expect(row.locator(".status")).to_have_text("New")
    await expect(row.locator(".snippet")).to_have_count(0)


async def _no_news(route: Route) -> None:
    await route.fulfill(json={"items": [], "next_cursor": None})


async def test_the_search_for_a_draft_that_is_not_there_is_no_error(house: House, ann: Clerk) -> None:
    refused: list[str] = []
    ann.page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    ticket = await _opened(house, ann)
    await expect(ann.page.locator(".clocks")).to_be_visible()
    assert refused == []
    body = {"kind": "note", "text": "Half a thought"}
    path = f"/v1/tickets/{ticket['id']}/draft"
    assert (await ask(house.door, "PUT", path, token=house.tokens["ann"], body=body)).status == 200
    await ann.page.reload()
    await ann.open(ticket["number"])
    await expect(ann.box).to_have_value("Half a thought")


async def test_a_name_behind_an_at_calls_whoever_is_chosen_from_those_it_fits(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    await ann.page.keyboard.press("n")
    await ann.box.press_sequentially("Look here @Bo")
    named = ann.page.get_by_role("listbox", name="Colleagues")
    await expect(named.get_by_role("option")).to_contain_text(["Bob"])
    await ann.box.press("Enter")
    await expect(named).to_have_count(0)
    await expect(ann.box).to_have_value("Look here @Bob ")
    await expect(ann.page.locator(".called")).to_have_text("Bob")
    await ann.box.press_sequentially("and @Nobody please")
    await expect(ann.page.locator(".unheard")).to_contain_text("@Nobody calls nobody")
    await ann.box.fill("Look here @Bob")
    await expect(ann.page.locator(".unheard")).to_have_count(0)
    await ann.box.press("Control+Enter")
    await expect(ann.words("Look here @Bob")).to_be_visible()

    async def is_called() -> bool:
        calls = await ask(house.door, "GET", "/v1/agents/me/mentions", token=house.tokens["bob"])
        return any(call["ticket_id"] == ticket["id"] for call in calls.json["items"])

    await eventually(is_called)


async def test_a_merge_is_chosen_among_the_players_tickets_and_says_where_the_words_went(
    house: House, ann: Clerk
) -> None:
    player = _somebody()
    stays = await house.ticket(player, subject="It stays")
    await house.ticket(player, subject="It goes up")
    await ann.open("It goes up")
    await ann.page.locator(".related").wait_for()
    await ann.page.locator(".deeds").get_by_role("button", name="Merge").click()
    dialog = ann.page.locator("dialog")
    await dialog.get_by_role("radio", name="It stays").check()
    await dialog.get_by_role("button", name="Merge").click()
    await expect(ann.page.locator(".change", has_text="merged it into")).to_contain_text(stays["number"])
    await expect(ann.page.locator(".deeds")).to_have_count(0)
    merged = ann.page.locator(".toasts p", has_text="Merged into")
    await merged.wait_for()
    back = ann.page.get_by_role("button", name="Take the merge back")
    toast, button = await merged.bounding_box(), await back.bounding_box()
    assert toast is not None
    assert button is not None
    assert toast["x"] + toast["width"] <= button["x"] or toast["y"] >= button["y"] + button["height"]
    await back.click()
    await expect(ann.page.locator(".change", has_text="took the merge back")).to_be_visible()
    await expect(ann.page.locator(".deeds")).to_be_visible()


async def test_the_buttons_of_a_macro_are_shown_before_and_after_the_player_gets_them(house: House, ann: Clerk) -> None:
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))
    try:
        await chat.say("How do I deposit?")
        await ann.open(player)
        await ann.page.keyboard.press("m")
        await expect(ann.page.locator("dialog .empty")).to_have_text("There are no macros yet.")
        await ann.page.keyboard.press("Escape")
        choices = [{"label": "By card", "value": "By card"}, {"label": "By bank", "value": "By bank"}]
        macro = {"name": "Ways", "texts": {"en": "Which way?"}, "actions": {"quick_replies": {"en": choices}}}
        await made(house.door, "/v1/macros", macro, token=house.tokens["lea"])
        await ann.page.keyboard.press("m")
        await ann.page.get_by_role("option", name="Ways").click()
        await expect(ann.page.locator(".macro")).to_contain_text("offers the buttons “By card”, “By bank”")
        await ann.box.press("Control+Enter")
        offered = ann.page.get_by_role("list", name="Buttons the player got")
        await expect(offered.get_by_role("listitem")).to_have_text(["By card", "By bank"])
    finally:
        await chat.close()


async def test_the_timeline_says_in_words_what_was_done(house: House, ann: Clerk) -> None:
    ticket = await _opened(house, ann)
    path = f"/v1/tickets/{ticket['id']}/complaint"
    await made(house.door, path, {"details": "Too slow"}, token=house.tokens["bob"])
    changes = ann.page.locator(".change")
    await expect(changes.filter(has_text="System registered a complaint")).to_have_count(1)
    await expect(changes.filter(has_text="complaint id")).to_have_count(0)


async def test_players_and_visitors_are_called_by_what_is_known_of_them(house: House, ann: Clerk) -> None:
    player = _somebody()
    await house.ticket(player)
    await ann.open(player)
    await expect(ann.page.locator(".said.message .by bdi").first).to_have_text(player)
    await expect(ann.page.locator(".change").first).to_contain_text(f"{player} opened the ticket")
    visitor = await ChatSocket.of_player(house.door, await house.visitor(), name="Zoe")
    try:
        await visitor.say("Do you have a licence?")
        await ann.open("Do you have a licence?")
        await expect(ann.page.locator(".said.message .by bdi").first).to_have_text("Zoe")
        await expect(ann.row("Do you have a licence?").locator(".player")).to_have_text("Zoe")
    finally:
        await visitor.close()


async def test_an_empty_queue_leads_to_what_is_mine(house: House, ann: Clerk) -> None:
    ticket = await house.ticket(_somebody(), subject="Mine alone")
    body = {"assignee_id": "me"}
    path = f"/v1/tickets/{ticket['id']}/assignment"
    assert (await ask(house.door, "PUT", path, token=house.tokens["ann"], body=body)).status == 200
    unheld = "/v1/tickets?assignee=none&status=new&status=open&limit=100"
    for one in (await ask(house.door, "GET", unheld, token=house.tokens["bob"])).json["items"]:
        await ask(house.door, "PUT", f"/v1/tickets/{one['id']}/assignment", token=house.tokens["bob"], body=body)
    await ann.page.get_by_role("button", name="Show the ticket that is yours").click()
    await expect(ann.row("Mine alone")).to_be_visible()
    await expect(ann.page.locator(".tabs [aria-current]")).to_contain_text("Mine")


async def test_whoever_takes_a_ticket_second_learns_that_he_did(house: House, ann: Clerk) -> None:
    """Both press at once; what the player said meanwhile makes nobody the second."""
    ticket = await _opened(house, ann)
    path = f"/v1/tickets/{ticket['id']}/assignment"

    async def bob_is_faster(route: Route) -> None:
        taken = await ask(house.door, "PUT", path, token=house.tokens["bob"], body={"assignee_id": "me"})
        assert taken.status == HTTPStatus.OK
        await route.continue_()

    await ann.page.route(f"**{path}", bob_is_faster, times=1)
    await ann.page.get_by_role("button", name="Take it").first.click()
    await expect(ann.page.locator(".toasts")).to_contain_text("Bob was faster")
    answer = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.tokens["bob"])
    assert answer.json["assignee_id"] == house.ids["bob"]
    other = await _opened(house, ann)
    words = f"/v1/tickets/{other['id']}/messages"

    async def player_writes(route: Route) -> None:
        body = {"text": "Hello?", "player_id": other["player_id"]}
        await made(house.door, words, body, token=house.api_key)
        await route.continue_()

    await ann.page.route(f"**/v1/tickets/{other['id']}/assignment", player_writes, times=1)
    await ann.page.get_by_role("button", name="Take it").first.click()
    await expect(ann.page.locator(".holder")).to_have_text("yours")


async def test_a_transfer_goes_nowhere_until_somebody_is_chosen(house: House, ann: Clerk) -> None:
    """A key too many gave the ticket back to the queue."""
    ticket = await _opened(house, ann)
    await ann.page.get_by_role("button", name="Take it").first.click()
    await expect(ann.page.locator(".holder")).to_have_text("yours")
    await ann.page.keyboard.press("t")
    dialog = ann.page.locator("dialog")
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(dialog.locator("select[name=to]")).to_have_js_property("value", "")
    await expect(dialog).to_be_visible()
    await dialog.locator("select[name=to]").select_option("queue")
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(dialog).to_have_count(0)

    async def is_free() -> bool:
        answer = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.tokens["bob"])
        return answer.json["assignee_id"] is None

    await eventually(is_free)


async def test_a_file_that_is_nobodys_here_is_said_to_be_missing(house: House, ann: Clerk) -> None:
    """Words name files by id alone, and only intake knows whose they are: what it does not name is no empty box."""
    ticket = await _opened(house, ann)
    path = f"/v1/tickets/{ticket['id']}/messages"
    await made(house.door, path, {"text": "See this", "attachments": [str(uuid4())]}, token=house.tokens["bob"])
    await expect(ann.words("See this")).to_be_visible()
    await expect(ann.page.locator(".said .file")).to_contain_text("not available here")
