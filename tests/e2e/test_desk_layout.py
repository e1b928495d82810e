"""The desk on screens of several widths: nothing is cut off, breaks apart or stands where it hides something."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, FilePayload, Locator, expect

from deploy.demo.clients import Door
from tests.e2e.asking import made
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a lead."""
    house = await found_house(door, product.demo, "layout")
    await house.hire("lead", "lea")
    return house


@pytest.fixture
async def lea(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Lea at her desk."""
    async with Clerk.of(house, browser, "lea") as clerk:
        yield clerk


async def _places(what: Locator) -> list[dict[str, float]]:
    """Return where all of it stands, as it was drawn at one moment."""
    places: list[dict[str, float]] = await what.evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().toJSON())"
    )
    return places


async def test_a_phone_shows_the_head_of_the_page_in_one_row(lea: Clerk) -> None:
    await lea.page.set_viewport_size({"width": 390, "height": 800})
    (head,) = await _places(lea.page.locator(".top"))
    assert head["height"] < 60
    assert await lea.page.evaluate("document.documentElement.scrollWidth") <= 390


async def test_saved_views_have_a_row_of_their_own(house: House, lea: Clerk) -> None:
    wish = {"name": "My corner of the world", "filters": {"status": ["open"]}}
    await made(house.door, "/v1/views", wish, token=house.tokens["lea"])
    await lea.page.reload()
    (tabs,) = await _places(lea.page.locator(".tabs"))
    await lea.page.get_by_label("Saved views").wait_for()
    (chooser,) = await _places(lea.page.get_by_label("Saved views"))
    assert chooser["width"] > tabs["width"] * 0.9


async def test_the_wallboard_of_a_tablet_has_every_column_and_no_tile_alone(house: House, lea: Clerk) -> None:
    await house.ticket(f"p{uuid4().hex[:8]}")
    await lea.page.set_viewport_size({"width": 900, "height": 1200})
    await lea.page.keyboard.press("b")
    table = lea.page.locator(".scrolls")
    await expect(table.locator("tbody tr").first).to_be_visible()
    assert await table.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert len({box["y"] for box in await _places(lea.page.locator(".tile"))}) == 1
    edges = {box["x"] + box["width"] for box in (await _places(lea.page.locator(".panels section")))[-2:]}
    assert len(edges) == 1


async def test_the_keyboard_help_breaks_no_key_and_names_only_lists_that_are_there(lea: Clerk) -> None:
    await lea.page.keyboard.press("?")
    keys = await _places(lea.page.locator(".keys kbd"))
    assert len({box["height"] for box in keys}) == 1
    await expect(lea.page.locator(".keys")).to_contain_text("All open")
    await expect(lea.page.locator(".keys")).not_to_contain_text("With me")


async def test_files_of_one_message_stand_apart(house: House, lea: Clerk) -> None:
    ticket = await house.ticket(f"p{uuid4().hex[:8]}", subject="With files")
    await lea.open(ticket["number"])
    files: list[FilePayload] = [
        {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b"words"} for name in ("a", "b")
    ]
    await lea.page.locator(".composer input[type=file]").set_input_files(files)
    await expect(lea.page.locator(".uploads .sent")).to_have_count(2)
    await lea.say("Two files")
    await expect(lea.page.locator(".said .file")).to_have_count(2)
    first, second = await _places(lea.page.locator(".said .file"))
    assert second["y"] >= first["y"] + first["height"] or second["x"] >= first["x"] + first["width"] + 4
