"""From the chat to e-mail and back: what is not read goes out once, the answer lands where it belongs."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any, Final, Literal
from uuid import uuid4

import aiosmtplib
import pytest
from playwright.async_api import Browser, expect

from deploy.demo.clients import ChatSocket, Door
from tests.e2e.asking import Json, ask
from tests.e2e.casino import Casino, Guest
from tests.e2e.house import House, found_house
from tests.e2e.test_widget import AXE, axe
from tests.support.eventually import eventually
from tests.support.product import Product
from tests.support.sinks import MailSink

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

MAILBOX: Final = f"help@{uuid4().hex[:8]}.example"
DOMAIN: Final = "players.example"
# All of them, since what is left out stays as the last test wanted it.
RULES: Final[Json] = {
    "warn_after": None, "end_after": 60, "asks_for_rating": False, "mail_after": 300, "time_zone": "UTC",
    "transcripts_a_day": 3, "form": {}, "hours": None, "longest_wait": None,
}  # fmt: skip
SOON: Final = 10
LATE: Final = 3600


@pytest.fixture(scope="module")
async def house(product: Product, door: Door) -> House:
    """A brand with a mailbox and an agent; a quarter of a minute unread is too long."""
    languages = ["en", "de", "fr", "ru"]
    house = await found_house(door, product.demo, "offline", languages=languages, support_email=MAILBOX)
    await house.hire("agent", "ann")
    await house.hire("lead", "lea")
    await rule(house, mail_after=SOON)
    return house


async def rule(house: House, **rules: object) -> None:
    """Replace the rules of the brand."""
    seen = await ask(house.door, "GET", "/v1/chat/policy", token=house.tokens["lea"])
    match = {"If-Match": seen.headers["ETag"]}
    put = await ask(house.door, "PUT", "/v1/chat/policy", token=house.tokens["lea"], body=RULES | rules, headers=match)
    assert put.status == 200, put.body


async def reply(house: House, ticket: str, text: str, **more: object) -> None:
    """Answer as Ann, as soon as tickets has heard of the conversation."""

    async def answered() -> bool:
        path, body = f"/v1/tickets/{ticket}/messages", {"text": text, "kind": "reply", **more}
        return (await ask(house.door, "POST", path, token=house.tokens["ann"], body=body)).status == 201

    await eventually(answered)


async def reach(house: House, ticket: str) -> Json:
    """Return what staff see of how somebody is reached."""
    answer = await house.door.call("GET", f"/v1/chat/sessions/{ticket}/reach", token=house.tokens["ann"])
    return dict(answer)


async def transcript(house: House, ticket: str) -> list[tuple[str, str | None]]:
    """Return what stands in a conversation, and how it came."""
    page = await house.door.call("GET", f"/v1/chat/sessions/{ticket}/messages?limit=100", token=house.api_key)
    return [(item["text"], item["channel"]) for item in page["items"]]


def to(mails: MailSink, name: str) -> list[EmailMessage]:
    """Return the e-mails that somebody got."""
    return [mail for mail in mails.mails if mail["To"].addresses[0].addr_spec == f"{name}@{DOMAIN}"]


async def answer_by_mail(product: Product, mail: EmailMessage, text: str, *, sender: str) -> str:
    """Answer an e-mail as a mail program would, and return the Message-ID."""
    answer = EmailMessage()
    answer["From"], answer["To"] = f"{sender}@{DOMAIN}", str(mail["Reply-To"].addresses[0].addr_spec)
    answer["Subject"] = str(mail["Subject"])
    answer["In-Reply-To"] = answer["References"] = str(mail["Message-ID"])
    answer["Message-ID"] = make_msgid(domain=DOMAIN)
    answer.set_content(text)

    async def taken() -> bool:
        try:
            port = int(product.demo["smtp_port"])
            await aiosmtplib.send(answer, hostname="127.0.0.1", port=port, start_tls=False)
        except aiosmtplib.SMTPRecipientsRefused:
            return False
        return True

    await eventually(taken, every=0.1)
    return str(answer["Message-ID"])


async def mail_saying(mails: MailSink, name: str, words: str) -> EmailMessage:
    """Wait for the e-mail to somebody that says this; nothing it says was said to him in another one."""

    def found() -> EmailMessage | None:
        return next((mail for mail in to(mails, name) if words in mail.get_content()), None)

    mail = await eventually(found, within=60, every=0.1)
    assert mail is not None
    assert "".join(one.get_content() for one in to(mails, name)).count(words) == 1
    return mail


async def test_a_player_who_left_reads_on_in_his_mailbox_and_answers_from_there(
    product: Product, house: House, mails: MailSink
) -> None:
    """Answers come in order and once; his own stands in ticket and transcript; the next e-mail answers his."""
    name = f"kim{uuid4().hex[:8]}"
    ticket = await _ask_and_leave(house, name)
    await reply(house, ticket, "I am looking.")
    await reply(house, ticket, "It left today.")
    mail = await mail_saying(mails, name, "It left today.")
    everything = "".join(one.get_content() for one in to(mails, name))
    assert 0 < everything.index("I am looking.") < everything.index("It left today.")
    assert mail.get_content().startswith("Hallo Kim,")
    shown = await house.door.call("GET", f"/v1/tickets/{ticket}", token=house.api_key)
    assert mail["Subject"] == f"Re: {shown['subject']} [#{shown['number']}]"

    async def sent() -> bool:
        return bool((await reach(house, ticket))["delivery"] == "sent")

    await eventually(sent)
    own_id = await answer_by_mail(product, mail, "Thank you, I see it.", sender=name)
    await _stands_everywhere(house, ticket, name)
    await reply(house, ticket, "With pleasure.")
    following = await mail_saying(mails, name, "With pleasure.")
    assert following["In-Reply-To"].strip() == own_id
    assert str(mail["Message-ID"]).strip() in following["References"]


async def _ask_and_leave(house: House, name: str) -> str:
    token = house.brand.player_token(name, name="Kim", minutes=50, email=f"{name}@{DOMAIN}")
    kim = await ChatSocket.of_player(house.door, token, language="de")
    await kim.say("Where is my payout?")
    await kim.close()
    return kim.ticket_id


async def _stands_everywhere(house: House, ticket: str, name: str) -> None:
    """Wait until the player's e-mail stands in transcript and ticket, as his."""
    wanted: list[tuple[str, str | None]] = [
        ("Where is my payout?", None), ("I am looking.", None), ("It left today.", None),
        ("Thank you, I see it.", "email"),
    ]  # fmt: skip

    async def arrived() -> bool:
        return await transcript(house, ticket) == wanted

    await eventually(arrived, every=0.1)
    page = await house.door.call("GET", f"/v1/tickets/{ticket}/messages?limit=100", token=house.api_key)
    assert [item["text"] for item in page["items"]] == [said for said, _ in wanted]
    assert page["items"][-1]["author"]["id"] == name


