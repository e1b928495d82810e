"""API keys and player keys of one brand, and the brand itself."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.gateway.queries.rows import Brand, StoredApiKey, StoredPlayerKey, every, first, one
from services.gateway.tables import api_keys, brands, memberships, player_keys
from shared.db.engine import Session


async def api_keys_of(session: Session, brand: str, *, after: str | None, limit: int) -> list[StoredApiKey]:
    """Return the brand's API keys, revoked ones included."""
    statement = select(api_keys).where(api_keys.c.brand == brand)
    if after is not None:
        statement = statement.where(api_keys.c.key_id > after)
    return every(StoredApiKey, await session.execute(statement.order_by(api_keys.c.key_id).limit(limit)))


async def insert_api_key(session: Session, values: Mapping[str, object]) -> StoredApiKey | None:
    """Store a key; None if a live one has the name."""
    statement = insert(api_keys).values(**values).on_conflict_do_nothing().returning(api_keys)
    return first(StoredApiKey, await session.execute(statement))


async def revoke_api_key(session: Session, brand: str, key_id: str, now: datetime) -> bool:
    """Revoke a key; True if there is one, revoked now or before."""
    statement = (
        update(api_keys)
        .where(api_keys.c.brand == brand, api_keys.c.key_id == key_id)
        .values(revoked_at=func.coalesce(api_keys.c.revoked_at, now))
        .returning(api_keys.c.key_id)
    )
    return (await session.execute(statement)).first() is not None


async def player_keys_of(session: Session, brand: str) -> list[StoredPlayerKey]:
    """Return the brand's live player keys, oldest first; there are at most two."""
    statement = (
        select(player_keys)
        .where(player_keys.c.brand == brand, player_keys.c.revoked_at.is_(None))
        .order_by(player_keys.c.created_at, player_keys.c.kid)
    )
    return every(StoredPlayerKey, await session.execute(statement))


async def live_player_keys(session: Session) -> list[StoredPlayerKey]:
    """Return the live player keys of all active brands; for the worker role."""
    statement = (
        select(player_keys)
        .join(brands, brands.c.brand == player_keys.c.brand)
        .where(player_keys.c.revoked_at.is_(None), brands.c.active)
        .order_by(player_keys.c.created_at, player_keys.c.kid)
    )
    return every(StoredPlayerKey, await session.execute(statement))


async def lock_brand(session: Session, brand: str) -> Brand | None:
    """Lock and return the brand."""
    return first(Brand, await session.execute(select(brands).where(brands.c.brand == brand).with_for_update()))


async def insert_player_key(session: Session, values: Mapping[str, object]) -> StoredPlayerKey:
    """Store a player key."""
    return one(StoredPlayerKey, await session.execute(insert(player_keys).values(**values).returning(player_keys)))


async def revoke_player_key(session: Session, brand: str, kid: str, now: datetime) -> bool:
    """Revoke a player key; True if there is one, revoked now or before."""
    statement = (
        update(player_keys)
        .where(player_keys.c.brand == brand, player_keys.c.kid == kid)
        .values(revoked_at=func.coalesce(player_keys.c.revoked_at, now))
        .returning(player_keys.c.kid)
    )
    return (await session.execute(statement)).first() is not None


async def brand_of(session: Session, brand: str) -> Brand | None:
    """Return the brand."""
    return first(Brand, await session.execute(select(brands).where(brands.c.brand == brand)))


async def insert_brand(session: Session, values: Mapping[str, object]) -> Brand | None:
    """Create the brand; None if its name or its mailbox is taken."""
    statement = insert(brands).values(**values).on_conflict_do_nothing().returning(brands)
    return first(Brand, await session.execute(statement))


async def change_brand(session: Session, brand: str, changes: Mapping[str, object], now: datetime) -> Brand | None:
    """Write the changes under the next version and return the row; None if the mailbox is another brand's."""
    statement = (
        update(brands)
        .where(brands.c.brand == brand)
        .values(**changes, version=brands.c.version + 1, updated_at=now)
        .returning(brands)
    )
    try:
        async with session.begin_nested():
            return one(Brand, await session.execute(statement))
    except IntegrityError as error:
        if "uq_brands_mailbox" in str(error.orig):
            return None
        raise


async def administered_brands(session: Session, staff_id: UUID, *, after: str | None, limit: int) -> list[Brand]:
    """Return the brands a person administers; asked as the worker role, because they are several."""
    statement = (
        select(brands)
        .join(memberships, memberships.c.brand == brands.c.brand)
        .where(memberships.c.staff_id == staff_id, memberships.c.role == "admin", memberships.c.active)
    )
    if after is not None:
        statement = statement.where(brands.c.brand > after)
    return every(Brand, await session.execute(statement.order_by(brands.c.brand).limit(limit)))


async def may_enlist(session: Session, admin_id: UUID, staff_id: UUID) -> bool:
    """True if a person belongs to a brand that the administrator administers; asked as the worker role."""
    theirs, his = memberships.alias("theirs"), memberships.alias("his")
    statement = (
        select(text("1"))
        .select_from(theirs.join(his, his.c.brand == theirs.c.brand))
        .where(theirs.c.staff_id == staff_id, his.c.staff_id == admin_id, his.c.role == "admin", his.c.active)
    )
    return (await session.execute(statement.limit(1))).first() is not None
