"""Answers that leave by e-mail: claim, send, record; never a network call inside a transaction."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from services.notifications.domain import mail
from services.notifications.domain.letters import Written, transcript_letter, unread_letter
from services.notifications.domain.mail import MailState
from services.notifications.queries import outgoing
from services.notifications.queries.outgoing import Outcome
from shared.channels.email import UnusableAddress, render_reply
from shared.contracts.base import Channel, ContactRef
from shared.contracts.chat_mail import RepliesUnread, TranscriptRequested
from shared.contracts.gateway import BrandChanged
from shared.contracts.notifications import MessageDispatched
from shared.contracts.tickets import MessageAdded
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging import outbox


class Letter(NamedTuple):
    """A rendered mail under lease; `tries` were made before."""

    message_id: UUID
    ticket_id: UUID
    brand: str
    token: UUID
    tries: int
    sender: str
    recipient: str
    content: EmailMessage


class Unsendable(NamedTuple):
    """A message that cannot be rendered, and why."""

    message_id: UUID
    ticket_id: UUID
    brand: str
    token: UUID
    reason: str


class Sender(NamedTuple):
    """Whose words these are where neither ticket nor brand says more, and the key of reply addresses."""

    address: str
    key: bytes


async def queue_reply(session: Session, *, brand: str, event: MessageAdded) -> None:
    """Put an answer on its way if the player reads it in the mailbox; the same message is never queued twice."""
    if not mail.leaves_by_mail(event) or event.contact is None:
        return
    written = Written(event.ticket.subject, event.text)
    await _queue(
        session, brand, event.contact, written, message_id=event.message_id, ticket_id=event.ticket_id,
        number=event.ticket.number, written_at=event.occurred_at,
    )  # fmt: skip


async def queue_unread(session: Session, *, brand: str, event: RepliesUnread) -> None:
    """Put what a player did not read in the chat on its way; the same batch is never queued twice."""
    written = unread_letter(event)
    await _queue(
        session, brand, event.contact, written, message_id=event.batch_id, ticket_id=event.ticket_id,
        number=event.number, written_at=event.told_at, first_message_id=event.first_batch_id,
    )  # fmt: skip


async def queue_transcript(session: Session, *, brand: str, event: TranscriptRequested) -> None:
    """Put a conversation on its way to its player, as a machine's mail; the same wish is never queued twice."""
    written = transcript_letter(event, brand_name=await outgoing.brand_name(session, brand) or brand.title())
    await _queue(
        session, brand, event.contact, written, message_id=event.transcript_id, ticket_id=event.ticket_id,
        number="", written_at=event.requested_at, automatic=True,
    )  # fmt: skip


async def _queue(session: Session, brand: str, contact: ContactRef, written: Written, **more: object) -> None:
    values: dict[str, object] = {
        "brand": brand, "channel": contact.channel.value, "subject": written.subject, "words": written.text,
        "html": written.html, "contact": contact.model_dump(mode="json"), "state": MailState.PENDING.value, **more,
    }  # fmt: skip
    if await outgoing.insert_message(session, values):
        session.info["recorded"] = True  # wakes the sender after commit


async def remember_brand(session: Session, *, event: BrandChanged, sequence: int) -> None:
    """Keep the name and mailbox a brand writes under."""
    await outgoing.put_brand(
        session, brand=event.brand, name=event.name, support_email=event.support_email, sequence=sequence
    )


async def claim_letters(
    session: Session, *, count: int, lease: timedelta, sender: Sender
) -> tuple[list[Letter], list[Unsendable], float | None]:
    """Lease due messages and render them; also return in how many seconds the next one is due."""
    token = new_id()
    rows = await outgoing.take_messages(session, count=count, token=token, lease=lease)
    letters: list[Letter] = []
    unsendable: list[Unsendable] = []
    for row in rows:
        try:
            letters.append(_letter(row, token, sender))
        except (UnusableAddress, ValueError) as error:
            unsendable.append(Unsendable(row.message_id, row.ticket_id, row.brand, token, type(error).__name__))
    return letters, unsendable, await outgoing.seconds_to_next(session)


async def record_sent(session: Session, letter: Letter, *, now: datetime) -> None:
    """Write down that a mail left."""
    provider_id = str(letter.content["Message-ID"])
    outcome = Outcome(MailState.SENT.value, timedelta(0), provider_id, None)
    await _finish(session, letter, outcome, now)


async def record_not_sent(
    session: Session, letter: Letter, *, detail: str, code: int | None, scale: float, now: datetime
) -> None:
    """Try again later under the same Message-ID, or give up: at a permanent refusal, or after the last try."""
    delay = None if mail.is_permanent(code) else mail.next_try(letter.tries + 1, scale=scale)
    state = MailState.FAILED if delay is None else MailState.PENDING
    provider_id = str(letter.content["Message-ID"])
    await _finish(session, letter, Outcome(state.value, delay or timedelta(0), provider_id, detail[:500]), now)


async def record_unsendable(session: Session, message: Unsendable, *, now: datetime) -> None:
    """Give a message up that no mail can be made of."""
    await _finish(session, message, Outcome(MailState.FAILED.value, timedelta(0), None, message.reason), now)


async def _finish(session: Session, message: Letter | Unsendable, outcome: Outcome, now: datetime) -> None:
    held = await outgoing.record_outcome(session, message.message_id, token=message.token, outcome=outcome)
    if not held or outcome.state == MailState.PENDING.value:
        return
    event = MessageDispatched(
        message_id=message.message_id,
        ticket_id=message.ticket_id,
        channel=Channel.EMAIL,
        outcome=outcome.state,
        provider_id=outcome.provider_id,
        detail=outcome.error,
        dispatched_at=now,
    )
    await outbox.record(session, event, brand=message.brand, sequence=1, at=now)


def _letter(row: Row[*tuple[Any, ...]], token: UUID, sender: Sender) -> Letter:
    contact = ContactRef.model_validate(row.contact)
    from_address = contact.reply_from or row.support_email or sender.address
    content = render_reply(
        message_id=row.message_id,
        ticket_id=row.ticket_id,
        number=row.number,
        subject=row.subject,
        text=row.words,
        to=contact,
        from_address=from_address,
        from_name=row.brand_name or row.brand.title(),
        key=sender.key,
        sent_at=row.written_at,
        automatic=row.automatic,
        html=row.html,
        first_message_id=row.first_message_id,
    )
    return Letter(row.message_id, row.ticket_id, row.brand, token, row.tries, from_address, contact.address, content)
