"""Macros and their uses in the database; a use is a row of its own, so that nobody waits for a counter."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python
from sqlalchemy import Date, Row, Select, cast, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from services.tickets.domain.macros import Actions, Conditions, Macro
from services.tickets.tables import brands, macro_uses, macros
from shared.contracts.gateway import BrandChanged
from shared.db.engine import Session
from shared.ids import new_id

_ACTIONS: Final = TypeAdapter(Actions)
_CONDITIONS: Final = TypeAdapter(Conditions)


@dataclass(frozen=True, slots=True)
class Brand:
    """What texts call a brand, and the language it falls back to."""

    name: str
    default_language: str


@dataclass(frozen=True, slots=True)
class Uses:
    """How often a macro was used lately, and when last; None: not in that time."""

    count: int
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """How often one person used a macro on one day (UTC)."""

    day: date
    staff_id: str
    count: int


async def insert_macro(session: Session, macro: Macro) -> bool:
    """Store a new macro; False if its owner has another one with this shortcut."""
    statement = upsert(macros).values(_values(macro)).on_conflict_do_nothing().returning(macros.c.id)
    return (await session.execute(statement)).first() is not None


async def save_macro(session: Session, macro: Macro) -> bool:
    """Write a locked macro; False if its owner has another one with this shortcut: then the transaction is over."""
    statement = update(macros).where(macros.c.brand == macro.brand, macros.c.id == macro.id)
    try:
        await session.execute(statement.values(_values(macro)))
    except IntegrityError:
        return False
    return True


async def delete_macro(session: Session, brand: str, macro_id: UUID) -> None:
    """Forget a macro; what it was used for stays counted."""
    await session.execute(delete(macros).where(macros.c.brand == brand, macros.c.id == macro_id))


async def macro_of(session: Session, brand: str, macro_id: UUID, *, locked: bool = False) -> Macro | None:
    """Return a macro of this brand, whosever it is."""
    statement = select(macros).where(macros.c.brand == brand, macros.c.id == macro_id)
    row = (await session.execute(statement.with_for_update() if locked else statement)).first()
    return None if row is None else _macro_of(row)


async def count_macros(session: Session, brand: str, owner_id: str | None) -> int:
    """Return how many macros a person, or the brand itself (None), has."""
    columns = macros.c
    statement = select(func.count()).where(columns.brand == brand, columns.owner_id.is_not_distinct_from(owner_id))
    return int((await session.execute(statement)).scalar_one())


async def macros_page(
    session: Session,
    brand: str,
    reader_id: str | None,
    *,
    active: bool | None,
    shortcut: str | None,
    after: tuple[str, ...] | None,
    limit: int,
) -> list[Macro]:
    """Return up to `limit` macros that the brand shares or the reader owns, oldest first, after `after` = (id)."""
    columns = macros.c
    statement = select(macros).where(
        columns.brand == brand, or_(columns.owner_id.is_(None), columns.owner_id == reader_id)
    )
    statement = _narrowed(statement, active, shortcut)
    if after is not None:
        statement = statement.where(columns.id > UUID(after[0]))
    return [_macro_of(row) for row in await session.execute(statement.order_by(columns.id).limit(limit))]


async def add_use(
    session: Session, brand: str, macro_id: UUID, *, ticket_id: UUID, staff_id: str, now: datetime
) -> None:
    """Note that somebody used a macro."""
    await session.execute(
        insert(macro_uses).values(
            id=new_id(), brand=brand, macro_id=macro_id, ticket_id=ticket_id, staff_id=staff_id, used_at=now
        )
    )


async def uses_since(session: Session, brand: str, ids: Sequence[UUID], since: datetime) -> dict[UUID, Uses]:
    """Return how often each of these macros was used since then; one that was not is left out."""
    columns = macro_uses.c
    statement = (
        select(columns.macro_id, func.count().label("uses"), func.max(columns.used_at).label("last"))
        .where(columns.brand == brand, columns.macro_id.in_(ids), columns.used_at >= since)
        .group_by(columns.macro_id)
    )
    return {row.macro_id: Uses(row.uses, row.last) for row in await session.execute(statement)}


async def use_by_day(session: Session, brand: str, macro_id: UUID, since: datetime, limit: int) -> list[DayOfUse]:
    """Return who used a macro how often on which day, newest day first."""
    columns = macro_uses.c
    day = cast(func.timezone("UTC", columns.used_at), Date).label("day")
    uses = func.count().label("uses")
    statement = (
        select(day, columns.staff_id, uses)
        .where(columns.brand == brand, columns.macro_id == macro_id, columns.used_at >= since)
        .group_by(day, columns.staff_id)
        .order_by(day.desc(), uses.desc(), columns.staff_id)
        .limit(limit)
    )
    return [DayOfUse(*row) for row in await session.execute(statement)]


async def save_brand(session: Session, changed: BrandChanged, sequence: int) -> None:
    """Keep what a brand is called and under which licence it plays; an older fact that comes late changes nothing."""
    values: dict[str, object] = {
        "name": changed.name,
        "languages": list(changed.languages),
        "default_language": changed.default_language,
        "licence": changed.licence,
        "sequence": sequence,
    }
    statement = upsert(brands).values(brand=changed.brand, **values)
    newer = brands.c.sequence < statement.excluded.sequence
    await session.execute(statement.on_conflict_do_update(index_elements=["brand"], set_=values, where=newer))


async def brand_of(session: Session, brand: str) -> Brand | None:
    """Return what a brand is called, once the gateway has told."""
    row = (await session.execute(select(brands).where(brands.c.brand == brand))).first()
    return None if row is None else Brand(row.name, row.default_language)


def month_before(now: datetime) -> datetime:
    """Return since when uses count as recent."""
    return now - timedelta(days=30)


def _narrowed(statement: Select[Any], active: bool | None, shortcut: str | None) -> Select[Any]:
    if active is not None:
        statement = statement.where(macros.c.active.is_(active))
    return statement if shortcut is None else statement.where(macros.c.shortcut == shortcut)


def _values(macro: Macro) -> dict[str, object]:
    values: dict[str, object] = asdict(macro)
    return values | {
        "texts": dict(macro.texts),
        "actions": to_jsonable_python(macro.actions),
        "conditions": to_jsonable_python(macro.conditions),
    }


def _macro_of(row: Row[Any]) -> Macro:
    values = dict(row._mapping)  # noqa: SLF001 - the documented way to a row's names
    return Macro(
        **values
        | {
            "actions": _ACTIONS.validate_python(row.actions),
            "conditions": _CONDITIONS.validate_python(row.conditions),
        }
    )
