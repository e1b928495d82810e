"""The widget on a casino's page, in a real browser against the running product."""

import json
import os
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Browser, FilePayload, Page, Route, WebSocketRoute, expect

from deploy.demo.clients import ChatSocket, Door, NoAnswer
from tests.e2e.asking import Json, ask
from tests.e2e.casino import Casino, Chat, Guest
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.pace import no_faster_than
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

AXE: Final = Path(__file__).parent / "vendored" / "axe.min.js"
PHONE: Final = {
    "reduced_motion": "reduce",
    "viewport": {"width": 390, "height": 760},
    "has_touch": True,
    "is_mobile": True,
}
OFFLINE_SECONDS: Final = float(os.environ.get("PITBOSS_OFFLINE_SECONDS", "1"))
_KEPT: Final = (
    "() => document.querySelector('pitboss-chat').conversation.outbox.items().map(({ client_msg_id }) => client_msg_id)"
)
SOCKET: Final = re.compile(r"/v1/chat/socket$")
HOSTILE: Final = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src=javascript:alert(1)>',
    'javascript:alert(1) <a href="javascript:alert(1)">click</a>',
    "<style>*{display:none}</style>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)} <!--?lit$1$-->",
    "</textarea></template><b onclick=alert(1)>b</b>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;",
)


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with an agent, whose casino is added below."""
    house = await found_house(door, product.demo, "widget", languages=["en", "de", "fr", "ru"])
    await house.hire("agent", "ann")
    return house


def _choice(label: str) -> Json:
    return {"label": label, "value": label}


def _somebody() -> str:
    return f"p{uuid4().hex[:8]}"


async def _reply(house: House, ticket: str, text: str) -> None:
    """Answer as Ann, as soon as tickets has heard of the conversation."""

    async def answered() -> bool:
        path, body = f"/v1/tickets/{ticket}/messages", {"text": text, "kind": "reply"}
        return (await ask(house.door, "POST", path, token=house.tokens["ann"], body=body)).status == 201

    await eventually(answered)


async def _transcript(house: House, ticket: str) -> list[str]:
    page = await house.door.call("GET", f"/v1/chat/sessions/{ticket}/messages?limit=100", token=house.api_key)
    return [item["text"] for item in page["items"]]


async def test_a_player_and_an_agent_talk_and_see_each_other_typing_and_reading(house: House, guest: Guest) -> None:
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say("Where is my payout?")
    await expect(chat.page.locator(".state.sent")).to_be_visible()
    ticket = await chat.ticket()
    desk = await ChatSocket.of_staff(house.door, house.tokens["ann"])
    try:
        await desk.watch(ticket)
        await eventually(lambda: any(frame["text"] == "Where is my payout?" for frame in desk.messages))

        async def typing_arrives() -> bool:
            await chat.box.press("x")
            return any(frame["t"] == "typing" for frame in desk.others)

        await eventually(typing_arrives, every=0.2)
        await desk.signal("delivered", ticket_id=ticket, seq=1)
        await expect(chat.page.locator(".state.delivered")).to_be_visible()
        await desk.signal("typing", ticket_id=ticket)
        await expect(chat.page.locator(".typing")).to_be_visible()
        await _reply(house, ticket, "It leaves today: https://pay.example/p?id=7.")
        await chat.heard("Where is my payout?", "It leaves today: https://pay.example/p?id=7.")
        await expect(chat.page.locator(".typing")).to_have_count(0)
        link = chat.page.locator(".bubble a")
        assert await link.get_attribute("href") == "https://pay.example/p?id=7"
        assert "noopener" in str(await link.get_attribute("rel"))
        await eventually(lambda: any(frame["t"] == "receipt" and frame["read"] == 2 for frame in desk.others))
        await expect(chat.page.locator("header")).to_contain_text("Ann")
    finally:
        await desk.close()


async def test_a_reload_keeps_the_conversation_the_panel_and_the_half_written_word(house: House, guest: Guest) -> None:
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say("one", "two")
    await chat.heard("one", "two")
    await chat.box.fill("half a sen")
    await chat.page.reload()
    await chat.heard("one", "two")
    await expect(chat.box).to_have_value("half a sen")
    await _reply(house, await chat.ticket(), "three")
    await chat.heard("one", "two", "three")


@pytest.mark.timeout(120 + 3 * int(OFFLINE_SECONDS))
async def test_words_written_without_a_network_are_kept_and_said_once(house: House, guest: Guest) -> None:
    """However long it lasts: every word is said once, in order, under the id it was kept with."""
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say("before")
    await chat.heard("before")
    await guest.context.set_offline(True)
    await expect(chat.notice).to_contain_text("offline")
    for words in ("first", "second", "third"):
        await no_faster_than(OFFLINE_SECONDS / 3, chat.say(words))
    await expect(chat.page.locator(".mark", has_text="Waiting for the connection")).to_have_count(3)
    kept = await chat.page.evaluate(_KEPT)
    await guest.context.set_offline(False)
    await chat.heard("before", "first", "second", "third")
    ticket = await chat.ticket()
    page = await house.door.call("GET", f"/v1/chat/sessions/{ticket}/messages?limit=100", token=house.api_key)
    said = [(item["client_msg_id"], item["text"]) for item in page["items"]]
    assert said[0][1] == "before"
    assert said[1:] == list(zip(kept, ("first", "second", "third"), strict=True))
    await expect(chat.notice.filter(has_text="offline")).to_have_count(0)


async def test_an_answer_that_is_lost_on_the_way_makes_no_second_message(house: House, guest: Guest) -> None:
    """The words arrive, their acknowledgement does not, the connection breaks: they are repeated and still one."""
    chat = await guest.visit(player=_somebody())
    swallowed: list[str] = []

    def lossy(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        async def downwards(frame: str | bytes) -> None:
            if '"t":"ack"' in str(frame) and len(swallowed) < 2:
                swallowed.append(str(frame))
                await socket.close(code=1012, reason="restart")
                return
            socket.send(frame)

        server.on_message(downwards)

    await chat.page.route_web_socket(SOCKET, lossy)
    await chat.open()
    await chat.say("only once", "after it")
    await chat.heard("only once", "after it")
    assert len(swallowed) == 2
    assert await _transcript(house, await chat.ticket()) == ["only once", "after it"]


async def test_two_tabs_are_one_conversation(house: House, guest: Guest) -> None:
    player = _somebody()
    here = await (await guest.visit(player=player)).open()
    await here.say("from here")
    await here.heard("from here")
    there = await (await guest.visit(player=player)).open()
    await there.heard("from here")
    await guest.context.set_offline(True)
    await here.say("a")
    await there.say("b")
    await here.say("c")
    await guest.context.set_offline(False)
    await here.heard("from here", "a", "b", "c")
    await there.heard("from here", "a", "b", "c")
    assert await here.ticket() == await there.ticket()
    assert await _transcript(house, await here.ticket()) == ["from here", "a", "b", "c"]


async def test_a_killed_server_costs_no_word(house: House, guest: Guest, product: Product) -> None:
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say("before the kill")
    await chat.heard("before the kill")
    old = product.kill("services")
    await chat.say("while it is dead", "still dead")
    await eventually(lambda: product.pid("services") not in {None, old})
    chat.page.set_default_timeout(40_000)
    await chat.heard("before the kill", "while it is dead", "still dead")

    async def written() -> bool:
        try:
            return await _transcript(house, await chat.ticket()) == [
                "before the kill",
                "while it is dead",
                "still dead",
            ]
        except NoAnswer:
            return False

    await eventually(written)


async def test_a_visitor_says_what_it_is_about_and_is_one_visitor_in_two_tabs(house: House, guest: Guest) -> None:
    chat = await (await guest.visit()).open()
    await expect(chat.page.get_by_label("Your name")).to_be_focused()
    await chat.page.get_by_label("Your name").fill("Robin")
    await chat.page.get_by_label("E-mail").fill("robin@example.org")
    await chat.page.get_by_label("What is it about?").select_option("Deposits and withdrawals")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await expect(chat.box).to_be_focused()
    await chat.say("Hello")
    await chat.heard("Hello")
    ticket = await chat.ticket()
    other = await guest.visit()
    assert await other.ticket() == ticket
    await _reply(house, ticket, "Hello Robin")
    await expect(other.page.locator(".badge")).to_have_text("1")
    seen = await house.door.call("GET", f"/v1/tickets/{ticket}", token=house.tokens["ann"])
    assert seen["subject"] == "Deposits and withdrawals"


@pytest.mark.parametrize(
    ("locale", "heading", "queue", "soon"),
    [
        ("en", "Support", "You are number 21 in line, waiting time about 4 minutes", "waiting time less than a minute"),
        (
            "de",
            "Kundenservice",
            "Sie sind Nummer 21 in der Warteschlange, Wartezeit etwa 4 Minuten",
            "Wartezeit weniger als eine Minute",
        ),
        (
            "fr",
            "Assistance",
            "Vous êtes numéro 21 dans la file, attente : environ 4 minutes",
            "attente : moins d\u2019une minute",
        ),
        ("ru", "Поддержка", "Ваш номер в очереди: 21, ждать около 4 минут", "ждать меньше минуты"),
    ],
)
async def test_it_speaks_four_languages(guest: Guest, locale: str, heading: str, queue: str, soon: str) -> None:
    chat = await guest.visit(player=_somebody(), locale=locale)
    frames = await _with_frames(chat.page)
    await chat.open()
    await chat.say("?")
    await chat.heard("?")
    assert await chat.panel.get_attribute("aria-label") == heading
    frames[-1].send(_frame("queue", await chat.ticket(), position=21, eta_seconds=250))
    await expect(chat.notice).to_have_text(queue)
    frames[-1].send(_frame("queue", await chat.ticket(), position=21, eta_seconds=20))
    await expect(chat.notice).to_contain_text(f", {soon}")


async def test_any_other_language_is_a_file_and_may_run_from_the_right(casino: Casino, guest: Guest) -> None:
    casino.words = {"heading": "الدعم", "composer.hint": "اكتب رسالة…"}
    chat = await (await guest.visit(locale="ar", **{"words-url": "/words.json"}, player=_somebody())).open()
    assert await chat.panel.get_attribute("aria-label") == "الدعم"
    assert await chat.page.locator(".root").get_attribute("dir") == "rtl"
    launcher = await chat.page.locator(".launcher").bounding_box()
    assert launcher is not None
    assert launcher["x"] < 100, "the end of a line is at the left"
    await expect(chat.page.get_by_role("button", name="Send")).to_be_visible()
    await expect(chat.box).to_have_css("direction", "rtl")
    await chat.box.fill("latin")
    await expect(chat.box).to_have_css("direction", "ltr")


async def test_what_people_write_is_text_whatever_it_is(house: House, guest: Guest) -> None:
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say(*HOSTILE)
    await chat.heard(*HOSTILE)
    ticket = await chat.ticket()
    for text in HOSTILE:
        await _reply(house, ticket, text)
    await chat.heard(*HOSTILE, *HOSTILE)
    await chat.page.reload()
    await chat.heard(*HOSTILE, *HOSTILE)
    inside = "document.querySelector('pitboss-chat').shadowRoot.querySelectorAll('.bubble > *').length"
    assert await chat.page.evaluate(inside) == 0


async def test_a_chat_ends_and_another_begins(guest: Guest) -> None:
    chat = await (await guest.visit(player=_somebody())).open()
    await chat.say("old")
    await chat.heard("old")
    ticket = await chat.ticket()
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="Go on").click()
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="End it").click()
    await expect(chat.page.locator(".ended")).to_contain_text("The chat has ended")
    await chat.page.reload()
    await expect(chat.page.locator(".ended")).to_contain_text("The chat has ended")
    assert await chat.texts() == ["old"]
    await chat.page.get_by_role("button", name="Start a new chat").click()
    await chat.say("new")
    await chat.heard("new")
    assert await chat.ticket() != ticket


async def test_the_queue_and_silence_are_told(guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    frames = await _with_frames(chat.page)
    await chat.open()
    await chat.say("Help")
    await chat.heard("Help")
    ticket = await chat.ticket()
    frames[-1].send(_frame("queue", ticket, position=1, eta_seconds=40))
    await expect(chat.notice).to_have_text("You are next in line, waiting time less than a minute")
    frames[-1].send(_frame("queue", ticket, position=1, eta_seconds=None))
    await expect(chat.notice).to_have_text("Nobody is here right now. You are next in line")
    frames[-1].send(_frame("queue", ticket, position=None, eta_seconds=None))
    await expect(chat.notice).to_have_count(0)
    frames[-1].send(_frame("inactive", ticket, ends_at="2031-01-01T10:00:00Z"))
    await expect(chat.notice).to_contain_text("Are you still there?")
    await chat.say("Yes")
    await expect(chat.notice).to_have_count(0)


async def test_answers_to_choose_from_are_said_with_one_click(house: House, guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    await _with_frames(chat.page, quick_replies=[_choice("Deposit"), _choice("<b>Withdrawal</b>")])
    await chat.open()
    await chat.say("Help")
    await chat.heard("Help")
    await _reply(house, await chat.ticket(), "Which?")
    await chat.page.get_by_role("button", name="<b>Withdrawal</b>").click()
    await chat.heard("Help", "Which?", "<b>Withdrawal</b>")
    await expect(chat.page.locator(".choice")).to_have_count(0)


class Cabinet:
    """Stands in for the service that keeps files: what it was given, and what it says of them."""

    def __init__(self) -> None:
        self.files: dict[str, Json] = {}
        self.uploads: list[tuple[str, bytes]] = []
        self.opened: list[str] = []

    def add(self, name: str, state: str) -> str:
        """Keep a file; return its id."""
        id_ = str(uuid4())
        self.files[id_] = {"id": id_, "name": name, "size": 48_213, "state": state}
        return id_

    async def answer(self, route: Route) -> None:
        """Answer as `/v1/attachments` does."""
        request, where = route.request, urlsplit(route.request.url)
        allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization, content-type"}
        if request.method == "OPTIONS":
            await route.fulfill(status=204, headers=allowed)
        elif where.path.endswith("/links"):
            self.opened.append(where.path.split("/")[-2])
            await route.fulfill(json={"url": f"{where.scheme}://{where.netloc}/docs"}, headers=allowed)
        elif request.method == "GET":
            await route.fulfill(json=self.files[where.path.split("/")[-1]], headers=allowed)
        elif b"refuse" in (request.post_data_buffer or b""):
            await route.fulfill(status=400, json={"code": "type-not-allowed"}, headers=allowed)
        else:
            name = parse_qs(where.query)["name"][0]
            self.uploads.append((name, request.post_data_buffer or b""))
            await route.fulfill(status=201, json=self.files[self.add(name, "ready")], headers=allowed)


async def _cabinet(chat: Chat) -> Cabinet:
    cabinet = Cabinet()
    await chat.page.route(re.compile(r"/v1/attachments"), cabinet.answer)
    return cabinet


async def test_files_are_offered_only_when_they_were_checked(guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    frames, cabinet = await _with_frames(chat.page), await _cabinet(chat)
    await chat.open()
    await chat.say("Help")
    await chat.heard("Help")
    names = {"terms.pdf": "ready", "<b>fresh</b>.pdf": "pending", "evil.pdf": "rejected", "old.pdf": "deleted"}
    ids = [cabinet.add(name, state) for name, state in names.items()]
    staff = {"kind": "staff", "id": "ann", "name": "Ann"}
    told = {"seq": 2, "id": str(uuid4()), "author": staff, "text": "", "sent_at": "2031-01-01T09:00:00Z"}
    frames[-1].send(_frame("msg", await chat.ticket(), **told, attachments=ids))
    shown = chat.page.locator(".files li")
    await expect(shown).to_contain_text(["terms.pdf", "is being checked", "was refused", "not available"])
    await expect(shown.nth(1)).to_contain_text("<b>fresh</b>.pdf")
    await expect(chat.page.locator("button.file")).to_have_count(1)
    ready = {"attachment_id": ids[1], "name": "fresh.pdf", "size": 9, "state": "ready"}
    frames[-1].send(_frame("attachment", await chat.ticket(), **ready))
    async with guest.context.expect_page():
        await chat.page.get_by_role("button", name="fresh.pdf").click()
    assert cabinet.opened == [ids[1]]


async def test_files_go_up_and_the_next_message_carries_them(guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    cabinet = await _cabinet(chat)
    sent: list[Json] = []
    chat.page.on("websocket", lambda ws: ws.on("framesent", lambda frame: sent.append(json.loads(str(frame)))))
    await chat.open()
    pdf: FilePayload = {"name": "pass.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    exe: FilePayload = {"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"refuse me"}
    await chat.page.locator("input[type=file]").set_input_files([pdf, exe])
    await expect(chat.page.locator(".uploads .sent")).to_contain_text("pass.pdf")
    await expect(chat.page.locator(".uploads .failed")).to_contain_text("was not taken")
    await chat.page.get_by_role("button", name="Remove run.exe").click()
    await expect(chat.page.locator(".uploads .failed")).to_have_count(0)
    await chat.say("My passport")
    await chat.heard("My passport")
    assert cabinet.uploads == [("pass.pdf", b"%PDF-1.7")]
    said = next(frame for frame in sent if frame["t"] == "send")
    assert (said["text"], said["attachments"]) == ("My passport", list(cabinet.files))
    await expect(chat.page.locator(".message .file")).to_contain_text("pass.pdf")
    await expect(chat.page.locator(".uploads")).to_have_count(0)


async def test_a_rating_is_asked_for_at_the_end(guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    frames = await _with_frames(chat.page)
    rated: list[Any] = []

    async def rate(route: Route) -> None:
        rated.append(route.request.post_data_json)
        await route.fulfill(json={}, headers={"access-control-allow-origin": "*"})

    await chat.page.route(re.compile(r"/rating$"), rate)
    await chat.open()
    await chat.say("Bye")
    await chat.heard("Bye")
    ticket = await chat.ticket()
    frames[-1].send(_frame("ended", ticket, reason="staff"))
    frames[-1].send(_frame("rating_request", ticket))
    await chat.page.get_by_role("radio", name="Good", exact=True).check()
    await chat.page.get_by_label("Would you like to tell us more?").fill("Quick")
    await chat.page.get_by_role("button", name="Send rating").click()
    await expect(chat.page.locator(".ended")).to_contain_text("Thank you")
    assert rated == [{"score": 4, "comment": "Quick"}]


async def test_limits_are_explained_and_nothing_is_lost_by_them(house: House, guest: Guest) -> None:
    """HTTP 429, frames above the limit (4429), a refusal for now, another window, a ban: each says what happens."""
    chat = await guest.visit(player=_somebody())
    frames = await _with_frames(chat.page)
    refused: list[str] = []

    async def limit(route: Route) -> None:
        if refused:
            await route.continue_()
            return
        refused.append(route.request.url)
        allowed = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After"}
        await route.fulfill(status=429, json={"code": "quota-exceeded"}, headers={**allowed, "retry-after": "8"})

    await chat.page.route(re.compile(r"/v1/chat/sessions$"), limit)
    await chat.open()
    await chat.say("hasty")
    await expect(chat.notice).to_contain_text("faster than we can take it")
    await chat.heard("hasty")
    await expect(chat.notice).to_have_count(0)
    ticket = await chat.ticket()
    await frames[-1].close(code=4429)
    await expect(chat.notice).to_contain_text("faster than we can take it")
    await chat.say("still there")
    await chat.heard("hasty", "still there")
    assert await _transcript(house, ticket) == ["hasty", "still there"]
    await frames[-1].close(code=4409)
    await expect(chat.notice).to_contain_text("another window")
    await chat.page.get_by_role("button", name="Go on here").click()
    await expect(chat.page.locator("header")).to_contain_text("You are connected")
    frames[-1].send(_frame("banned", ticket, until="2031-01-01T10:00:00Z"))
    await expect(chat.page.locator(".ended")).to_contain_text("closed to you until")


async def test_the_keyboard_is_enough(guest: Guest) -> None:
    chat = await guest.visit(player=_somebody())
    await chat.page.locator(".launcher").focus()
    await chat.page.keyboard.press("Enter")
    await expect(chat.box).to_be_focused()
    await chat.page.keyboard.type("line one")
    await chat.page.keyboard.press("Shift+Enter")
    await chat.page.keyboard.type("line two")
    await chat.page.keyboard.press("Enter")
    await chat.heard("line one\nline two")
    await chat.page.keyboard.press("Escape")
    await expect(chat.panel).to_have_count(0)
    await expect(chat.page.locator(".launcher")).to_be_focused()


async def test_on_a_telephone_it_is_the_page_and_keeps_the_keyboard_inside(casino: Casino, browser: Browser) -> None:
    async with Guest.at(casino, browser, **PHONE) as guest:
        chat = await (await guest.visit(player=_somebody())).open()
        box = await chat.panel.bounding_box()
        assert box == {"x": 0, "y": 0, "width": 390, "height": 760}
        assert await chat.panel.get_attribute("aria-modal") == "true"
        for _ in range(8):
            await chat.page.keyboard.press("Tab")
            inside = "document.querySelector('pitboss-chat').shadowRoot.activeElement?.closest('.panel') !== null"
            assert await chat.page.evaluate(inside)
        targets = await chat.page.locator(".panel button:visible").all()
        sizes = [await target.bounding_box() for target in targets]
        assert all(size is not None and size["width"] >= 24 and size["height"] >= 24 for size in sizes)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(casino: Casino, browser: Browser, scheme: str) -> None:
    """Every face of the widget, light and dark, by the rules of WCAG 2.2 AA and good practice."""
    async with Guest.at(casino, browser, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True) as guest:
        chat = await guest.visit(prechat="on")
        await chat.page.add_script_tag(path=AXE)
        assert await axe(chat) == []
        await chat.open()
        assert await axe(chat) == []
        player = await guest.visit(player=_somebody())
        frames = await _with_frames(player.page)
        await player.page.add_script_tag(path=AXE)
        await player.open()
        await player.say("Hello https://example.org/")
        await player.heard("Hello https://example.org/")
        ticket = await player.ticket()
        staff = {"kind": "staff", "id": "ann", "name": "Ann"}
        told = {
            "seq": 2,
            "id": str(uuid4()),
            "author": staff,
            "text": "Hi https://example.org/",
            "sent_at": "2026-01-01T09:00:00Z",
        }
        frames[-1].send(_frame("msg", ticket, **told, quick_replies=[_choice("Yes"), _choice("No")]))
        frames[-1].send(_frame("typing", ticket, author=staff))
        frames[-1].send(_frame("inactive", ticket, ends_at="2031-01-01T10:00:00Z"))
        await expect(player.page.locator(".choice")).to_have_count(2)
        assert await axe(player) == []
        frames[-1].send(_frame("rating_request", ticket))
        await player.page.get_by_role("radio", name="Good", exact=True).check()
        assert await axe(player) == []
        frames[-1].send(_frame("ended", ticket, reason="staff"))
        await expect(player.page.locator(".ended")).to_be_visible()
        await player.page.get_by_role("radio", name="Bad", exact=True).check()
        assert await axe(player) == []


async def axe(chat: Chat) -> list[str]:
    """Return what an accessibility checker finds wrong."""
    found = await chat.page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]


async def _with_frames(page: Page, **of_staff: object) -> list[WebSocketRoute]:
    """Let the test put frames between those that come, places in their stead, and members into words of the staff."""
    routes: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        def downwards(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["t"] == "queue":
                return
            if frame["t"] == "msg" and frame["author"]["kind"] == "staff":
                frame |= of_staff
            socket.send(json.dumps(frame))

        routes.append(socket)
        socket.connect_to_server().on_message(downwards)

    await page.route_web_socket(SOCKET, between)
    return routes


def _frame(t: str, ticket: str, **members: object) -> str:
    return json.dumps({"t": t, "ticket_id": ticket, **members})
