"""The demo casino: a newcomer talks to himself there, on several devices, by day and by night."""

from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.demo.clients import ChatSocket
from tests.e2e.asking import ask
from tests.e2e.casino import Chat
from tests.e2e.house import House
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

DESKTOP: Final = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2, "is_mobile": True}
DEVICES: Final[tuple[dict[str, Any], ...]] = tuple(
    {**device, "color_scheme": scheme} for device in (DESKTOP, PHONE) for scheme in ("light", "dark")
)
WORDS: Final = (
    ("kim", "Hi! My withdrawal of 250 € has been pending since Sunday. Is something wrong?"),
    ("ann", "Hi Kim, let me have a look."),
    ("ann", "Nothing is wrong: your document was approved this morning, and the money leaves today."),
    ("kim", "Perfect, thank you so much!"),
)


async def test_a_newcomer_talks_to_himself(product: Product, browser: Browser, lucky: House) -> None:
    """Kim writes at the casino, Ann answers; Kim's other devices show the same, and no policy refuses anything."""
    address = f"{product.url}/demo?player=kim"
    await _end_earlier_chat(lucky)
    refused: list[str] = []
    page = await browser.new_page(reduced_motion="reduce")
    _listen(page, refused)
    await page.goto(address)
    chat = await Chat(page).open()
    desk = await _conversation(chat, lucky)
    try:
        for device in DEVICES:
            await _shows_the_same(browser, address, refused, device)
        assert refused == []
    finally:
        await desk.close()
        await page.close()


async def test_the_casino_speaks_the_language_that_was_chosen(product: Product, browser: Browser) -> None:
    """All of it, in each language of the widget: title, greeting, explanation and the way to the desk."""
    refused: list[str] = []
    page = await browser.new_page()
    _listen(page, refused)
    try:
        await page.goto(f"{product.url}/demo?player=vera")
        english = await _said(page)
        for locale, welcome in (
            ("de", "Willkommen, Vera"),
            ("fr", "Bienvenue, Vera"),
            ("ru", "Добро пожаловать, Vera"),
        ):
            await page.goto(f"{product.url}/demo?player=vera&locale={locale}")
            await expect(page.locator("h1")).to_have_text(welcome)
            await expect(page.locator("html")).to_have_attribute("lang", locale)
            assert set(await _said(page)) & set(english) == set()
            await expect(page.locator("ol a")).to_have_attribute("href", "/desk")
        assert refused == []
    finally:
        await page.close()


async def _said(page: Page) -> list[str]:
    """Return what the page says; the names of people and games are the same everywhere."""
    await page.locator("pitboss-chat").wait_for(state="attached")
    texts = await page.locator("h1, h2, .hero p, .how li, footer, [data-player='']").all_inner_texts()
    return [await page.title(), *texts]


async def _end_earlier_chat(lucky: House) -> None:
    kim = lucky.player("kim-1")
    open_one = await lucky.door.call("POST", "/v1/chat/sessions", token=kim, body={})
    await lucky.door.call("POST", f"/v1/chat/sessions/{open_one['ticket_id']}/end", token=kim)


async def _conversation(chat: Chat, lucky: House) -> ChatSocket:
    """Say the words of both, and let Ann read the last of them."""
    desk = await ChatSocket.of_staff(lucky.door, lucky.tokens["agent"])
    for who, text in WORDS:
        if who == "kim":
            await chat.say(text)
            await expect(chat.page.locator(".mine .bubble", has_text=text)).to_be_visible()
        else:
            await _answer(lucky, await chat.ticket(), text)
            await expect(chat.page.locator(".theirs .bubble", has_text=text)).to_be_visible()
    await expect(chat.page.locator(".mine.last .state")).not_to_have_count(0)
    ticket = await chat.ticket()
    await desk.watch(ticket)
    await eventually(lambda: desk.messages and desk.messages[-1]["text"] == WORDS[-1][1])
    await desk.signal("read", ticket_id=ticket, seq=desk.messages[-1]["seq"])
    await expect(chat.page.locator(".state.read")).to_be_visible()
    return desk


async def _answer(lucky: House, ticket: str, text: str) -> None:
    async def answered() -> bool:
        path, body = f"/v1/tickets/{ticket}/messages", {"text": text, "kind": "reply"}
        return (await ask(lucky.door, "POST", path, token=lucky.tokens["agent"], body=body)).status == 201

    await eventually(answered)


async def _shows_the_same(browser: Browser, address: str, refused: list[str], device: dict[str, Any]) -> None:
    context = await browser.new_context(reduced_motion="reduce", **device)
    try:
        page = await context.new_page()
        _listen(page, refused)
        await page.goto(address)
        chat = await Chat(page).open()
        await expect(page.locator(".bubble", has_text=WORDS[-1][1])).to_be_visible()
        await expect(page.locator(".state.read")).to_be_visible()
        await expect(chat.box).to_be_focused()
    finally:
        await context.close()


def _listen(page: Page, refused: list[str]) -> None:
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
