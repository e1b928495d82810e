"""The audit trail in the database: one statement records, entries and links are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Column, delete, func, or_, select, text, tuple_

from services.tickets.domain.audit import AuditAction, AuditEntry, Link
from services.tickets.tables import audit, audit_links, audit_waiting
from shared.db.engine import Session
from shared.db.fixed import Fixed

# Two parts of a WITH: a statement that does the deed can carry them along.
RECORDING: Final = """
    audited AS (
        INSERT INTO audit (
            id, brand, occurred_at, actor_kind, actor_id, actor_name, actor_role, action, ticket_id, player_id, filter,
            reason, request_id, trace_id
        ) VALUES (
            :audit_id, :audit_brand, :audit_occurred_at, :audit_actor_kind, :audit_actor_id, :audit_actor_name,
            :audit_actor_role, :audit_action, :audit_ticket_id, :audit_player_id, CAST(:audit_filter AS jsonb),
            :audit_reason, :audit_request_id, :audit_trace_id
        )
    ), waiting AS (
        INSERT INTO audit_waiting (entry_id, brand) VALUES (:audit_id, :audit_brand)
    )
"""
_RECORD: Final = Fixed(f"WITH {RECORDING} SELECT 1")
_FIELDS: Final = tuple(one.name for one in fields(AuditEntry))
_ENTRY: Final[tuple[Column[Any], ...]] = tuple(audit.c[name] for name in _FIELDS)

# Locked, the lease cannot pass to another process before what is written under it is committed.
_HELD: Final = Fixed("SELECT 1 FROM leases WHERE name = :name AND owner = :owner AND fence = :fence FOR UPDATE")
_ANY_WAITING: Final = Fixed("SELECT EXISTS (SELECT FROM audit_waiting)")
_LAST: Final = text(
    "SELECT l.* FROM unnest(CAST(:brands AS text[])) AS of (brand) CROSS JOIN LATERAL ("
    "SELECT brand, position, entry_id, mac FROM audit_links WHERE brand = of.brand ORDER BY position DESC LIMIT 1) AS l"
)
_ADD_LINKS: Final = text(
    "INSERT INTO audit_links (brand, position, entry_id, mac) SELECT CAST(:brand AS text), * FROM "
    "unnest(CAST(:positions AS bigint[]), CAST(:ids AS uuid[]), CAST(:macs AS bytea[]))"
)
# One seek for each brand instead of reading every link (https://wiki.postgresql.org/wiki/Loose_indexscan).
_BRANDS: Final = text(
    "WITH RECURSIVE named AS ((SELECT min(brand) AS brand FROM audit) UNION ALL "
    "SELECT (SELECT min(brand) FROM audit WHERE brand > named.brand) FROM named WHERE named.brand IS NOT NULL), "
    "linked AS ((SELECT min(brand) AS brand FROM audit_links) UNION ALL "
    "SELECT (SELECT min(brand) FROM audit_links WHERE brand > linked.brand) FROM linked WHERE linked.brand IS NOT NULL)"
    " SELECT brand FROM named WHERE brand IS NOT NULL UNION SELECT brand FROM linked WHERE brand IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What the trail is narrowed to; None does not narrow. `since` is included, `until` is not."""

    actor_id: str | None = None
    action: AuditAction | None = None
    ticket_id: UUID | None = None
    player_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def values_of(entry: AuditEntry) -> dict[str, object]:
    """Return an entry as the values of `RECORDING`."""
    values: dict[str, object] = {f"audit_{name}": getattr(entry, name) for name in _FIELDS}
    values["audit_filter"] = None if entry.filter is None else to_json(entry.filter).decode()
    return values


async def record(session: Session, entry: AuditEntry) -> None:
    """Add an entry to the trail; it is chained soon after the transaction has committed."""
    await _RECORD.value(session, values_of(entry))


async def audit_page(
    session: Session, brand: str, filters: AuditFilters, *, after: tuple[str, ...] | None, limit: int
) -> list[tuple[AuditEntry, int | None]]:
    """Return up to `limit + 1` entries with their positions, newest first, that follow `after` = (occurred_at, id)."""
    columns = audit.c
    chained = audit.outerjoin(audit_links, audit_links.c.entry_id == columns.id)
    statement = select(*_ENTRY, audit_links.c.position).select_from(chained).where(columns.brand == brand)
    for name in ("actor_id", "action", "ticket_id", "player_id"):
        wanted = getattr(filters, name)
        if wanted is not None:
            statement = statement.where(columns[name] == wanted)
    if filters.since is not None:
        statement = statement.where(columns.occurred_at >= filters.since)
    if filters.until is not None:
        statement = statement.where(columns.occurred_at < filters.until)
    if after is not None:
        key = (datetime.fromisoformat(after[0]), UUID(after[1]))
        statement = statement.where(tuple_(columns.occurred_at, columns.id) < tuple_(*key))
    statement = statement.order_by(columns.occurred_at.desc(), columns.id.desc()).limit(limit + 1)
    return [(_entry_of(row), row.position) for row in await session.execute(statement)]


