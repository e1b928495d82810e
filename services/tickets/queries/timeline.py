"""Timelines in the database, read in the order (occurred_at, id)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, or_, select, tuple_, update

from services.tickets.domain.bookmarks import Bookmark, bookmark_at, caught_up
from services.tickets.domain.timeline import Entry, EntryKind
from services.tickets.tables import tickets, timeline
from shared.contracts.base import Author, AuthorKind
from shared.db.engine import Session

_ADD: Final = insert(timeline)
_ORDER: Final = tuple_(timeline.c.occurred_at, timeline.c.id)


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
    heads: Mapping[UUID, int],
    *,
    seen_by: Author | None,
    kinds: Collection[EntryKind],
    after: Bookmark | None,
    limit: int,
) -> tuple[list[Entry], Bookmark | None]:
    """Return up to `limit` entries of these tickets, `heads` = {ticket: version}, and where to go on if there are more.

    What follows the bookmark comes oldest first; before it comes what belongs before the bookmark and was recorded
    since. With `seen_by`, only what concerns that player or visitor: public entries of his own tickets. What belongs to
    somebody else stays apart also where a senior has merged the two.
    """
    statement = select(timeline).where(timeline.c.brand == brand, _of({one: (0, head) for one, head in heads.items()}))
    if seen_by is not None:
        statement = statement.where(timeline.c.public, _his(seen_by, alone=len(heads) == 1))
    if kinds:
        statement = statement.where(timeline.c.kind.in_([kind.value for kind in kinds]))
    if after is None:
        found = await _rows(session, statement, limit)
        return found[:limit], bookmark_at(found[limit - 1], heads) if len(found) > limit else None
    late = await _late(session, statement, heads, after, limit)
    if len(late) > limit:
        return late[:limit], caught_up(after, late[limit - 1], heads)
    room = limit - len(late)
    following = await _rows(session, statement.where(tuple_(after.occurred_at, after.entry_id) < _ORDER), room)
    shown = [*late, *following[:room]]
    if len(following) <= room:
        return shown, None
    return shown, bookmark_at(following[room - 1], heads) if room else caught_up(after, late[-1], heads)


async def _rows(session: Session, statement: Select[Any], room: int) -> list[Entry]:
    page = statement.order_by(timeline.c.occurred_at, timeline.c.id).limit(room + 1)
    return [_entry_of(row) for row in await session.execute(page)]


async def _late(
    session: Session, statement: Select[Any], heads: Mapping[UUID, int], after: Bookmark, limit: int
) -> list[Entry]:
    news = {one: (after.head_of(one), head) for one, head in heads.items() if after.head_of(one) < head}
    if not news:
        return []
    before = statement.where(tuple_(after.occurred_at, after.entry_id) >= _ORDER, _of(news))
    before = before.order_by(timeline.c.ticket_id, timeline.c.version).limit(limit + 1)
    return [_entry_of(row) for row in await session.execute(before)]


def _of(spans: Mapping[UUID, tuple[int, int]]) -> ColumnElement[bool]:
    """Select the entries of tickets from a version, which is left out, to another."""
    parts = [
        and_(timeline.c.ticket_id == one, timeline.c.version > first, timeline.c.version <= last)
        for one, (first, last) in spans.items()
    ]
    # One ticket is by far the most common and is read in the order of the index.
    return parts[0] if len(parts) == 1 else or_(*parts)


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
