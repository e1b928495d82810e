"""A casino's page with the widget on it, in a browser: strict about what may be loaded, and watching for all else."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

from deploy.demo.clients import Door
from tests.e2e.asking import ask
from tests.e2e.browsing import PATIENCE, WATCH, shut
from tests.e2e.house import House


@dataclass
class Casino:
    """A web server of its own origin, as operators have; `words` are files with words of further languages."""

    house: House
    url: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        """Where the widget comes from."""
        return self.house.door.url

    @classmethod
    @asynccontextmanager
    async def running(cls, house: House) -> AsyncIterator[Self]:
        """Serve until the block ends."""
        casino = cls(house)
        app = web.Application()
        app.router.add_get("/", casino._page)
        app.router.add_get("/token", casino._token)
        app.router.add_get("/words.json", casino._words)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        casino.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield casino
        finally:
            await runner.cleanup()

    async def be_listed(self, door: Door) -> None:
        """Have the brand list this origin."""
        path, token = f"/v1/brands/{self.house.brand.name}", self.house.founder
        version = (await ask(door, "GET", path, token=token)).headers["ETag"]
        body = {"allowed_origins": [self.url]}
        answer = await ask(door, "PATCH", path, token=token, body=body, headers={"If-Match": version})
        assert answer.status == 200, answer.body

    def policy(self) -> str:
        """Return a content policy that allows the widget and nothing else: no style, no picture, no frame."""
        socket = self.gateway.replace("http", "ws", 1)
        return (
            f"default-src 'none'; script-src {self.gateway}; connect-src 'self' {self.gateway} {socket}; "
            "require-trusted-types-for 'script'; trusted-types lit-html; base-uri 'none'; form-action 'none'"
        )

    async def _page(self, request: web.Request) -> web.Response:
        attributes = {"brand": self.house.brand.name, **request.query}
        if player := attributes.pop("player", ""):
            attributes["token-url"] = f"/token?{urlencode({'player': player})}"
        data = " ".join(f'data-{name}="{escape(value)}"' for name, value in attributes.items())
        lang = escape(attributes.get("locale", "en"))
        text = (
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Casino</title>'
            "<main><h1>A casino</h1><p>Nothing to see here.</p></main>"
            f'<script src="{self.gateway}/widget.js" {data} defer></script></html>'
        )
        headers = {"Content-Security-Policy": self.policy()}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _token(self, request: web.Request) -> web.Response:
        player = request.query["player"]
        return web.json_response({"token": self.house.brand.player_token(player, name=player.title())})

    async def _words(self, _request: web.Request) -> web.Response:
        return web.json_response(dict(self.words))


@dataclass
class Guest:
    """Somebody at the casino: a browser profile of his own, and all that his pages asked for or complained about."""

    casino: Casino
    context: BrowserContext
    asked: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def at(cls, casino: Casino, browser: Browser, **profile: Any) -> AsyncIterator[Self]:
        """Open a profile; afterwards nothing was refused by a policy, asked of third parties, or kept as a cookie."""
        context = await browser.new_context(**profile)
        context.set_default_timeout(PATIENCE)
        guest = cls(casino, context)
        context.on("request", guest._note_request)
        context.on("console", guest._note_complaint)
        context.on("weberror", lambda error: guest.complaints.append(str(error.error)))
        await context.add_init_script(WATCH)
        try:
            yield guest
            refused = [one for page in context.pages for one in await page.evaluate("globalThis.refused ?? []")]
            assert refused == []
            assert await context.cookies() == []
            assert guest.asked <= {urlsplit(casino.url).netloc, urlsplit(casino.gateway).netloc}
            assert guest.complaints == []
        finally:
            await shut(context)

    async def visit(self, **attributes: str) -> "Chat":
        """Open the casino's page in a new tab; `player` is who is signed in there."""
        page = await self.context.new_page()
        await page.goto(f"{self.casino.url}/?{urlencode(attributes)}")
        await page.locator(".launcher").wait_for()
        return Chat(page)

    def _note_request(self, request: Request) -> None:
        self.asked.add(urlsplit(request.url).netloc)

    def _note_complaint(self, message: ConsoleMessage) -> None:
        """Lost connections are reported by the browser itself; whatever else is an error is one."""
        if message.type == "error" and "net::ERR" not in message.text and "status of" not in message.text:
            self.complaints.append(message.text)


@dataclass
class Chat:
    """The widget on one page, as a person uses it."""

    page: Page

    @property
    def panel(self) -> Locator:
        """The open chat."""
        return self.page.locator(".panel")

    @property
    def box(self) -> Locator:
        """Where one writes."""
        return self.page.locator(".composer textarea")

    @property
    def notice(self) -> Locator:
        """What it says about connection, queue and limits."""
        return self.page.locator(".notice")

    async def open(self) -> Self:
        """Open it with the button."""
        await self.page.locator(".launcher").click()
        await self.panel.wait_for()
        return self

    async def say(self, *texts: str) -> None:
        """Write and send."""
        for text in texts:
            await self.box.fill(text)
            await self.box.press("Enter")

    async def texts(self) -> list[str]:
        """Return what stands in the conversation, in order."""
        return await self.page.locator(".message:not(.typing) .bubble").all_inner_texts()

    async def heard(self, *texts: str) -> None:
        """Wait until exactly this stands there, every word of it known to the server."""
        wanted = json.dumps(texts)
        await self.page.wait_for_function(
            """([wanted]) => {
                const element = document.querySelector("pitboss-chat");
                if (!element?.conversation) return false;
                const root = element.shadowRoot;
                const bubbles = root.querySelectorAll(".message:not(.typing) .bubble");
                const shown = Array.from(bubbles, (one) => one.innerText);
                const isSame = JSON.stringify(shown) === JSON.stringify(JSON.parse(wanted));
                return isSame && element.conversation.outbox.items().length === 0;
            }""",
            arg=[wanted],
        )

    async def ticket(self) -> str:
        """Return the conversation's id."""
        handle = await self.page.wait_for_function(
            "() => document.querySelector('pitboss-chat')?.conversation?.transcript.ticketId"
        )
        return str(await handle.json_value())
