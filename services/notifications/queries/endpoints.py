"""Webhook endpoints: how they are set up and how they fare."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Row, and_, func, insert, select, text, update

from services.notifications.domain.health import Health
from services.notifications.tables import webhook_deliveries, webhook_endpoints
from shared.db.engine import Session

_ALIVE: ColumnElement[bool] = webhook_endpoints.c.deleted_at.is_(None)

_STANDING: Final[list[Column[Any]]] = [
    webhook_endpoints.c[name]
    for name in (
        "id", "brand", "url", "state",
        "cap", "failures", "failing_since_at", "open_until_at", "troubled", "warned_hours",
    )
]  # fmt: skip
_STORE_HEALTH: Final = text(
    """
    UPDATE webhook_endpoints e
       SET cap = h.cap, failures = h.failures, failing_since_at = h.failing_since_at, open_until_at = h.open_until_at,
           troubled = h.troubled, warned_hours = h.warned_hours
      FROM unnest(CAST(:ids AS uuid[]), CAST(:caps AS int[]), CAST(:failures AS int[]), CAST(:since AS timestamptz[]),
                  CAST(:open AS timestamptz[]), CAST(:troubled AS bool[]), CAST(:warned AS int[]))
           AS h(id, cap, failures, failing_since_at, open_until_at, troubled, warned_hours)
     WHERE e.id = h.id
    """
)


async def insert_endpoint(session: Session, values: Mapping[str, object]) -> Row[*tuple[Any, ...]]:
    """Add an endpoint."""
    statement = insert(webhook_endpoints).values(**values).returning(*webhook_endpoints.c)
    return (await session.execute(statement)).one()


async def count_endpoints(session: Session, brand: str) -> int:
    """Return how many endpoints the brand has."""
    statement = select(func.count()).where(webhook_endpoints.c.brand == brand, _ALIVE)
    return int((await session.execute(statement)).scalar_one())


async def endpoint(session: Session, brand: str, endpoint_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Return one endpoint of the brand."""
    return (await session.execute(select(webhook_endpoints).where(_is(brand, endpoint_id)))).first()


async def lock_endpoint(session: Session, brand: str, endpoint_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """Return one endpoint of the brand and keep others from changing it."""
    statement = select(webhook_endpoints).where(_is(brand, endpoint_id)).with_for_update()
    return (await session.execute(statement)).first()


async def endpoints_after(
    session: Session, brand: str, *, after: UUID | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the brand's endpoints in the order of their creation."""
    statement = select(webhook_endpoints).where(webhook_endpoints.c.brand == brand, _ALIVE)
    if after is not None:
        statement = statement.where(webhook_endpoints.c.id > after)
    return (await session.execute(statement.order_by(webhook_endpoints.c.id).limit(limit))).all()


async def change_endpoint(
    session: Session, endpoint_id: UUID, values: Mapping[str, object], *, now: datetime
) -> Row[*tuple[Any, ...]]:
    """Write what changed and count the version on."""
    statement = (
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id)
        .values(**values, version=webhook_endpoints.c.version + 1, updated_at=now)
        .returning(*webhook_endpoints.c)
    )
    return (await session.execute(statement)).one()


async def next_told(session: Session, endpoint_id: UUID) -> int:
    """Count the endpoint's own events on and return the number of the next."""
    statement = (
        update(webhook_endpoints)
        .where(webhook_endpoints.c.id == endpoint_id)
        .values(told=webhook_endpoints.c.told + 1)
        .returning(webhook_endpoints.c.told)
    )
    return int((await session.execute(statement)).scalar_one())


async def set_order(session: Session, endpoint_id: UUID, *, ordered: bool) -> None:
    """Let what is still pending follow the endpoint's new mode."""
    statement = (
        update(webhook_deliveries)
        .where(webhook_deliveries.c.endpoint_id == endpoint_id, webhook_deliveries.c.state == "pending")
        .values(ordered=ordered)
    )
    await session.execute(statement)


async def lock_health(session: Session, endpoint_ids: Sequence[UUID]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return how these endpoints fare, locked in one order so that two processes never wait for each other."""
    c = webhook_endpoints.c
    statement = select(*_STANDING).where(c.id.in_(endpoint_ids)).order_by(c.id).with_for_update()
    return (await session.execute(statement)).all()


async def store_health(session: Session, changed: Mapping[UUID, Health]) -> None:
    """Write how endpoints fare now."""
    if not changed:
        return
    healths = list(changed.values())
    values = {
        "ids": list(changed),
        "caps": [h.cap for h in healths],
        "failures": [h.failures for h in healths],
        "since": [h.failing_since for h in healths],
        "open": [h.open_until for h in healths],
        "troubled": [h.troubled for h in healths],
        "warned": [h.warned_hours for h in healths],
    }
    await session.execute(_STORE_HEALTH, values)


def _is(brand: str, endpoint_id: UUID) -> ColumnElement[bool]:
    return and_(webhook_endpoints.c.brand == brand, webhook_endpoints.c.id == endpoint_id, _ALIVE)
