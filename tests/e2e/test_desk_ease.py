"""No key, click or place in the list is lost to what happens at the desk meanwhile."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from deploy.demo.clients import Door
from tests.e2e.asking import ask
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(90)]

# A machine that is busy draws late.
_SLOW: Final = """
    const soon = requestAnimationFrame;
    globalThis.requestAnimationFrame = (run) => setTimeout(() => soon(run), 1000);
"""


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
    me = await ask(house.door, "GET", "/v1/staff/me", token=house.tokens["ann"])
    async with Clerk.at(house.door.url, browser, me.json["email"]) as clerk:
        yield clerk


async def test_a_key_counts_before_anything_is_drawn(ann: Clerk) -> None:
    await ann.context.add_init_script(_SLOW)
    await ann.page.reload()
    await ann.page.keyboard.press("3")
    await expect(ann.page.locator(".tabs [aria-current]")).to_contain_text("All open")
