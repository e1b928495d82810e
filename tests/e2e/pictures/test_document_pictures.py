"""The pages that explain the product: its API, and what a problem means."""

import pytest
from playwright.async_api import Browser, expect

from tests.support.pictures import Camera
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]


async def test_the_api(product: Product, browser: Browser, camera: Camera) -> None:
    page = await browser.new_page(viewport={"width": 1024, "height": 900})
    await page.goto(f"{product.url}/docs")
    await page.get_by_label("Filter").fill("{ticket_id}/timeline")
    first = page.locator("#operations > details:visible").first
    await first.locator("summary").first.click()
    await expect(first.locator("table").first).to_be_visible()
    await camera.take(page, "docs")
    await page.close()


async def test_a_problem(product: Product, browser: Browser, camera: Camera) -> None:
    page = await browser.new_page(viewport={"width": 720, "height": 260})
    await page.goto(f"{product.url}/problems/ticket-changed")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await camera.take(page, "problem")
    await page.close()
