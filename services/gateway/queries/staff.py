"""Staff of one brand and their sessions."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.gateway.queries.rows import Member, Membership, every, first, one
from services.gateway.tables import memberships, staff_accounts, staff_sessions, visitor_sessions
from shared.db.engine import Session

_MEMBER = (memberships, staff_accounts.c.email)
_JOINED = memberships.join(staff_accounts, staff_accounts.c.id == memberships.c.staff_id)


async def members(session: Session, brand: str, *, after: UUID | None, limit: int) -> list[Member]:
    """Return the brand's staff in the order they joined."""
    statement = select(*_MEMBER).select_from(_JOINED).where(memberships.c.brand == brand)
    if after is not None:
        statement = statement.where(memberships.c.id > after)
    return every(Member, await session.execute(statement.order_by(memberships.c.id).limit(limit)))


async def member(session: Session, brand: str, staff_id: UUID, *, lock: bool = False) -> Member | None:
    """Return one member of the brand's staff."""
    statement = (
        select(*_MEMBER).select_from(_JOINED).where(memberships.c.brand == brand, memberships.c.staff_id == staff_id)
    )
    if lock:
        statement = statement.with_for_update(of=memberships)
    return first(Member, await session.execute(statement))


async def lock_active_admins(session: Session, brand: str) -> set[UUID]:
    """Lock the brand's active administrators and return their staff ids."""
    statement = (
        select(memberships.c.staff_id)
        .where(memberships.c.brand == brand, memberships.c.role == "admin", memberships.c.active)
        .order_by(memberships.c.id)
        .with_for_update()
    )
    return set((await session.execute(statement)).scalars())


async def insert_account(
    session: Session, *, account_id: UUID, email: str, password_hash: str, now: datetime
) -> UUID | None:
    """Create a person; None if somebody has the address already."""
    statement = (
        upsert(staff_accounts)
        .values(id=account_id, email=email, password_hash=password_hash, created_at=now, updated_at=now)
        .on_conflict_do_nothing()
        .returning(staff_accounts.c.id)
    )
    found: UUID | None = (await session.execute(statement)).scalar()
    return found


async def set_password(session: Session, staff_id: UUID, password_hash: str, now: datetime) -> None:
    """Replace a person's password hash."""
    statement = (
        update(staff_accounts)
        .where(staff_accounts.c.id == staff_id)
        .values(password_hash=password_hash, updated_at=now)
    )
    await session.execute(statement)


async def password_hash_of(session: Session, staff_id: UUID) -> str:
    """Return a person's password hash."""
    statement = select(staff_accounts.c.password_hash).where(staff_accounts.c.id == staff_id)
    return str((await session.execute(statement)).scalar_one())


async def insert_membership(
    session: Session, *, membership_id: UUID, brand: str, staff_id: UUID, name: str, role: str, now: datetime
) -> Membership | None:
    """Make a person member of the brand; None if he is one already."""
    statement = (
        upsert(memberships)
        .values(
            id=membership_id, brand=brand, staff_id=staff_id, name=name, role=role, status="offline",
            active=True, version=1, created_at=now, updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(memberships)
    )  # fmt: skip
    return first(Membership, await session.execute(statement))


async def change_membership(
    session: Session, brand: str, membership_id: UUID, changes: Mapping[str, object], now: datetime
) -> Membership:
    """Write the changes under the next version and return the row."""
    statement = (
        update(memberships)
        .where(memberships.c.brand == brand, memberships.c.id == membership_id)
        .values(**changes, version=memberships.c.version + 1, updated_at=now)
        .returning(memberships)
    )
    return one(Membership, await session.execute(statement))


async def insert_session(session: Session, values: Mapping[str, object]) -> None:
    """Store a new staff session."""
    await session.execute(insert(staff_sessions).values(**values))


async def revoke_session_by_access(session: Session, brand: str, access_digest: bytes, now: datetime) -> UUID | None:
    """End the session of an access token and return its membership."""
    statement = (
        update(staff_sessions)
        .where(staff_sessions.c.brand == brand, staff_sessions.c.access_digest == access_digest)
        .where(staff_sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(staff_sessions.c.membership_id)
    )
    found: UUID | None = (await session.execute(statement)).scalar()
    return found


async def revoke_sessions_of(session: Session, brand: str, membership_id: UUID, now: datetime) -> None:
    """End every session of a membership."""
    statement = (
        update(staff_sessions)
        .where(staff_sessions.c.brand == brand, staff_sessions.c.membership_id == membership_id)
        .where(staff_sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    await session.execute(statement)


async def has_live_session(session: Session, brand: str, membership_id: UUID, *, seen_since: datetime) -> bool:
    """True if the membership has a session that was used since then and is not revoked."""
    statement = select(staff_sessions.c.id).where(
        staff_sessions.c.brand == brand,
        staff_sessions.c.membership_id == membership_id,
        staff_sessions.c.revoked_at.is_(None),
        staff_sessions.c.last_seen_at >= seen_since,
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def deserted_memberships(
    session: Session, *, seen_since: datetime, created_since: datetime, limit: int
) -> list[tuple[str, UUID]]:
    """Return memberships that are not offline although no session of theirs lives; asked by the sweep."""
    alive = exists().where(
        and_(
            staff_sessions.c.membership_id == memberships.c.id,
            staff_sessions.c.revoked_at.is_(None),
            staff_sessions.c.last_seen_at >= seen_since,
            staff_sessions.c.created_at >= created_since,
        ),
    )
    statement = select(memberships.c.brand, memberships.c.staff_id).where(memberships.c.status != "offline", ~alive)
    return [(row.brand, row.staff_id) for row in await session.execute(statement.limit(limit))]


async def insert_visitor(
    session: Session, *, visitor_id: UUID, brand: str, digest: bytes, now: datetime, expires_at: datetime
) -> None:
    """Store a new visitor session."""
    statement = insert(visitor_sessions).values(
        id=visitor_id, brand=brand, digest=digest, created_at=now, expires_at=expires_at
    )
    await session.execute(statement)
