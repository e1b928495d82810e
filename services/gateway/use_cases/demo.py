"""The demo casino's own server: it signs its players' tokens with the demo brand's key. Never part of a real casino."""

from datetime import datetime
from typing import ClassVar, Final, NamedTuple

from joserfc import jwt
from joserfc.jwk import OctKey

from services.gateway.domain.player_tokens import Algorithm, place_of
from services.gateway.queries import keys
from services.gateway.settings import Settings
from services.gateway.use_cases.bootstrap import BRAND
from shared.db.engine import Session
from shared.errors import DomainError, Kind

_MINUTES: Final = 15


class DemoPlayer(NamedTuple):
    """Somebody who plays at the demo casino."""

    id: str
    claims: dict[str, str]


PLAYERS: Final = {
    "kim": DemoPlayer("kim-1", {"name": "Kim", "email": "kim@example.org"}),
    "vera": DemoPlayer("vera-7", {"name": "Vera", "email": "vera@example.org", "vip": "gold"}),
}


class DemoPlayerUnknown(DomainError):
    """The demo casino has no such player."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


async def sign_demo_player(session: Session, settings: Settings, *, name: str, now: datetime) -> str:
    """Return a token of a demo player, good for 15 minutes."""
    player = PLAYERS.get(name)
    key = next((k for k in await keys.player_keys_of(session, BRAND) if k.algorithm == Algorithm.HS256), None)
    if player is None or key is None:
        raise DemoPlayerUnknown
    secret = settings.seal().open(key.material, place_of(key.brand, key.kid))
    moment = int(now.timestamp())
    claims = {"aud": BRAND, "sub": player.id, "iat": moment, "exp": moment + _MINUTES * 60, **player.claims}
    return jwt.encode({"alg": "HS256", "kid": key.kid}, claims, OctKey.import_key(secret), algorithms=["HS256"])
