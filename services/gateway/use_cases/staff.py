"""What administrators do with the staff of their brand, and everybody with his own status and password."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.domain.accounts import BadCredentials, LastAdmin, StaffExists, StaffNotFound, normal_email
from services.gateway.queries import identity, keys, staff
from services.gateway.queries.rows import Member, Membership
from services.gateway.settings import Settings
from services.gateway.use_cases.announce import tell_account
from services.gateway.use_cases.lockout import Attempt
from services.gateway.use_cases.passwords import Passwords
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.db.engine import Database, Session
from shared.ids import new_id
from shared.web.conditional import demand


async def list_staff(session: Session, *, brand: str, after: UUID | None, limit: int) -> Sequence[Member]:
    """Return the brand's staff."""
    return await staff.members(session, brand, after=after, limit=limit)


async def show_member(session: Session, *, brand: str, staff_id: UUID) -> Member:
    """Return one member of the brand's staff."""
    row = await staff.member(session, brand, staff_id)
    if row is None:
        raise StaffNotFound
    return row


async def add_member(
    database: Database,
    session: Session,
    *,
    brand: str,
    admin_id: UUID,
    email: str,
    name: str,
    role: StaffRole,
    password_hash: str,
    now: datetime,
) -> Member:
    """Make a person member of the brand; the password counts only for a person who is new to Pitboss.

    Somebody who already works for other brands joins with his own password, and only if the administrator administers
    one of those: otherwise whoever creates an address first could enter every brand that later adds it.
    """
    address = normal_email(email)
    account_id = await _account_to_enlist(database, admin_id, address)
    if account_id is None:
        account_id = await staff.insert_account(
            session, account_id=new_id(), email=address, password_hash=password_hash, now=now
        )
    if account_id is None:
        raise StaffExists(field="email")
    membership = await enlist(session, brand=brand, staff_id=account_id, name=name, role=role, now=now)
    if membership is None:
        raise StaffExists(field="email")
    return await show_member(session, brand=brand, staff_id=account_id)


async def enlist(
    session: Session, *, brand: str, staff_id: UUID, name: str, role: StaffRole, now: datetime
) -> Membership | None:
    """Write the membership and tell the others; None if there is one already."""
    row = await staff.insert_membership(
        session, membership_id=new_id(), brand=brand, staff_id=staff_id, name=name, role=role.value, now=now
    )
    if row is not None:
        await tell_account(session, row, now)
    return row


async def change_member(
    session: Session,
    *,
    brand: str,
    staff_id: UUID,
    expected: int,
    name: str | None,
    role: StaffRole | None,
    active: bool | None,
    now: datetime,
) -> Member:
    """Edit a membership; switching it off ends its sessions and takes the person offline."""
    admins = await staff.lock_active_admins(session, brand)
    row = await staff.member(session, brand, staff_id, lock=True)
    if row is None:
        raise StaffNotFound
    demand(expected, row.version)
    loses_admin = active is False or (role is not None and role is not StaffRole.ADMIN)
    if admins == {staff_id} and loses_admin:
        raise LastAdmin
    given = {"name": name, "role": role.value if role else None, "active": active}
    changes: dict[str, object] = {column: value for column, value in given.items() if value is not None}
    if active is False:
        changes["status"] = StaffStatus.OFFLINE.value
        await staff.revoke_sessions_of(session, brand, row.id, now)
    if changes:
        await tell_account(session, await staff.change_membership(session, brand, row.id, changes, now), now)
    return await show_member(session, brand=brand, staff_id=staff_id)


async def set_status(session: Session, *, brand: str, staff_id: UUID, status: StaffStatus, now: datetime) -> Member:
    """Say whether a member of staff takes work; saying the same again changes nothing."""
    row = await staff.member(session, brand, staff_id, lock=True)
    if row is None:
        raise StaffNotFound
    if row.status == status.value:
        return row
    changed = await staff.change_membership(session, brand, row.id, {"status": status.value}, now)
    await tell_account(session, changed, now)
    return Member(*changed, email=row.email)


async def change_password(
    database: Database,
    settings: Settings,
    passwords: Passwords,
    *,
    brand: str,
    staff_id: UUID,
    access_digest: bytes,
    address: str,
    current: str,
    new: str,
    now: datetime,
) -> None:
    """Replace one's own password; every other session ends, in all brands, for the password opens them all.

    A wrong current password counts towards the lock as at sign-in: a stolen session must not be a place to guess.
    """
    async with database.begin(brand) as session:
        person = await show_member(session, brand=brand, staff_id=staff_id)
        attempt = Attempt.of(settings, email=person.email, address=address)
        await attempt.admit(session, now)
        stored = await staff.password_hash_of(session, staff_id)
    if not await passwords.matches(stored, current):
        await attempt.fail(database, now)
        raise BadCredentials(field="current_password")
    renewed = await passwords.hash(new)
    async with database.begin_worker() as session:
        await attempt.succeed(session)
        await staff.set_password(session, staff_id, renewed, now)
        await identity.revoke_sessions_of_person(session, staff_id, now, keep=access_digest)


async def _account_to_enlist(database: Database, admin_id: UUID, address: str) -> UUID | None:
    async with database.begin_worker() as session:
        account = await identity.account_by_email(session, address)
        if account is None:
            return None
        if not await keys.may_enlist(session, admin_id, account.id):
            raise StaffExists(field="email")
        return account.id
