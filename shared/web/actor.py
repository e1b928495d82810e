"""Who calls: read from the gateway's internal token and from nothing else."""

import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.contracts.base import Author, AuthorKind
from shared.errors import DomainError, Kind

ACTOR_HEADER: Final = "x-pitboss-actor"
TOKEN_SECONDS: Final = 60
_LEEWAY_SECONDS: Final = 5
ROLES: Final = ("agent", "senior", "lead", "admin")


class Unauthenticated(DomainError):
    """The caller is not known."""

    kind: ClassVar[Kind] = Kind.UNAUTHENTICATED


class Forbidden(DomainError):
    """The caller may not do this."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class ActorKind(StrEnum):
    """The principals of the product."""

    PLAYER = "player"
    VISITOR = "visitor"
    STAFF = "staff"
    SERVER = "server"
    SYSTEM = "system"


_AUTHORS: Final = {
    ActorKind.PLAYER: AuthorKind.PLAYER,
    ActorKind.VISITOR: AuthorKind.VISITOR,
    ActorKind.STAFF: AuthorKind.STAFF,
    ActorKind.SERVER: AuthorKind.SERVER,
    ActorKind.SYSTEM: AuthorKind.SYSTEM,
}


def roles_up_to(role: str) -> frozenset[str]:
    """Return `role` and every weaker one: a senior is also an agent."""
    return frozenset(ROLES[: ROLES.index(role) + 1])


@dataclass(frozen=True, slots=True)
class Actor:
    """A verified caller of one brand.

    `id` is a player, visitor, staff or API-key id. `roles` are a person's, weaker ones included; `scopes` an API key's;
    `claims` what the operator signed about a player (`email`, `vip`, `locale`).
    """

    kind: ActorKind
    id: str
    brand: str
    name: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, str] = field(default_factory=dict)

    def author(self) -> Author:
        """Return the caller as the author of words or changes."""
        return Author(kind=_AUTHORS[self.kind], id=self.id, name=self.name)

    def has_role(self, role: str) -> bool:
        """True if a person holds `role` or a stronger one."""
        return role in self.roles

    def to_claims(self) -> dict[str, object]:
        """Return the caller as claims of the internal token."""
        return {
            "sub": self.id,
            "kind": self.kind.value,
            "brand": self.brand,
            "name": self.name,
            "roles": sorted(self.roles),
            "scopes": sorted(self.scopes),
            "claims": dict(self.claims),
        }


def actor_from_claims(claims: Mapping[str, object]) -> Actor:
    """Return the caller that verified claims describe; raise `Unauthenticated` when they are incomplete."""
    try:
        return Actor(
            kind=ActorKind(str(claims["kind"])),
            id=str(claims["sub"]),
            brand=str(claims["brand"]),
            name=str(claims["name"]) if claims.get("name") is not None else None,
            roles=frozenset(_strings(claims.get("roles"))),
            scopes=frozenset(_strings(claims.get("scopes"))),
            claims=_pairs(claims.get("claims")),
        )
    except (KeyError, ValueError) as error:
        raise Unauthenticated from error


def sign_actor(actor: Actor, *, audience: str, key: OKPKey, issued_at: int) -> str:
    """Return the internal token of one hop: Ed25519, 60 s, for the service `audience` only."""
    claims = actor.to_claims() | {"aud": audience, "iat": issued_at, "exp": issued_at + TOKEN_SECONDS}
    return jwt.encode({"alg": "Ed25519"}, claims, key, algorithms=["Ed25519"])


class ActorVerifier:
    """Verifies internal tokens with the gateway's public key and remembers the good ones until they expire.

    A signature costs about 100 microseconds to verify and the gateway repeats a token for about 30 s.
    """

    def __init__(self, public_key: str, *, audience: str, capacity: int = 4096) -> None:
        self._key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key.rstrip("=")})
        self._audience = audience
        self._capacity = capacity
        self._verified: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()

    def verify(self, token: str, *, now: float) -> Actor:
        """Return the caller named by `token`, or raise `Unauthenticated`; `now` is in Unix seconds."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self._verified.get(digest)
        if known is not None and known[0] > now:
            return known[1]
        expires, actor = self._check(token, now)
        self._remember(digest, expires, actor)
        return actor

    def _check(self, token: str, now: float) -> tuple[float, Actor]:
        try:
            claims = jwt.decode(token, self._key, algorithms=["Ed25519"]).claims
        except (JoseError, ValueError, TypeError, UnicodeError, InvalidSignature) as error:
            raise Unauthenticated from error
        expires = claims.get("exp")
        issued = claims.get("iat")
        if not isinstance(expires, int) or not isinstance(issued, int) or claims.get("aud") != self._audience:
            raise Unauthenticated
        if not issued - _LEEWAY_SECONDS <= now < expires or expires - issued > TOKEN_SECONDS:
            raise Unauthenticated
        return expires, actor_from_claims(claims)

    def _remember(self, digest: bytes, expires: float, actor: Actor) -> None:
        self._verified[digest] = (expires, actor)
        while len(self._verified) > self._capacity:
            self._verified.popitem(last=False)


async def current_actor(request: Request) -> Actor:
    """Return the verified caller of this request; the app decides how callers are identified.

    Async although it awaits nothing: FastAPI would run a plain function in a thread.
    """
    actor: Actor = request.app.state.identify(request)
    return actor


def identify_by_token(verifier: ActorVerifier) -> Callable[[Request], Actor]:
    """Return the identification every service but the gateway uses: the gateway's internal token, or 401."""

    def identify(request: Request) -> Actor:
        known = getattr(request.state, "actor", None)
        if isinstance(known, Actor):
            return known
        token = request.headers.get(ACTOR_HEADER)
        if not token:
            raise Unauthenticated
        actor = verifier.verify(token, now=time.time())
        request.state.actor = actor
        return actor

    return identify


ActorDep = Annotated[Actor, Depends(current_actor)]


@dataclass(frozen=True, slots=True)
class Access:
    """What a dependency made by `require` asks of callers."""

    kinds: frozenset[ActorKind]
    role: str | None
    scope: str | None


def require(
    *kinds: ActorKind, role: str | None = None, scope: str | None = None
) -> Callable[[Actor], Awaitable[Actor]]:
    """Return a dependency that lets only some callers through.

    People need `role`, API keys need `scope`; players and visitors need to be among `kinds`.
    """

    async def allowed(actor: ActorDep) -> Actor:
        if actor.kind not in kinds:
            raise Forbidden
        if actor.kind is ActorKind.STAFF and role is not None and not actor.has_role(role):
            raise Forbidden(f"this needs the role {role}")
        if actor.kind is ActorKind.SERVER and scope is not None and scope not in actor.scopes:
            raise Forbidden(f"this needs the scope {scope}")
        return actor

    vars(allowed)["access"] = Access(frozenset(kinds), role, scope)
    return allowed


def access_of(dependency: object) -> Access | None:
    """Return what a dependency asks of callers, None if it was not made by `require`."""
    found = getattr(dependency, "access", None)
    return found if isinstance(found, Access) else None


def public_key_of(raw: Ed25519PublicKey) -> str:
    """Return the raw public key as unpadded base64url, the form that settings carry."""
    return base64.urlsafe_b64encode(raw.public_bytes_raw()).decode().rstrip("=")


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _pairs(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}
