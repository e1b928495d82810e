"""The queue in the database, and the calls that ask for it to be looked at."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Integer, Row, bindparam, case, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.tickets.domain.queueing import LEGAL_SOON, Place, Rank
from services.tickets.tables import agents, personal_managers, queue, queue_calls
from shared.contracts.base import Channel
from shared.db.engine import Session
from shared.db.fixed import Fixed
from shared.ids import new_id

_COLUMNS: Final = queue.c
_FIELDS: Final = tuple(one.name for one in fields(Place))
_CHANNEL, _RANK, _PASSED_OVER = map(_FIELDS.index, ("channel", "rank", "passed_over"))
_CHANNELS: Final = {channel.value: channel for channel in Channel}
_RANKS: Final = {int(rank): rank for rank in Rank}
_OURS: Final = select(queue).where(_COLUMNS.brand == bindparam("of_brand"))
_ONE: Final = _OURS.where(_COLUMNS.ticket_id == bindparam("of_ticket"))
_SAVE: Final = upsert(queue)
# Every opening says it: through the driver it costs a third.
_SAVED: Final = Fixed(
    _SAVE.on_conflict_do_update(
        index_elements=[_COLUMNS.ticket_id],
        set_={name: _SAVE.excluded[name] for name in _FIELDS if name not in {"ticket_id", "due_at", "legal_due_at"}},
    ),
    columns=("brand", *_FIELDS),
)
# What a ticket is promised next, and the legal time of its complaint until that is answered.
_DUE: Final = Fixed(
    """
    UPDATE queue q SET due_at = t.next_due_at, legal_due_at = c.legal_due_at
    FROM tickets t LEFT JOIN complaints c
        ON c.brand = t.brand AND c.id = t.complaint_id AND c.closed_at IS NULL
        AND c.state ->> 'final_response_at' IS NULL
    WHERE q.brand = :brand AND q.ticket_id = :ticket_id AND t.brand = q.brand AND t.id = q.ticket_id
        AND (q.due_at IS DISTINCT FROM t.next_due_at OR q.legal_due_at IS DISTINCT FROM c.legal_due_at)
    RETURNING q.holder_id, q.legal_due_at
    """
)
# Every decision reads it, thousands of rows at a time: in the order of `Place`'s own fields they cost a fifth.
_WAITING: Final = Fixed(
    select(*(_COLUMNS[name] for name in _FIELDS))
    .where(_COLUMNS.brand == bindparam("of_brand"), _COLUMNS.holder_id.is_(None))
    .order_by(
        case(
            (_COLUMNS.legal_due_at < bindparam("near"), func.least(_COLUMNS.rank, int(Rank.LEGAL))),
            (_COLUMNS.raised, func.least(_COLUMNS.rank, int(Rank.X2))),
            else_=_COLUMNS.rank,
        ),
        _COLUMNS.due_at.nulls_last(),
        _COLUMNS.enqueued_at,
    )
    .limit(bindparam("most", type_=Integer))
)
_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('queue:' || :brand, 0))")


async def place_of(session: Session, brand: str, ticket_id: UUID) -> Place | None:
    """Return the place of a ticket."""
    row = (await session.execute(_ONE, {"of_brand": brand, "of_ticket": ticket_id})).first()
    return None if row is None else _place_of(row)


async def save_place(session: Session, brand: str, place: Place) -> None:
    """Write the place of a locked ticket."""
    values = {name: getattr(place, name) for name in _FIELDS} | {
        "brand": brand,
        "channel": place.channel.value,
        "rank": int(place.rank),
        "passed_over": list(place.passed_over),
    }
    await _SAVED.rows(session, values)


async def keep_due(session: Session, brand: str, ticket_id: UUID) -> tuple[str | None, datetime | None] | None:
    """Copy when a locked ticket is due to its place; None if nothing changed, else its holder and its legal time."""
    row = await _DUE.row(session, {"brand": brand, "ticket_id": ticket_id})
    return None if row is None else (row["holder_id"], row["legal_due_at"])


async def drop_place(session: Session, brand: str, ticket_id: UUID) -> None:
    """Take a locked ticket out of the queue."""
    await session.execute(delete(queue).where(_COLUMNS.brand == brand, _COLUMNS.ticket_id == ticket_id))


async def waiting(session: Session, brand: str, limit: int, now: datetime) -> list[Place]:
    """Return what nobody has, the gravest and longest waiting first."""
    rows = await _WAITING.rows(session, {"of_brand": brand, "near": now + LEGAL_SOON, "most": limit})
    return [_place_in(row) for row in rows]


async def to_take_back(session: Session, brand: str, holders: Collection[str], now: datetime) -> list[Place]:
    """Return what these people hold and what somebody has been silent about for too long."""
    lost = or_(_COLUMNS.silent_at <= now, _COLUMNS.holder_id.in_(list(holders)))
    statement = select(queue).where(_COLUMNS.brand == brand, _COLUMNS.holder_id.is_not(None), lost)
    return [_place_of(row) for row in await session.execute(statement)]


async def note_stalled(session: Session, brand: str, tickets: Sequence[UUID], at: datetime | None) -> None:
    """Remember since when nobody at all could take these, or that somebody can again."""
    mine = (_COLUMNS.brand == brand, _COLUMNS.ticket_id.in_(tickets))
    await session.execute(update(queue).where(*mine).values(stalled_at=at))


async def manager_of(session: Session, brand: str, player_id: str) -> str | None:
    """Return a player's personal manager."""
    mine = (personal_managers.c.brand == brand, personal_managers.c.player_id == player_id)
    found: str | None = await session.scalar(select(personal_managers.c.staff_id).where(*mine))
    return found


