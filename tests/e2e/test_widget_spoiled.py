"""Words and names that nobody typed letter by letter: half characters, control characters, names full of joiners."""

from typing import Final
from uuid import uuid4

import pytest
from playwright.async_api import expect

from deploy.demo.clients import Door
from tests.e2e.casino import Chat, Guest
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

PERSIAN: Final = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
_PUT: Final = """([element, script]) => {
    element.value = JSON.parse(script);
    element.dispatchEvent(new Event("input", { bubbles: true }));
}"""
_KEEP: Final = """([text]) => {
    const { outbox } = document.querySelector("pitboss-chat").conversation;
    outbox.storage.set(`${outbox.folder}0-old`, { client_msg_id: "0-old", text, at: Date.now(), problem: null });
}"""


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand whose casino is open."""
    return await found_house(door, product.demo, "spoiled", languages=["en"])


async def _put(chat: Chat, escaped: str) -> None:
    """Put words into the box as a script or an input method does; `escaped` is their JSON."""
    box = await chat.box.element_handle()
    await chat.page.evaluate(_PUT, [box, escaped])
    await chat.box.press("Enter")


async def test_half_characters_and_control_characters_hold_nothing_up(guest: Guest) -> None:
    """Once such words ended every connection they were sent over, and nothing behind them ever left."""
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    await _put(chat, '"bad \\ud83d half \\ud83d\\ude00"')
    await _put(chat, '"much' + "\\u0001" * 11_000 + ' noise"')
    await chat.say("and on")
    await chat.heard("bad \N{REPLACEMENT CHARACTER} half \N{GRINNING FACE}", "much noise", "and on")


async def test_words_that_end_every_connection_are_laid_aside(guest: Guest) -> None:
    """Whatever a browser kept that the server cannot read: what stands behind it goes on, its speaker decides."""
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    await chat.say("Hello")
    await chat.heard("Hello")
    await chat.page.evaluate(_KEEP, ["\x01" * 11_000 + "kept"])
    await chat.say("Still here?")
    await expect(chat.page.locator(".mark.held")).to_contain_text("Not sent")
    await chat.page.get_by_role("button", name="Delete").click()
    await chat.heard("Hello", "Still here?")


async def test_a_name_spelled_with_a_joiner_begins_a_chat(guest: Guest) -> None:
    """A visitor's form took such a name, and the server shut him out for it."""
    chat = await (await guest.visit()).open()
    await chat.page.get_by_label("Your name").fill(PERSIAN)
    await chat.page.get_by_label("E-mail").fill("reza@example.org")
    await chat.page.get_by_label("What is it about?").select_option("Account")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await chat.say("Hello")
    await chat.heard("Hello")


async def test_a_field_that_cannot_be_taken_is_asked_again(house: House, guest: Guest) -> None:
    """Browsers take addresses that no mail reaches; the form comes back with what was said, and says where."""
    chat = await (await guest.visit()).open()
    form = chat.page.locator(".form")
    await chat.page.get_by_label("Your name").fill("Robin")
    await chat.page.get_by_label("E-mail").fill("robin@example")
    await chat.page.get_by_label("What is it about?").select_option("Account")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await expect(form.get_by_role("alert")).to_have_text("Please check this")
    await expect(form.get_by_label("Your name")).to_have_value("Robin")
    await expect(form.get_by_label("E-mail")).to_have_value("robin@example")
    await form.get_by_label("E-mail").fill("robin@example.org")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await chat.say("Hello")
    await chat.heard("Hello")
    path = f"/v1/chat/sessions/{await chat.ticket()}/reach"
    told = await house.door.call("GET", path, token=house.api_key)
    assert (told["name"], told["email"]) == ("Robin", "robin@example.org")
