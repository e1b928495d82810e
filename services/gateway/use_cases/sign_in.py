"""Signing in, staying in, signing out.

A sign-in has no brand until the password is proven, so these open their own transactions: the worker role to find the
person (see `queries.identity`), then the application role of the brand to open the session. No transaction is open
while argon2id runs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.gateway.domain.accounts import (
    BadCredentials,
    BrandAmbiguous,
    SessionEnded,
    normal_email,
)
from services.gateway.domain.brands import BrandNotFound, is_slug
from services.gateway.domain.credentials import (
    REFRESH_PREFIX,
    STAFF_PREFIX,
    VISITOR_PREFIX,
    digest,
    new_opaque,
)
from services.gateway.queries import identity, staff
from services.gateway.queries.rows import Membership, StaffSession
from services.gateway.settings import Settings
from services.gateway.use_cases.announce import tell_account
from services.gateway.use_cases.lockout import Attempt
from services.gateway.use_cases.passwords import Passwords
from shared.db.engine import Database, Session
from shared.ids import new_id

_GRACE: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its owner gets to see it, once."""

    access_token: str
    refresh_token: str
    expires_in: timedelta
    brand: str
    staff_id: UUID
    name: str
    role: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """An anonymous session as the visitor gets to see it, once."""

    token: str
    visitor_id: UUID
    brand: str
    expires_in: timedelta


async def sign_in(
    database: Database,
    settings: Settings,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    brand: str | None,
    address: str,
    now: datetime,
) -> SignedIn:
    """Open a staff session; the same refusal, in the same time, for an unknown person and a wrong password."""
    known_as = normal_email(email)
    attempt = Attempt.of(settings, email=known_as, address=address)
    async with database.begin_worker() as session:
        await attempt.admit(session, now)
        account = await identity.account_by_email(session, known_as)
        belongs_to = await identity.memberships_of(session, account.id) if account else []
    if not await passwords.matches(account.password_hash if account else None, password) or account is None:
        await attempt.fail(database, now)
        raise BadCredentials
    chosen = _choose(belongs_to, brand)
    renewed = await passwords.hash(password) if passwords.is_outdated(account.password_hash) else None
    async with database.begin(chosen.brand) as session:
        await attempt.succeed(session)
        if renewed is not None:
            await staff.set_password(session, account.id, renewed, now)
        return await _open_session(session, settings, chosen, account.email, now)


async def refresh(database: Database, settings: Settings, *, refresh_token: str, now: datetime) -> SignedIn:
    """Exchange a refresh token for a new pair; a spent one that comes back later was stolen and ends the session.

    For ten seconds a spent token is forgiven: the answer to its first use may have been lost.
    """
    presented = digest(refresh_token)
    async with database.begin_worker() as session:
        row = await identity.lock_session_by_refresh(session, presented)
        if row is not None and _is_alive(row, settings, now):
            if row.refresh_digest == presented or now - row.rotated_at <= _GRACE:
                return await _rotate(session, settings, row, now)
            await identity.revoke_session(session, row.id, now)
    raise SessionEnded


async def sign_out(session: Session, settings: Settings, *, brand: str, access_digest: bytes, now: datetime) -> None:
    """End the session; whoever has no other one goes offline."""
    membership_id = await staff.revoke_session_by_access(session, brand, access_digest, now)
    if membership_id is None:
        return
    if not await staff.has_live_session(session, brand, membership_id, seen_since=now - settings.session_idle):
        row = await staff.change_membership(session, brand, membership_id, {"status": "offline"}, now)
        await tell_account(session, row, now)


async def admit_visitor(database: Database, settings: Settings, *, brand: str, now: datetime) -> Visitor:
    """Open an anonymous session with a brand."""
    if not is_slug(brand):
        raise BrandNotFound(field="brand")
    token = new_opaque(VISITOR_PREFIX)
    visitor_id = new_id()
    async with database.begin(brand) as session:
        if not await identity.is_active_brand(session, brand):
            raise BrandNotFound(field="brand")
        await staff.insert_visitor(
            session,
            visitor_id=visitor_id,
            brand=brand,
            digest=digest(token),
            now=now,
            expires_at=now + settings.visitor_life,
        )
    return Visitor(token, visitor_id, brand, settings.visitor_life)


def _choose(belongs_to: list[Membership], brand: str | None) -> Membership:
    """Return the membership to sign in to; whoever names no brand must have exactly one."""
    candidates = [row for row in belongs_to if brand is None or row.brand == brand]
    if not candidates:
        raise BadCredentials
    if len(candidates) > 1:
        raise BrandAmbiguous(field="brand", brands=[row.brand for row in candidates])
    return candidates[0]


async def _open_session(
    session: Session, settings: Settings, member: Membership, email: str, now: datetime
) -> SignedIn:
    access, refresh_token = new_opaque(STAFF_PREFIX), new_opaque(REFRESH_PREFIX)
    values = {
        "id": new_id(),
        "brand": member.brand,
        "membership_id": member.id,
        "access_digest": digest(access),
        "access_expires_at": now + settings.access_token_life,
        "refresh_digest": digest(refresh_token),
        "rotated_at": now,
        "last_seen_at": now,
        "created_at": now,
    }
    await staff.insert_session(session, values)
    return SignedIn(
        access,
        refresh_token,
        settings.access_token_life,
        member.brand,
        member.staff_id,
        member.name,
        member.role,
        email,
    )


async def _rotate(session: Session, settings: Settings, row: StaffSession, now: datetime) -> SignedIn:
    access, refresh_token = new_opaque(STAFF_PREFIX), new_opaque(REFRESH_PREFIX)
    await identity.rotate_session(
        session,
        row.id,
        access_digest=digest(access),
        access_expires_at=now + settings.access_token_life,
        refresh_digest=digest(refresh_token),
        now=now,
    )
    return SignedIn(
        access, refresh_token, settings.access_token_life, row.brand, row.staff_id, row.name, row.role, row.email
    )


def _is_alive(row: StaffSession, settings: Settings, now: datetime) -> bool:
    ends_at = settings.session_life().ends_at(created_at=row.created_at, last_seen_at=row.last_seen_at)
    return row.active and row.revoked_at is None and now < ends_at
