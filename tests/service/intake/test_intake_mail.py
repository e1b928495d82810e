"""A mail that was accepted is told once, with its thread, its contact and nothing it must not say."""
# ruff: noqa: E501 - whole lines of mail are the examples

import hashlib
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import aiosmtplib
import pytest
from sqlalchemy import select, text

from services.intake.tables.mail import contacts, messages, raw_deliveries
from shared.channels.email import outgoing_message_id, reply_address
from shared.contracts.base import Channel
from shared.contracts.intake import IntakeDataRead
from shared.ids import new_id
from shared.web.actor import ActorKind
from tests.service.intake.postman import KNOBS, LUCKY, ROYAL, TOKEN_KEY, Postman, letter, wired
from tests.support.database import Cluster
from tests.support.eventually import eventually
from tests.support.service import running_service

KEY = TOKEN_KEY.encode()
TICKET = UUID("019ab000-0000-7000-8000-000000000001")


def reply_to(ticket: UUID = TICKET, *, mailbox: str = LUCKY) -> str:
    return reply_address(ticket, address=mailbox, key=KEY)


def own_id(ticket: UUID = TICKET, *, mailbox: str = LUCKY) -> str:
    return outgoing_message_id(new_id(), ticket, address=mailbox, key=KEY)


async def test_a_new_mail_is_told(postman: Postman) -> None:
    answer = await postman.hand_over(letter("Where is it?\n\n> quoted\n", In_Reply_To="<foreign@example.org>"))
    assert answer.startswith("2.0.0")
    ((envelope, event),) = await postman.told(1)
    assert (envelope.brand, envelope.sequence, envelope.subject) == ("lucky", 1, str(event.message_id))
    assert (event.channel, event.subject, event.text) == (Channel.EMAIL, "Payout", "Where is it?")
    assert (event.ticket_id, event.automatic) == (None, False)
    assert (event.contact.address, event.contact.name, event.contact.reply_from) == ("kim@example.org", "Kim", LUCKY)
    assert event.contact.thread == ("<foreign@example.org>", "<k1@example.org>")


async def test_a_reply_address_leads_to_its_ticket(postman: Postman) -> None:
    await postman.hand_over(letter(), reply_to())
    ((_, event),) = await postman.told(1)
    assert (event.ticket_id, event.contact.reply_from) == (TICKET, LUCKY)


@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
async def test_an_own_message_id_leads_to_its_ticket(postman: Postman, header: str) -> None:
    await postman.hand_over(letter(**{header: f"<other@example.org> {own_id()}"}))
    ((_, event),) = await postman.told(1)
    assert event.ticket_id == TICKET


async def test_forged_or_foreign_ids_and_subject_tags_lead_nowhere(postman: Postman) -> None:
    forged = own_id().replace("<o-", "<o-0", 1)[:-1] + ">"
    foreign = own_id(mailbox=ROYAL)
    await postman.hand_over(letter(References=f"{forged} {foreign}", Subject="Re: Payout [#LUCKY-1042]"))
    ((_, event),) = await postman.told(1)
    assert event.ticket_id is None


async def test_a_mail_to_desk_and_reply_address_is_one_for_the_ticket(postman: Postman) -> None:
    await postman.hand_over(letter(), LUCKY, reply_to())
    ((_, event),) = await postman.told(1)
    assert event.ticket_id == TICKET


async def test_each_brand_gets_its_own(postman: Postman) -> None:
    await postman.hand_over(letter(), LUCKY, ROYAL)
    told = await postman.told(2)
    assert {(envelope.brand, event.contact.reply_from) for envelope, event in told} == {
        ("lucky", LUCKY),
        ("royal", ROYAL),
    }


async def test_a_former_mailbox_stays_the_brands(postman: Postman) -> None:
    await postman.brand("lucky", "desk@lucky.example")
    await postman.hand_over(letter(), reply_to())
    ((_, event),) = await postman.told(1)
    assert event.ticket_id == TICKET


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto_Submitted": "auto-replied"}, "kim@example.org"),
        ({"Precedence": "bulk"}, "kim@example.org"),
        ({"X_Autoreply": "yes", "Subject": "Out of office"}, "kim@example.org"),
        ({"X_Loop": LUCKY}, "kim@example.org"),
        ({"From": "MAILER-DAEMON@example.org"}, "kim@example.org"),
        ({"From": LUCKY}, LUCKY),
        ({}, ""),
    ],
)
async def test_robots_are_told_as_such(postman: Postman, headers: dict[str, str], sender: str) -> None:
    await postman.hand_over(letter(**headers), reply_to(), sender=sender)
    ((_, event),) = await postman.told(1)
    assert (event.automatic, event.ticket_id) == (True, TICKET)


async def test_a_bounce_is_automatic_and_finds_the_ticket_of_the_bounced_mail(postman: Postman) -> None:
    bounce = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nSubject: Undelivered\r\nMessage-ID: <dsn1@mx.example>\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nYour mail could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Final-Recipient: rfc822; kim@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {own_id()}\r\nSubject: Re: Payout\r\n\r\n--b--\r\n"
    )
    await postman.hand_over(bounce.encode(), sender="")
    ((_, event),) = await postman.told(1)
    assert (event.automatic, event.ticket_id) == (True, TICKET)
    assert event.text.startswith("Your mail could not be delivered.")


async def test_the_same_mail_twice_is_told_once(postman: Postman) -> None:
    await postman.hand_over(letter())
    await postman.hand_over(letter())
    resent = letter()
    resent["X-Received-Again"] = "by another way"
    await postman.hand_over(resent)
    await postman.hand_over(letter(Message_ID="<k2@example.org>"))
    assert len(await postman.told(2)) == 2
    states = await _states(postman)
    assert sorted(states) == ["done", "done", "duplicate"]


