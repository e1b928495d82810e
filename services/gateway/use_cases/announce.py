"""Tells the other services what a brand or a member of staff looks like now."""

from datetime import datetime

from services.gateway.queries.rows import Brand, Membership
from shared.contracts.gateway import AccountChanged, BrandChanged, StaffRole, StaffStatus
from shared.db.engine import Session
from shared.messaging import outbox


async def tell_account(session: Session, row: Membership, now: datetime) -> None:
    """Record the state of a membership under its version; the row is locked by the write that made the version."""
    event = AccountChanged(
        membership_id=str(row.id),
        staff_id=str(row.staff_id),
        name=row.name,
        role=StaffRole(row.role),
        status=StaffStatus(row.status),
        active=row.active,
        changed_at=now,
    )
    await outbox.record(session, event, brand=row.brand, sequence=row.version, at=now)


async def tell_brand(session: Session, row: Brand, now: datetime) -> None:
    """Record the state of a brand under its version."""
    event = BrandChanged(
        brand=row.brand,
        name=row.name,
        languages=tuple(row.languages),
        default_language=row.default_language,
        support_email=row.support_email,
        active=row.active,
        licence=row.licence,
    )
    await outbox.record(session, event, brand=row.brand, sequence=row.version, at=now)
