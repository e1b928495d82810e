"""What goes on with live conversations by e-mail, against a real mail server."""

from shared.channels.email import read_message_id, read_reply_token
from shared.contracts.base import Channel, ContactRef
from shared.contracts.chat_mail import RepliesUnread, TranscriptRequested
from shared.contracts.gateway import BrandChanged
from shared.contracts.notifications import MessageDispatched
from shared.ids import new_id
from tests.service.notifications.portal import KNOBS, Start
from tests.support.eventually import eventually
from tests.support.sinks import mail_sink

KEY = str(KNOBS["reply_token_key"]).encode()
BOX = "help@lucky.example"
BRAND = BrandChanged.sample().model_copy(update={"name": "Lucky Casino", "support_email": BOX})


def unread(**more: object) -> RepliesUnread:
    """Return a batch of a conversation, with ids of its own."""
    batch_id = new_id()
    values = {"batch_id": batch_id, "first_batch_id": batch_id, "ticket_id": new_id(), **more}
    return RepliesUnread.sample().model_copy(update=values)


async def test_unread_answers_leave_once_and_lead_back_to_the_ticket(start: Start) -> None:
    """One e-mail a batch, however often it is told, with tokens that lead back; a person's, so that he may answer."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        await service.publish(BRAND)
        event = unread()
        for _ in range(3):
            await service.publish(event)
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert (told.data["outcome"], told.data["message_id"]) == ("sent", str(event.batch_id))
        (mail,) = sink.mails
        assert mail["To"].addresses[0].addr_spec == "kim@example.org"
        assert "It left today." in mail.get_content()
        assert mail["Subject"] == "Re: Payout [#LUCKY-1042]"
        assert read_reply_token(mail["Reply-To"].addresses[0].addr_spec, KEY) == event.ticket_id
        own = read_message_id(mail["Message-ID"], address=BOX, key=KEY)
        assert own is not None
        assert own.ticket_id == event.ticket_id
        assert mail["Auto-Submitted"] is None
        assert mail["In-Reply-To"] is None
        assert mail["X-Loop"] == BOX


async def test_batches_are_one_thread_and_the_players_own_mail_goes_before(start: Start) -> None:
    """A second batch continues our first; once the player has written, it answers him."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        await service.publish(BRAND)
        first = unread()
        await service.publish(first, sequence=1)
        await eventually(lambda: sink.mails)
        again = unread(ticket_id=first.ticket_id, first_batch_id=first.batch_id)
        await service.publish(again, sequence=2)
        await eventually(lambda: len(sink.mails) == 2)
        assert sink.mails[1]["In-Reply-To"].strip() == sink.mails[0]["Message-ID"].strip()
        contact = ContactRef(channel=Channel.EMAIL, address="kim@example.org", thread=("<x@example.org>",))
        third = unread(ticket_id=first.ticket_id, first_batch_id=first.batch_id, contact=contact)
        await service.publish(third, sequence=3)
        await eventually(lambda: len(sink.mails) == 3)
        assert sink.mails[2]["In-Reply-To"].strip() == "<x@example.org>"


async def test_a_transcript_is_a_machines_mail_in_text_and_html(start: Start) -> None:
    """Both parts, marked so that no robot answers, the same bytes at every try; words are wiped once it left."""
    async with mail_sink() as sink, start(smtp_url=sink.url) as service:
        await service.publish(BRAND)
        sink.replies = ["451 later"]
        event = TranscriptRequested.sample().model_copy(update={"transcript_id": new_id()})
        await service.publish(event)
        await service.publish(event)
        (told,) = await eventually(lambda: service.recorded(MessageDispatched))
        assert told.data["outcome"] == "sent"
        (mail,) = sink.mails
        assert mail["Auto-Submitted"] == "auto-replied"
        assert mail["Subject"] == "Your conversation with Lucky Casino: Payout [#LUCKY-1042]"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        assert all("Hello" in part.get_content() for part in mail.iter_parts())
        assert read_reply_token(mail["Reply-To"].addresses[0].addr_spec, KEY) == event.ticket_id
