"""The desk's rules in the engine that runs them: how things are said."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

DESK: Final = "/assets/0000000000000000/desk"


@pytest.fixture(scope="module")
async def page(browser: Browser, product: Product) -> AsyncIterator[Page]:
    """A page of the gateway's own origin, from which modules can be loaded."""
    page = await browser.new_page()
    await page.goto(f"{product.url}/docs")
    yield page
    await page.close()


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("sla.first_response.breached", "First response is late"),
        ("sla.senior_accepts.breached", "Senior accepts is late"),
        ("sla.next_response.withdrawn", "Next response is no longer owed"),
        ("He asks for a manager", "He asks for a manager"),
        ("sla.first_response", "sla.first_response"),
        (None, ""),
    ],
)
async def test_a_clock_says_in_words_why_it_called(page: Page, cause: str | None, said: str) -> None:
    """What a person wrote stands as it was written."""
    script = f"async (cause) => (await import('{DESK}/format.js')).because(cause)"
    assert await page.evaluate(script, cause) == said
