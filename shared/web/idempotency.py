"""Safe retries of unsafe requests (IETF Idempotency-Key draft): the answer is stored with its effect, sealed."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, ClassVar, Final

from asyncpg.exceptions import LockNotAvailableError
from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db.fixed import Fixed
from shared.db.ground import idempotency_keys
from shared.db.session import SessionDep
from shared.errors import DomainError, Kind
from shared.sealing import Seal, SealBroken, derive_key
from shared.web.actor import Actor, ActorDep, ActorKind

KEPT_HOURS: Final = 48
_STORED_BYTES: Final = 64 * 1024
_KEY_LENGTH: Final = 255


_COLUMNS: Final = idempotency_keys.c
_IDENTITY: Final = ("brand", "principal", "route", "key")
_CLAIM: Final = Fixed(
    insert(idempotency_keys)
    .values({name: bindparam(name) for name in (*_IDENTITY, "fingerprint")} | {"created_at": func.now()})
    .on_conflict_do_nothing()
    .returning(_COLUMNS.key)
)
_FIND: Final = Fixed(select(idempotency_keys).where(*(_COLUMNS[name] == bindparam(name) for name in _IDENTITY)))
_STORE: Final = Fixed(
    update(idempotency_keys)
    .where(*(_COLUMNS[name] == bindparam(name) for name in _IDENTITY))
    .values({name: bindparam(f"of_{name}") for name in ("status", "headers", "body")})
)


class IdempotencyKeyMissing(DomainError):
    """API keys must send Idempotency-Key with every unsafe request."""

    kind: ClassVar[Kind] = Kind.INVALID


class IdempotencyKeyMalformed(DomainError):
    """Idempotency-Key must be 1 to 255 printable ASCII characters."""

    kind: ClassVar[Kind] = Kind.INVALID


class IdempotencyKeyReused(DomainError):
    """The same Idempotency-Key came with another request."""

    kind: ClassVar[Kind] = Kind.UNPROCESSABLE


class RequestInProgress(DomainError):
    """A request with this Idempotency-Key is still running."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AnswerLost(DomainError):
    """The request was carried out, but its answer can no longer be repeated."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Reply:
    """A body with headers of its own, such as ETag and Location."""

    model: BaseModel | None
    headers: Mapping[str, str] = field(default_factory=dict)


Run = Callable[[], Awaitable[BaseModel | Reply | None]]


class Answers:
    """Keeps what is remembered of requests unreadable at rest: they may carry a password, and answers a new secret.

    `secret` is the same in every replica. An answer opens for its own caller, route and key alone.
    """

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(derive_key(secret, "pitboss stored answers"))
        self._fingerprint_key = derive_key(secret, "pitboss request fingerprints")

    def fingerprint(self, request: bytes) -> bytes:
        """Return what recognises the same request; without the key nobody can try out passwords against it."""
        return hmac.digest(self._fingerprint_key, request, "sha256")

    def close(self, body: bytes, identity: Mapping[str, str]) -> bytes:
        """Return the body as it is stored."""
        return self._seal.close(body, tuple(identity.values()))

    def open(self, stored: bytes, identity: Mapping[str, str]) -> bytes:
        """Return the body that was stored; raise `AnswerLost` if the secret was changed since."""
        try:
            return self._seal.open(stored, tuple(identity.values()))
        except SealBroken as error:
            raise AnswerLost from error


class Once:
    """Runs an unsafe request at most once per key, caller and route, and repeats the stored answer to its twins."""

    def __init__(self, request: Request, session: SessionDep, actor: Actor, key: str | None) -> None:
        self._request = request
        self._answers: Answers = request.app.state.answers
        self._session = session
        self._actor = actor
        self._key = key

    async def answer(self, run: Run, *, status: int = 200) -> Response:
        """Run and answer; with a key, the answer is stored in the same transaction.

        A twin that comes while the first one runs waits for the lock timeout, then gets `RequestInProgress`. Refusals
        roll the key back, so the same key may be tried again.
        """
        if self._key is None:
            return _response(await run(), status)
        fingerprint = await self._fingerprint()
        if not await self._claim(fingerprint):
            return await self._replay(fingerprint)
        response = _response(await run(), status)
        await self._store(response)
        return response

    def _identity(self) -> dict[str, str]:
        return {
            "brand": self._actor.brand,
            "principal": f"{self._actor.kind}:{self._actor.id}",
            "route": f"{self._request.method} {self._request.scope['path']}",
            "key": str(self._key),
        }

    async def _fingerprint(self) -> bytes:
        body = await self._request.body()
        scope = self._request.scope
        head = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
        return self._answers.fingerprint(head + b"\n" + body)

    async def _claim(self, fingerprint: bytes) -> bool:
        try:
            claimed = await _CLAIM.row(self._session, self._identity() | {"fingerprint": fingerprint})
        except LockNotAvailableError as error:
            raise RequestInProgress(retry_after=1) from error
        return claimed is not None

    async def _replay(self, fingerprint: bytes) -> Response:
        row = await _FIND.row(self._session, self._identity())
        if row is None or row["status"] is None:
            raise RequestInProgress(retry_after=1)
        # First: under another secret the fingerprint differs as well, which would accuse the caller.
        body = self._answers.open(row["body"], self._identity())
        if not hmac.compare_digest(row["fingerprint"], fingerprint):
            raise IdempotencyKeyReused(field="#header/Idempotency-Key")
        headers = (row["headers"] or {}) | {"Idempotency-Replayed": "true"}
        return Response(body, status_code=row["status"], headers=headers)

    async def _store(self, response: Response) -> None:
        body = bytes(response.body)
        if len(body) > _STORED_BYTES:
            message = f"an answer of {len(body)} bytes cannot be stored for replay"
            raise ValueError(message)
        kept = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
        identity = self._identity()
        sealed = self._answers.close(body, identity)
        outcome = {"of_status": response.status_code, "of_headers": kept, "of_body": sealed}
        await _STORE.row(self._session, identity | outcome)


async def once(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    idempotency_key: Annotated[
        str | None, Header(description="required from API keys; the same key repeats the same answer for 48 h")
    ] = None,
) -> Once:
    """Return the guard of this request; API keys must send a key."""
    if idempotency_key is None and actor.kind is ActorKind.SERVER:
        raise IdempotencyKeyMissing(field="#header/Idempotency-Key")
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise IdempotencyKeyMalformed("Idempotency-Key was sent more than once", field="#header/Idempotency-Key")
    if idempotency_key is not None and not _well_formed(idempotency_key):
        raise IdempotencyKeyMalformed(field="#header/Idempotency-Key")
    return Once(request, session, actor, idempotency_key)


OnceDep = Annotated[Once, Depends(once, scope="function")]


def _well_formed(key: str) -> bool:
    return 1 <= len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable()


def _response(result: BaseModel | Reply | None, status: int) -> Response:
    reply = result if isinstance(result, Reply) else Reply(result)
    if reply.model is None:
        return Response(
            status_code=HTTPStatus.NO_CONTENT if status == HTTPStatus.OK else status, headers=dict(reply.headers)
        )
    body = reply.model.model_dump_json().encode()
    return Response(body, status_code=status, media_type="application/json", headers=dict(reply.headers))
