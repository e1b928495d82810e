"""Brands: created by an administrator of another one, edited by their own administrators."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.domain.brands import (
    BrandNotFound,
    BrandTaken,
    MailboxTaken,
    check_languages,
    check_origins,
    normal_mailbox,
)
from services.gateway.queries import keys, staff
from services.gateway.queries.rows import Brand
from services.gateway.use_cases.announce import tell_brand
from services.gateway.use_cases.staff import enlist
from shared.contracts.gateway import StaffRole
from shared.db.engine import Database, Session
from shared.web.conditional import demand


async def list_brands(database: Database, *, staff_id: UUID, after: str | None, limit: int) -> Sequence[Brand]:
    """Return every brand the person administers: several, so the worker role is asked for this person's alone."""
    async with database.begin_worker() as session:
        return await keys.administered_brands(session, staff_id, after=after, limit=limit)


async def show_brand(session: Session, *, brand: str, staff_id: UUID) -> Brand:
    """Return a brand to one of its administrators; `session` is bound to that brand."""
    member = await staff.member(session, brand, staff_id)
    row = await keys.brand_of(session, brand)
    if row is None or member is None or not member.active or member.role != StaffRole.ADMIN:
        raise BrandNotFound
    return row


async def create_brand(
    database: Database,
    session: Session,
    *,
    home: str,
    staff_id: UUID,
    name_of_staff: str,
    values: Mapping[str, object],
    now: datetime,
) -> Brand:
    """Create a brand with this administrator as its first; the transaction is bound to it meanwhile."""
    brand = str(values["brand"])
    await database.scope(session, brand)
    row = await found_brand(session, values=values, now=now)
    await enlist(session, brand=brand, staff_id=staff_id, name=name_of_staff, role=StaffRole.ADMIN, now=now)
    await database.scope(session, home)
    return row


async def found_brand(session: Session, *, values: Mapping[str, object], now: datetime) -> Brand:
    """Write a new brand and tell the others; `session` is bound to it."""
    row = await keys.insert_brand(session, _checked(values) | {"created_at": now, "updated_at": now})
    if row is None:
        # Only the brand's own row is visible here: if that is not what stood in the way, the mailbox is.
        if await keys.brand_of(session, str(values["brand"])) is None:
            raise MailboxTaken(field="support_email")
        raise BrandTaken(field="brand")
    await tell_brand(session, row, now)
    return row


async def change_brand(
    session: Session, *, brand: str, staff_id: UUID, expected: int, changes: Mapping[str, object], now: datetime
) -> Brand:
    """Edit a brand; `session` is bound to it."""
    await show_brand(session, brand=brand, staff_id=staff_id)
    current = await keys.lock_brand(session, brand)
    if current is None:
        raise BrandNotFound
    demand(expected, current.version)
    if not changes:
        return current
    checked = _checked({**current._asdict(), **changes})
    written = {*changes, "mailbox"} if "support_email" in changes else set(changes)
    row = await keys.change_brand(session, brand, {name: checked[name] for name in written}, now)
    if row is None:
        raise MailboxTaken(field="support_email")
    await tell_brand(session, row, now)
    return row


def _checked(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values with origins and mailbox in normal form; raise if they contradict each other."""
    languages, origins = values["languages"], values.get("allowed_origins") or ()
    if isinstance(languages, Sequence):
        check_languages(tuple(languages), str(values["default_language"]))
    checked = dict(values)
    if isinstance(origins, Sequence):
        checked["allowed_origins"] = list(check_origins(tuple(origins)))
    address = values.get("support_email")
    checked["mailbox"] = None if address is None else normal_mailbox(str(address))
    return checked
