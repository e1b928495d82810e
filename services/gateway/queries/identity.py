"""Who is behind a credential: asked as the worker role, because the answer is what tells the brand.

Each of these looks up one row by a secret's digest or a random public id, so seeing every brand discloses nothing: a
caller who does not hold the secret finds no row.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from services.gateway.domain.accounts import Failures
from services.gateway.queries.rows import (
    Account,
    Membership,
    StaffSession,
    StoredApiKey,
    StoredPlayerKey,
    VisitorSession,
    every,
    first,
)
from services.gateway.tables import (
    api_keys,
    brands,
    memberships,
    player_keys,
    sign_in_failures,
    staff_accounts,
    staff_sessions,
    visitor_sessions,
)
from shared.db.engine import Session

_PERSON = (
    staff_sessions,
    memberships.c.staff_id,
    memberships.c.name,
    memberships.c.role,
    staff_accounts.c.email,
    (memberships.c.active & brands.c.active).label("active"),
)


async def staff_session(session: Session, access_digest: bytes) -> StaffSession | None:
    """Return the session with the person behind it; the caller decides whether it still lives."""
    statement = (
        select(*_PERSON)
        .join(memberships, memberships.c.id == staff_sessions.c.membership_id)
        .join(staff_accounts, staff_accounts.c.id == memberships.c.staff_id)
        .join(brands, brands.c.brand == staff_sessions.c.brand)
        .where(staff_sessions.c.access_digest == access_digest)
    )
    return first(StaffSession, await session.execute(statement))


async def lock_session_by_refresh(session: Session, refresh_digest: bytes) -> StaffSession | None:
    """Lock and return the session a refresh token belongs or, if it was spent, belonged to."""
    statement = (
        select(*_PERSON)
        .join(memberships, memberships.c.id == staff_sessions.c.membership_id)
        .join(staff_accounts, staff_accounts.c.id == memberships.c.staff_id)
        .join(brands, brands.c.brand == staff_sessions.c.brand)
        .where(
            or_(staff_sessions.c.refresh_digest == refresh_digest, staff_sessions.c.spent_digest == refresh_digest),
        )
        .with_for_update(of=staff_sessions)
    )
    return first(StaffSession, await session.execute(statement))


async def see_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Remember that the session was used."""
    statement = update(staff_sessions).where(staff_sessions.c.id == session_id).values(last_seen_at=now)
    await session.execute(statement)


async def rotate_session(
    session: Session,
    session_id: UUID,
    *,
    access_digest: bytes,
    access_expires_at: datetime,
    refresh_digest: bytes,
    now: datetime,
) -> None:
    """Replace both tokens; the refresh token so far counts as spent."""
    statement = (
        update(staff_sessions)
        .where(staff_sessions.c.id == session_id)
        .values(
            access_digest=access_digest,
            access_expires_at=access_expires_at,
            spent_digest=staff_sessions.c.refresh_digest,
            refresh_digest=refresh_digest,
            rotated_at=now,
            last_seen_at=now,
        )
    )
    await session.execute(statement)


async def revoke_session(session: Session, session_id: UUID, now: datetime) -> None:
    """End one session."""
    statement = update(staff_sessions).where(staff_sessions.c.id == session_id).values(revoked_at=now)
    await session.execute(statement)


async def revoke_sessions_of_person(session: Session, staff_id: UUID, now: datetime, *, keep: bytes) -> None:
    """End every session of a person, in all brands, but for the one with the access digest `keep`."""
    theirs = select(memberships.c.id).where(memberships.c.staff_id == staff_id)
    statement = (
        update(staff_sessions)
        .where(staff_sessions.c.membership_id.in_(theirs))
        .where(staff_sessions.c.revoked_at.is_(None), staff_sessions.c.access_digest != keep)
        .values(revoked_at=now)
    )
    await session.execute(statement)


