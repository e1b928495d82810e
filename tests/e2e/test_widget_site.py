"""A page whose origin the brand does not list says so: nobody waits there for a connection that cannot come."""

import pytest
from playwright.async_api import Browser, expect

from deploy.demo.clients import Door
from tests.e2e.casino import Casino, Guest
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

NOT_SET_UP = "The chat is not set up for this site."


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand that lists no origin."""
    return await found_house(door, product.demo, "site", languages=["en"])


@pytest.mark.parametrize("who", [{"player": "kim"}, {}, {"prechat": "off"}])
async def test_a_page_that_is_not_listed_says_so(house: House, browser: Browser, who: dict[str, str]) -> None:
    """Player and visitor alike: one line, and nothing to fill in or to write that nobody would ever read."""
    async with Casino.running(house) as casino, Guest.at(casino, browser, locale="en-GB") as guest:
        chat = await (await guest.visit(**who)).open()
        await expect(chat.notice).to_have_text(NOT_SET_UP)
        await expect(chat.page.locator(".form, .composer, .greeting")).to_have_count(0)
        await expect(chat.page.locator("header")).not_to_contain_text("Connecting")
        assert all("CORS" in complaint for complaint in guest.complaints)
        guest.complaints.clear()
