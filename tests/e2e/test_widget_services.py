"""What the widget offers as soon as the product does: ratings, signing in during a chat, files."""

import re
from typing import Final
from uuid import uuid4

import pytest
from playwright.async_api import FilePayload, expect

from deploy.demo.clients import Door
from tests.e2e.asking import ask
from tests.e2e.casino import Guest
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with two agents."""
    house = await found_house(door, product.demo, "services", languages=["en"])
    await house.hire("agent", "ann")
    await house.hire("agent", "bob")
    return house


async def _needs(door: Door, path: str) -> None:
    """Leave the test if this product has no such route."""
    document = await ask(door, "GET", "/openapi.json")
    if path not in document.json["paths"]:
        pytest.skip(f"there is no {path}")


async def test_a_player_rates_the_chat_that_ended(door: Door, house: House, guest: Guest) -> None:
    await _needs(door, "/v1/chat/sessions/{ticket_id}/rating")
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    await chat.say("That was quick")
    await chat.heard("That was quick")
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="End it").click()
    await chat.page.get_by_role("radio", name="Very good").check()
    await chat.page.get_by_label("Would you like to tell us more?").fill("Thank you")
    await chat.page.get_by_role("button", name="Send rating").click()
    await expect(chat.page.locator(".ended")).to_contain_text("Thank you for your rating")
    ratings = await house.door.call("GET", "/v1/chat/ratings", token=house.tokens["ann"])
    ticket = await chat.ticket()
    assert [(one["score"], one["comment"]) for one in ratings["items"] if one["ticket_id"] == ticket] == [
        (5, "Thank you")
    ]


async def _resolve(house: House, ticket: str) -> None:
    """Settle the matter as Ann, as soon as tickets has heard of it and whatever happens to it meanwhile."""
    path, ann = f"/v1/tickets/{ticket}", house.tokens["ann"]

    async def resolved() -> bool:
        version = (await ask(house.door, "GET", path, token=ann)).headers.get("ETag", "")
        body = {"status": "resolved"}
        return (await ask(house.door, "PATCH", path, token=ann, body=body, headers={"If-Match": version})).status == 200

    await eventually(resolved)


async def test_a_player_rates_what_was_resolved_while_the_chat_goes_on(house: House, guest: Guest) -> None:
    """The stars come at once, stay over a reload, leave room to write, and can wait until the end."""
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    await chat.say("It works again")
    await chat.heard("It works again")
    ticket = await chat.ticket()
    await _resolve(house, ticket)
    stars = chat.page.locator(".rating")
    await expect(stars).to_be_visible()
    await expect(chat.box).to_be_visible()
    await chat.page.reload()
    await expect(stars).to_be_visible()
    await chat.page.get_by_role("button", name="Not now").click()
    await expect(stars).to_have_count(0)
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="End it").click()
    await chat.page.get_by_role("radio", name="Good", exact=True).check()
    await chat.page.get_by_role("button", name="Send rating").click()
    await expect(chat.page.locator(".ended")).to_contain_text("Thank you for your rating")


async def test_the_head_names_whoever_is_with_the_player_and_nobody_once_the_matter_is_settled(
    house: House, guest: Guest
) -> None:
    """The new one before he says a word; a page that is loaded anew says the same, whoever spoke before."""
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    status = chat.page.locator("header .title p")
    await chat.say("Who helps me?")
    await chat.heard("Who helps me?")
    ticket = await chat.ticket()
    await _held_by(house, ticket, "ann")
    await expect(status).to_have_text("Ann is with you")
    await house.reply(ticket, "I do.", token=house.tokens["ann"])
    await chat.heard("Who helps me?", "I do.")
    await _held_by(house, ticket, "bob")
    await expect(status).to_have_text("Bob is with you")
    await chat.page.reload()
    await chat.heard("Who helps me?", "I do.")
    await expect(status).to_have_text("Bob is with you")
    await _resolve(house, ticket)
    await expect(status).to_have_text("You are connected")
    await chat.page.reload()
    await chat.heard("Who helps me?", "I do.")
    await expect(status).to_have_text("You are connected")


async def _held_by(house: House, ticket: str, who: str) -> None:
    """Give a ticket to somebody, as soon as tickets has heard of it and of him."""
    path, token = f"/v1/tickets/{ticket}/assignment", house.tokens["ann"]

    async def given() -> bool:
        return (await ask(house.door, "PUT", path, token=token, body={"assignee_id": house.ids[who]})).status == 200

    await eventually(given)


async def test_every_resolve_is_rated_in_the_chat(house: House, guest: Guest) -> None:
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    said: list[str] = []
    for words, score in (("First matter", "Very good"), ("Second matter", "Fair")):
        said.append(words)
        await chat.say(words)
        await chat.heard(*said)
        await _resolve(house, await chat.ticket())
        await chat.page.get_by_role("radio", name=score, exact=True).check()
        await chat.page.get_by_role("button", name="Send rating").click()
        await expect(chat.page.locator(".settled")).to_have_text("Thank you for your rating!")
    await chat.say("Goodbye")
    await expect(chat.page.locator(".settled")).to_have_count(0)
    ticket = await chat.ticket()
    ratings = await house.door.call("GET", "/v1/chat/ratings", token=house.tokens["ann"])
    assert sorted(one["score"] for one in ratings["items"] if one["ticket_id"] == ticket) == [3, 5]


async def test_a_visitor_who_signs_in_goes_on_with_his_chat(door: Door, house: House, guest: Guest) -> None:
    await _needs(door, "/v1/chat/claims")
    stranger = await (await guest.visit(prechat="off")).open()
    await stranger.say("I cannot sign in")
    await stranger.heard("I cannot sign in")
    ticket = await stranger.ticket()
    await stranger.page.close()
    player = f"p{uuid4().hex[:8]}"
    known = await (await guest.visit(player=player)).open()
    await known.say("Now I can")
    await known.heard("I cannot sign in", "Now I can")
    assert await known.ticket() == ticket

    async def is_his() -> bool:
        seen = await ask(door, "GET", f"/v1/tickets/{ticket}", token=house.tokens["ann"])
        return seen.status == 200 and player in seen.body.decode()

    await eventually(is_his)


async def test_a_file_goes_up_and_comes_back(door: Door, guest: Guest) -> None:
    await _needs(door, "/v1/attachments")
    player = f"p{uuid4().hex[:8]}"
    chat = await (await guest.visit(player=player)).open()
    pdf: FilePayload = {"name": "statement.pdf", "mimeType": "application/pdf", "buffer": PDF}
    exe: FilePayload = {"name": "run.pdf", "mimeType": "application/pdf", "buffer": b"MZ\x90\x00 this is no document"}
    await chat.page.locator("input[type=file]").set_input_files([pdf, exe])
    await expect(chat.page.locator(".uploads .sent")).to_contain_text("statement.pdf")
    await expect(chat.page.locator(".uploads .failed")).to_contain_text("run.pdf")
    await chat.page.get_by_role("button", name="Remove run.pdf").click()
    await chat.say("My statement")
    await chat.heard("My statement")
    there = await (await guest.visit(player=player)).open()
    for one in (chat, there):
        await expect(one.page.locator("button.file")).to_contain_text(re.compile("statement"))
    async with chat.page.expect_request(re.compile("/v1/attachments/[^/]+/links$")) as asked:
        await there.page.close()
        await chat.page.locator("button.file").click()
    answer = await (await asked.value).response()
    assert answer is not None
    assert answer.status == 201


async def test_a_file_that_is_nobodys_here_is_said_to_be_missing(house: House, guest: Guest) -> None:
    """Words name files by id alone, and only intake knows whose they are: what it does not show is no empty box."""
    chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
    await chat.say("My statement?")
    await chat.heard("My statement?")
    path, ann = f"/v1/tickets/{await chat.ticket()}", house.tokens["ann"]

    async def is_known() -> bool:
        return (await ask(house.door, "GET", path, token=ann)).status == 200

    await eventually(is_known)
    body = {"text": "Here", "attachments": [str(uuid4())]}
    await house.door.call("POST", f"{path}/messages", token=ann, body=body)
    await expect(chat.page.locator(".message .file")).to_contain_text("File not available")