async def test_one_message_id_with_other_words_is_kept_and_marked(postman: Postman) -> None:
    await postman.hand_over(letter("first"))
    await postman.hand_over(letter("second"))
    await postman.told(2)
    async with postman.service.ground.database.begin_worker() as session:
        marks = (await session.execute(select(messages.c.contested).order_by(messages.c.contested))).scalars().all()
        people = (await session.execute(select(contacts.c.address))).scalars().all()
    assert marks == [False, True]
    assert people == ["kim@example.org"]


@pytest.mark.parametrize(
    "address",
    ["nobody@lucky.example", "support@other.example", "support+x@lucky.example", reply_to()[:-20] + "@lucky.example",
     reply_to(mailbox="support@other.example"), "postmaster"],
)  # fmt: skip
async def test_unknown_recipients_are_refused(postman: Postman, address: str) -> None:
    async with postman.dialogue() as smtp:
        await smtp.mail("kim@example.org")
        with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
            await smtp.rcpt(address)
    assert refused.value.code == 550


async def test_a_brand_that_is_switched_off_takes_no_mail(postman: Postman) -> None:
    await postman.brand("royal", ROYAL, active=False)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await postman.hand_over(letter(), ROYAL)


async def test_mail_over_the_limit_is_refused(postman: Postman) -> None:
    with pytest.raises(aiosmtplib.SMTPException) as announced:
        await postman.hand_over(letter("x" * 70 + "\n" * 70_000))
    assert getattr(announced.value, "code", None) == 552
    async with postman.dialogue() as smtp:
        await smtp.mail("kim@example.org")
        await smtp.rcpt(LUCKY)
        with pytest.raises(aiosmtplib.SMTPDataError) as sent:
            await smtp.data(b"Subject: x\r\n\r\n" + b"yyyyyyyy\r\n" * 7000)
    assert sent.value.code == 552
    await postman.told(0)


async def test_nothing_forbidden_is_stored_or_told(postman: Postman) -> None:
    pan = "4111 1111 1111 1111"
    mail = letter(
        f"my card {pan} cvv 123, I am kim@example.org", Subject=f"card {pan}", From=f'"{pan}" <kim@example.org>'
    )
    await postman.hand_over(mail)
    ((_, event),) = await postman.told(1)
    assert event.text == "my card [CARD:411111******1111] cvv [CVV], I am kim@example.org"
    assert event.subject == "card [CARD:411111******1111]"
    async with postman.service.ground.database.begin_worker() as session:
        names = ("raw_deliveries", "messages", "contacts", "outbox")
        dump = [str((await session.execute(text(f"SELECT * FROM {name}"))).all()) for name in names]  # noqa: S608
        sealed = (await session.execute(select(raw_deliveries.c.sealed))).scalar_one()
    assert pan not in "".join(dump)
    assert b"4111" not in sealed
    assert hashlib.sha256(bytes(mail)).digest() not in sealed


async def test_a_mail_that_cannot_be_read_is_kept_and_can_be_replayed(postman: Postman) -> None:
    nobody = EmailMessage()
    nobody["Subject"] = "who am I"
    nobody.set_content("hello")
    await postman.hand_over(nobody, sender="")
    admin = postman.service.actor(role="admin")

    async def listed() -> list[dict[str, object]]:
        items: list[dict[str, object]] = (
            await postman.service.http.get("/v1/intake/failed-mails", headers=admin)
        ).json()["items"]
        return items

    (failed,) = await eventually(listed)
    assert failed["reason"] == "sender-unknown"
    looks: list[dict[str, Any]] = [one.data for one in await postman.service.recorded(IntakeDataRead)]
    assert {(one["sight"], one["reader"]["id"]) for one in looks} == {("list_failed_mails", "s-1")}
    replay = f"/v1/intake/failed-mails/{failed['id']}/replay"
    foreign = postman.service.actor(role="admin", brand="royal")
    assert (await postman.service.http.post(replay, headers=foreign)).status_code == 404
    assert (await postman.service.http.post(replay, headers=postman.service.actor(role="lead"))).status_code == 403
    player = postman.service.actor(ActorKind.PLAYER, "p-1")
    assert (await postman.service.http.get("/v1/intake/failed-mails", headers=player)).status_code == 403
    assert (await postman.service.http.post(replay, headers=admin)).status_code == 204
    await eventually(listed)
    await postman.told(0)


async def test_while_the_database_is_away_mail_is_put_off_and_taken_later(postgres: Cluster) -> None:
    async with (
        postgres.database("intake") as urls,
        wired(urls) as wire,
        running_service(postgres, "intake", urls=wire.urls, **KNOBS) as service,
    ):
        postman = await Postman(service).introduced()
        async with postman.dialogue() as smtp:
            await smtp.mail("kim@example.org")
            await smtp.rcpt(LUCKY)
            await wire.cut()
            with pytest.raises(aiosmtplib.SMTPDataError) as put_off:
                await smtp.data(bytes(letter()))
            assert put_off.value.code == 451
            await smtp.mail("kim@example.org")
            with pytest.raises(aiosmtplib.SMTPRecipientRefused) as later:
                await smtp.rcpt(LUCKY)
            assert later.value.code == 451
        await wire.join()
        await postman.hand_over(letter())
        assert len(await postman.told(1)) == 1


async def _states(postman: Postman) -> list[str]:
    async def settled() -> list[str]:
        async with postman.service.ground.database.begin_worker() as session:
            states = (await session.execute(select(raw_deliveries.c.state))).scalars().all()
        assert "pending" not in states
        return list(states)

    return await eventually(settled)
