"""Who may not talk live."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, insert, or_, select, tuple_, update

from services.chat.domain.rules import Ban
from services.chat.domain.values import Person
from services.chat.tables import chat_bans
from shared.contracts.base import AuthorKind
from shared.db.engine import Session
from shared.db.fixed import Fixed

_BAN = chat_bans.c


def _in_force(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    return _BAN.lifted_at.is_(None) & or_(_BAN.until.is_(None), _BAN.until > now)


_LONGEST: Final = Fixed(
    select(chat_bans)
    .where(
        _in_force(bindparam("now", type_=_BAN.until.type)),
        _BAN.brand == bindparam("brand"),
        _BAN.person_kind == bindparam("kind"),
        _BAN.person_id == bindparam("person_id"),
    )
    .order_by(_BAN.until.desc().nulls_first())
    .limit(1)
)


async def ban_in_force(session: Session, person: Person, now: datetime) -> Ban | None:
    """Return the ban that keeps `person` out longest, if any is in force."""
    brand, kind, person_id = person.key
    row = await _LONGEST.row(session, {"now": now, "brand": brand, "kind": kind, "person_id": person_id})
    return None if row is None else _ban(dict(row))


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
    row = (await session.execute(select(chat_bans).where(_BAN.brand == brand, _BAN.id == ban_id))).mappings().first()
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
    return [_ban(row) for row in (await session.execute(page)).mappings()]


def _ban(row: Mapping[Any, Any]) -> Ban:
    return Ban(
        id=row["id"],
        person=Person(row["brand"], AuthorKind(row["person_kind"]), row["person_id"]),
        reason=row["reason"],
        ticket_id=row["ticket_id"],
        banned_by=row["banned_by"],
        banned_at=row["banned_at"],
        until=row["until"],
        lifted_by=row["lifted_by"],
        lifted_at=row["lifted_at"],
    )
