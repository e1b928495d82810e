"""API keys of operators' servers and the keys that sign players' tokens."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.gateway.domain.credentials import (
    ApiKeyNameTaken,
    ApiKeyNotFound,
    ExpiryPast,
    new_api_key,
    new_short_id,
)
from services.gateway.domain.player_tokens import (
    LEAST_SECRET_BYTES,
    LIVE_KEYS,
    Algorithm,
    PlayerKeyNotFound,
    PlayerKeyUnusable,
    TooManyPlayerKeys,
    place_of,
    read_key,
)
from services.gateway.queries import keys
from services.gateway.queries.rows import StoredApiKey, StoredPlayerKey
from shared.db.engine import Session
from shared.sealing import Seal


async def list_api_keys(session: Session, *, brand: str, after: str | None, limit: int) -> Sequence[StoredApiKey]:
    """Return the brand's API keys, revoked ones included, without their secrets."""
    return await keys.api_keys_of(session, brand, after=after, limit=limit)


async def make_api_key(
    session: Session,
    *,
    brand: str,
    environment: str,
    name: str,
    scopes: frozenset[str],
    expires_at: datetime | None,
    created_by: UUID,
    now: datetime,
) -> tuple[StoredApiKey, str]:
    """Create a key and return it with its text, which is shown this once and cannot be found again."""
    if expires_at is not None and expires_at <= now:
        raise ExpiryPast(field="expires_at")
    key = new_api_key(environment)
    values = {
        "key_id": key.key_id,
        "brand": brand,
        "environment": environment,
        "name": name,
        "digest": key.digest(),
        "scopes": sorted(scopes),
        "created_by": created_by,
        "created_at": now,
        "expires_at": expires_at,
    }
    row = await keys.insert_api_key(session, values)
    if row is None:
        raise ApiKeyNameTaken(field="name")
    return row, key.text()


async def revoke_api_key(session: Session, *, brand: str, key_id: str, now: datetime) -> None:
    """Revoke a key; doing it again changes nothing."""
    if not await keys.revoke_api_key(session, brand, key_id, now):
        raise ApiKeyNotFound


async def list_player_keys(session: Session, *, brand: str) -> Sequence[StoredPlayerKey]:
    """Return the brand's live player keys."""
    return await keys.player_keys_of(session, brand)


async def add_player_key(
    session: Session,
    *,
    brand: str,
    algorithm: Algorithm,
    public_key: str | None,
    seal: Seal,
    created_by: UUID,
    now: datetime,
) -> tuple[StoredPlayerKey, bytes | None]:
    """Add one of at most two live keys; a secret for HS256 is made here and returned this once."""
    await keys.lock_brand(session, brand)
    if len(await keys.player_keys_of(session, brand)) >= LIVE_KEYS:
        raise TooManyPlayerKeys
    secret = secrets.token_bytes(LEAST_SECRET_BYTES) if algorithm is Algorithm.HS256 else None
    material = secret if secret is not None else _public_key(algorithm, public_key)
    kid = new_short_id()
    values = {
        "kid": kid,
        "brand": brand,
        "algorithm": algorithm.value,
        "material": seal.close(material, place_of(brand, kid)),
        "created_by": created_by,
        "created_at": now,
    }
    return await keys.insert_player_key(session, values), secret


async def revoke_player_key(session: Session, *, brand: str, kid: str, now: datetime) -> None:
    """Revoke a key; the tokens it signed stop working."""
    if not await keys.revoke_player_key(session, brand, kid, now):
        raise PlayerKeyNotFound


def _public_key(algorithm: Algorithm, pem: str | None) -> bytes:
    if pem is None:
        raise PlayerKeyUnusable("public_key is needed: PEM of the public half", field="public_key")
    material = pem.strip().encode()
    read_key(algorithm, material)
    return material