async def test_whoever_comes_back_first_reads_it_there_and_gets_no_mail(
    house: House, guest: Guest, mails: MailSink
) -> None:
    """A visitor leaves, is answered, returns in time and looks: nothing is unread, so nothing is ever due."""
    name = f"robin{uuid4().hex[:8]}"
    await rule(house, mail_after=LATE)
    chat = await (await guest.visit()).open()
    await chat.page.get_by_label("Your name").fill("Robin")
    await chat.page.get_by_label("E-mail").fill(f"{name}@{DOMAIN}")
    await chat.page.get_by_label("What is it about?").select_option("Bonuses")
    await chat.page.get_by_role("button", name="Start the chat").click()
    await chat.say("Hello")
    await chat.heard("Hello")
    ticket = await chat.ticket()
    await chat.page.close()
    await reply(house, ticket, "Hello Robin")

    async def waiting() -> Json | None:
        seen = await reach(house, ticket)
        return seen if (seen["unread"], seen["delivery"]) == (1, "waiting") else None

    seen = await eventually(waiting)
    assert seen is not None
    assert (seen["name"], seen["email"], seen["vouched_email"]) == ("Robin", f"{name}@{DOMAIN}", None)
    back = await guest.visit()
    await back.open()
    await back.heard("Hello", "Hello Robin")

    async def read() -> bool:
        return bool((await reach(house, ticket))["delivery"] == "none")

    await eventually(read)
    await rule(house, mail_after=SOON)
    assert to(mails, name) == []


async def test_a_conversation_goes_by_mail_to_whoever_asks_for_it(house: House, guest: Guest, mails: MailSink) -> None:
    """At the end the widget offers it; without a known address it asks for one."""
    name = f"vi{uuid4().hex[:8]}"
    chat = await (await guest.visit(player=name)).open()
    await chat.say("<b>Where</b> is it?")
    await chat.heard("<b>Where</b> is it?")
    ticket = await chat.ticket()
    await reply(house, ticket, "On its way")
    await chat.heard("<b>Where</b> is it?", "On its way")
    await chat.page.get_by_role("button", name="End the chat").click()
    await chat.page.get_by_role("button", name="End it").click()
    await chat.page.get_by_role("button", name="Send me this chat by e-mail").click()
    await chat.page.get_by_label("Your e-mail address").fill(f"{name}@{DOMAIN}")
    await chat.page.get_by_role("button", name="Use it").click()
    await expect(chat.page.locator(".ended")).to_contain_text("It is on its way to you.")
    (mail,) = await eventually(lambda: to(mails, name), every=0.1)
    text, page = (part.get_content() for part in mail.iter_parts())
    assert text.index("<b>Where</b> is it?") < text.index("On its way")
    assert "&lt;b&gt;Where&lt;/b&gt; is it?" in page
    assert mail["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize(
    ("locale", "away"),
    [
        ("en", "Nobody is here right now. Leave us a message: we will answer here and by e-mail."),
        ("de", "Gerade ist niemand da. Hinterlassen Sie uns eine Nachricht: Wir antworten hier und per E-Mail."),
        ("fr", "Personne n\u2019est là pour le moment. Laissez-nous un message : nous répondrons ici et par e-mail."),
        ("ru", "Сейчас никого нет. Оставьте сообщение: мы ответим здесь и по почте."),
    ],
)
async def test_it_is_said_first_that_nobody_is_there(house: House, guest: Guest, locale: str, away: str) -> None:
    """In the visitor's language, and the address is needed then; a player may leave one."""
    chat = await (await guest.visit(locale=locale)).open()
    await expect(chat.page.locator(".form")).to_contain_text(away)
    assert await chat.page.locator(".form input[name=email]").get_attribute("required") is not None
    name = f"p{uuid4().hex[:8]}"
    other = await (await guest.visit(locale=locale, player=name)).open()
    await expect(other.page.locator(".greeting")).to_contain_text(away)
    ticket = await other.ticket()
    await other.page.locator(".greeting input").fill(f"{name}@{DOMAIN}")
    await other.page.locator(".greeting button").click()
    await expect(other.page.locator(".greeting input")).to_have_count(0)
    assert (await reach(house, ticket))["email"] == f"{name}@{DOMAIN}"


