"""Somebody of the staff with the desk open in a browser, watching for whatever a policy refuses."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from tests.e2e.browsing import PATIENCE, WATCH, shut
from tests.e2e.house import PASSWORD, House
from tests.support.eventually import eventually

_SCROLL: Final = """(box) => {
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 1;
  box.scrollTop = isAtEnd ? 0 : box.scrollTop + box.clientHeight;
}"""


@dataclass
class Clerk:
    """A tab with the desk, as a person uses it."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, house: House, browser: Browser, who: str, **profile: Any) -> AbstractAsyncContextManager[Self]:
        """Sit one of a house's people down at the desk."""
        return cls.at(house.door.url, browser, house.emails[who], **profile)

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, browser: Browser, email: str, **profile: Any) -> AsyncIterator[Self]:
        """Sign in; afterwards nothing was refused by the page's policy, and no script failed."""
        wishes = {"viewport": {"width": 1280, "height": 800}, **profile}
        context = await browser.new_context(**wishes)
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(WATCH)
        clerk = cls(context, await context.new_page())
        context.on("console", clerk._note)
        context.on("weberror", lambda error: clerk.complaints.append(str(error.error)))
        try:
            await clerk.sign_in(url, email)
            yield clerk
            assert await clerk.page.evaluate("refused") == []
            assert await context.cookies() == []
            assert clerk.complaints == []
        finally:
            await shut(context)

    async def sign_in(self, url: str, email: str) -> None:
        """Open the desk and go through its door."""
        await self.page.goto(f"{url}/desk")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".top").wait_for()

    @property
    def box(self) -> Locator:
        """Where one writes."""
        return self.page.locator("#words")

    def row(self, text: str) -> Locator:
        """Return the row of the list that has this text."""
        return self.page.locator(".row", has_text=text)

    def words(self, text: str) -> Locator:
        """Return what was said in exactly these words."""
        return self.page.locator(".words").get_by_text(text, exact=True)

    async def open(self, text: str) -> None:
        """Open the ticket in whose row this stands, however far down the list that is."""
        await (await self.find(text)).click()
        await self.box.wait_for()

    async def find(self, text: str) -> Locator:
        """Return the row that has this text, once it is in the page."""
        await eventually(lambda: self._finds(text))
        return self.row(text)

    async def say(self, text: str) -> None:
        """Write and send."""
        await self.box.fill(text)
        await self.box.press("Control+Enter")

    async def _finds(self, text: str) -> bool:
        """Tell whether the row is in the page, which has those in sight only; if not, scroll on, then from the top."""
        if await self.row(text).count():
            return True
        await self.page.locator(".rows").evaluate(_SCROLL)
        return False

    def _note(self, message: ConsoleMessage) -> None:
        """Refusals of the API are answers, not faults; lost connections are reported by the browser itself."""
        if message.type == "error" and "net::ERR" not in message.text and "status of" not in message.text:
            self.complaints.append(message.text)
