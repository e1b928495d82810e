"""Mentions, tags and drafts in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, func, literal, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.tickets.domain.audit import AuditEntry
from services.tickets.queries.audit import RECORDING, values_of
from services.tickets.queries.watching import add_watchers
from services.tickets.tables import drafts, mentions, staff, tickets, timeline
from shared.contracts.tickets import MessageKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

MOST_TAGGED: Final = 10_000
# Written as the index says it, so that the planner knows it again.
_IS_TAGGED: Final = text("tags <> '{}'::text[]")
# The audit's statement carries the end of a draft along: answering costs no further round trip.
_CLEARING: Final = (
    "cleared AS (DELETE FROM drafts WHERE brand = :audit_brand AND ticket_id = :audit_ticket_id "
    "AND staff_id = :audit_actor_id AND kind = :draft_kind)"
)
_RECORD_AND_CLEAR: Final = Fixed(f"WITH {RECORDING}, {_CLEARING} SELECT 1")


@dataclass(frozen=True, slots=True)
class Mention:
    """A note that calls somebody, with the ticket it is in."""

    entry_id: UUID
    ticket_id: UUID
    number: str
    subject: str
    author_id: str
    author_name: str | None
    text: str
    mentioned_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Words not sent yet; `text` is hidden from those whom it does not concern."""

    staff_id: str
    name: str | None
    kind: MessageKind
    text: str | None
    updated_at: datetime


async def staff_among(session: Session, brand: str, ids: Sequence[str]) -> dict[str, bool]:
    """Return those of the ids that are the brand's staff, each with whether it is active."""
    statement = select(staff.c.staff_id, staff.c.active).where(staff.c.brand == brand, staff.c.staff_id.in_(ids))
    return {row.staff_id: row.active for row in await session.execute(statement)}


async def add_mentions(
    session: Session, brand: str, ticket_id: UUID, entry_id: UUID, ids: Sequence[str], at: datetime
) -> None:
    """Note whom a note calls; each of them follows the ticket from now on."""
    rows = [
        {"entry_id": entry_id, "staff_id": id_, "brand": brand, "ticket_id": ticket_id, "mentioned_at": at}
        for id_ in ids
    ]
    await session.execute(insert(mentions), rows)
    await add_watchers(session, brand, ticket_id, ids, at)


async def mentions_page(
    session: Session, brand: str, staff_id: str, *, unread: bool, after: tuple[str, ...] | None, limit: int
) -> list[Mention]:
    """Return up to `limit + 1` mentions of a person, newest first, that follow `after` = (mentioned_at, entry_id).

    A note in a ticket that was merged names the survivor, which is where one answers it.
    """
    columns, standing = mentions.c, tickets.alias()
    joined = (
        mentions.join(timeline, timeline.c.id == columns.entry_id)
        .join(tickets, tickets.c.id == columns.ticket_id)
        .join(standing, standing.c.id == func.coalesce(tickets.c.merged_into, tickets.c.id))
    )
    statement = (
        select(
            columns.entry_id, standing.c.id, standing.c.number, standing.c.subject, timeline.c.author_id,
            timeline.c.author_name, timeline.c.text, columns.mentioned_at, columns.read_at,
        )
        .select_from(joined)
        .where(columns.brand == brand, columns.staff_id == staff_id)
    )  # fmt: skip
    if unread:
        statement = statement.where(columns.read_at.is_(None))
    if after is not None:
        key = (datetime.fromisoformat(after[0]), UUID(after[1]))
        statement = statement.where(tuple_(columns.mentioned_at, columns.entry_id) < tuple_(*key))
    statement = statement.order_by(columns.mentioned_at.desc(), columns.entry_id.desc()).limit(limit + 1)
    return [Mention(*row) for row in await session.execute(statement)]


async def read_mention(session: Session, brand: str, staff_id: str, entry_id: UUID, now: datetime) -> UUID | None:
    """Mark a mention as read, once, and return its ticket; None: there is no such mention of this person."""
    columns = mentions.c
    statement = (
        update(mentions)
        .where(columns.brand == brand, columns.staff_id == staff_id, columns.entry_id == entry_id)
        .values(read_at=func.coalesce(columns.read_at, now))
        .returning(columns.ticket_id)
    )
    ticket_id: UUID | None = (await session.execute(statement)).scalar()
    return ticket_id