async def test_a_form_of_the_brands_own_is_asked_and_told_to_staff(house: House, guest: Guest) -> None:
    """Own questions and reasons in the visitor's language; the ticket begins with the reason that was chosen."""
    form: dict[str, Any] = {
        "name": "no", "email": "required", "reason": "optional",
        "reasons": [{"code": "ACC.PASSWORD", "labels": {"en": "My password", "de": "Mein Passwort"}}],
        "questions": [{"key": "game", "labels": {"en": "Which game?", "de": "Welches Spiel?"}, "required": True}],
    }  # fmt: skip
    await rule(house, mail_after=SOON, form=form)
    try:
        chat = await (await guest.visit(locale="de")).open()
        await chat.page.get_by_label("Welches Spiel?").fill("Dice")
        await chat.page.get_by_label("E-Mail").fill(f"someone@{DOMAIN}")
        await chat.page.locator(".form select").select_option("Mein Passwort")
        await expect(chat.page.get_by_label("Ihr Name")).to_have_count(0)
        await chat.page.get_by_role("button", name="Chat beginnen").click()
        await chat.say("Hallo")
        await chat.heard("Hallo")
        ticket = await chat.ticket()
        seen = await reach(house, ticket)
        assert (seen["answers"], seen["reason"]) == ({"game": "Dice"}, "ACC.PASSWORD")

        async def opened() -> bool:
            shown = await ask(house.door, "GET", f"/v1/tickets/{ticket}", token=house.api_key)
            return shown.status == 200 and shown.json["reason"] == "ACC.PASSWORD"

        await eventually(opened)
    finally:
        await rule(house, mail_after=SOON)


async def test_a_chosen_answer_is_said_once_and_gone_everywhere(house: House, guest: Guest) -> None:
    """Pressed in one tab they are gone in the other too, and after a reload; so are those that were overtaken."""
    player = f"p{uuid4().hex[:8]}"
    here = await (await guest.visit(player=player)).open()
    await here.say("Help")
    await here.heard("Help")
    ticket = await here.ticket()
    there = await (await guest.visit(player=player)).open()
    choices = [{"label": "Deposit", "value": "It is about a deposit"}, {"label": "<b>Payout</b>", "value": "A payout"}]
    await reply(house, ticket, "Which?", quick_replies=choices)
    for tab in (here, there):
        await expect(tab.page.locator(".choice")).to_have_count(2)
    await here.page.get_by_role("button", name="<b>Payout</b>").click()
    for tab in (here, there):
        await tab.heard("Help", "Which?", "A payout")
        await expect(tab.page.locator(".choice")).to_have_count(0)
    await there.page.reload()
    await there.heard("Help", "Which?", "A payout")
    await expect(there.page.locator(".choice")).to_have_count(0)
    page = await house.door.call("GET", f"/v1/chat/sessions/{ticket}/messages", token=house.api_key)
    assert page["items"][2]["in_reply_to"] == page["items"][1]["id"]
    await reply(house, ticket, "And how?", quick_replies=choices)
    await expect(here.page.locator(".choice")).to_have_count(2)
    await reply(house, ticket, "Never mind")
    await expect(here.page.locator(".choice")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_of_it_keeps_anybody_out(
    casino: Casino, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    """Nothing is found wrong where nobody is there and where an address is asked for after the end."""
    async with Guest.at(casino, browser, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True) as guest:
        chat = await (await guest.visit(player=f"p{uuid4().hex[:8]}")).open()
        await chat.page.add_script_tag(path=AXE)
        await expect(chat.page.locator(".greeting input")).to_be_visible()
        assert await axe(chat) == []
        await chat.say("Hello")
        await chat.heard("Hello")
        await chat.page.get_by_role("button", name="End the chat").click()
        await chat.page.get_by_role("button", name="End it").click()
        await chat.page.get_by_role("button", name="Send me this chat by e-mail").click()
        await expect(chat.page.get_by_label("Your e-mail address")).to_be_visible()
        assert await axe(chat) == []
