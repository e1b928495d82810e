"""Several people at one conversation, each at a desk of his own, and its player at a casino."""

from collections.abc import AsyncIterator
from typing import Final
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask, made
from tests.e2e.casino import Casino, Guest
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.e2e.test_desk import _axe
from tests.e2e.test_widget import AXE
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

SECRET: Final = "He is known for this, look at his other account"


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with two agents, a senior and a lead."""
    house = await found_house(door, product.demo, "people")
    for role, name in (("agent", "ann"), ("agent", "bob"), ("senior", "sam"), ("lead", "lea")):
        await house.hire(role, name)

    async def all_known() -> bool:
        colleagues = await ask(door, "GET", "/v1/agents/colleagues", token=house.tokens["ann"])
        return {"Ann", "Bob", "Sam", "Lea"} <= {one["name"] for one in colleagues.json["items"]}

    await eventually(all_known)
    return house


@pytest.fixture
async def ann(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Ann at her desk."""
    async with Clerk.of(house, browser, "ann", bypass_csp=True) as clerk:
        yield clerk


@pytest.fixture
async def bob(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Bob at his."""
    async with Clerk.of(house, browser, "bob", bypass_csp=True) as clerk:
        yield clerk


@pytest.fixture
async def lea(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Lea, who leads, at hers."""
    async with Clerk.of(house, browser, "lea", bypass_csp=True) as clerk:
        yield clerk


@pytest.fixture
async def kim(house: House) -> AsyncIterator[ChatSocket]:
    """A player who has just written, with all that his socket is sent."""
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(_somebody(), minutes=50, name="Kim"))
    await chat.say("Where is my payout?")
    yield chat
    await chat.close()


def _somebody() -> str:
    return f"p{uuid4().hex[:8]}"


async def _number(house: House, ticket_id: str) -> str:
    """Return the number of a ticket, once chat's words have opened it."""

    async def found() -> str:
        answer = await ask(house.door, "GET", f"/v1/tickets/{ticket_id}", token=house.tokens["ann"])
        return str(answer.json["number"]) if answer.status == 200 else ""

    return await eventually(found)


async def _held_by(house: House, ticket_id: str, name: str) -> str:
    """Let somebody have a ticket, and return its number."""
    number = await _number(house, ticket_id)
    path = f"/v1/tickets/{ticket_id}/assignment"
    given = await ask(house.door, "PUT", path, token=house.tokens[name], body={"assignee_id": "me"})
    assert given.status == 200, given.body
    return number


async def _open(clerk: Clerk, number: str) -> None:
    await clerk.page.keyboard.press("3")
    await clerk.open(number)


async def test_a_colleague_is_asked_in_joins_answers_and_leaves(
    house: House, kim: ChatSocket, ann: Clerk, bob: Clerk
) -> None:
    number = await _held_by(house, kim.ticket_id, "ann")
    await _open(ann, number)
    await ann.page.keyboard.press("i")
    dialog = ann.page.locator("dialog")
    await dialog.get_by_label("Who").select_option(label=await _option(dialog.locator("select"), "Bob"))
    await dialog.get_by_label("Why").fill("He knows the provider")
    await dialog.get_by_role("button", name="Invite").click()
    await expect(ann.page.locator(".people li", has_text="Bob")).to_contain_text("asked")
    banner = bob.page.locator(".banner.call", has_text=number)
    await expect(banner).to_contain_text("Ann asks you into")
    await expect(banner).to_contain_text("He knows the provider")
    await banner.get_by_role("button", name="Join").click()
    await expect(banner).to_have_count(0)
    await expect(bob.words("Where is my payout?")).to_be_visible()
    await expect(ann.page.locator(".people li", has_text="Bob")).to_contain_text("guest")
    await bob.page.locator(".rows").click(position={"x": 5, "y": 5}, trial=True)
    await bob.page.keyboard.press("4")
    await expect(bob.page.locator(".tabs [aria-current]")).to_contain_text("With me")
    await expect(bob.row(number)).to_be_visible()
    await bob.say("I am Bob and look into it.")
    await expect(ann.words("I am Bob and look into it.")).to_be_visible()
    await eventually(
        lambda: [one["author"]["name"] for one in kim.messages if one["author"]["kind"] == "staff"] == ["Bob"]
    )
    await expect(bob.page.locator(".holder")).to_have_text("with Ann")
    await bob.page.get_by_role("button", name="Leave").click()
    await expect(ann.page.locator(".people li", has_text="Bob")).to_have_count(0)
    await eventually(
        lambda: (
            [(one["change"], one["name"]) for one in kim.others if one["t"] == "people"]
            == [("joined", "Bob"), ("left", "Bob")]
        )
    )