async def is_automatic(session: Session, brand: str) -> bool:
    """True if the queue assigns this brand's tickets: somebody has a profile."""
    return bool(await session.scalar(select(select(agents).where(agents.c.brand == brand).exists())))


async def take_turn(session: Session, brand: str) -> None:
    """Wait until nobody else decides for this brand, and be alone until the transaction ends."""
    await session.execute(_TURN, {"brand": brand})


async def call(session: Session, brand: str, due_at: datetime, call_id: UUID | None = None) -> None:
    """Ask for the brand's queue to be looked at; the same `call_id` asks once."""
    values = {"id": call_id or new_id(), "brand": brand, "due_at": due_at}
    await session.execute(upsert(queue_calls).values(values).on_conflict_do_nothing())


async def take_calls(session: Session, brand: str, now: datetime) -> bool:
    """Remove the calls that are due; False if there were none."""
    due = (queue_calls.c.brand == brand, queue_calls.c.due_at <= now)
    return bool((await session.execute(delete(queue_calls).where(*due))).rowcount)


async def calling(session: Session) -> dict[str, datetime]:
    """Return when each brand's queue must be looked at next (worker role)."""
    statement = select(queue_calls.c.brand, func.min(queue_calls.c.due_at).label("due_at")).group_by(
        queue_calls.c.brand
    )
    return {row.brand: row.due_at for row in await session.execute(statement)}


async def fill(session: Session, brand: str) -> list[UUID]:
    """Return open tickets of a brand that have no place yet: those from before there was a queue."""
    statement = text(
        "SELECT id FROM tickets t WHERE brand = :brand AND status IN ('new', 'open') AND merged_into IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.ticket_id = t.id)"
    )
    return list((await session.execute(statement, {"brand": brand})).scalars())


def _place_of(row: Row[Any]) -> Place:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Place(
        **values | {"channel": Channel(row.channel), "rank": Rank(row.rank), "passed_over": tuple(row.passed_over)}
    )


def _place_in(row: "asyncpg.Record") -> Place:
    values = list(row)
    values[_CHANNEL], values[_RANK] = _CHANNELS[values[_CHANNEL]], _RANKS[values[_RANK]]
    values[_PASSED_OVER] = tuple(values[_PASSED_OVER])
    return Place(*values)
