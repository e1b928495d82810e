"""Who calls: turns a presented credential into an actor, and remembers the answer for a few seconds.

Nobody has a brand before he is known, so the look-ups run as the worker role (see `queries.identity`), each in a short
transaction of its own. What was looked up is believed for `lookup_life` (5 s): that long a revoked credential may still
pass in another gateway process; in the process that revoked it, it is forgotten at once.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Generic, NamedTuple, TypeVar

from services.gateway.domain.credentials import (
    Credential,
    CredentialForm,
    CredentialRejected,
    parse_api_key,
)
from services.gateway.domain.limits import Bounded
from services.gateway.domain.player_tokens import (
    Algorithm,
    Player,
    PlayerKey,
    PlayerTokenRejected,
    key_id_of,
    place_of,
    verify,
)
from services.gateway.queries import identity
from services.gateway.queries.rows import StaffSession, StoredApiKey
from services.gateway.settings import Settings
from shared.db.engine import Database
from shared.web.actor import Actor, ActorKind, roles_up_to

_SEEN_EVERY: Final = timedelta(minutes=1)
_CAPACITY: Final = 50_000
T = TypeVar("T")


class _Believed(NamedTuple, Generic[T]):
    value: T
    until: float


class Memory(Generic[T]):
    """Answers of slow questions, believed for `life` seconds; callers who ask the same at once share one question."""

    def __init__(self, life: float, capacity: int = _CAPACITY) -> None:
        self._life = life
        self._known: Bounded[bytes, _Believed[T]] = Bounded(capacity)
        self._asking: dict[bytes, asyncio.Task[T]] = {}

    async def recall(self, key: bytes, now: float, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the remembered answer, or ask; refusals are not remembered."""
        believed = self._known.get(key)
        if believed is not None and believed.until > now:
            return believed.value
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(self._ask(key, now, ask))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._asked(key, done))
        # One impatient caller must not cancel the question of the others.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Believe nothing any more, not even what is being asked now."""
        self._known.clear()
        self._asking.clear()

    async def _ask(self, key: bytes, now: float, ask: Callable[[], Awaitable[T]]) -> T:
        value = await ask()
        if self._asking.get(key) is asyncio.current_task():
            self._known.put(key, _Believed(value, now + self._life))
        return value

    def _asked(self, key: bytes, task: "asyncio.Task[T]") -> None:
        if self._asking.get(key) is task:
            del self._asking[key]
        if not task.cancelled():
            task.exception()


class Doorkeeper:
    """Knows every form of credential. `identify` raises an UNAUTHENTICATED error for all that is not proven."""

    def __init__(self, database: Database, settings: Settings) -> None:
        life = settings.lookup_life.total_seconds()
        self._database = database
        self._settings = settings
        self._seal = settings.seal()
        self._actors: Memory[Actor] = Memory(life)
        self._keys: Memory[PlayerKey | None] = Memory(life, capacity=1000)
        self._players: Bounded[bytes, tuple[Player, Actor]] = Bounded(_CAPACITY)

    async def identify(self, credential: Credential, now: datetime) -> Actor:
        """Return the actor that the credential proves at `now`."""
        if credential.form is CredentialForm.PLAYER_TOKEN:
            return await self._player(credential, now)
        ask = {
            CredentialForm.STAFF_SESSION: self._staff,
            CredentialForm.API_KEY: self._server,
            CredentialForm.VISITOR_SESSION: self._visitor,
        }[credential.form]
        return await self._actors.recall(credential.digest, now.timestamp(), lambda: ask(credential, now))

    def forget(self) -> None:
        """Forget everything that was looked up: something was revoked or changed here."""
        self._actors.forget()
        self._keys.forget()

    async def _player(self, credential: Credential, now: datetime) -> Actor:
        """A verified token is remembered until it expires, but its key must still be live now."""
        moment = now.timestamp()
        known = self._players.get(credential.digest)
        kid = known[0].kid if known is not None else key_id_of(credential.value)
        key = await self._keys.recall(kid.encode("utf-8", "surrogatepass"), moment, lambda: self._player_key(kid))
        if key is None:
            raise PlayerTokenRejected("kid names no live key")
        if known is None:
            player = verify(credential.value, key, now=moment)
            known = (player, _actor_of(player))
            self._players.put(credential.digest, known)
        if known[0].expires_at <= moment:
            self._players.drop(credential.digest)
            raise PlayerTokenRejected("the token has expired")
        return known[1]

    async def _player_key(self, kid: str) -> PlayerKey | None:
        if not kid.isascii() or not kid.isalnum():
            return None
        async with self._database.begin_worker() as session:
            row = await identity.player_key(session, kid)
        if row is None:
            return None
        material = self._seal.open(row.material, place_of(row.brand, row.kid))
        return PlayerKey(row.brand, row.kid, Algorithm(row.algorithm), material)

    async def _staff(self, credential: Credential, now: datetime) -> Actor:
        async with self._database.begin_worker() as session:
            row = await identity.staff_session(session, credential.digest)
            if row is None or not self._lives(row, now):
                raise CredentialRejected
            if now - row.last_seen_at >= _SEEN_EVERY:
                await identity.see_session(session, row.id, now)
        return Actor(ActorKind.STAFF, str(row.staff_id), row.brand, name=row.name, roles=roles_up_to(row.role))

    def _lives(self, row: StaffSession, now: datetime) -> bool:
        life = self._settings.session_life()
        ends_at = min(row.access_expires_at, life.ends_at(created_at=row.created_at, last_seen_at=row.last_seen_at))
        return row.active and row.revoked_at is None and now < ends_at

    async def _server(self, credential: Credential, now: datetime) -> Actor:
        key = parse_api_key(credential.value)
        async with self._database.begin_worker() as session:
            row = await identity.api_key(session, key.key_id)
            if (
                row is None
                or not hmac.compare_digest(row.digest, key.digest())
                or not _is_live(row, key.environment, now)
            ):
                raise CredentialRejected
            if row.last_used_at is None or now - row.last_used_at >= _SEEN_EVERY:
                await identity.see_api_key(session, row.key_id, now)
        return Actor(ActorKind.SERVER, row.key_id, row.brand, name=row.name, scopes=frozenset(row.scopes))

    async def _visitor(self, credential: Credential, now: datetime) -> Actor:
        async with self._database.begin_worker() as session:
            row = await identity.visitor_session(session, credential.digest)
        if row is None or row.expires_at <= now:
            raise CredentialRejected
        return Actor(ActorKind.VISITOR, str(row.id), row.brand)


def _is_live(row: StoredApiKey, environment: str, now: datetime) -> bool:
    return (
        row.environment == environment and row.revoked_at is None and (row.expires_at is None or row.expires_at > now)
    )


def _actor_of(player: Player) -> Actor:
    claims = {name: value for name, value in player.claims.items() if name != "name"}
    return Actor(ActorKind.PLAYER, player.id, player.brand, name=player.claims.get("name"), claims=claims)