async def visitor_session(session: Session, digest: bytes) -> VisitorSession | None:
    """Return the visitor session of an active brand."""
    statement = (
        select(visitor_sessions)
        .join(brands, brands.c.brand == visitor_sessions.c.brand)
        .where(visitor_sessions.c.digest == digest, brands.c.active)
    )
    return first(VisitorSession, await session.execute(statement))


async def api_key(session: Session, key_id: str) -> StoredApiKey | None:
    """Return the API key of an active brand."""
    statement = (
        select(api_keys)
        .join(brands, brands.c.brand == api_keys.c.brand)
        .where(api_keys.c.key_id == key_id, brands.c.active)
    )
    return first(StoredApiKey, await session.execute(statement))


async def see_api_key(session: Session, key_id: str, now: datetime) -> None:
    """Remember when the key was last used."""
    await session.execute(update(api_keys).where(api_keys.c.key_id == key_id).values(last_used_at=now))


async def player_key(session: Session, kid: str) -> StoredPlayerKey | None:
    """Return the live player key of an active brand."""
    statement = (
        select(player_keys)
        .join(brands, brands.c.brand == player_keys.c.brand)
        .where(player_keys.c.kid == kid, player_keys.c.revoked_at.is_(None), brands.c.active)
    )
    return first(StoredPlayerKey, await session.execute(statement))


async def account_by_email(session: Session, email: str) -> Account | None:
    """Return the person with this address, in its normal form."""
    return first(Account, await session.execute(select(staff_accounts).where(staff_accounts.c.email == email)))


async def memberships_of(session: Session, staff_id: UUID) -> list[Membership]:
    """Return a person's active memberships in active brands."""
    statement = (
        select(memberships)
        .join(brands, brands.c.brand == memberships.c.brand)
        .where(memberships.c.staff_id == staff_id, memberships.c.active, brands.c.active)
        .order_by(memberships.c.brand)
    )
    return every(Membership, await session.execute(statement))


async def failures_of(session: Session, subjects: Iterable[bytes], *, lock: bool = False) -> dict[bytes, Failures]:
    """Return what is remembered of these subjects, optionally locking the rows."""
    statement = select(sign_in_failures).where(sign_in_failures.c.subject.in_(list(subjects)))
    if lock:
        statement = statement.order_by(sign_in_failures.c.subject).with_for_update()
    rows = (await session.execute(statement)).all()
    return {row.subject: Failures(row.failures, row.since, row.locked_until) for row in rows}


async def begin_failures(session: Session, subjects: Iterable[bytes], now: datetime) -> None:
    """Make sure each subject has a row, so that it can be locked."""
    rows = [{"subject": subject, "failures": 0, "since": now, "locked_until": None} for subject in sorted(subjects)]
    await session.execute(insert(sign_in_failures).values(rows).on_conflict_do_nothing())


async def write_failures(session: Session, subject: bytes, failures: Failures) -> None:
    """Store the new count of one subject."""
    statement = (
        update(sign_in_failures)
        .where(sign_in_failures.c.subject == subject)
        .values(failures=failures.count, since=failures.since, locked_until=failures.locked_until)
    )
    await session.execute(statement)


async def forget_failures(session: Session, subject: bytes) -> None:
    """Start a subject from zero."""
    await session.execute(delete(sign_in_failures).where(sign_in_failures.c.subject == subject))


async def allowed_origins(session: Session) -> dict[str, frozenset[str]]:
    """Return every active brand's list of origins."""
    statement = select(brands.c.brand, brands.c.allowed_origins).where(
        brands.c.active, func.cardinality(brands.c.allowed_origins) > 0
    )
    return {row.brand: frozenset(row.allowed_origins) for row in (await session.execute(statement)).all()}


async def is_active_brand(session: Session, brand: str) -> bool:
    """True if the brand exists and is switched on; asked inside the brand's own scope."""
    statement = select(brands.c.brand).where(brands.c.brand == brand, brands.c.active)
    return (await session.execute(statement)).first() is not None
