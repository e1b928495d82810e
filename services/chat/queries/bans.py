"""Who may not talk live."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, insert, or_, select, tuple_, update

from services.chat.domain.rules import Ban
from services.chat.domain.values import Person
from services.chat.tables import chat_bans
from shared.contracts.base import AuthorKind
from shared.db.engine import Session

_BAN = chat_bans.c
_WHERE: Final = (_BAN.brand, _BAN.person_kind, _BAN.person_id)


async def ban_in_force(session: Session, person: Person, now: datetime) -> Ban | None:
    """Return the ban that keeps `person` out longest, if any is in force."""
    found = (
        select(chat_bans)
        .where(_in_force(now), *(column == value for column, value in zip(_WHERE, person.key, strict=True)))
        .order_by(_BAN.until.desc().nulls_first())
        .limit(1)
    )
    row = (await session.execute(found)).first()
    return None if row is None else _ban(row)


async def insert_ban(session: Session, ban: Ban) -> None:
    """Write a new ban."""
    brand, kind, person_id = ban.person.key
    values = {
        "id": ban.id, "brand": brand, "person_kind": kind, "person_id": person_id, "reason": ban.reason,
        "ticket_id": ban.ticket_id, "banned_by": ban.banned_by, "banned_at": ban.banned_at, "until": ban.until,
    }  # fmt: skip
    await session.execute(insert(chat_bans).values(values))


async def lift_ban(session: Session, brand: str, ban_id: UUID, *, by: str, now: datetime) -> Ban | None:
    """Lift a ban that nobody has lifted yet; return it as it is now, None if there is none."""
    lifted = (
        update(chat_bans)
        .where(_BAN.brand == brand, _BAN.id == ban_id, _BAN.lifted_at.is_(None))
        .values(lifted_by=by, lifted_at=now)
    )
    await session.execute(lifted)
    row = (await session.execute(select(chat_bans).where(_BAN.brand == brand, _BAN.id == ban_id))).first()
    return None if row is None else _ban(row)


async def bans_page(
    session: Session, brand: str, *, in_force_at: datetime | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Ban]:
    """Return bans, newest first; with `in_force_at` only those in force then."""
    page = select(chat_bans).where(_BAN.brand == brand)
    if in_force_at is not None:
        page = page.where(_in_force(in_force_at))
    if after is not None:
        page = page.where(tuple_(_BAN.banned_at, _BAN.id) < after)
    page = page.order_by(_BAN.banned_at.desc(), _BAN.id.desc()).limit(limit)
    return [_ban(row) for row in await session.execute(page)]


def _in_force(now: datetime) -> ColumnElement[bool]:
    return _BAN.lifted_at.is_(None) & or_(_BAN.until.is_(None), _BAN.until > now)


def _ban(row: Row[Any]) -> Ban:
    return Ban(
        id=row.id,
        person=Person(row.brand, AuthorKind(row.person_kind), row.person_id),
        reason=row.reason,
        ticket_id=row.ticket_id,
        banned_by=row.banned_by,
        banned_at=row.banned_at,
        until=row.until,
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
    )