async def _option(select: object, text: str) -> str:
    """Return the whole text of the option that begins with this."""
    texts = await select.locator("option").all_inner_texts()  # type: ignore[attr-defined]
    return str(next(one for one in texts if one.strip().startswith(text))).strip()


async def test_an_invitation_is_declined_with_a_reason_that_the_holder_reads(
    house: House, kim: ChatSocket, ann: Clerk, bob: Clerk
) -> None:
    number = await _held_by(house, kim.ticket_id, "ann")
    body = {"staff_id": house.ids["bob"]}
    await made(house.door, f"/v1/tickets/{kim.ticket_id}/participants", body, token=house.tokens["ann"])
    await _open(ann, number)
    await bob.page.get_by_role("button", name=f"Decline {number}").click()
    await bob.page.locator("dialog").get_by_label("Why").fill("On a call")
    await bob.page.locator("dialog").get_by_role("button", name="Decline").click()
    await expect(ann.page.locator(".change", has_text="does not come")).to_contain_text("On a call")
    await expect(bob.page.locator(".banner.call", has_text=number)).to_have_count(0)


async def test_a_whisper_is_there_at_once_and_reaches_no_player_in_any_way(
    house: House, kim: ChatSocket, ann: Clerk, bob: Clerk
) -> None:
    """Ann sees it although nothing else is answered: neither her feed nor the timeline."""
    number = await _held_by(house, kim.ticket_id, "ann")
    await _open(ann, number)
    await expect(ann.words("Where is my payout?")).to_be_visible()
    for path in ("**/v1/tickets?*", f"**/v1/tickets/{kim.ticket_id}/timeline*"):
        await ann.page.route(path, lambda route: route.abort())
    await _open(bob, number)
    await bob.page.keyboard.press("@")
    await (
        bob.page.locator("dialog")
        .locator("select")
        .select_option(label=await _option(bob.page.locator("dialog select"), "Sam"))
    )
    await bob.page.locator("dialog").get_by_role("button", name="Call").click()
    await expect(bob.page.locator(".called")).to_have_text("Sam")
    await bob.say(SECRET)
    await expect(ann.page.locator(".said.note .words")).to_have_text(SECRET)
    called = await ask(house.door, "GET", "/v1/agents/me/mentions", token=house.tokens["sam"])
    assert SECRET in [one["text"] for one in called.json["items"]]
    await house.reply(kim.ticket_id, "We look into it.", token=house.tokens["ann"])
    await eventually(lambda: any(one["text"] == "We look into it." for one in kim.messages))
    assert SECRET not in str([*kim.messages, *kim.others])
    assert not [one for one in kim.others if one["t"] in {"note", "mentioned", "ticket"}]
    assert await _leaks(house, kim) == []


async def _leaks(house: House, kim: ChatSocket) -> list[str]:
    """Return the routes that show the player the whisper, of all that may be read."""
    document = (await ask(house.door, "GET", "/openapi.json")).json
    routes = [path for path, item in document["paths"].items() if "get" in item]
    asked = [path.replace("{ticket_id}", kim.ticket_id) for path in routes]
    readable = [path for path in asked if "{" not in path]
    assert len(readable) > 20
    return [path for path in readable if SECRET.encode() in (await ask(house.door, "GET", path, token=kim.token)).body]


async def test_who_is_called_hears_of_it_and_finds_the_note(house: House, browser: Browser) -> None:
    ticket = await house.ticket(_somebody(), subject="A hard one")
    async with Clerk.of(house, browser, "sam") as sam:
        await sam.row("A hard one").wait_for()
        body = {"text": "What do you think?", "kind": "note", "mentions": [house.ids["sam"]]}
        await made(house.door, f"/v1/tickets/{ticket['id']}/messages", body, token=house.tokens["ann"])
        await expect(sam.page.locator(".toasts")).to_contain_text("Ann calls you")
        await expect(sam.page.locator(".unread-count")).to_be_visible()
        await sam.page.keyboard.press("c")
        await sam.page.locator("dialog .mentions button", has_text="What do you think?").click()
        await expect(sam.page.locator(".said.note .words")).to_have_text("What do you think?")

        async def read() -> bool:
            notes = await ask(house.door, "GET", "/v1/agents/me/mentions?unread=true", token=house.tokens["sam"])
            return all(one["text"] != "What do you think?" for one in notes.json["items"])

        await eventually(read)


