"""What a brand has to know of visitors is asked before their conversation begins, however the page is set up."""

from typing import Any, Final

import pytest
from playwright.async_api import expect

from deploy.demo.clients import Door
from tests.e2e.asking import ask
from tests.e2e.casino import Chat, Guest
from tests.e2e.house import House, found_house
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

RULES: Final[dict[str, Any]] = {
    "warn_after": None,
    "end_after": 60,
    "asks_for_rating": False,
    "form": {
        "name": "required",
        "email": "optional",
        "reason": "optional",
        "reasons": [{"code": "WDR.LATE", "labels": {"en": "Late payout"}}],
        "questions": [
            {"key": "game", "labels": {"en": "Which game?"}, "required": True},
            {"key": "device", "labels": {"en": "Which device?"}},
        ],
    },
}


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a lead, who sets its rules."""
    house = await found_house(door, product.demo, "form", languages=["en"])
    await house.hire("lead", "lea")
    return house


@pytest.fixture(autouse=True)
async def rules(house: House) -> None:
    """It has to know a name and a game; a test may set other rules."""
    await _rule(house, RULES)


async def _rule(house: House, rules: dict[str, Any]) -> None:
    """Replace the brand's rules."""
    lead = house.tokens["lea"]
    version = (await ask(house.door, "GET", "/v1/chat/policy", token=lead)).headers["ETag"]
    put = await ask(house.door, "PUT", "/v1/chat/policy", token=lead, body=rules, headers={"If-Match": version})
    assert put.status == 200, put.body


async def _introduce(chat: Chat) -> None:
    await chat.page.get_by_label("Your name").fill("Robin")
    await chat.page.get_by_label("Which game?").fill("Dice")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await expect(chat.box).to_be_focused()


async def test_a_page_that_asks_nothing_asks_what_is_required(house: House, guest: Guest) -> None:
    chat = await (await guest.visit(prechat="off")).open()
    await expect(chat.page.get_by_label("Your name")).to_be_focused()
    await expect(chat.page.locator(".form label")).to_have_text(["Your name", "Which game?"])
    await expect(chat.notice).to_have_count(0)
    await _introduce(chat)
    await chat.say("Hello")
    await chat.heard("Hello")
    path = f"/v1/chat/sessions/{await chat.ticket()}/reach"
    told = (await ask(house.door, "GET", path, token=house.tokens["lea"])).json
    assert (told["name"], told["answers"]) == ("Robin", {"game": "Dice"})


async def test_another_conversation_asks_again_what_this_page_no_longer_knows(guest: Guest) -> None:
    """The first one asks everything; nobody is there, so an address is asked for too."""
    chat = await (await guest.visit()).open()
    await chat.page.get_by_label("E-mail").fill("robin@example.org")
    await chat.page.get_by_label("What is it about?").select_option("Late payout")
    await _introduce(chat)
    await chat.say("First")
    await chat.heard("First")
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="End it").click()
    await chat.page.locator(".ended").wait_for()
    await chat.page.reload()
    await chat.page.locator(".ended .primary").click()
    await expect(chat.page.locator(".form label")).to_have_text(["Your name", "Which game?"])
    await _introduce(chat)
    await chat.say("Second")
    await chat.heard("Second")


@pytest.mark.parametrize(("reason", "topic"), [("no", None), ("optional", "What is it about? (optional)")])
async def test_what_it_is_about_is_asked_as_the_brand_wishes(
    house: House, guest: Guest, reason: str, topic: str | None
) -> None:
    """Not at all, or so that it can be left out; the chat begins without it. Nobody is there: an address is needed."""
    await _rule(house, RULES | {"form": {"name": "optional", "email": "no", "reason": reason}})
    chat = await (await guest.visit()).open()
    labels = ["Your name (optional)", "E-mail, in case we have to answer later", *([topic] if topic else [])]
    await expect(chat.page.locator(".form label > span")).to_have_text(labels)
    await chat.page.get_by_label("E-mail").fill("robin@example.org")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await chat.say("Hello")
    await chat.heard("Hello")
