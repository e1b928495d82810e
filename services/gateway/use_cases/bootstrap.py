"""The demo brand: made once, so that a fresh machine has somebody to sign in."""

import base64
from datetime import datetime
from typing import Final
from uuid import UUID

from services.gateway.domain.accounts import new_password
from services.gateway.domain.credentials import SCOPES
from services.gateway.domain.player_tokens import Algorithm
from services.gateway.queries import keys, staff
from services.gateway.settings import Settings
from services.gateway.use_cases.brands import found_brand
from services.gateway.use_cases.keys import add_player_key, make_api_key
from services.gateway.use_cases.passwords import Passwords
from services.gateway.use_cases.staff import enlist
from shared.clock import SystemClock
from shared.contracts.gateway import StaffRole
from shared.db.engine import Database, Session
from shared.ids import new_id

BRAND: Final = "lucky"
_STAFF: Final = (
    ("admin@lucky.example", "Ada Admin", StaffRole.ADMIN),
    ("lead@lucky.example", "Lea Lead", StaffRole.LEAD),
    ("senior@lucky.example", "Sam Senior", StaffRole.SENIOR),
    ("ann@lucky.example", "Ann Agent", StaffRole.AGENT),
    ("bob@lucky.example", "Bob Agent", StaffRole.AGENT),
)
_VALUES: Final = {
    "brand": BRAND,
    "name": "Lucky",
    "languages": ["en", "de", "fr", "ru"],
    "default_language": "en",
    "support_email": "support@lucky.example",
    "allowed_origins": [],
}


async def bootstrap(settings: Settings) -> dict[str, object]:
    """Create the demo brand with staff, an API key and a player key, and return their secrets; {} if it is there.

    Everything is one transaction: a run that was broken off left nothing behind, and the secrets of one that was not
    are shown that once. The caller keeps them.
    """
    database = Database(settings, service=settings.service)
    now = SystemClock().now()
    try:
        async with database.begin(BRAND) as session:
            if await keys.brand_of(session, BRAND) is not None:
                return {}
        hashed = await _hashed_passwords(Passwords(settings))
        async with database.begin(BRAND) as session:
            return await _found(session, settings, hashed, now)
    finally:
        await database.stop()


async def _hashed_passwords(hasher: Passwords) -> dict[str, tuple[str, str]]:
    """Return a password and its hash for every demo person; made before the transaction begins."""
    passwords = {email: new_password() for email, _, _ in _STAFF}
    return {email: (password, await hasher.hash(password)) for email, password in passwords.items()}


async def _found(
    session: Session, settings: Settings, hashed: dict[str, tuple[str, str]], now: datetime
) -> dict[str, object]:
    await found_brand(session, values=_VALUES, now=now)
    people = [await _hire(session, email, name, role, hashed[email], now) for email, name, role in _STAFF]
    admin_id = UUID(people[0]["id"])
    _, api_key = await make_api_key(
        session,
        brand=BRAND,
        environment=settings.key_environment,
        name="demo server",
        scopes=frozenset(SCOPES),
        expires_at=None,
        created_by=admin_id,
        now=now,
    )
    player_key, secret = await add_player_key(
        session,
        brand=BRAND,
        algorithm=Algorithm.HS256,
        public_key=None,
        seal=settings.seal(),
        created_by=admin_id,
        now=now,
    )
    return {
        "brand": BRAND,
        "staff": people,
        "api_key": api_key,
        "player_key": {
            "kid": player_key.kid,
            "algorithm": player_key.algorithm,
            "secret": base64.urlsafe_b64encode(secret or b"").decode().rstrip("="),
        },
    }


async def _hire(
    session: Session, email: str, name: str, role: StaffRole, password: tuple[str, str], now: datetime
) -> dict[str, str]:
    staff_id = await staff.insert_account(session, account_id=new_id(), email=email, password_hash=password[1], now=now)
    if staff_id is None:
        message = f"{email} belongs to somebody already, but there is no brand {BRAND}"
        raise RuntimeError(message)
    await enlist(session, brand=BRAND, staff_id=staff_id, name=name, role=role, now=now)
    return {"id": str(staff_id), "email": email, "name": name, "role": role.value, "password": password[0]}
