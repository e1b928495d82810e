"""Saved views in the database, and how many tickets each of them holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, delete, func, insert, literal_column, or_, select, union_all, update

from services.tickets.queries.lists import Filters, Order, Sort, narrowed
from services.tickets.tables import tickets, views
from shared.db.engine import Session

COUNT_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class View:
    """A list that somebody saved; `filters` as he sent them, `me` meaning whoever looks."""

    id: UUID
    brand: str
    owner_id: str
    shared: bool
    name: str
    filters: Mapping[str, object]
    sort: Sort
    order: Order | None
    columns: tuple[str, ...]
    position: int
    created_at: datetime
    updated_at: datetime
    version: int = 1


async def insert_view(session: Session, view: View) -> None:
    """Keep a new view."""
    await session.execute(insert(views).values(_values(view)))


async def save_view(session: Session, view: View) -> View:
    """Write what can change of a locked view and return it with its next version."""
    saved = replace(view, version=view.version + 1)
    changed = update(views).where(views.c.brand == view.brand, views.c.id == view.id).values(_values(saved))
    await session.execute(changed)
    return saved


async def delete_view(session: Session, view: View) -> None:
    """Forget a view."""
    await session.execute(delete(views).where(views.c.brand == view.brand, views.c.id == view.id))


async def view_of(session: Session, brand: str, view_id: UUID, reader_id: str, *, locked: bool = False) -> View | None:
    """Return a view that the reader may see: his own or a shared one."""
    statement = _seen(brand, reader_id).where(views.c.id == view_id)
    row = (await session.execute(statement.with_for_update() if locked else statement)).first()
    return None if row is None else _view_of(row)


async def views_of(session: Session, brand: str, reader_id: str) -> list[View]:
    """Return all views that the reader may see, in their order."""
    statement = _seen(brand, reader_id).order_by(views.c.position, views.c.name, views.c.id)
    return [_view_of(row) for row in await session.execute(statement)]


async def count_views(session: Session, brand: str, owner_id: str) -> int:
    """Return how many views somebody keeps."""
    kept = select(func.count()).select_from(views).where(views.c.brand == brand, views.c.owner_id == owner_id)
    return int((await session.execute(kept)).scalar_one())


async def count_tickets(session: Session, brand: str, lists: Sequence[tuple[UUID, Filters, Sort]]) -> dict[UUID, int]:
    """Return how many tickets each of these lists holds, in one statement; counting ends beyond `COUNT_LIMIT`."""
    parts: list[Any] = []
    for place, (_view_id, filters, sort) in enumerate(lists):
        few = select(tickets.c.id).where(*narrowed(brand, filters, sort)).limit(COUNT_LIMIT + 1).subquery()
        held = func.count(few.c.id).label("held")
        parts.append(select(literal_column(str(place)).label("place"), held))
    rows = (await session.execute(union_all(*parts))).all() if parts else []
    return {lists[row.place][0]: row.held for row in rows}


def _seen(brand: str, reader_id: str) -> Any:  # noqa: ANN401 - a select of views
    mine = or_(views.c.shared, views.c.owner_id == reader_id)
    return select(views).where(and_(views.c.brand == brand, mine))


def _values(view: View) -> dict[str, object]:
    return {
        "id": view.id,
        "brand": view.brand,
        "owner_id": view.owner_id,
        "shared": view.shared,
        "name": view.name,
        "filters": dict(view.filters),
        "sort": view.sort.value,
        "order": view.order.value if view.order else "",
        "columns": list(view.columns),
        "position": view.position,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
        "version": view.version,
    }


def _view_of(row: Row[Any]) -> View:
    values = {name: getattr(row, name) for name in View.__slots__}
    order = Order(row.order) if row.order else None
    return View(**values | {"sort": Sort(row.sort), "order": order, "columns": tuple(row.columns)})
