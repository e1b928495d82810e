"""What happens elsewhere and a desk shows by itself: how chats end, who is there, and what is known of players."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask, made
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.e2e.test_desk import _axe
from tests.e2e.test_widget import AXE
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with an agent, two colleagues and a lead."""
    house = await found_house(door, product.demo, "told")
    await house.hire("agent", "ann")
    await house.hire("agent", "bob")
    await house.hire("agent", "zoe")
    await house.hire("lead", "lea")
    return house


@pytest.fixture
def player() -> str:
    """The account of a player whom nobody knows yet."""
    return f"p{uuid4().hex[:8]}"


@pytest.fixture
async def kim(house: House, player: str) -> AsyncIterator[ChatSocket]:
    """That player, who has just written."""
    chat = await ChatSocket.of_player(house.door, house.brand.player_token(player, minutes=50, name="Kim"))
    await chat.say("Where is my payout?")
    yield chat
    await chat.close()


async def test_who_was_chosen_stays_chosen_although_he_leaves(house: House, ann: Clerk, player: str) -> None:
    """A browser would choose somebody else; what nobody chose gets no ticket."""
    await house.hire("agent", "abe")
    await house.hire("agent", "max")
    ticket = await house.ticket(player)
    await ann.open(player)
    await ann.page.keyboard.press("t")
    dialog = ann.page.locator("dialog")
    to = dialog.get_by_label("To")
    await to.select_option(house.ids["max"])
    path, headers = f"/v1/staff/{house.ids['max']}", {"If-Match": '"1"'}
    left = await ask(house.door, "PATCH", path, token=house.founder, body={"active": False}, headers=headers)
    assert left.status == 200, left.body
    await expect(dialog.get_by_role("status")).to_have_text("Max works here no more.")
    await expect(to).to_have_value(house.ids["max"])
    await dialog.get_by_role("button", name="Transfer").click()
    await expect(ann.page.get_by_role("alert")).to_contain_text("no longer takes tickets")
    found = await ask(house.door, "GET", f"/v1/tickets/{ticket['id']}", token=house.tokens["ann"])
    assert found.json["assignee_id"] is None
    await ann.page.keyboard.press("t")
    await expect(to.locator("option").filter(has_text="Abe")).to_be_attached()
    await expect(to.locator("option").filter(has_text="Max")).to_have_count(0)


async def _become(house: House, name: str, status: str) -> None:
    """Let somebody set his status from elsewhere."""
    path, body = "/v1/staff/me/status", {"status": status}
    assert (await ask(house.door, "PUT", path, token=house.tokens[name], body=body)).status == 200


async def test_that_the_player_ended_the_chat_and_how_he_liked_it_stands_in_the_timeline(
    house: House, ann: Clerk, kim: ChatSocket, player: str
) -> None:
    """At once, and after a reload."""
    path = f"/v1/chat/sessions/{kim.ticket_id}"
    await ann.open(player)
    await expect(ann.words("Where is my payout?")).to_be_visible()
    changes = ann.page.locator(".change")
    assert (await ask(house.door, "POST", f"{path}/end", token=kim.token)).status == 204
    ended = changes.filter(has_text="Kim ended the chat")
    await expect(ended).to_be_visible()
    said = {"score": 4, "comment": "Quick and kind"}
    assert (await ask(house.door, "PUT", f"{path}/rating", token=kim.token, body=said)).status == 200
    rated = changes.filter(has_text="Kim rated the chat 4 of 5: Quick and kind")
    await expect(rated).to_be_visible()
    await ann.page.reload()
    await expect(ended).to_be_visible()
    await expect(rated).to_be_visible()


async def test_my_status_is_followed_wherever_it_is_changed(house: House, ann: Clerk) -> None:
    """Also after it was chosen here by hand, and while the desk was away."""
    mine = ann.page.get_by_label("My status")
    await _become(house, "ann", "busy")
    await expect(mine).to_have_value("busy")
    await mine.select_option("away")
    await expect(ann.page.locator(".presence-away")).to_be_visible()
    await _become(house, "ann", "online")
    await expect(mine).to_have_value("online")
    await expect(ann.page.locator(".presence-online")).to_be_visible()
    await ann.context.set_offline(offline=True)
    await expect(ann.page.locator(".banner.offline")).to_be_visible()
    await _become(house, "ann", "busy")
    await ann.context.set_offline(offline=False)
    await expect(mine).to_have_value("busy")


