"""Words are corrected and withdrawn in widget and desk, in real browsers against the running product."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.demo.clients import Door
from tests.e2e.asking import ask
from tests.e2e.casino import Casino, Chat, Guest
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.e2e.test_widget import AXE
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

GONE = "Message withdrawn"
RULES = "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"

# Where they stand at one moment: the conversation may still be moving to its end.
_PLACES: Final = """(more) => ["summary", ".link:first-of-type", ".link:last-of-type"]
    .map((one) => more.querySelector(one).getBoundingClientRect().toJSON())"""


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with an agent and a lead."""
    house = await found_house(door, product.demo, "mended")
    await house.hire("agent", "ann")
    await house.hire("lead", "lea")
    return house


async def _change(chat: Chat, text: str, deed: str) -> None:
    """Choose something in the menu of one's own words."""
    message = chat.page.locator(".message.mine", has_text=text)
    await message.locator("summary").click()
    await message.get_by_role("button", name=deed).click()


async def _faults(page: Page) -> list[str]:
    """Return what axe finds wrong with a page as it is."""
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(RULES)
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


async def _allow(house: House, seconds: int) -> None:
    """Let the brand's players correct their words for so long."""
    policy = await ask(house.door, "GET", "/v1/chat/policy", token=house.tokens["lea"])
    rules = {"warn_after": 600, "end_after": 300, "asks_for_rating": True, "correct_within": seconds}
    headers = {"If-Match": policy.headers["ETag"]}
    answer = await ask(house.door, "PUT", "/v1/chat/policy", token=house.tokens["lea"], body=rules, headers=headers)
    assert answer.status == 200, answer.body


async def test_a_player_corrects_and_withdraws_and_the_desk_sees_it_at_once(
    house: House, guest: Guest, ann: Clerk
) -> None:
    """With the mouse and with the keyboard; the desk shows what was said before to who asks for it."""
    await _allow(house, 600)
    player = "kim-mended"
    chat = await (await guest.visit(player=player)).open()
    await chat.say("My card is wrng", "A word too many")
    await chat.heard("My card is wrng", "A word too many")
    await ann.open(player)
    await expect(ann.words("My card is wrng")).to_be_visible()

    await _change(chat, "My card is wrng", "Edit")
    await expect(chat.box).to_have_value("My card is wrng")
    await chat.say("My card is wrong")
    await chat.heard("My card is wrong", "A word too many")
    await expect(chat.page.locator(".mark", has_text="edited")).to_be_visible()
    await expect(ann.words("My card is wrong")).to_be_visible()
    await expect(ann.words("My card is wrng")).to_have_count(0)
    await ann.page.get_by_role("button", name="edited").click()
    await expect(ann.page.locator(".history")).to_contain_text("My card is wrng")

    summary = chat.page.locator(".message.mine", has_text="A word too many").locator("summary")
    await summary.focus()
    await summary.press("Enter")
    await chat.page.keyboard.press("Tab")
    await chat.page.keyboard.press("Tab")
    await chat.page.keyboard.press("Enter")
    await chat.heard("My card is wrong", GONE)
    await expect(ann.page.get_by_text("withdrew what was said")).to_be_visible()
    await expect(ann.page.locator(".words.gone")).to_have_count(1)
    await expect(ann.row("My card is wrong")).to_be_visible()


async def test_an_agent_corrects_and_withdraws_and_the_player_sees_it_at_once(guest: Guest, ann: Clerk) -> None:
    """Nothing of what was said before is on the player's page, nor after a reload of either."""
    player = "max-mended"
    chat = await (await guest.visit(player=player)).open()
    await chat.say("My card is lost")
    await ann.open(player)
    await ann.say("Your flat in Rome is sold")
    await chat.heard("My card is lost", "Your flat in Rome is sold")
    said = ann.page.locator(".said.reply")
    await said.get_by_role("button", name="Edit").click()
    await ann.page.get_by_role("dialog").get_by_role("textbox").fill("Which card is it?")
    await ann.page.get_by_role("button", name="Correct", exact=True).click()
    await chat.heard("My card is lost", "Which card is it?")
    await expect(chat.page.locator(".theirs .mark", has_text="edited")).to_be_visible()
    await said.get_by_role("button", name="Withdraw").click()
    await ann.page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    await chat.heard("My card is lost", GONE)
    await expect(said.locator(".words.gone")).to_be_visible()
    await said.get_by_role("button", name="withdrawn").click()
    await expect(said.locator(".history li")).to_have_count(2)
    assert await _faults(ann.page) == []

    await chat.page.reload()
    await chat.heard("My card is lost", GONE)
    assert "Rome" not in await chat.page.content()
    await ann.page.reload()
    await ann.open(player)
    await expect(ann.page.locator(".words.gone")).to_have_count(1)
    await expect(ann.page.get_by_text(re.compile("withdrew what was said"))).to_have_count(1)


async def test_corrections_survive_what_words_survive(house: House, guest: Guest) -> None:
    """Without a network they wait; a half-written one is given up with Escape, and the box is as it was."""
    await _allow(house, 600)
    chat = await (await guest.visit(player="lou-mended")).open()
    await chat.say("One", "Two")
    await chat.heard("One", "Two")
    await chat.box.fill("half a sen")
    await _change(chat, "One", "Edit")
    await chat.box.press("Escape")
    await expect(chat.box).to_have_value("half a sen")
    await chat.box.fill("")
    await guest.context.set_offline(True)
    await expect(chat.notice).to_contain_text("offline")
    await _change(chat, "One", "Edit")
    await chat.say("Uno")
    await expect(chat.page.locator(".mark", has_text="Waiting for the connection")).to_have_count(1)
    await guest.context.set_offline(False)
    await chat.heard("Uno", "Two")


async def test_on_a_narrow_telephone_the_menu_has_a_line_of_its_own(
    house: House, casino: Casino, browser: Browser
) -> None:
    """What opened it stays where it is, and what can be chosen stands side by side, far enough apart for a finger."""
    await _allow(house, 600)
    narrow = {"viewport": {"width": 360, "height": 700}, "is_mobile": True, "has_touch": True}
    async with Guest.at(casino, browser, reduced_motion="reduce", **narrow) as guest:
        chat = await (await guest.visit(player="nora-mended", locale="ru")).open()
        await chat.say("Да")
        await chat.heard("Да")
        opener = chat.page.locator("summary")
        before = await opener.bounding_box()
        await opener.click()
        await expect(chat.page.locator(".more .link").last).to_be_visible()
        after, edit, withdraw = await chat.page.locator(".more").evaluate(_PLACES)
        assert before
        assert (before["x"], edit["y"]) == (after["x"], withdraw["y"])
        assert edit["y"] >= after["y"] + after["height"]
        assert withdraw["x"] - edit["x"] - edit["width"] >= 16
        assert await _faults(chat.page) == []


async def test_what_comes_too_late_is_said_in_plain_words(house: House, guest: Guest) -> None:
    """The message stays as it is; where corrections are switched off, no menu offers any."""
    await _allow(house, 600)
    chat = await (await guest.visit(player="eve-mended")).open()
    await chat.say("One")
    await chat.heard("One")
    await chat.page.locator("summary").click()
    assert await _faults(chat.page) == []
    await _allow(house, 0)
    await chat.page.get_by_role("button", name="Withdraw").click()
    await expect(chat.page.locator(".held")).to_have_text("This message can no longer be changed.")
    await chat.heard("One")
    await chat.page.reload()
    await chat.heard("One")
    await expect(chat.page.locator("summary")).to_have_count(0)
