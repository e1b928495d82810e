"""One running product for all tests of this folder; every file has a brand of its own."""

import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest
from playwright.async_api import Browser, async_playwright, expect

from deploy.demo.clients import Brand, Door
from tests.e2e.browsing import PATIENCE
from tests.e2e.casino import Casino, Guest
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, sign_in_to
from tests.support.product import Product, running_product
from tests.support.sinks import MailSink, mail_sink

_NO_LOCK: Final = "1000000"
_OFTEN: Final = "PT5S"  # sockets that are gone are noticed within ten seconds instead of thirty-five
# The same engine without the windows of a browser takes half the CPU; the whole browser does as well.
_CHROMIUM: Final = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
_LEGAL_DAY: Final = "1"  # the eight weeks of a complaint pass within a minute

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
async def mails() -> AsyncIterator[MailSink]:
    """The players' mail server: every mail that the product sends."""
    async with mail_sink() as sink:
        yield sink


@pytest.fixture(scope="package")
def product(mails: MailSink) -> Iterator[Product]:
    """The product as `make up` runs it."""
    with running_product(
        "up",
        NOTIFICATIONS_SMTP_URL=mails.url,
        GATEWAY_ADDRESS_LOCK_FAILURES=_NO_LOCK,
        GATEWAY_ACCOUNT_LOCK_FAILURES=_NO_LOCK,
        CHAT_PING_EVERY=_OFTEN,
        CHAT_PONG_WITHIN=_OFTEN,
        SLA_COMPLAINT_SECONDS_PER_DAY=_LEGAL_DAY,
    ) as running:
        yield running


@pytest.fixture(scope="package")
async def door(product: Product) -> AsyncIterator[Door]:
    """The way in."""
    async with Door.open(product.url) as opened:
        yield opened


@pytest.fixture(scope="package")
async def lucky(product: Product, door: Door) -> House:
    """The demo brand with its people signed in: admin, lead, senior, agent (Ann) and bob."""
    tokens = {}
    ids = {}
    for person in product.demo["staff"]:
        name = "bob" if person["email"].startswith("bob") else person["role"]
        tokens[name] = await sign_in_to(door, person, product.demo["brand"])
        ids[name] = str(person["id"])
    brand = product.brand
    return House(door, Brand(brand.name, brand.api_key, brand.player_key), tokens["admin"], tokens, ids)


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all; every guest has a profile of his own in it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield chromium
        await chromium.close()


@pytest.fixture(scope="module")
async def casino(house: House, door: Door) -> AsyncIterator[Casino]:
    """The casino of the brand that a file calls its `house`, on an origin that the brand lists."""
    async with Casino.running(house) as casino:
        await casino.be_listed(door)
        yield casino


@pytest.fixture
async def guest(casino: Casino, browser: Browser) -> AsyncIterator[Guest]:
    """Somebody at the casino with a browser of his own; whatever it refuses fails the test."""
    async with Guest.at(casino, browser, locale="en-GB") as guest:
        yield guest


@pytest.fixture
async def ann(house: House, browser: Browser) -> AsyncIterator[Clerk]:
    """Ann, an agent of the brand that a file calls its `house`, at her desk."""
    async with Clerk.of(house, browser, "ann") as clerk:
        yield clerk
