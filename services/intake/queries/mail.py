"""The SQL of intake."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Row, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.intake.domain.attachments import AttachmentState
from services.intake.domain.mail import DeliveryState, Words
from services.intake.tables.attachments import attachments
from services.intake.tables.mail import brands, contacts, mailboxes, messages, raw_deliveries
from shared.db.engine import Session
from shared.ids import new_id

AnyRow = Row[*tuple[Any, ...]]

_FINISHED = (DeliveryState.DONE.value, DeliveryState.DUPLICATE.value)


async def put_brand(session: Session, *, brand: str, active: bool, sequence: int) -> bool:
    """Remember whether a brand takes mail; False if something newer is known."""
    values = {"brand": brand, "active": active, "sequence": sequence}
    statement = insert(brands).values(**values)
    newer = statement.on_conflict_do_update(
        index_elements=[brands.c.brand], set_=values, where=brands.c.sequence < sequence
    )
    return (await session.execute(newer.returning(brands.c.brand))).first() is not None


async def put_mailbox(session: Session, *, brand: str, address: str, now: datetime) -> None:
    """Remember that mail to an address is the brand's."""
    values = {"brand": brand, "address": address, "since_at": now}
    await session.execute(insert(mailboxes).values(**values).on_conflict_do_nothing())


async def brand_of(session: Session, mailbox: str) -> str | None:
    """Return the active brand that owns a mailbox; of two that claim it the one that did so first."""
    statement = (
        select(mailboxes.c.brand)
        .join(brands, brands.c.brand == mailboxes.c.brand)
        .where(mailboxes.c.address == mailbox, brands.c.active)
        .order_by(mailboxes.c.since_at, mailboxes.c.brand)
        .limit(1)
    )
    brand: str | None = (await session.execute(statement)).scalar_one_or_none()
    return brand


async def mailboxes_of(session: Session, brand: str) -> Sequence[str]:
    """Return all addresses a brand has or had."""
    statement = select(mailboxes.c.address).where(mailboxes.c.brand == brand).order_by(mailboxes.c.since_at)
    return (await session.execute(statement)).scalars().all()


async def insert_deliveries(session: Session, rows: Sequence[Mapping[str, object]]) -> int:
    """Keep raw deliveries, leaving out those already kept; return how many were new."""
    statement = insert(raw_deliveries).on_conflict_do_nothing(constraint="uq_raw_deliveries_brand_key")
    stored = 0
    for row in rows:
        stored += cast("CursorResult[Any]", await session.execute(statement.values(**row))).rowcount
    return stored


async def claim_deliveries(session: Session, *, count: int, lease: timedelta) -> Sequence[AnyRow]:
    """Take the oldest unread deliveries for the length of the lease."""
    due = (
        select(raw_deliveries.c.id)
        .where(raw_deliveries.c.state == DeliveryState.PENDING.value, raw_deliveries.c.next_at <= func.now())
        .order_by(raw_deliveries.c.next_at)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(raw_deliveries)
        .where(raw_deliveries.c.id.in_(due.scalar_subquery()))
        .values(attempts=raw_deliveries.c.attempts + 1, next_at=func.now() + lease)
        .returning(raw_deliveries)
    )
    rows = (await session.execute(statement)).all()
    return sorted(rows, key=lambda row: (row.received_at, row.id))


async def release_deliveries(session: Session, ids: Sequence[UUID]) -> None:
    """Give claimed deliveries back unread: due now, and the attempt does not count."""
    await session.execute(
        update(raw_deliveries)
        .where(raw_deliveries.c.id.in_(ids), raw_deliveries.c.state == DeliveryState.PENDING.value)
        .values(attempts=raw_deliveries.c.attempts - 1, next_at=func.now())
    )


