"""Answers that leave as e-mail, against a real mail server."""

from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

from shared.channels.email import read_message_id, read_reply_token
from shared.contracts.base import Author, AuthorKind, Channel, ContactRef
from shared.contracts.gateway import BrandChanged
from shared.contracts.notifications import MessageDispatched
from shared.contracts.tickets import MessageAdded, MessageKind
from shared.ids import new_id
from tests.service.notifications.portal import KNOBS, Portal, Start, message, opened
from tests.support.eventually import eventually
from tests.support.service import RunningService
from tests.support.sinks import MailSink, mail_sink

KEY = str(KNOBS["reply_token_key"]).encode()
CONTACT = ContactRef(
    channel=Channel.EMAIL,
    address="kim@example.org",
    name="Kim",
    reply_from="support@lucky.example",
    thread=("<first@example.org>", "<second@example.org>"),
)


def reply(ticket_id: UUID | None = None, **more: object) -> MessageAdded:
    """Return the fact that staff answered a player who writes e-mails."""
    author = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
    fields = {"kind": MessageKind.REPLY, "author": author, "contact": CONTACT, **more}
    return message(ticket_id or new_id(), "It is on its way.", **fields)


async def _sent(service: RunningService, sink: MailSink, event: MessageAdded) -> None:
    await service.publish(event)
    await eventually(lambda: sink.mails)


async def test_an_answer_leaves_threaded(start: Start) -> None:
    """To the player, from the ticket's mailbox, in the player's thread, with tokens that lead back; told."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        event = reply()
        await _sent(service, sink, event)
        (mail,) = sink.mails
        assert mail["To"].addresses[0].addr_spec == "kim@example.org"
        assert sink.senders == ["support@lucky.example"]
        assert mail["In-Reply-To"].strip() == "<second@example.org>"
        assert mail["References"].split() == ["<first@example.org>", "<second@example.org>"]
        assert mail.get_content().strip() == "It is on its way."
        assert event.ticket.number in mail["Subject"]
        assert read_reply_token(mail["Reply-To"].addresses[0].addr_spec, KEY) == event.ticket_id
        own = read_message_id(mail["Message-ID"], address="support@lucky.example", key=KEY)
        assert own is not None
        assert own.message_id == event.message_id
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert (told.data["outcome"], told.data["provider_id"]) == ("sent", mail["Message-ID"].strip())


async def test_a_delay_repeats_the_same_message_id(start: Start) -> None:
    """4xx at RCPT: tried again later, and the reader sees one mail."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        sink.replies = ["451 busy", "450 still busy"]
        await _sent(service, sink, reply())
        assert sink.asked == 3
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert told.data["outcome"] == "sent"


async def test_a_permanent_refusal_is_final_and_told(start: Start) -> None:
    """5xx at RCPT: the mailbox does not exist, staff must know."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        sink.replies = ["550 no such mailbox"] * 5
        await service.publish(reply())
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert told.data["outcome"] == "failed"
        assert "550" in str(told.data["detail"])
        assert (sink.asked, sink.mails) == (1, [])


async def test_an_absent_relay_is_waited_for(start: Start) -> None:
    """Connection refused is ours to mend: the mail is given up only after the last try."""
    async with mail_sink() as sink:
        url = sink.url
    async with start(smtp_url=url) as service:
        await service.publish(reply())
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert told.data["outcome"] == "failed"


async def test_only_answers_to_mailboxes_leave(start: Start) -> None:
    """Notes, players' words, chat answers and answers to robots do not; the same answer leaves once."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        ticket = new_id()
        await service.publish(opened(ticket))
        for more in ({"kind": MessageKind.NOTE}, {"kind": MessageKind.MESSAGE}, {"live": True}, {"automatic": True}):
            await service.publish(reply(ticket, **more))
        wanted = reply(ticket)
        await service.publish(wanted)
        await service.publish(wanted)
        await eventually(lambda: service.recorded(MessageDispatched))
        assert len(sink.mails) == 1


async def test_the_brand_gives_name_and_mailbox(start: Start) -> None:
    """Where the ticket does not know its mailbox, the brand's is used."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        fields = {"name": "Lucky Casino", "support_email": "help@lucky.example"}
        await service.publish(BrandChanged.sample().model_copy(update=fields))
        await service.publish(reply(contact=CONTACT.model_copy(update={"reply_from": None})))
        await eventually(lambda: sink.mails)
        sender = sink.mails[-1]["From"].addresses[0]
        assert (sender.display_name, sender.addr_spec) == ("Lucky Casino", "help@lucky.example")


async def test_an_unusable_address_is_given_up(service: RunningService) -> None:
    """No mail can be made of it: told at once, nothing blocks behind it."""
    contact = CONTACT.model_copy(update={"address": "not an address\r\nBcc: x@example.org"})
    await service.publish(reply(contact=contact))
    (told,) = await eventually(lambda: service.recorded(MessageDispatched))
    assert told.data["outcome"] == "failed"


async def test_development_writes_files(service: RunningService, tmp_path: Path) -> None:
    """A machine without a relay shows what would have been sent."""
    event = reply()
    await service.publish(event)
    await eventually(lambda: service.recorded(MessageDispatched))
    written = (tmp_path / "outbox" / f"{event.message_id.hex}.eml").read_bytes()
    assert message_from_bytes(written, policy=default)["To"].addresses[0].addr_spec == "kim@example.org"


async def test_mail_and_webhooks_of_one_fact(service: RunningService, portal: Portal, tmp_path: Path) -> None:
    """The same message is told to operators and sent to the player."""
    endpoint = await portal.add("http://127.0.0.1:9/hook")
    await service.publish(reply())
    await eventually(lambda: list((tmp_path / "outbox").glob("*.eml")))
    assert len(await portal.deliveries(endpoint["id"])) == 1