async def test_a_lead_takes_over_and_everybody_is_told(
    house: House, browser: Browser, ann: Clerk, lea: Clerk, door: Door
) -> None:
    """The holder by whom and why, staying as a guest; the player, in his widget, the new name."""
    player = _somebody()
    async with Casino.running(house) as casino, Guest.at(casino, browser, locale="en-GB") as guest:
        await casino.be_listed(door)
        chat = await (await guest.visit(player=player)).open()
        await chat.say("I want your supervisor")
        ticket_id = await chat.ticket()
        number = await _held_by(house, ticket_id, "ann")
        await _open(ann, number)
        await _open(lea, number)
        await lea.page.keyboard.press("o")
        await lea.page.locator("dialog").get_by_label("Why you take it from Ann").fill("He asks for a supervisor")
        await lea.page.locator("dialog").get_by_role("button", name="Take over").click()
        await expect(lea.page.locator(".holder")).to_have_text("yours")
        await expect(ann.page.locator(".toasts")).to_contain_text("Lea took over")
        await expect(ann.page.locator(".toasts")).to_contain_text("He asks for a supervisor")
        await expect(ann.page.locator(".holder")).to_have_text("with Lea")
        await expect(ann.page.locator(".change", has_text="took it over from")).to_contain_text(
            "He asks for a supervisor"
        )
        await expect(ann.page.locator(".people li", has_text="Ann")).to_contain_text("guest")
        await expect(chat.page.locator(".day.people")).to_have_text("Lea is with you now")
        await chat.say("Thank you")
        await expect(ann.words("Thank you")).to_be_visible()
        await expect(lea.words("Thank you")).to_be_visible()
        await lea.say("Hello, I am Lea.")
        await expect(chat.page.locator(".message .name").last).to_have_text("Lea")


async def test_colleagues_have_names_for_everybody(house: House, ann: Clerk) -> None:
    """Also for an agent who has met nobody yet."""
    ticket = await house.ticket(_somebody())
    given = {"assignee_id": house.ids["lea"]}
    path = f"/v1/tickets/{ticket['id']}/assignment"
    assert (await ask(house.door, "PUT", path, token=house.tokens["lea"], body=given)).status == 200
    await _open(ann, ticket["number"])
    await expect(ann.page.locator(".holder")).to_have_text("with Lea")
    await ann.page.keyboard.press("t")
    names = await ann.page.locator("dialog option").all_inner_texts()
    assert not [name for name in names if name.strip().startswith("Colleague")]
    assert {"Bob", "Sam"} <= {name.split("·")[0].strip() for name in names}


async def test_a_senior_accepts_or_declines_what_he_is_asked(house: House, browser: Browser, lea: Clerk) -> None:
    """A banner with its time running; whoever declines says why, and the next in line is asked."""
    async with Clerk.of(house, browser, "sam") as sam:
        desks = {house.ids["sam"]: sam, house.ids["lea"]: lea}
        ticket = await house.ticket(_somebody(), subject="Beyond me")
        path = f"/v1/tickets/{ticket['id']}"
        await made(house.door, f"{path}/escalation", {"reason": "Beyond me"}, token=house.tokens["ann"])
        first = await _asked_one(house, path)
        banner = desks[first].page.locator(".banner.call", has_text=ticket["number"])
        await expect(banner).to_contain_text("staff: Beyond me")
        await banner.get_by_role("button", name="Decline").click()
        await desks[first].page.locator("dialog").get_by_label("Why").fill("No French")
        await desks[first].page.locator("dialog").get_by_role("button", name="Decline").click()
        await expect(banner).to_have_count(0)
        second = next(id_ for id_ in desks if id_ != first)
        following = desks[second].page.locator(".banner.call", has_text=ticket["number"])
        await expect(following.locator(".due")).to_be_visible()
        await following.get_by_role("button", name="Accept").click()
        await expect(following).to_have_count(0)
        assert (await ask(house.door, "GET", path, token=house.api_key)).json["assignee_id"] == second


async def _asked_one(house: House, path: str) -> str:
    """Return who is asked to take a ticket on."""
    rows = (await ask(house.door, "GET", f"{path}/timeline?limit=100", token=house.api_key)).json["items"]
    return str(
        next(row["change"]["senior_id"] for row in rows if row["change"] and row["change"]["what"] == "escalation")
    )