async def lock_pending(session: Session, brand: str, delivery_id: UUID) -> bool:
    """Lock a delivery for its outcome; False if it has one already."""
    statement = (
        select(raw_deliveries.c.id)
        .where(
            raw_deliveries.c.brand == brand,
            raw_deliveries.c.id == delivery_id,
            raw_deliveries.c.state == DeliveryState.PENDING.value,
        )
        .with_for_update()
    )
    return (await session.execute(statement)).first() is not None


async def finish_delivery(
    session: Session, brand: str, delivery_id: UUID, *, state: DeliveryState, reason: str | None = None
) -> None:
    """Write down what became of a delivery."""
    await session.execute(
        update(raw_deliveries)
        .where(raw_deliveries.c.brand == brand, raw_deliveries.c.id == delivery_id)
        .values(state=state.value, reason=reason, finished_at=func.now())
    )


async def put_contact(session: Session, brand: str, words: Words, *, at: datetime) -> UUID:
    """Remember who wrote and return the contact's id."""
    contact = words.contact
    statement = insert(contacts).values(
        id=new_id(), brand=brand, channel=contact.channel.value, address=contact.address, name=contact.name,
        first_seen_at=at, last_seen_at=at,
    )  # fmt: skip
    known = statement.on_conflict_do_update(
        constraint="uq_contacts_brand_channel_address",
        set_={
            "name": func.coalesce(statement.excluded.name, contacts.c.name),
            "last_seen_at": func.greatest(contacts.c.last_seen_at, statement.excluded.last_seen_at),
        },
    )
    contact_id: UUID = (await session.execute(known.returning(contacts.c.id))).scalar_one()
    return contact_id


async def insert_message(session: Session, values: Mapping[str, object]) -> bool:
    """Keep a message; False if it is known. One with the id of another but other words is kept and marked."""
    same_id = exists().where(
        messages.c.brand == values["brand"], messages.c.mailbox == values["mailbox"], messages.c.key == values["key"]
    )
    statement = insert(messages).values(**values, contested=select(same_id).scalar_subquery()).on_conflict_do_nothing()
    return (await session.execute(statement.returning(messages.c.id))).first() is not None


async def failed_deliveries(session: Session, brand: str, *, after: UUID | None, limit: int) -> Sequence[AnyRow]:
    """Return deliveries that could not be read, oldest first."""
    table = raw_deliveries.c
    statement = (
        select(table.id, table.received_at, table.size, table.reason, table.attempts)
        .where(table.brand == brand, table.state == DeliveryState.PARSE_FAILED.value)
        .order_by(table.id)
        .limit(limit)
    )
    return (await session.execute(statement if after is None else statement.where(table.id > after))).all()


async def reopen_delivery(session: Session, brand: str, delivery_id: UUID) -> bool:
    """Let a delivery that could not be read be read again; False if there is none."""
    statement = (
        update(raw_deliveries)
        .where(
            raw_deliveries.c.brand == brand,
            raw_deliveries.c.id == delivery_id,
            raw_deliveries.c.state == DeliveryState.PARSE_FAILED.value,
        )
        .values(state=DeliveryState.PENDING.value, reason=None, attempts=0, next_at=func.now(), finished_at=None)
        .returning(raw_deliveries.c.id)
    )
    return (await session.execute(statement)).first() is not None


async def forget_deliveries(session: Session, *, kept: timedelta, failed_kept: timedelta, most: int) -> int:
    """Delete one batch of deliveries past their time, but none whose files wait in it; return how many."""
    table = raw_deliveries.c
    waits = exists().where(attachments.c.delivery_id == table.id, attachments.c.state == AttachmentState.MAILED.value)
    old = (
        select(table.id)
        .where(
            ~waits,
            or_(
                table.state.in_(_FINISHED) & (table.finished_at < func.now() - kept),
                (table.state == DeliveryState.PARSE_FAILED.value) & (table.finished_at < func.now() - failed_kept),
            ),
        )
        .limit(most)
    )
    gone = await session.execute(delete(raw_deliveries).where(table.id.in_(old.scalar_subquery())))
    return cast("CursorResult[Any]", gone).rowcount