async def is_anything_waiting(session: Session) -> bool:
    """True if an entry of any brand waits for its link."""
    return bool(await _ANY_WAITING.value(session, {}))


async def keep_lease(session: Session, *, name: str, owner: str, fence: int) -> bool:
    """True if the lease is still the caller's; it stays so until the transaction ends."""
    return await _HELD.value(session, {"name": name, "owner": owner, "fence": fence}) is not None


async def take_waiting(session: Session, limit: int) -> list[AuditEntry]:
    """Return the oldest entries that wait, of any brand, in order; they wait no longer."""
    oldest = select(audit_waiting.c.entry_id).order_by(audit_waiting.c.entry_id).limit(limit).scalar_subquery()
    taken = delete(audit_waiting).where(audit_waiting.c.entry_id.in_(oldest)).returning(audit_waiting.c.entry_id)
    ids = list((await session.execute(taken)).scalars())
    if not ids:
        return []
    statement = select(*_ENTRY).where(audit.c.id.in_(ids)).order_by(audit.c.brand, audit.c.occurred_at, audit.c.id)
    return [_entry_of(row) for row in await session.execute(statement)]


async def last_links(session: Session, brands: Collection[str]) -> dict[str, Link]:
    """Return the newest link of each of these brands that has one."""
    rows = await session.execute(_LAST, {"brands": list(brands)})
    return {row.brand: Link(row.position, row.entry_id, row.mac) for row in rows}


async def add_links(session: Session, brand: str, links: Sequence[Link]) -> None:
    """Continue a brand's chain; a position that is taken is an error."""
    values = {
        "brand": brand,
        "positions": [link.position for link in links],
        "ids": [link.entry_id for link in links],
        "macs": [link.mac for link in links],
    }
    await session.execute(_ADD_LINKS, values)


async def audited_brands(session: Session) -> list[str]:
    """Return every brand that has entries or links, sorted."""
    return sorted((await session.execute(_BRANDS)).scalars())


async def links_after(session: Session, brand: str, position: int, limit: int) -> list[tuple[Link, AuditEntry | None]]:
    """Return up to `limit` links of a brand that follow `position`, each with its entry, None if that is gone."""
    columns = audit_links.c
    joined = audit_links.outerjoin(audit, (audit.c.id == columns.entry_id) & (audit.c.brand == columns.brand))
    statement = (
        select(columns.position, columns.entry_id, columns.mac, *_ENTRY)
        .select_from(joined)
        .where(columns.brand == brand, columns.position > position)
        .order_by(columns.position)
        .limit(limit)
    )
    return [
        (Link(row.position, row.entry_id, row.mac), None if row.id is None else _entry_of(row))
        for row in await session.execute(statement)
    ]


async def entries_beside(
    session: Session, brand: str, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[UUID], tuple[datetime, UUID] | None]:
    """Look at `limit` entries that follow `after` = (occurred_at, id), and return those neither chained nor waiting.

    Comes with the key of the last entry that was looked at, None after the end.
    """
    page = select(audit.c.id, audit.c.occurred_at).where(audit.c.brand == brand)
    if after is not None:
        page = page.where(tuple_(audit.c.occurred_at, audit.c.id) > tuple_(*after))
    seen = page.order_by(audit.c.occurred_at, audit.c.id).limit(limit).subquery()
    known = or_(
        select(audit_links.c.entry_id).where(audit_links.c.entry_id == seen.c.id).exists(),
        select(audit_waiting.c.entry_id).where(audit_waiting.c.entry_id == seen.c.id).exists(),
    )
    statement = select(seen, known.label("known")).order_by(seen.c.occurred_at, seen.c.id)
    rows = list(await session.execute(statement))
    return [row.id for row in rows if not row.known], (rows[-1].occurred_at, rows[-1].id) if rows else None


async def count_waiting(session: Session, brand: str) -> int:
    """Return how many entries of a brand wait for their link."""
    statement = select(func.count()).select_from(audit_waiting).where(audit_waiting.c.brand == brand)
    return int((await session.execute(statement)).scalar_one())


def _entry_of(row: Any) -> AuditEntry:  # noqa: ANN401 - a row with the columns of an entry among others
    return AuditEntry(**{name: getattr(row, name) for name in _FIELDS})
