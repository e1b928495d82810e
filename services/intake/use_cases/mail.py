"""What intake does with a mail: take it, read it once, tell what it said, or set it aside."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.mail import (
    Delivery,
    DeliveryNotFound,
    DeliveryState,
    Journey,
    Recipient,
    Words,
    delivery_key,
    one_per_mailbox,
    place_of,
)
from services.intake.queries import mail as queries
from services.intake.queries.mail import AnyRow
from services.intake.use_cases.mailed_files import promise
from shared.channels.email import mailbox_of, read_reply_token
from shared.contracts.base import Channel
from shared.contracts.gateway import BrandChanged
from shared.contracts.intake import MessageReceived
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging import outbox
from shared.sealing import Seal


async def remember_brand(session: Session, *, event: BrandChanged, sequence: int, now: datetime) -> None:
    """Keep which mailbox is the brand's; the ones before stay its own."""
    newest = await queries.put_brand(session, brand=event.brand, active=event.active, sequence=sequence)
    if newest and event.support_email:
        await queries.put_mailbox(session, brand=event.brand, address=mailbox_of(event.support_email), now=now)


async def find_recipient(session: Session, address: str, *, key: bytes) -> Recipient | None:
    """Return whose address this is: a brand's mailbox, or a reply address that we made; None for all others."""
    mailbox = mailbox_of(address)
    ticket_id = read_reply_token(address, key)
    if ticket_id is None and mailbox != address.strip().lower():
        return None
    brand = await queries.brand_of(session, mailbox)
    return None if brand is None else Recipient(brand, mailbox, address, ticket_id)


def sealed_deliveries(
    raw: bytes, *, recipients: Sequence[Recipient], journey: Journey, seal: Seal, now: datetime
) -> list[dict[str, object]]:
    """Return a mail as it is kept, sealed, once per mailbox it is for; a large one is work for a thread."""
    rows: list[dict[str, object]] = []
    for recipient in one_per_mailbox(recipients):
        id_ = new_id()
        rows.append(
            {
                "id": id_,
                "brand": recipient.brand,
                "key": delivery_key(recipient.address, raw),
                "mailbox": recipient.mailbox,
                "rcpt_to": recipient.address,
                "ticket_id": recipient.ticket_id,
                "mail_from": journey.mail_from,
                "helo": journey.helo,
                "peer": journey.peer,
                "size": len(raw),
                "sealed": seal.close(raw, place_of(recipient.brand, id_)),
                "state": DeliveryState.PENDING.value,
                "received_at": now,
                "next_at": now,
            }
        )
    return rows


async def accept_mail(session: Session, deliveries: Sequence[Mapping[str, object]]) -> int:
    """Keep a sealed mail; return for how many mailboxes it was not known yet."""
    return await queries.insert_deliveries(session, deliveries)


async def claim_mails(session: Session, *, count: int, lease: timedelta, attempts: int) -> Sequence[AnyRow]:
    """Take unread mails; one that ended its reader `attempts` times is set aside instead."""
    rows = await queries.claim_deliveries(session, count=count, lease=lease)
    for row in rows:
        if row.attempts > attempts:
            state = DeliveryState.PARSE_FAILED
            await queries.finish_delivery(session, row.brand, row.id, state=state, reason="reader-ended")
    return [row for row in rows if row.attempts <= attempts]


async def tell_words(
    session: Session, delivery: Delivery, words: Words, *, kept: timedelta, now: datetime
) -> DeliveryState:
    """Tell a mail's words and promise its files to them, once; return what became of the delivery."""
    brand = delivery.recipient.brand
    if not await queries.lock_pending(session, brand, delivery.id):
        return DeliveryState.DUPLICATE
    contact_id = await queries.put_contact(session, brand, words, at=delivery.received_at)
    message_id = new_id()
    values = {
        "id": message_id,
        "brand": brand,
        "mailbox": delivery.recipient.mailbox,
        "key": words.key,
        "digest": words.digest,
        "contact_id": contact_id,
        "delivery_id": delivery.id,
        "automatic": words.automatic,
        "received_at": delivery.received_at,
    }
    state = DeliveryState.DUPLICATE
    if await queries.insert_message(session, values):
        state = DeliveryState.DONE
        files = await promise(session, delivery, words.files, message_id=message_id, kept=kept, now=now)
        await _record(session, delivery, words, message_id, files)
    await queries.finish_delivery(session, brand, delivery.id, state=state)
    return state


async def _record(
    session: Session, delivery: Delivery, words: Words, message_id: UUID, files: tuple[UUID, ...]
) -> None:
    event = MessageReceived(
        message_id=message_id,
        channel=Channel.EMAIL,
        contact=words.contact,
        subject=words.subject,
        text=words.text,
        ticket_id=words.ticket_id,
        received_at=delivery.received_at,
        automatic=words.automatic,
        attachments=files,
    )
    await outbox.record(session, event, brand=delivery.recipient.brand, sequence=1, at=delivery.received_at)


async def set_aside(session: Session, *, brand: str, delivery_id: UUID, reason: str) -> None:
    """Keep a mail that could not be read, for a replay after the fix."""
    if await queries.lock_pending(session, brand, delivery_id):
        await queries.finish_delivery(session, brand, delivery_id, state=DeliveryState.PARSE_FAILED, reason=reason)


async def replay_mail(session: Session, *, brand: str, delivery_id: UUID) -> None:
    """Have a mail that was set aside read again."""
    if not await queries.reopen_delivery(session, brand, delivery_id):
        raise DeliveryNotFound
