"""Timelines in the database, read in the order (occurred_at, id)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, exists, func, insert, or_, select, tuple_, update

from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.tables import tickets, timeline
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session

_ADD: Final = insert(timeline)


async def add_entries(session: Session, brand: str, ticket_id: UUID, entries: Sequence[Entry]) -> None:
    """Add what was told about a locked ticket."""
    rows = [
        {
            "id": entry.id,
            "brand": brand,
            "ticket_id": ticket_id,
            "kind": entry.kind.value,
            "occurred_at": entry.occurred_at,
            "author_kind": entry.author.kind.value,
            "author_id": entry.author.id,
            "author_name": entry.author.name,
            "text": entry.text,
            "automatic": entry.automatic,
            "change": entry.change,
            "public": entry.public,
            "origin_id": entry.origin_id,
            "copied_from": entry.copied_from,
            "attachments": list(entry.attachments),
            "heard_in": list(entry.heard_in),
            "sent_out": entry.sent_out,
            "version": entry.version,
        }
        for entry in entries
    ]
    await session.execute(_ADD, rows)


async def has_entry(session: Session, brand: str, entry_id: UUID) -> bool:
    """True if a message with this id is in some timeline of the brand."""
    statement = select(timeline.c.id).where(timeline.c.brand == brand, timeline.c.id == entry_id)
    return (await session.execute(statement)).first() is not None


async def words_with(
    session: Session, brand: str, ticket_ids: Sequence[UUID], message_ids: Sequence[UUID]
) -> list[Entry]:
    """Return words of these tickets by their ids, oldest first."""
    statement = select(timeline).where(
        timeline.c.brand == brand,
        timeline.c.ticket_id.in_(ticket_ids),
        timeline.c.id.in_(message_ids),
        timeline.c.kind != EntryKind.CHANGE.value,
    )
    statement = statement.order_by(timeline.c.occurred_at, timeline.c.id)
    return [_entry_of(row) for row in await session.execute(statement)]


async def words_said_to(
    session: Session,
    brand: str,
    ticket_ids: Collection[UUID],
    survivor_id: UUID,
    *,
    messages_to: Collection[UUID],
    replies_to: Collection[UUID],
) -> list[Entry]:
    """Return what merged tickets were told while others had their words, as it was recorded; the survivor's come last.

    What became part of another ticket or says nothing any more is left out.
    """
    columns = timeline.c
    statement = select(timeline).where(
        columns.brand == brand,
        columns.ticket_id.in_([*ticket_ids, survivor_id]),
        columns.moved_to.is_(None),
        columns.withdrawn_at.is_(None),
        or_(
            and_(columns.kind == EntryKind.MESSAGE.value, columns.origin_id.in_(messages_to)),
            and_(columns.kind == EntryKind.REPLY.value, columns.origin_id.in_(replies_to)),
        ),
    )
    statement = statement.order_by(columns.ticket_id == survivor_id, columns.version)
    return [_entry_of(row) for row in await session.execute(statement)]


async def words_by_id(session: Session, brand: str, entry_id: UUID) -> Entry | None:
    """Return words of the brand, whatever ticket they are recorded in."""
    statement = select(timeline).where(
        timeline.c.brand == brand, timeline.c.id == entry_id, timeline.c.kind != EntryKind.CHANGE.value
    )
    row = (await session.execute(statement)).first()
    return None if row is None else _entry_of(row)


async def copy_in(session: Session, brand: str, ticket_id: UUID, source: UUID) -> Entry | None:
    """Return the copy of words that a split made in its new ticket."""
    statement = select(timeline).where(
        timeline.c.brand == brand, timeline.c.ticket_id == ticket_id, timeline.c.copied_from == source
    )
    row = (await session.execute(statement)).first()
    return None if row is None else _entry_of(row)


async def mark_moved(session: Session, brand: str, message_ids: Sequence[UUID], ticket_id: UUID) -> None:
    """Mark words that were copied into a ticket of their own."""
    moved = update(timeline).where(timeline.c.brand == brand, timeline.c.id.in_(message_ids))
    await session.execute(moved.values(moved_to=ticket_id))


async def mark_copied(session: Session, brand: str, entry_id: UUID, source: UUID) -> None:
    """Let the words that a ticket opened with name those they were copied from."""
    copied = update(timeline).where(timeline.c.brand == brand, timeline.c.id == entry_id)
    await session.execute(copied.values(copied_from=source))


async def entries_page(
    session: Session,
    brand: str,
    ticket_ids: Sequence[UUID],
    *,
    seen_by: Author | None,
    kinds: Collection[EntryKind],
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Entry]:
    """Return up to `limit + 1` entries of these tickets, oldest first, that follow `after` = (occurred_at, id).

    With `seen_by`, only what concerns that player or visitor: public entries of his own tickets. What belongs to
    somebody else stays apart also where a senior has merged the two.
    """
    statement = select(timeline).where(timeline.c.brand == brand, _of(ticket_ids))
    if seen_by is not None:
        statement = statement.where(timeline.c.public, _his(seen_by, alone=len(ticket_ids) == 1))
    if kinds:
        statement = statement.where(timeline.c.kind.in_([kind.value for kind in kinds]))
    if after is not None:
        occurred_at, entry_id = after
        key = (datetime.fromisoformat(occurred_at), UUID(entry_id))
        statement = statement.where(tuple_(timeline.c.occurred_at, timeline.c.id) > tuple_(*key))
    statement = statement.order_by(timeline.c.occurred_at, timeline.c.id).limit(limit + 1)
    return [_entry_of(row) for row in await session.execute(statement)]


def _of(ticket_ids: Sequence[UUID]) -> ColumnElement[bool]:
    # One ticket is by far the most common and is read in the order of the index.
    if len(ticket_ids) == 1:
        return timeline.c.ticket_id == ticket_ids[0]
    return timeline.c.ticket_id.in_(ticket_ids)


def _his(reader: Author, *, alone: bool) -> ColumnElement[bool]:
    """Select what happened to the reader's own tickets; one that stands alone is known to be his."""
    owner = tickets.c.player_id if reader.kind is AuthorKind.PLAYER else tickets.c.visitor_id
    said_to = timeline.c.origin_id if alone else func.coalesce(timeline.c.origin_id, timeline.c.ticket_id)
    own = exists().where(tickets.c.brand == timeline.c.brand, tickets.c.id == said_to, owner == reader.id)
    return or_(timeline.c.origin_id.is_(None), own) if alone else own


def _entry_of(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        kind=EntryKind(row.kind),
        occurred_at=row.occurred_at,
        author=Author(kind=AuthorKind(row.author_kind), id=row.author_id, name=row.author_name),
        text=row.text,
        automatic=row.automatic,
        change=row.change,
        public=row.public,
        version=row.version,
        ticket_id=row.ticket_id,
        origin_id=row.origin_id,
        copied_from=row.copied_from,
        moved_to=row.moved_to,
        attachments=tuple(row.attachments),
        edited_at=row.edited_at,
        withdrawn_at=row.withdrawn_at,
        heard_in=tuple(row.heard_in),
        sent_out=row.sent_out,
    )
