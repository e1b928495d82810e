"""Attachments in the database."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Row, and_, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from services.intake.domain.attachments import Attachment, AttachmentState, Carried
from services.intake.tables import attachments, conversations
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import Sensitivity
from shared.db.engine import Session

_COLUMNS = attachments.c
_RECEIVING = AttachmentState.RECEIVING.value
_PENDING = AttachmentState.PENDING.value


async def insert_attachment(session: Session, values: Mapping[str, object]) -> bool:
    """Note that a file is coming in; False if its uploader has used the key before."""
    statement = insert(attachments).values(**values).on_conflict_do_nothing().returning(_COLUMNS.id)
    return (await session.execute(statement)).first() is not None


async def attachment_with_key(session: Session, brand: str, uploader: Author, key: str | None) -> Attachment | None:
    """Return what somebody has uploaded under a key of his, locked."""
    statement = select(attachments).where(*_uploaded_by(brand, uploader), _COLUMNS.client_key == key).with_for_update()
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else attachment_of(row)


async def loose_count(session: Session, brand: str, uploader: Author) -> int:
    """Return how many files of somebody no words carry."""
    statement = select(func.count()).where(
        *_uploaded_by(brand, uploader),
        _COLUMNS.message_id.is_(None),
        _COLUMNS.state != AttachmentState.REJECTED.value,
    )
    return int((await session.execute(statement)).scalar_one())


async def drop_attachment(session: Session, brand: str, attachment_id: UUID) -> None:
    """Forget a file that did not come in."""
    gone = delete(attachments).where(
        _COLUMNS.brand == brand, _COLUMNS.id == attachment_id, _COLUMNS.state == _RECEIVING
    )
    await session.execute(gone)


async def change_attachment(session: Session, attachment: Attachment, values: Mapping[str, object]) -> Attachment:
    """Write new values into a locked attachment and return it."""
    statement = (
        update(attachments)
        .where(_COLUMNS.brand == attachment.brand, _COLUMNS.id == attachment.id)
        .values(**values)
        .returning(attachments)
    )
    return attachment_of((await session.execute(statement)).one())


async def find_attachment(
    session: Session, brand: str, attachment_id: UUID, *, lock: bool = False
) -> Attachment | None:
    """Return an attachment that has come in, whatever became of it."""
    statement = select(attachments).where(
        _COLUMNS.brand == brand, _COLUMNS.id == attachment_id, _COLUMNS.state != _RECEIVING
    )
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else attachment_of(row)


async def attachments_of(
    session: Session, brand: str, ticket_id: UUID, *, seen_by: Author | None, after: UUID | None, limit: int
) -> list[Attachment]:
    """Return the files of a ticket, oldest first; with `seen_by`, that person's own and what public words carry."""
    statement = select(attachments).where(
        _COLUMNS.brand == brand,
        _COLUMNS.ticket_id == ticket_id,
        _COLUMNS.state != _RECEIVING,
        true() if after is None else _COLUMNS.id > after,
    )
    if seen_by is not None:
        own = and_(_COLUMNS.uploader_kind == seen_by.kind.value, _COLUMNS.uploader_id == seen_by.id)
        statement = statement.where(or_(own, and_(_COLUMNS.public, _COLUMNS.message_id.is_not(None))))
    rows = await session.execute(statement.order_by(_COLUMNS.id).limit(limit))
    return [attachment_of(row) for row in rows]


async def lock_carried(session: Session, brand: str, carried: Carried) -> list[Attachment]:
    """Return the files that words name, as far as no other words carry them and a speaker of these has uploaded them.

    What came by mail is the words' own or not, whoever speaks.
    """
    speakers = [
        and_(_COLUMNS.uploader_kind == one.kind.value, _COLUMNS.uploader_id == one.id) for one in carried.speakers
    ]
    statement = (
        select(attachments)
        .where(
            _COLUMNS.brand == brand,
            _COLUMNS.id.in_(carried.attachments),
            _COLUMNS.state.not_in([_RECEIVING, AttachmentState.DELETED.value]),
            or_(_COLUMNS.message_id.is_(None), _COLUMNS.message_id == carried.message_id),
            or_(and_(_COLUMNS.promised_to.is_(None), or_(*speakers)), _COLUMNS.promised_to == carried.message_id),
        )
        .order_by(_COLUMNS.id)
        .with_for_update()
    )
    return [attachment_of(row) for row in await session.execute(statement)]


