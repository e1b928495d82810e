"""Contact reasons and fields of brands: the newest version of each counts, older ones are kept."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.tickets.domain.fields import FieldType, TicketField
from services.tickets.domain.reasons import Reason, Taxonomy, taxonomy_with
from services.tickets.settings import taxonomy
from services.tickets.tables import reasons, ticket_fields
from shared.contracts.tickets import Priority, ReasonClass
from shared.db.engine import Session

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('catalogue of ' || CAST(:brand AS text), 0))")


async def lock_catalogue(session: Session, brand: str) -> None:
    """Let nobody else edit what this brand has decided until the transaction ends."""
    await session.execute(_LOCK, {"brand": brand})


async def taxonomy_of(session: Session, brand: str) -> Taxonomy:
    """Return a brand's taxonomy: the built-in one with the brand's own reasons over it."""
    rows = await _newest(session, brand, reasons, reasons.c.code)
    return taxonomy_with(taxonomy(), map(_reason_of, rows))


async def fields_of(session: Session, brand: str) -> Mapping[str, TicketField]:
    """Return a brand's fields by key, those out of use too."""
    rows = await _newest(session, brand, ticket_fields, ticket_fields.c.key)
    return {row.key: _field_of(row) for row in rows}


async def insert_reason(session: Session, brand: str, reason: Reason, *, by: str, now: datetime) -> None:
    """Store a version of a reason."""
    values = {
        "code": reason.code,
        "version": reason.version,
        "name": reason.name,
        "reason_class": reason.reason_class.value,
        "severity": reason.severity,
        "priority": reason.own_priority.value if reason.own_priority else None,
        "team_id": reason.team_id,
        "required": list(reason.required),
        "active": reason.active,
    }
    await session.execute(insert(reasons).values(**values, brand=brand, changed_by=by, created_at=now))


async def insert_field(session: Session, brand: str, field: TicketField, *, by: str, now: datetime) -> None:
    """Store a version of a field."""
    values = {
        "key": field.key,
        "version": field.version,
        "label": field.label,
        "type": field.type.value,
        "choices": list(field.choices),
        "required_for": list(field.required_for),
        "active": field.active,
    }
    await session.execute(insert(ticket_fields).values(**values, brand=brand, changed_by=by, created_at=now))


async def _newest(session: Session, brand: str, table: Table, name: ColumnElement[Any]) -> list[Row[Any]]:
    statement = (
        select(table).where(table.c.brand == brand).ext(distinct_on(name)).order_by(name, table.c.version.desc())
    )
    return list(await session.execute(statement))


def _reason_of(row: Row[Any]) -> Reason:
    return Reason(
        code=row.code,
        reason_class=ReasonClass(row.reason_class),
        severity=row.severity,
        name=row.name,
        own_priority=Priority(row.priority) if row.priority else None,
        team_id=row.team_id,
        required=tuple(row.required),
        active=row.active,
        version=row.version,
    )


def _field_of(row: Row[Any]) -> TicketField:
    return TicketField(
        key=row.key,
        label=row.label,
        type=FieldType(row.type),
        choices=tuple(row.choices),
        required_for=tuple(row.required_for),
        active=row.active,
        version=row.version,
    )