async def test_many_tickets_are_changed_at_once_with_an_answer_for_each(house: House, ann: Clerk) -> None:
    """By keyboard, by shift and by box; what is refused stays selected and says why."""
    subject = f"Many {uuid4().hex[:6]}"
    tickets = [await house.ticket(_somebody(), subject=f"{subject} {n}") for n in range(3)]
    await made(house.door, f"/v1/tickets/{tickets[2]['id']}/complaint", {"type": "other"}, token=house.tokens["lea"])
    await _found(house, ann, subject, 3)
    await ann.page.keyboard.press("x")
    await expect(ann.page.locator(".bulk")).to_contain_text("1 selected")
    await ann.page.keyboard.press("J")
    await expect(ann.page.locator(".bulk")).to_contain_text("2 selected")
    await ann.page.locator(".row").nth(2).click(modifiers=["Shift"])
    await expect(ann.page.locator(".bulk")).to_contain_text("3 selected")
    await ann.page.locator(".bulk").get_by_role("button", name="Tag").click()
    await ann.page.locator("dialog").get_by_label("Tag for 3 tickets").fill("wave")
    await ann.page.locator("dialog").get_by_role("button", name="Tag").click()
    outcome = ann.page.locator("dialog .outcome")
    await expect(outcome.locator(".done")).to_have_count(2)
    await expect(outcome.locator(".refused")).to_contain_text("a complaint is never changed among many")
    await expect(outcome.locator(".refused")).to_contain_text(tickets[2]["number"])
    await ann.page.keyboard.press("Escape")
    await expect(ann.page.locator("dialog")).to_have_count(0)
    await expect(ann.page.locator(".bulk")).to_contain_text("1 selected")
    await ann.page.keyboard.press("Escape")
    await expect(ann.page.locator(".bulk")).to_have_count(0)
    for ticket in tickets[:2]:
        changed = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.api_key)
        assert changed.json["tags"] == ["wave"]


async def _found(house: House, clerk: Clerk, subject: str, count: int) -> None:
    """Search for a subject and wait until the list shows as many."""

    async def indexed() -> bool:
        answer = await ask(house.door, "GET", f"/v1/tickets?q={subject}", token=house.tokens["ann"])
        return len(answer.json["items"]) == count

    await eventually(indexed)
    await clerk.page.keyboard.press("/")
    await clerk.page.keyboard.type(subject)
    await clerk.page.keyboard.press("Enter")
    await expect(clerk.row(subject)).to_have_count(count)
    await expect(clerk.page.locator(".tabs [aria-current]")).to_have_count(0)
    await expect(clerk.page.locator(".row")).to_have_count(count)


async def test_words_are_split_off_and_a_merge_is_taken_back(house: House, ann: Clerk) -> None:
    player = _somebody()
    one, other = [await house.ticket(player, subject=f"{word} of {player}") for word in ("First", "Second")]
    path = f"/v1/tickets/{one['id']}/messages"
    await made(house.door, path, {"text": "And my bonus?"}, token=house.player(player))
    await ann.page.keyboard.press("3")
    await ann.open(f"First of {player}")
    await ann.page.get_by_role("button", name="Split").click()
    dialog = ann.page.locator("dialog")
    await dialog.get_by_label("Subject").fill("The bonus")
    await dialog.get_by_role("checkbox", name="And my bonus?").check()
    await dialog.get_by_role("button", name="Split").click()
    await ann.page.locator(".change", has_text="split words off").get_by_role("button").click()
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("The bonus")
    await expect(ann.words("And my bonus?")).to_be_visible()
    await made(house.door, f"/v1/tickets/{one['id']}/merge", {"into": other["id"]}, token=house.tokens["bob"])
    await ann.open(f"Second of {player}")
    await ann.page.get_by_role("button", name=f"Take the merge of {one['number']} back").click()

    async def apart() -> bool:
        answer = await ask(house.door, "GET", f"/v1/tickets/{one['id']}", token=house.api_key)
        return answer.json["merged_into"] is None

    await eventually(apart)


