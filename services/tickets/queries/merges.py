"""Merges in the database: one at a time in a brand, rows locked in the order of their ids."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    tuple_,
    update,
)

from services.tickets.domain.merging import Merge, Talk
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Ticket
from services.tickets.domain.waiting import ANSWERERS
from services.tickets.queries.tickets import ticket_from
from services.tickets.tables import merges, tickets, timeline
from shared.db.engine import Session

_QUEUE_UP: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_T: Final = tickets.c
_MERGED_INTO: Final = (
    select(_T.merged_into).where(_T.brand == bindparam("brand"), _T.id == bindparam("ticket_id")).scalar_subquery()
)
# Holding it, words keep merges away until they are done: they may then lock one ticket after another.
_NO_MERGE: Final = select(
    func.pg_advisory_xact_lock_shared(func.hashtextextended(bindparam("key"), 0)).label("held")
).cte("no_merge")
_LOCK_SURVIVOR: Final = (
    select(tickets)
    .select_from(tickets.join(_NO_MERGE, true()))
    .where(_T.brand == bindparam("brand"), _T.id == func.coalesce(_MERGED_INTO, bindparam("ticket_id")))
    .with_for_update(of=tickets)
)
_L: Final = timeline.c
_ANSWERS: Final = or_(
    and_(_L.kind == "reply", ~_L.automatic, _L.author_kind.in_(ANSWERERS)),
    and_(_L.kind == "change", _L.change["what"].astext == "status", _L.change["after"].astext.in_(FINISHED)),
)
_MEMBERS: Final = select(tickets).where(_T.brand == bindparam("brand"), _T.merged_into == bindparam("ticket_id"))


async def queue_up(session: Session, brand: str) -> None:
    """Let the merges and undos of one brand pass one after the other until the transaction ends."""
    await session.execute(_QUEUE_UP, {"key": _key(brand)})


async def lock_tickets(session: Session, brand: str, ids: Collection[UUID]) -> dict[UUID, Ticket]:
    """Lock tickets until the transaction ends, in the order of their ids; unknown ones are left out."""
    statement = select(tickets).where(_T.brand == brand, _T.id.in_(ids)).order_by(_T.id).with_for_update()
    return {row.id: ticket_from(row) for row in await session.execute(statement)}


async def lock_survivor(session: Session, brand: str, ticket_id: UUID) -> Ticket | None:
    """Lock the ticket that has the words of this one as far as can be seen before the lock: itself or its survivor.

    No merge or undo of the brand runs from here to the end of the transaction.
    """
    values = {"brand": brand, "ticket_id": ticket_id, "key": _key(brand)}
    row = (await session.execute(_LOCK_SURVIVOR, values)).first()
    return None if row is None else ticket_from(row)


async def members_of(session: Session, brand: str, ticket_id: UUID) -> list[Ticket]:
    """Return what was merged into a ticket."""
    rows = await session.execute(_MEMBERS, {"brand": brand, "ticket_id": ticket_id})
    return [ticket_from(row) for row in rows]


async def add_merge(session: Session, brand: str, merge: Merge) -> None:
    """Remember a merge for its undo."""
    values = {name: getattr(merge, name) for name in Merge.__dataclass_fields__}
    await session.execute(insert(merges).values(brand=brand, **values))


async def standing(session: Session, brand: str, merged: Collection[UUID]) -> list[Merge]:
    """Return the merges of these tickets that were not taken back."""
    statement = select(merges).where(
        merges.c.brand == brand, merges.c.merged_id.in_(merged), merges.c.undone_at.is_(None)
    )
    return [_merge_of(row) for row in await session.execute(statement)]


async def end_merge(session: Session, brand: str, merge: Merge, at: datetime) -> None:
    """Remember that a merge was taken back."""
    await session.execute(update(merges).where(merges.c.brand == brand, merges.c.id == merge.id).values(undone_at=at))


async def origins_in(session: Session, brand: str, ids: Collection[UUID]) -> list[tuple[UUID, Ticket]]:
    """Return for each of these tickets to which others the words were said that it took for them."""
    taken = (
        select(_L.ticket_id.label("taken_by"), _L.origin_id)
        .where(_L.brand == brand, _L.ticket_id.in_(ids), _L.origin_id.is_not(None))
        .distinct()
        .subquery()
    )
    statement = select(taken.c.taken_by, tickets).join(taken, taken.c.origin_id == _T.id).where(_T.brand == brand)
    return [(row.taken_by, ticket_from(row)) for row in await session.execute(statement)]


async def talks_of(
    session: Session, brand: str, ids: Collection[UUID], *, but: Collection[tuple[UUID, UUID]]
) -> dict[UUID, Talk]:
    """Return what was said to each of these tickets itself; being told that the matter is finished answers too.

    Words that one of them took for another, `but` = (ticket, that other), are left out.
    """
    own = and_(_L.brand == brand, _L.ticket_id.in_(ids), _not_for(but))
    version = func.max(_L.version).label("version")
    answered = select(_L.ticket_id, version).where(own, _ANSWERS).group_by(_L.ticket_id).cte("answered")
    unanswered = and_(_L.kind == "message", ~_L.automatic, _L.version > func.coalesce(answered.c.version, 0))
    statement = (
        select(_L.ticket_id, func.max(answered.c.version), func.min(_L.occurred_at).filter(unanswered))
        .select_from(timeline.outerjoin(answered, answered.c.ticket_id == _L.ticket_id))
        .where(own)
        .group_by(_L.ticket_id)
    )
    return {row[0]: Talk(row[2], row[1] or 0) for row in await session.execute(statement)}


async def spoken_since(
    session: Session, brand: str, ticket_id: UUID, version: int, *, but: Collection[tuple[UUID, UUID]]
) -> bool:
    """True if words between player and staff, `but` those that others were told, joined a ticket after this version."""
    words = exists().where(
        _L.brand == brand,
        _L.ticket_id == ticket_id,
        _L.version > version,
        _L.kind.in_(("message", "reply")),
        _not_for(but),
    )
    return bool((await session.execute(select(words))).scalar_one())


async def moved_by_hand_since(session: Session, brand: str, ticket_id: UUID, version: int) -> bool:
    """True if the status changed after this version otherwise than by words, which it follows at once."""
    words = timeline.alias()
    moved = exists().where(
        _L.brand == brand,
        _L.ticket_id == ticket_id,
        _L.version > version,
        _L.kind == "change",
        _L.change["what"].astext == "status",
        ~exists().where(
            words.c.ticket_id == _L.ticket_id,
            words.c.version == _L.version - 1,
            words.c.kind.in_(("message", "reply")),
        ),
    )
    return bool((await session.execute(select(moved))).scalar_one())


def _not_for(others: Collection[tuple[UUID, UUID]]) -> ColumnElement[bool]:
    if not others:
        return true()
    return or_(_L.origin_id.is_(None), tuple_(_L.ticket_id, _L.origin_id).not_in(others))


def _key(brand: str) -> str:
    return f"tickets/merge/{brand}"


def _merge_of(row: Row[Any]) -> Merge:
    return Merge(**{name: getattr(row, name) for name in Merge.__dataclass_fields__})