async def tag_counts(session: Session, brand: str, limit: int) -> list[tuple[str, int]]:
    """Return the tags of the brand's tagged tickets changed last, most used first: the work has a bound."""
    latest = (
        select(tickets.c.tags)
        .where(tickets.c.brand == brand, _IS_TAGGED)
        .order_by(tickets.c.updated_at.desc())
        .limit(MOST_TAGGED)
        .subquery()
    )
    tag = func.unnest(latest.c.tags).label("tag")
    each = select(tag).subquery()
    uses = func.count().label("uses")
    statement = select(each.c.tag, uses).group_by(each.c.tag).order_by(uses.desc(), each.c.tag).limit(limit)
    return [(row.tag, row.uses) for row in await session.execute(statement)]


async def save_draft(
    session: Session, brand: str, ticket_id: UUID, staff_id: str, kind: MessageKind, text: str, now: datetime
) -> None:
    """Keep a person's draft for a ticket instead of the one before."""
    values = {"kind": kind.value, "text": text, "updated_at": now}
    statement = insert(drafts).values(brand=brand, ticket_id=ticket_id, staff_id=staff_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["ticket_id", "staff_id"], set_=values))


async def drop_draft(session: Session, brand: str, ticket_id: UUID, staff_id: str) -> None:
    """Forget a person's draft for a ticket."""
    columns = drafts.c
    await session.execute(
        delete(drafts).where(columns.brand == brand, columns.ticket_id == ticket_id, columns.staff_id == staff_id)
    )


async def drafts_of(session: Session, brand: str, ticket_id: UUID) -> list[Draft]:
    """Return every draft for a ticket, newest first."""
    columns = drafts.c
    named = drafts.outerjoin(staff, (staff.c.brand == columns.brand) & (staff.c.staff_id == columns.staff_id))
    statement = (
        select(columns.staff_id, staff.c.name, columns.kind, columns.text, columns.updated_at)
        .select_from(named)
        .where(columns.brand == brand, columns.ticket_id == ticket_id)
        .order_by(columns.updated_at.desc(), columns.staff_id)
        .limit(200)
    )
    return [
        Draft(row.staff_id, row.name, MessageKind(row.kind), row.text, row.updated_at)
        for row in await session.execute(statement)
    ]


async def record_and_clear_draft(session: Session, entry: AuditEntry, kind: MessageKind) -> None:
    """Record words of somebody in the audit trail and forget his draft of their kind for the same ticket."""
    await _RECORD_AND_CLEAR.value(session, values_of(entry) | {"draft_kind": kind.value})


async def spoke_since(
    session: Session, brand: str, ticket_id: UUID, version: int, *, but: tuple[str, str], inside: bool, limit: int
) -> list[Row[Any]]:
    """Return who spoke in a ticket after a version, `but` one (kind, id): the words' id, author, kind and version.

    Only those `inside` are told of what players never see.
    """
    columns = timeline.c
    statement = (
        select(
            columns.id,
            columns.author_kind,
            columns.author_id,
            columns.author_name,
            columns.kind,
            columns.version,
        )
        .where(
            columns.brand == brand,
            columns.ticket_id == ticket_id,
            columns.version > version,
            columns.kind != "change",
            columns.public | literal(inside),
            tuple_(columns.author_kind, columns.author_id) != tuple_(*but),
        )
        .order_by(columns.version)
        .limit(limit)
    )
    return list(await session.execute(statement))


async def player_name(session: Session, brand: str, ticket_id: UUID) -> str | None:
    """Return what the player of a ticket called himself last."""
    columns = timeline.c
    statement = (
        select(columns.author_name)
        .where(
            columns.brand == brand,
            columns.ticket_id == ticket_id,
            columns.author_kind.in_(["player", "visitor"]),
            columns.author_name.is_not(None),
        )
        .order_by(columns.version.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar()
