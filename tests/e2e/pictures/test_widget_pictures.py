"""The widget on the demo casino, from the button in the corner to the stars at the end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.casino import Chat
from tests.e2e.pictures import words
from tests.e2e.pictures.day import SCREENSHOT, Day
from tests.support.eventually import eventually
from tests.support.pictures import Camera

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

WINDOW: Final = {"viewport": {"width": 760, "height": 760}}
PHONE: Final = {"viewport": {"width": 390, "height": 780}, "device_scale_factor": 2, "is_mobile": True}


@asynccontextmanager
async def _casino(day: Day, browser: Browser, query: str = "", **device: Any) -> AsyncIterator[Page]:
    """Open the demo casino in a profile of its own; no policy of it refuses anything."""
    refused: list[str] = []
    context = await browser.new_context(**{**WINDOW, "reduced_motion": "reduce", **device})
    page = await context.new_page()
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    try:
        await page.goto(f"{day.house.door.url}/demo{query}")
        await page.locator(".launcher").wait_for()
        yield page
        assert refused == []
    finally:
        await context.close()


async def test_the_demo_casino(day: Day, browser: Browser, camera: Camera) -> None:
    async with _casino(day, browser, viewport={"width": 1280, "height": 800}) as page:
        await camera.take(page, "demo", whole=True)


async def test_the_button_counts_what_is_unread(day: Day, browser: Browser, camera: Camera) -> None:
    """Of a visitor, whose form is filled in and who then waits in line, and closes the chat."""
    async with _casino(day, browser) as page:
        chat = await Chat(page).open()
        await page.get_by_label("Your name").fill("Robin")
        await page.get_by_label("E-mail").fill("robin@example.org")
        await page.get_by_label("What is it about?").select_option("Deposits and withdrawals")
        await camera.take(page, "widget-form")
        await page.get_by_role("button", name="Start the chat").click()
        await chat.say(words.ROBIN)
        await expect(chat.notice).to_contain_text("in line")
        await expect(page.locator(".state.sent")).to_be_visible()
        await camera.take(page, "widget-queue")
        await page.locator(".launcher").click()
        await expect(chat.panel).to_have_count(0)
        await day.answer(await chat.ticket(), "bob", words.TO_ROBIN)
        await expect(page.locator(".badge")).to_have_text("1")
        await camera.take(page, "widget-closed")


async def test_a_conversation(day: Day, browser: Browser, camera: Camera) -> None:
    async with _casino(day, browser, "?player=kim") as page:
        await _kims(await Chat(page).open(), day)
        await camera.take(page, "widget-conversation", before=_typing(page, day))


async def test_a_conversation_on_a_phone(day: Day, browser: Browser, camera: Camera) -> None:
    async with _casino(day, browser, "?player=kim", **PHONE) as page:
        await _kims(await Chat(page).open(), day)
        await camera.take(page, "widget-phone")


async def test_another_language(day: Day, browser: Browser, camera: Camera) -> None:
    async with _casino(day, browser, "?locale=ru") as page:
        chat = await Chat(page).open()
        await page.locator("input[name=name]").fill("Ольга")
        await page.locator("select[name=topic]").select_option(index=3)
        await page.locator(".form .primary").click()
        await chat.say(words.OLGA)
        await expect(page.locator(".state.sent")).to_be_visible()
        choices = [{"label": way, "value": way} for way in words.WAYS]
        await day.answer(await chat.ticket(), "agent", words.TO_OLGA, quick_replies=choices)
        await expect(page.locator(".choice")).to_have_count(len(words.WAYS))
        await camera.take(page, "widget-russian")


async def test_stars_at_the_end(day: Day, browser: Browser, camera: Camera) -> None:
    async with _casino(day, browser, "?player=vera") as page:
        chat = await Chat(page).open()
        await chat.say(words.VERA)
        await expect(page.locator(".state.sent")).to_be_visible()
        await day.answer(await chat.ticket(), "senior", words.TO_VERA)
        await expect(page.locator(".theirs .bubble", has_text=words.TO_VERA)).to_be_visible()
        await chat.say(words.THANKS)
        await chat.heard(words.VERA, words.TO_VERA, words.THANKS)
        await page.get_by_role("button", name="End the chat").click()
        await page.get_by_role("button", name="End it").click()
        await page.get_by_role("radio", name="Very good").check()
        await page.get_by_label("Would you like to tell us more?").fill("Answered in a minute, and so kindly.")
        await camera.take(page, "widget-rating")


async def _kims(chat: Chat, day: Day) -> None:
    """Kim sees the whole conversation, and Ann has read it."""
    await expect(chat.page.locator(".bubble", has_text=words.KIM[2])).to_be_visible()
    await expect(chat.page.locator("button.file")).to_contain_text(SCREENSHOT)
    await day.ann.signal("read", ticket_id=day.kim.ticket_id, seq=day.ann.messages[-1]["seq"])
    await expect(chat.page.locator(".state.read")).to_be_visible()


def _typing(page: Page, day: Day) -> Callable[[], Awaitable[None]]:
    async def shown() -> bool:
        await day.ann.signal("typing", ticket_id=day.kim.ticket_id)
        return await page.locator(".message.typing").count() == 1

    async def ann_types() -> None:
        await eventually(shown, every=0.3)

    return ann_types
