"""The desk as Ann and Lea see it, and what is asked of them at the door."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.e2e.clerk import Clerk
from tests.e2e.house import PASSWORD
from tests.e2e.pictures import words
from tests.e2e.pictures.day import SCREENSHOT, Day
from tests.e2e.pictures.words import MATTERS
from tests.support.eventually import eventually
from tests.support.pictures import Camera

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
TABLET: Final[ViewportSize] = {"width": 1024, "height": 768}
TALL: Final[ViewportSize] = {"width": 1280, "height": 1080}
# Theirs, those of Kim, Lena and Jonas.
OPEN: Final = len((*MATTERS.held, *MATTERS.waiting, *MATTERS.grave)) + 3
KIMS: Final = "Withdrawal of 250 €"


@pytest.fixture
async def ann(day: Day, browser: Browser) -> AsyncIterator[Clerk]:
    """Ann at her desk."""
    async with Clerk.at(day.house.door.url, browser, "ann@lucky.example", viewport=DESKTOP) as clerk:
        await _is_live(clerk)
        yield clerk


async def test_the_door(day: Day, browser: Browser, camera: Camera) -> None:
    page = await browser.new_page(viewport=DESKTOP)
    await page.goto(f"{day.house.door.url}/desk")
    await page.get_by_label("E-mail").fill("ann@lucky.example")
    await page.get_by_label("Password").fill(PASSWORD)
    await camera.take(page, "desk-sign-in")
    await page.close()


async def test_the_queue_with_nothing_open(ann: Clerk, camera: Camera) -> None:
    await expect(ann.page.locator(".due-near")).not_to_have_count(0)
    await camera.take(ann.page, "desk-queue")


async def test_what_search_finds(ann: Clerk, camera: Camera) -> None:
    await ann.page.keyboard.press("/")
    await ann.page.keyboard.type("withdrawal")
    await ann.page.keyboard.press("Enter")
    await expect(ann.page.locator(".row mark").first).to_be_visible()
    await camera.take(ann.page, "desk-search")


async def test_a_conversation_with_its_card(day: Day, ann: Clerk, camera: Camera) -> None:
    await ann.page.set_viewport_size(TALL)
    await _open_kims(ann)
    await camera.take(ann.page, "desk-conversation")
    await ann.page.set_viewport_size(DESKTOP)
    await ann.page.keyboard.press("t")
    to = ann.page.locator("dialog").get_by_label("To")
    await to.select_option(value=day.house.ids["bob"])
    await camera.take(ann.page, "desk-dialog")
    await ann.page.keyboard.press("Escape")
    await expect(ann.page.locator("dialog")).to_have_count(0)
    await ann.page.keyboard.press("Control+k")
    await expect(ann.page.locator("dialog").get_by_role("option").first).to_be_visible()
    await camera.take(ann.page, "desk-palette")


async def test_a_conversation_on_a_tablet(ann: Clerk, camera: Camera) -> None:
    await ann.page.set_viewport_size(TABLET)
    await _open_kims(ann)
    await camera.take(ann.page, "desk-tablet")


async def test_the_wallboard(day: Day, browser: Browser, camera: Camera) -> None:
    async with Clerk.at(day.house.door.url, browser, "lead@lucky.example", viewport=TALL) as lea:
        await _is_live(lea)
        await lea.page.keyboard.press("b")
        await expect(lea.page.locator(".columns-chart")).to_be_visible()
        await expect(lea.page.locator("tbody tr")).not_to_have_count(0)
        await expect(lea.page.locator(".urgent li")).not_to_have_count(0)
        await camera.take(lea.page, "desk-wallboard")


async def _is_live(clerk: Clerk) -> None:
    """Everything is loaded, and news come by themselves."""
    await expect(clerk.page.locator(".banner.offline")).to_have_count(0)
    await expect(clerk.page.locator(".presence-online")).to_be_visible()
    count = clerk.page.locator(".tabs button", has_text="All open").locator(".count")

    async def all_are_known() -> bool:
        return int(await count.inner_text()) >= OPEN

    await eventually(all_are_known)


async def _open_kims(ann: Clerk) -> None:
    await ann.page.keyboard.press("2")
    await ann.open(KIMS)
    await expect(ann.page.locator("button.file")).to_contain_text(SCREENSHOT)
    await expect(ann.page.locator(".clock")).not_to_have_count(0)
    await expect(ann.page.locator(".reach")).to_contain_text("kim@example.org")
    await ann.words(words.KIM[2]).scroll_into_view_if_needed()
