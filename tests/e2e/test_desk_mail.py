"""Mail at the desk: the card says who writes."""

from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from typing import Final
from uuid import uuid4

import aiosmtplib
import pytest
from playwright.async_api import expect

from deploy.demo.clients import Door
from tests.e2e.clerk import Clerk
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

_MAILBOX: Final = f"help@{uuid4().hex[:8]}.example"
_WRITER: Final = "kim.of.the.long.address.that.no.card.is.wide.enough.for.at.all@players.example"
_CALLED: Final = "Kim <b>Doe</b>"


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a mailbox and an agent."""
    house = await found_house(door, product.demo, "mailed", support_email=_MAILBOX)
    await house.hire("agent", "ann")
    return house


async def _write(product: Product, subject: str) -> None:
    """Send a mail, once intake knows the mailbox."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = formataddr((_CALLED, _WRITER)), _MAILBOX, subject
    mail["Message-ID"] = make_msgid(domain="players.example")
    mail.set_content("I cannot see it.")
    port = int(product.demo["smtp_port"])

    async def taken() -> bool:
        try:
            await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False)
        except aiosmtplib.SMTPRecipientsRefused:
            return False
        return True

    await eventually(taken, every=0.1)


async def test_the_card_says_who_writes_and_from_which_address(product: Product, house: House, ann: Clerk) -> None:
    """As text, whole, and also after an edit, whose answer says nothing of it; what came by a form has no such part."""
    await _write(product, "Where is my bonus?")
    await house.ticket(f"p{uuid4().hex[:8]}", subject="By the form")
    card = ann.page.get_by_role("complementary", name="Ticket card")
    contact = card.locator("section").filter(has=ann.page.get_by_role("heading", name="Contact"))
    await ann.open("Where is my bonus?")
    await expect(contact.locator("dt")).to_have_text(["Writes as", "Writes from"])
    await expect(contact.locator("dd")).to_have_text([_CALLED, _WRITER])
    await expect(contact.locator("b")).to_have_count(0)
    assert await card.evaluate("(box) => box.scrollWidth <= box.clientWidth")
    await card.get_by_label("Priority").select_option("urgent")
    await expect(card.get_by_label("Priority")).to_have_value("urgent")
    await expect(contact.locator("dd")).to_have_text([_CALLED, _WRITER])
    await ann.open("By the form")
    await expect(ann.page.get_by_role("heading", level=1)).to_have_text("By the form")
    await expect(contact).to_have_count(0)
