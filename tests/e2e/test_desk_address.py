"""The open ticket has an address: reloads, the way back and links lead to it."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from deploy.demo.clients import Door
from tests.e2e.clerk import Clerk
from tests.e2e.house import PASSWORD, House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with an agent."""
    house = await found_house(door, product.demo, "address")
    await house.hire("agent", "ann")
    return house


async def _ticket(house: House, subject: str) -> str:
    return str((await house.ticket(f"p{uuid4().hex[:8]}", subject=subject))["id"])


async def _shows(page: Page, subject: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(subject)


async def test_a_reload_and_the_way_back_lead_to_the_ticket_that_was_open(house: House, ann: Clerk) -> None:
    page = ann.page
    first = await _ticket(house, "First of the day")
    await _ticket(house, "Second of the day")
    await ann.open("First of the day")
    await expect(page).to_have_url(re.compile(f"/desk#/tickets/{first}$"))
    await page.reload()
    await _shows(page, "First of the day")
    await (await ann.find("Second of the day")).click()
    await _shows(page, "Second of the day")
    await page.keyboard.press("Control+k")
    await expect(page.locator("dialog")).to_be_visible()
    await page.go_back()
    await _shows(page, "First of the day")
    await expect(page.locator("dialog")).to_have_count(0)
    await page.go_forward()
    await _shows(page, "Second of the day")
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_label("Password").wait_for()
    await expect(page).to_have_url(re.compile("/desk$"))


async def test_a_reload_shows_the_newest_words(house: House, ann: Clerk) -> None:
    """Also those of whom much comes later than they do: files, outcomes, what stands beside them."""
    ticket = await _ticket(house, "A long story")
    for number in range(12):
        await house.reply(ticket, f"Chapter {number}: " + "and so on and on. " * 12, token=house.tokens["ann"])
    await ann.open("A long story")
    for _ in range(2):
        await expect(ann.page.locator(".words").filter(has_text="Chapter 11")).to_be_in_viewport(ratio=0.5)
        await ann.page.reload()
    timeline = ann.page.locator(".timeline")
    await expect(ann.page.locator(".words").filter(has_text="Chapter 11")).to_be_in_viewport(ratio=0.5)
    await timeline.evaluate("(box) => box.scrollTo(0, 0)")
    await expect(ann.page.locator(".words").filter(has_text="Chapter 0")).to_be_in_viewport()
    await house.reply(ticket, "The end.", token=house.tokens["ann"])
    await expect(ann.words("The end.")).to_be_attached()
    await expect(ann.page.locator(".words").filter(has_text="Chapter 0")).to_be_in_viewport()


async def test_a_reload_brings_the_row_of_the_open_ticket_into_sight(house: House, ann: Clerk) -> None:
    """However far down the list it is."""
    for number in range(16):
        await _ticket(house, f"Row {number:02d} of many")
    await ann.open("Row 15 of many")
    await ann.page.reload()
    await _shows(ann.page, "Row 15 of many")
    await expect(ann.row("Row 15 of many")).to_be_in_viewport(ratio=0.9)


async def test_a_ticket_that_was_opened_while_nobody_answered_is_read_once_somebody_does(
    house: House, ann: Clerk
) -> None:
    await _ticket(house, "Reads later")
    row = await ann.find("Reads later")
    await ann.context.set_offline(offline=True)
    await row.click()
    await expect(ann.page.get_by_role("alert").filter(has_text="No answer from the server")).to_be_visible()
    await expect(ann.page.locator(".words")).to_have_count(0)
    await ann.context.set_offline(offline=False)
    await expect(ann.words("Where is my payout?")).to_be_visible()
    await expect(ann.page.get_by_role("alert").filter(has_text="No answer from the server")).to_have_count(0)


async def test_a_link_leads_to_its_ticket_after_the_sign_in(house: House, ann: Clerk) -> None:
    linked = await _ticket(house, "Look at this one")
    page = await ann.context.new_page()
    await page.goto(f"{house.door.url}/desk#/tickets/{linked}")
    await page.get_by_label("E-mail").fill(house.emails["ann"])
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await _shows(page, "Look at this one")
    await expect(page.locator("#words")).to_be_visible()


async def test_a_ticket_that_is_not_there_says_so_and_leaves_the_list(
    product: Product, door: Door, house: House, ann: Clerk
) -> None:
    """Also one of another brand, and what can be no ticket."""
    foreign = await found_house(door, product.demo, "foreign")
    await _ticket(house, "Still here")
    for named in (await _ticket(foreign, "Not yours"), str(uuid4()), "LUCKY-1"):
        await ann.open("Still here")
        await ann.page.goto(f"{house.door.url}/desk#/tickets/{named}")
        await expect(ann.page.locator(".problem")).to_contain_text("There is no such ticket")
        await expect(ann.page.get_by_role("heading", level=1)).to_have_count(0)
        await expect(ann.page).to_have_url(re.compile("/desk$"))
        await expect(await ann.find("Still here")).to_be_visible()
        await ann.page.reload()
        await ann.find("Still here")
        await expect(ann.page.locator(".problem")).to_have_count(0)