async def test_a_view_is_saved_changed_and_deleted(house: House, ann: Clerk) -> None:
    player = _somebody()
    ticket = await house.ticket(player, subject=f"High {player}")
    answer = await ask(
        house.door, "PATCH", f"/v1/tickets/{ticket['id']}", token=house.api_key, body={"priority": "high"},
        headers={"If-Match": f'"{ticket["version"]}"'},
    )  # fmt: skip
    assert answer.status == 200, answer.body
    await ann.row(player).wait_for()
    await _palette(ann, "save a view")
    dialog = ann.page.locator("dialog")
    await dialog.get_by_label("Name").fill("High ones")
    await dialog.get_by_role("checkbox", name="High").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(ann.page.get_by_label("Saved views")).to_have_value("view:" + await _view(house, "High ones"))
    await expect(ann.row(player)).to_be_visible()
    await _palette(ann, "edit view")
    await dialog.get_by_label("Name").fill("High and urgent")
    await expect(dialog.get_by_role("checkbox", name="High")).to_be_checked()
    await dialog.get_by_role("checkbox", name="Urgent").check()
    await dialog.get_by_role("button", name="Save").click()
    await expect(ann.page.get_by_label("Saved views").locator("option", has_text="High and urgent")).to_have_count(1)
    kept = await ask(house.door, "GET", "/v1/views", token=house.tokens["ann"])
    assert [set(one["filters"]["priority"]) for one in kept.json["items"]] == [{"high", "urgent"}]
    await _palette(ann, "delete view")
    await dialog.get_by_role("button", name="Delete").click()
    await expect(ann.page.get_by_label("Saved views")).to_have_count(0)


async def _palette(clerk: Clerk, words: str) -> None:
    await clerk.page.keyboard.press("Control+k")
    await clerk.page.keyboard.type(words)
    await clerk.page.keyboard.press("Enter")


async def _view(house: House, name: str) -> str:
    async def found() -> str:
        views = await ask(house.door, "GET", "/v1/views", token=house.tokens["ann"])
        return next((str(one["id"]) for one in views.json["items"] if one["name"] == name), "")

    return await eventually(found)


async def test_a_senior_bans_from_the_card_and_lifts_it(house: House, kim: ChatSocket, lea: Clerk) -> None:
    number = await _number(house, kim.ticket_id)
    await _open(lea, number)
    await lea.page.locator(".deeds").get_by_role("button", name="Ban").click()
    await lea.page.locator("dialog").get_by_label("Why").fill("Threatens Ann")
    await lea.page.locator("dialog").get_by_role("button", name="Ban").click()
    await expect(lea.page.locator(".banned")).to_contain_text("Threatens Ann")
    await eventually(lambda: any(one["t"] == "banned" for one in kim.others))
    await lea.page.get_by_role("button", name="Lift the ban").click()
    await expect(lea.page.locator(".banned")).to_have_count(0)
    again = await ask(house.door, "POST", "/v1/chat/sessions", token=kim.token, body={})
    assert again.status == 201


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(house: House, browser: Browser, kim: ChatSocket, scheme: str) -> None:
    number = await _held_by(house, kim.ticket_id, "ann")
    body = {"staff_id": house.ids["lea"], "reason": "Have a look"}
    await made(house.door, f"/v1/tickets/{kim.ticket_id}/participants", body, token=house.tokens["ann"])
    wishes = {"color_scheme": scheme, "reduced_motion": "reduce", "bypass_csp": True}
    async with Clerk.of(house, browser, "lea", **wishes) as lea:
        await lea.page.add_script_tag(path=AXE)
        await _open(lea, number)
        await lea.page.keyboard.press("x")
        await expect(lea.page.locator(".banner.call", has_text=number)).to_be_visible()
        await expect(lea.page.locator(".people li", has_text="Lea")).to_be_visible()
        assert await _axe(lea.page) == []
        for key in ("i", "o", "c", "@"):
            await lea.page.keyboard.press(key)
            await _checked(lea.page)
        for words in ("save a view", "split words", "ban the player", "selected: tag", "selected: assign"):
            await _palette(lea, words)
            await _checked(lea.page)


async def _checked(page: Page) -> None:
    """Look at the dialog that is open, and leave it."""
    await expect(page.locator("dialog")).to_be_visible()
    await expect(page.locator("dialog.dialog-palette")).to_have_count(0)
    assert await _axe(page) == []
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)


async def test_what_is_asked_of_a_desk_that_was_away_is_there_when_it_comes_back(
    house: House, kim: ChatSocket, bob: Clerk
) -> None:
    """Nobody has to be there in the moment he is asked."""
    await _held_by(house, kim.ticket_id, "ann")
    await bob.context.set_offline(True)
    await expect(bob.page.locator(".banner.offline")).to_be_visible()
    body: Json = {"staff_id": house.ids["bob"]}
    await made(house.door, f"/v1/tickets/{kim.ticket_id}/participants", body, token=house.tokens["ann"])
    await bob.context.set_offline(False)
    await expect(bob.page.locator(".banner.call", has_text=await _number(house, kim.ticket_id))).to_be_visible(
        timeout=30_000
    )