@pytest.mark.usefixtures("kim")
async def test_a_row_names_its_player_and_holder_before_anybody_opens_it(house: House, ann: Clerk, player: str) -> None:
    """Also after a reload, and who holds it where that is shown; none of it costs a request for each row."""
    row = ann.row(player)
    await expect(row.locator(".player")).to_have_text(f"Kim · {player}")
    found = await ask(house.door, "GET", f"/v1/tickets?player_id={player}", token=house.tokens["ann"])
    [ticket] = found.json["items"]
    body = {"assignee_id": "me"}
    path = f"/v1/tickets/{ticket['id']}/assignment"
    assert (await ask(house.door, "PUT", path, token=house.tokens["bob"], body=body)).status == 200
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.url))
    await ann.page.reload()
    await ann.page.keyboard.press("3")
    await expect(row.locator(".player")).to_have_text(f"Kim · {player}")
    await expect(row.locator("small").last).to_have_text("Bob")
    assert [url for url in asked if ticket["id"] in url] == []


_MOMENT = "(at) => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(at))"


async def test_the_card_says_until_when_the_law_wants_a_complaint_answered(
    house: House, ann: Clerk, player: str
) -> None:
    """As the register has it; a countdown of weeks names no day."""
    ticket = await house.ticket(player)
    await ann.open(player)
    await expect(ann.page.locator(".card .lawful")).to_have_count(0)
    complaint = await made(
        house.door, f"/v1/tickets/{ticket['id']}/complaint", {"details": "Too slow"}, token=house.tokens["bob"]
    )

    async def due() -> str:
        found = await ask(house.door, "GET", f"/v1/complaints/{complaint['id']}", token=house.tokens["lea"])
        return str(found.json["legal_due_at"] or "")

    lawful = await ann.page.evaluate(_MOMENT, await eventually(due))
    await expect(ann.page.locator(".card .lawful")).to_have_text(lawful)


async def test_reasons_are_chosen_by_area(house: House, ann: Clerk, player: str) -> None:
    """A brand's own area goes by its code."""
    await _put_reason(house, "CROWN.LOST", {"name": "crown lost", "reason_class": "S", "severity": 4})
    await house.ticket(player)
    await ann.page.reload()
    await ann.open(player)
    reasons = ann.page.locator("#field-reason")
    await expect(reasons.locator("optgroup[label=CROWN] option")).to_have_text("crown lost")
    areas = [str(name) for name in await reasons.locator("optgroup").evaluate_all("all => all.map(one => one.label)")]
    assert areas == sorted(areas, key=str.casefold)
    assert {"Withdrawals", "Safer gambling"} <= set(areas)
    await expect(reasons.locator("optgroup[label=Withdrawals] option[value='WDR.LATE']")).to_have_count(1)
    await reasons.select_option("WDR.LATE")
    await expect(ann.page.locator(".change", has_text="changed reason from none to")).to_be_visible()
    await expect(reasons).to_have_value("WDR.LATE")


async def _put_reason(house: House, code: str, body: Json) -> None:
    headers = {"If-Match": '"0"'}
    put = await ask(house.door, "PUT", f"/v1/reasons/{code}", token=house.tokens["lea"], body=body, headers=headers)
    assert put.status == 200, put.body


async def test_a_transfer_shows_who_is_there_and_names_those_who_are_not(house: House, ann: Clerk, player: str) -> None:
    """Those who are here stand first, whatever they are called; who leaves meanwhile keeps his place."""
    for name, status in (("bob", "offline"), ("zoe", "online")):
        await _become(house, name, status)
    await house.ticket(player)
    await ann.open(player)
    await ann.page.keyboard.press("t")
    dialog = ann.page.locator("dialog")
    to = dialog.get_by_label("To")
    options = to.locator("option:not([hidden])")
    await expect(options.filter(has_text="Bob")).to_have_text("Bob · Offline")
    await expect(options.filter(has_text="Zoe")).to_have_text("Zoe · Online")
    await ann.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await ann.page.keyboard.press("t")
    await expect(dialog).to_be_visible()
    names = [text.split(" · ")[0] for text in await options.all_inner_texts()]
    assert names.index("Zoe") < names.index("Bob")
    await to.select_option(house.ids["bob"])
    await expect(dialog.get_by_role("status")).to_have_text("Bob is offline and may not see it soon.")
    await to.select_option(house.ids["zoe"])
    await expect(dialog.get_by_role("status")).to_be_empty()
    await _become(house, "zoe", "away")
    await expect(dialog.get_by_role("status")).to_have_text("Zoe is away and may not see it soon.")
    await expect(to).to_have_value(house.ids["zoe"])
    await ann.page.evaluate(AXE.read_text())
    assert await _axe(ann.page) == []
