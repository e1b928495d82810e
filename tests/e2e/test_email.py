"""E-mail both ways over real SMTP: in, answered, threaded; robots change nothing."""

import asyncio
import io
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import aiosmtplib
import pytest
from PIL import Image

from deploy.demo.clients import Door
from tests.e2e.asking import Json, ask
from tests.e2e.house import House, found_house
from tests.support.eventually import eventually
from tests.support.product import Product
from tests.support.sinks import MailSink

pytestmark = [pytest.mark.cluster]

_DOMAIN: Final = "players.example"
_MAILBOX: Final = f"help@{uuid4().hex[:8]}.example"


@pytest.fixture(scope="module")
async def posted(product: Product, door: Door) -> House:
    """A brand with a mailbox that intake already knows, and an agent."""
    house = await found_house(door, product.demo, "posted", support_email=_MAILBOX)
    await house.hire("agent")
    probe = _mail("probe", "Anybody there?", "Hello")

    async def known() -> bool:
        return await _send(product, probe)

    await eventually(known, every=0.1)
    await _ticket_about(house, "Anybody there?")
    return house


def _mail(sender: str, subject: str, text: str, *, to: str = _MAILBOX, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{sender}@{_DOMAIN}", to, subject
    mail["Message-ID"] = make_msgid(domain=_DOMAIN)
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


async def _send(product: Product, mail: EmailMessage, *, sender: str | None = None) -> bool:
    """Hand a mail over; False if the mailbox is not known (yet)."""
    port = int(product.demo["smtp_port"])
    try:
        await aiosmtplib.send(mail, sender=sender, hostname="127.0.0.1", port=port, start_tls=False)
    except aiosmtplib.SMTPRecipientsRefused:
        return False
    return True


async def _ticket_about(house: House, subject: str) -> Json:
    async def found() -> Json | None:
        page = await house.door.call("GET", "/v1/tickets?channel=email&limit=100", token=house.api_key)
        return next((item for item in page["items"] if item["subject"] == subject), None)

    ticket = await eventually(found, every=0.1)
    assert ticket is not None
    return ticket


async def _words(house: House, ticket: str) -> list[Json]:
    page = await house.door.call("GET", f"/v1/tickets/{ticket}/messages?limit=100", token=house.api_key)
    return list(page["items"])


async def test_a_conversation_by_mail_is_one_ticket_and_one_thread(
    product: Product, posted: House, mails: MailSink
) -> None:
    """Mail in, answer out threaded to it, the player's answer back into the same ticket, by address and by header."""
    first = _mail("kim", "Where is my bonus?", "I cannot see it.")
    assert await _send(product, first)
    ticket = await _ticket_about(posted, "Where is my bonus?")
    assert (ticket["channel"], ticket["status"]) == ("email", "new")

    await posted.reply(ticket["id"], "It is active now.", token=posted.tokens["agent"])
    sent = await eventually(lambda: [m for m in mails.mails if m["To"].addresses[0].username == "kim"])
    answer = sent[0]
    assert answer["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in answer["References"]
    assert ticket["number"] in answer["Subject"]
    assert answer.get_content().strip().startswith("It is active now.")
    back_to = str(answer["Reply-To"].addresses[0].addr_spec)
    assert back_to.startswith("help+t-")
    assert answer["From"].addresses[0].addr_spec == _MAILBOX

    assert await _send(product, _mail("kim", f"Re: {answer['Subject']}", "Thank you, I see it.", to=back_to))
    threaded = {"In_Reply_To": str(answer["Message-ID"])}
    assert await _send(product, _mail("kim", "Re: something else", "One more thing.", **threaded))

    async def arrived() -> bool:
        texts = [message["text"] for message in await _words(posted, ticket["id"])]
        return texts == ["I cannot see it.", "It is active now.", "Thank you, I see it.", "One more thing."]

    await eventually(arrived, every=0.1)


async def test_a_mail_handed_over_twice_is_read_once(product: Product, posted: House) -> None:
    """A mail server that repeats itself opens one ticket."""
    mail = _mail("twice", "Twice, says my server", "Only once, say I.")
    assert all(await asyncio.gather(*(_send(product, mail) for _ in range(5))))
    ticket = await _ticket_about(posted, "Twice, says my server")
    await _after_everything_before(product, posted, "after twice")
    page = await posted.door.call("GET", "/v1/tickets?channel=email&limit=100", token=posted.api_key)
    assert [item["id"] for item in page["items"] if item["subject"] == "Twice, says my server"] == [ticket["id"]]
    assert len(await _words(posted, ticket["id"])) == 1


async def test_a_mailed_photo_is_on_the_ticket_without_its_metadata(product: Product, posted: House) -> None:
    """Once, however often the mail comes; what was refused is named with its reason, and the words are there."""
    mail = _mail("photo", "My passport", "Here it is.")
    mail.add_attachment(_photo(), maintype="image", subtype="jpeg", filename="passport.jpg")
    mail.add_attachment(b'<svg onload="alert(1)"/>', maintype="image", subtype="svg+xml", filename="logo.svg")
    assert all(await asyncio.gather(*(_send(product, mail) for _ in range(3))))
    ticket = (await _ticket_about(posted, "My passport"))["id"]
    agent, path = posted.tokens["agent"], f"/v1/attachments?ticket_id={ticket}"

    async def settled() -> list[Json]:
        items = (await posted.door.call("GET", path, token=agent))["items"]
        return items if [one["state"] for one in items] == ["ready", "rejected"] else []

    photo, refused = await eventually(settled)
    assert (photo["name"], photo["media_type"], photo["public"]) == ("passport.jpg", "image/jpeg", True)
    assert (refused["name"], refused["reason"]) == ("logo.svg", "active-content")

    async def noted() -> list[Json]:
        words = await _words(posted, ticket)
        return words if [one["kind"] for one in words] == ["message", "note"] else []

    words, note = await eventually(noted)
    assert (words["text"], words["attachments"]) == ("Here it is.", [photo["id"], refused["id"]])
    assert "logo.svg" in note["text"]
    link = await posted.door.call("POST", f"/v1/attachments/{photo['id']}/links", token=agent)
    got = await ask(posted.door, "GET", urlsplit(link["url"]).path)
    assert Image.open(io.BytesIO(got.body)).size == (64, 48)
    assert b"Telltale" not in got.body
    assert b"Exif" not in got.body
    player = posted.player("photo")
    assert (await ask(posted.door, "GET", f"/v1/attachments/{photo['id']}", token=player)).status == 404


def _photo() -> bytes:
    target, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = "Telltale"
    Image.new("RGB", (64, 48), "green").save(target, "JPEG", exif=exif)
    return target.getvalue()


async def test_a_robots_mail_opens_nothing(product: Product, posted: House) -> None:
    """Auto-responders and bounces are read and open no ticket."""
    assert await _send(product, _mail("robot", "Out of office", "I am away.", Auto_Submitted="auto-replied"))
    bounce = _mail("robot", "Undelivered Mail Returned to Sender", "Sorry.", Auto_Submitted="auto-replied")
    assert await _send(product, bounce, sender="")
    await _after_everything_before(product, posted, "after the robots")
    page = await posted.door.call("GET", "/v1/tickets?limit=100", token=posted.api_key)
    subjects = {item["subject"] for item in page["items"]}
    assert subjects.isdisjoint({"Out of office", "Undelivered Mail Returned to Sender"})


async def test_a_robots_answer_moves_no_ticket_and_no_clock(product: Product, posted: House, mails: MailSink) -> None:
    """The player's auto-responder answers the agent: its words are kept, nobody owes it an answer."""
    assert await _send(product, _mail("away", "A question before I leave", "Which one?"))
    ticket = await _ticket_about(posted, "A question before I leave")
    await posted.reply(ticket["id"], "This one.", token=posted.tokens["agent"])
    sent = await eventually(lambda: [m for m in mails.mails if m["To"].addresses[0].username == "away"])
    before = await _measured(posted, ticket["id"], "met")
    status = (await posted.door.call("GET", f"/v1/tickets/{ticket['id']}", token=posted.api_key))["status"]

    threaded = {"Auto_Submitted": "auto-replied", "In_Reply_To": str(sent[0]["Message-ID"])}
    assert await _send(product, _mail("away", "Out of office again", "I am away.", **threaded))

    async def kept() -> list[bool]:
        words = await _words(posted, ticket["id"])
        return [message["automatic"] for message in words] if len(words) == 3 else []

    assert await eventually(kept, every=0.1) == [False, False, True]
    await _after_everything_before(product, posted, "after the answer of the robot")
    assert await _measured(posted, ticket["id"], "met") == before
    after = await posted.door.call("GET", f"/v1/tickets/{ticket['id']}", token=posted.api_key)
    assert after["status"] == status


async def _after_everything_before(product: Product, house: House, subject: str) -> None:
    """Send a mail and wait for its ticket: mails before it were read before it."""
    assert await _send(product, _mail("last", subject, "The last one."))
    await _ticket_about(house, subject)


async def _measured(house: House, ticket: str, first_response: str) -> list[tuple[str, str]]:
    """Return (kind, state) of every clock once the first response is where it should be."""

    async def reached() -> list[tuple[str, str]]:
        answer = await ask(house.door, "GET", f"/v1/tickets/{ticket}/sla", token=house.api_key)
        clocks = [(c["kind"], c["state"]) for c in answer.json["clocks"]] if answer.status == 200 else []
        return clocks if ("first_response", first_response) in clocks else []

    return await eventually(reached)
