"""No key, click or place in the list is lost to what happens at the desk meanwhile."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator, Page, Route, WebSocket, expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

# A machine that is busy draws late.
_SLOW: Final = """
    const soon = requestAnimationFrame;
    globalThis.requestAnimationFrame = (run) => setTimeout(() => soon(run), 1000);
"""
# What is told in passing waits to be dismissed, however slow the machine is.
_STAYING: Final = """() => {
    const after = setTimeout;
    globalThis.setTimeout = (run, wait) => after(run, wait === 5000 ? 3_600_000 : wait);
}"""
# Letters that come so fast that there is no pause between them, on any machine.
_TYPED: Final = """(box, texts) => {
    for (const text of texts) {
        box.value = text;
        box.dispatchEvent(new Event("input"));
    }
}"""
_TWO_FRAMES: Final = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a colleague."""
    house = await found_house(door, product.demo, "ease")
    await house.hire("agent", "bob")
    return house


@pytest.fixture
async def ann(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Somebody new, to whom nothing belongs yet, at her desk."""
    await house.hire("agent", "ann")
    async with Clerk.of(house, browser, "ann") as clerk:
        yield clerk


def _somebody() -> str:
    return f"p{uuid4().hex[:8]}"


async def _give(house: House, ticket: Json, name: str) -> None:
    """Let somebody have a ticket."""
    path, body = f"/v1/tickets/{ticket['id']}/assignment", {"assignee_id": "me"}
    given = await ask(house.door, "PUT", path, token=house.tokens[name], body=body)
    assert given.status == 200, given.body


async def _tag(house: House, ticket: Json, tag: str, method: str = "PUT") -> None:
    """Tag a ticket as Bob, or take the tag away."""
    answer = await ask(house.door, method, f"/v1/tickets/{ticket['id']}/tags/{tag}", token=house.tokens["bob"])
    assert answer.status < 300, answer.body


async def _mine(house: House, ann: Clerk, *subjects: str, own: int = 0) -> list[Json]:
    """Let Ann have tickets of these subjects beside those she has, and look at them."""
    tickets = [await house.ticket(_somebody(), subject=subject) for subject in subjects]
    for ticket in tickets:
        await _give(house, ticket, "ann")
    await ann.page.keyboard.press("2")
    await expect(ann.page.locator(".row")).to_have_count(own + len(subjects))
    return tickets


async def test_a_key_counts_before_anything_is_drawn(ann: Clerk) -> None:
    await ann.context.add_init_script(_SLOW)
    await ann.page.reload()
    await ann.page.keyboard.press("3")
    await expect(ann.page.locator(".tabs [aria-current]")).to_contain_text("All open")


async def test_a_click_counts_although_the_page_changes_under_it(house: House, ann: Clerk) -> None:
    """A row moves up and the card grows between pressing and letting go."""
    heard = await _listening(ann.page)
    first, second = await _mine(house, ann, "First", "Second")
    async with _pressed(ann.page, ann.row("Second")):
        await _give(house, first, "bob")
        await eventually(lambda: any(first["id"] in frame and house.ids["bob"] in frame for frame in heard))
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Second")
    await expect(ann.row("First")).to_have_count(0)
    escalate = ann.page.locator(".deeds").get_by_role("button", name="Escalate")
    async with _pressed(ann.page, escalate):
        await _tag(house, second, "a-tag-that-needs-a-line")
        await eventually(lambda: any("a-tag-that-needs-a-line" in frame for frame in heard))
    await expect(ann.page.locator("dialog.dialog-escalate")).to_be_visible()
    await expect(ann.page.locator(".tags li")).to_have_count(1)


async def _listening(page: Page) -> list[str]:
    """Come back to the desk, and return what its socket brings from now on."""
    heard: list[str] = []

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    page.on("websocket", opened)
    await page.reload()
    await eventually(lambda: any('"welcome"' in frame for frame in heard))
    return heard


async def _meets(page: Page, button: Locator) -> bool:
    """Press the mouse on something; it may move away before, while its page still fills."""
    await button.hover()
    await page.mouse.down()
    if await button.evaluate("(one) => one.matches(':active')"):
        return True
    await page.mouse.move(0, 0)
    await page.mouse.up()
    return False


@asynccontextmanager
async def _pressed(page: Page, button: Locator) -> AsyncIterator[None]:
    """Press the mouse on something; let it go there after the page could draw what it has heard meanwhile."""
    await eventually(lambda: _meets(page, button))
    yield
    await page.evaluate(_TWO_FRAMES)
    await page.mouse.up()


async def test_what_did_not_change_stays_the_same_button(house: House, ann: Clerk) -> None:
    """Also when what stood before it goes."""
    (ticket,) = await _mine(house, ann, "Tagged")
    for tag in ("one", "two"):
        await _tag(house, ticket, tag)
    await ann.open("Tagged")
    tags = ann.page.locator(".tags button")
    await expect(tags).to_have_count(2)
    gone, kept = [str(await tag.get_attribute("aria-label")) for tag in await tags.all()]
    await ann.page.get_by_label(kept).evaluate("(button) => { button.isTheSame = true; }")
    await _tag(house, ticket, gone.removeprefix("Remove "), "DELETE")
    await expect(tags).to_have_count(1)
    assert await ann.page.get_by_label(kept).evaluate("(button) => button.isTheSame === true")


async def test_what_comes_from_one_chat_is_told_in_one_line_until_one_looks(house: House, ann: Clerk) -> None:
    player = _somebody()
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, name="Kim"))
    try:
        await chat.say("Hello?")
        await ann.open(player)
        await ann.page.locator("header").get_by_role("button", name="Take it").click()
        await expect(ann.page.locator(".holder")).to_have_text("yours")
        number = (await ann.page.locator("header .title p").inner_text()).split()[0]
        await _mine(house, ann, "Elsewhere", own=1)
        await ann.open("Elsewhere")
        await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Elsewhere")
        toasts = ann.page.locator(".toasts p")
        await expect(toasts).to_have_count(0)
        await ann.page.evaluate(_STAYING)
        for text in ("Are", "you", "still", "there?"):
            await chat.say(text)
        await expect(toasts).to_have_text([f"New words: {number}, and 3 more"])
        await ann.row(number).click()
        await expect(toasts).to_have_count(0)
    finally:
        await chat.close()


async def test_the_bar_stays_on_its_ticket_while_the_list_moves(house: House, ann: Clerk) -> None:
    """A ticket above it goes and comes back; then its own goes, and the bar points at nobody else's."""
    above, own, _below = await _mine(house, ann, "Above", "Own", "Below")
    await expect(ann.page.locator(".row .due")).to_have_count(3)
    await ann.page.keyboard.press("2")
    bar = ann.page.locator(".row.cursor")
    await expect(bar).to_contain_text("Above")
    await ann.page.keyboard.press("j")
    await expect(bar).to_contain_text("Own")
    for holder, count in (("bob", 2), ("ann", 3)):
        await _give(house, above, holder)
        await expect(ann.page.locator(".row")).to_have_count(count)
        await expect(bar).to_contain_text("Own")
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Own")
    await _give(house, own, "bob")
    await expect(ann.page.locator(".row")).to_have_count(2)
    await expect(bar).to_have_count(0)
    await ann.page.keyboard.press("Enter")
    await ann.page.keyboard.press("j")
    await expect(bar).to_contain_text("Below")
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("Own")


async def test_shift_selects_from_the_ticket_that_was_chosen_last(house: House, ann: Clerk) -> None:
    """Wherever it stands by now."""
    above, *_ = await _mine(house, ann, "Above", "Chosen", "Between", "Last")
    await expect(ann.page.locator(".row .due")).to_have_count(4)
    await _give(house, above, "bob")
    await expect(ann.page.locator(".row")).to_have_count(3)
    await ann.page.keyboard.press("2")
    await expect(ann.page.locator(".row.cursor")).to_contain_text("Chosen")
    await ann.page.keyboard.press("x")
    await expect(ann.page.locator(".row.chosen")).to_contain_text("Chosen")
    await _give(house, above, "ann")
    await expect(ann.page.locator(".row")).to_have_count(4)
    await ann.row("Last").click(modifiers=["Shift"])
    await expect(ann.page.locator(".row.chosen")).to_have_count(3)
    await expect(ann.row("Above")).not_to_have_class(re.compile("chosen"))


async def test_the_search_looks_by_itself_and_the_newest_question_counts(ann: Clerk) -> None:
    """One question for letters that come at once; an answer that comes late changes nothing; Escape leads back."""
    asked: list[str] = []
    late = asyncio.Event()

    async def answered(route: Route) -> None:
        (query,) = parse_qs(urlsplit(route.request.url).query)["q"]
        asked.append(query)
        if query == "zep":
            await late.wait()
        await route.fulfill(json={"items": [_found(f"About {query}")], "next_cursor": None})

    await ann.page.route(re.compile(r"/v1/tickets\?(.*&)?q="), answered)
    await ann.page.keyboard.press("3")
    await ann.page.keyboard.press("/")
    box = ann.page.locator("#search")
    await box.evaluate(_TYPED, ["z", "ze", "zep"])
    await eventually(lambda: asked == ["zep"])
    await box.press_sequentially("pelin")
    await expect(ann.page.locator(".row")).to_contain_text(["About zeppelin"])
    async with ann.page.expect_response(re.compile(r"q=zep$")) as response:
        late.set()
    await (await response.value).finished()
    await ann.page.evaluate(_TWO_FRAMES)
    await expect(ann.page.locator(".row")).to_contain_text(["About zeppelin"])
    await box.press("Escape")
    await expect(box).to_have_value("")
    await expect(ann.page.locator(".tabs [aria-current]")).to_contain_text("All open")


def _found(subject: str) -> Json:
    """Return a ticket as a search finds it."""
    at = "2026-01-01T00:00:00Z"
    return {
        "id": str(uuid4()), "number": "E-1", "subject": subject, "status": "open", "priority": "normal", "version": 1,
        "channel": "form", "assignee_id": None, "language": "en", "tags": [], "player_id": "p", "next_due_at": None,
        "created_at": at, "updated_at": at, "snippet": [{"text": subject, "hit": False}],
    }  # fmt: skip


async def test_a_history_grows_also_while_it_is_being_read(house: House, ann: Clerk) -> None:
    """The answer that was on its way when the words were corrected once more says too little."""
    heard = await _listening(ann.page)
    (ticket,) = await _mine(house, ann, "Mended")
    said = await house.reply(ticket["id"], "First", token=house.tokens["ann"])
    path = f"/v1/tickets/{ticket['id']}/messages/{said['id']}"
    await _correct(house, path, "Second")
    read, late = asyncio.Event(), asyncio.Event()

    async def held(route: Route) -> None:
        answer = await route.fetch()
        if not read.is_set():
            read.set()
            await late.wait()
        await route.fulfill(response=answer)

    await ann.page.route("**/history", held)
    await ann.open("Mended")
    await ann.page.get_by_role("button", name="edited").click()
    await read.wait()
    await _correct(house, path, "Third")
    await expect(ann.words("Third")).to_be_visible()
    await eventually(lambda: sum('"message_corrected"' in frame for frame in heard) == 2)
    await ann.page.evaluate(_TWO_FRAMES)
    late.set()
    await expect(ann.page.locator(".history li")).to_have_count(2)


async def _correct(house: House, path: str, text: str) -> None:
    answer = await ask(house.door, "PATCH", path, token=house.tokens["ann"], body={"text": text})
    assert answer.status == 200, answer.body