async def put_owner(session: Session, brand: str, ticket_id: UUID, owner: Author) -> None:
    """Remember whose a ticket is; a visitor's may become a player's, never the other way round."""
    values = {"brand": brand, "ticket_id": ticket_id, "owner_kind": owner.kind.value, "owner_id": owner.id}
    statement = insert(conversations).values(**values)
    newer = statement.on_conflict_do_update(
        index_elements=[conversations.c.brand, conversations.c.ticket_id],
        set_={"owner_kind": owner.kind.value, "owner_id": owner.id},
        where=conversations.c.owner_kind == AuthorKind.VISITOR.value,
    )
    await session.execute(newer)


async def owner_of(session: Session, brand: str, ticket_id: UUID) -> Author | None:
    """Return whose a ticket is, None if it is not known here (yet)."""
    statement = select(conversations).where(conversations.c.brand == brand, conversations.c.ticket_id == ticket_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Author(kind=AuthorKind(row.owner_kind), id=row.owner_id)


async def claim_unscanned(session: Session, *, count: int, lease: timedelta) -> list[Attachment]:
    """Take files that wait for the scanner, those waiting longest first, for the length of the lease (worker role)."""
    due = (
        select(_COLUMNS.id)
        .where(_COLUMNS.state == _PENDING, _COLUMNS.next_at <= func.now())
        .order_by(_COLUMNS.next_at)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(attachments)
        .where(_COLUMNS.id.in_(due.scalar_subquery()))
        .values(attempts=_COLUMNS.attempts + 1, next_at=func.now() + lease)
        .returning(attachments)
    )
    return [attachment_of(row) for row in await session.execute(claimed)]


async def postpone_scans(session: Session, ids: Sequence[UUID], *, by: timedelta) -> None:
    """Let files wait for the scanner a while longer (worker role)."""
    waiting = update(attachments).where(_COLUMNS.id.in_(ids), _COLUMNS.state == _PENDING)
    await session.execute(waiting.values(next_at=func.now() + by))


async def waiting_for_scan(session: Session) -> int:
    """Return how many files wait for the scanner (worker role)."""
    return int((await session.execute(select(func.count()).where(_COLUMNS.state == _PENDING))).scalar_one())


async def claim_past(session: Session, *, count: int, lease: timedelta) -> list[Attachment]:
    """Take files whose time is over (worker role)."""
    due = (
        select(_COLUMNS.id)
        .where(_COLUMNS.delete_at <= func.now())
        .order_by(_COLUMNS.delete_at)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(attachments)
        .where(_COLUMNS.id.in_(due.scalar_subquery()))
        .values(delete_at=func.now() + lease)
        .returning(attachments)
    )
    return [attachment_of(row) for row in await session.execute(claimed)]


async def finish_past(session: Session, gone: Sequence[Attachment]) -> int:
    """Forget files that no words carry; of the others nothing remains but that they were there (worker role)."""
    loose = [one.id for one in gone if one.message_id is None]
    carried = [one.id for one in gone if one.message_id is not None]
    dropped = await session.execute(delete(attachments).where(_COLUMNS.id.in_(loose), _COLUMNS.message_id.is_(None)))
    await session.execute(
        update(attachments)
        .where(_COLUMNS.id.in_(carried))
        .values(
            state=AttachmentState.DELETED.value, name="", uploader_name=None, digest=None, file_key=None, detail=None,
            delete_at=None, next_at=None,
        )
    )  # fmt: skip
    return len(carried) + cast("CursorResult[Any]", dropped).rowcount


def _uploaded_by(brand: str, uploader: Author) -> tuple[Any, ...]:
    return (
        _COLUMNS.brand == brand,
        _COLUMNS.uploader_kind == uploader.kind.value,
        _COLUMNS.uploader_id == uploader.id,
    )


def attachment_of(row: Row[Any]) -> Attachment:
    """Return a row as an attachment."""
    return Attachment(
        id=row.id,
        brand=row.brand,
        ticket_id=row.ticket_id,
        message_id=row.message_id,
        public=row.public,
        uploader=Author(kind=AuthorKind(row.uploader_kind), id=row.uploader_id, name=row.uploader_name),
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        width=row.width,
        height=row.height,
        digest=row.digest,
        sensitivity=Sensitivity(row.sensitivity),
        state=AttachmentState(row.state),
        reason=row.reason,
        file_key=row.file_key,
        created_at=row.created_at,
        promised_to=row.promised_to,
        detail=row.detail,
    )
