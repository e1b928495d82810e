"""The door: a raw ASGI layer in front of the gateway's own routes. Nothing under `/v1` passes it unproven.

It proves who calls, counts, and then either forwards or lets the gateway's own routes answer with the proven actor in
`request.state`. No header from outside ever says who somebody is.
"""

from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.api.forward import forward
from services.gateway.api.refusals import BodyTooLarge, refuse, with_headers
from services.gateway.domain.credentials import Credential, CredentialMissing, parse_authorization
from services.gateway.domain.limits import QuotaExceeded, Verdict, tightest
from services.gateway.domain.routing import Headers, RouteUnknown, is_plain_path
from services.gateway.use_cases.doorway import Doorway, address_of
from shared.directory import SIGNED_LINKS
from shared.errors import DomainError, Kind
from shared.web.actor import Actor, ActorKind, Unauthenticated

_API: Final = "/v1/"
# The ways in, and the quota of each: who guesses must not use up what new visitors of the same address need.
_OPEN: Final = {"/v1/auth/token": "sign_ins", "/v1/auth/refresh": "anonymous", "/v1/auth/visitor": "visitors"}
# A signed link proves itself to the service that made it; of whoever follows it nothing is known.
_FOLLOWER: Final = Actor(ActorKind.SYSTEM, "link", "")
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_TOO_LARGE: Final = 413
_SECURITY: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
]
_EXPOSED: Final = b"ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
_PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id"),
    (b"access-control-max-age", b"600"),
    (b"content-length", b"0"),
]


@dataclass(slots=True)
class _Visit:
    """One request on its way through the door."""

    headers: dict[bytes, bytes]
    address: str
    more: Headers
    actor: Actor | None = None
    credential: Credential | None = None


class Door:
    """ASGI middleware, inside the edge (ids, sizes, deadline) and outside the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; what is not under `/v1` (documents, health) needs no proof."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith(_API):
            await self._app(scope, receive, with_headers(send, list(_SECURITY)))
            return
        doorway: Doorway = scope["app"].state.ground.extras[Doorway.NAME]
        visit = _visit(scope, doorway)
        send = with_headers(send, visit.more)
        try:
            await self._serve(scope, receive, send, doorway, visit)
        except DomainError as error:
            await refuse(scope, send, error)
        except HTTPException as error:
            if error.status_code != _TOO_LARGE:
                raise
            await refuse(scope, send, BodyTooLarge())
        except ClientDisconnect:
            return

    async def _serve(self, scope: Scope, receive: Receive, send: Send, doorway: Doorway, visit: _Visit) -> None:
        if scope["method"] == "OPTIONS":
            await _preflight(send, doorway, visit)
            return
        if not is_plain_path(scope["raw_path"]):
            raise RouteUnknown
        followed = scope["path"].startswith(SIGNED_LINKS)
        await (_follow(doorway, visit) if followed else _admit(scope, doorway, visit))
        match = doorway.routes.match(scope["path"])
        if match is None or visit.actor is None or (visit.credential is None and not followed):
            scope["state"].update(actor=visit.actor, credential=visit.credential, address=visit.address)
            await self._app(scope, receive, send)
            return
        scope["route"] = match
        proof = visit.credential.digest if visit.credential else b""
        token = doorway.mint.token(
            visit.actor, credential=proof, service=match.service, now=doorway.clock.now().timestamp()
        )
        most_ms = int(doorway.settings.request_deadline.total_seconds() * 1000)
        await forward(scope, receive, send, upstream=doorway.upstreams[match.service], token=token, most_ms=most_ms)


def identify(request: Request) -> Actor:
    """Return the actor the door has proven: how the gateway's own routes know their caller."""
    actor = getattr(request.state, "actor", None)
    if not isinstance(actor, Actor):
        raise Unauthenticated
    return actor


def _visit(scope: Scope, doorway: Doorway) -> _Visit:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    peer = (scope.get("client") or ("unknown", 0))[0]
    return _Visit(headers, address_of(peer, headers, doorway.trusted), list(_SECURITY))


async def _admit(scope: Scope, doorway: Doorway, visit: _Visit) -> None:
    """Prove who calls and count the request; only the ways in themselves need no proof."""
    if scope["path"] in _OPEN:
        await _allow_origin(doorway, visit, None)
        _announce(visit, [doorway.take(_OPEN[scope["path"]], visit.address)])
        return
    try:
        header = visit.headers.get(b"authorization")
        visit.credential = parse_authorization(None if header is None else header.decode("latin-1"))
        if visit.credential is None:
            raise CredentialMissing
        visit.actor = await doorway.keeper.identify(visit.credential, doorway.clock.now())
    except DomainError as error:
        await _allow_origin(doorway, visit, None)
        if error.kind is Kind.UNAUTHENTICATED:
            _announce(visit, [doorway.take("anonymous", visit.address)])
        raise
    await _allow_origin(doorway, visit, visit.actor.brand)
    _announce(visit, _quotas(doorway, visit.actor, scope["method"]))


async def _follow(doorway: Doorway, visit: _Visit) -> None:
    """Let a signed link pass, counted by address: browsers fetch pictures without a credential."""
    visit.actor = _FOLLOWER
    await _allow_origin(doorway, visit, None)
    _announce(visit, [doorway.take("links", visit.address)])


def _quotas(doorway: Doorway, actor: Actor, method: str) -> list[Verdict]:
    subject = f"{actor.brand}/{actor.kind}/{actor.id}"
    verdicts = [doorway.take("requests", subject)]
    if method in _UNSAFE and actor.kind in {ActorKind.PLAYER, ActorKind.VISITOR}:
        verdicts.append(doorway.take("sends", subject))
    brand = doorway.take("brand", actor.brand)
    return verdicts if brand.granted else [brand]


def _announce(visit: _Visit, verdicts: list[Verdict]) -> None:
    """Tell the caller his quota; raise if it is used up."""
    verdict = tightest(verdicts)
    if verdict is None:
        return
    visit.more.append((b"ratelimit-policy", verdict.policy.header().encode()))
    visit.more.append((b"ratelimit", verdict.header().encode()))
    if not verdict.granted:
        raise QuotaExceeded(f"the quota {verdict.policy.name} is used up", retry_after=verdict.next_in)


async def _allow_origin(doorway: Doorway, visit: _Visit, brand: str | None) -> None:
    origin = visit.headers.get(b"origin")
    if origin is None:
        return
    visit.more.append((b"vary", b"Origin"))
    if await doorway.origins.allow(origin.decode("latin-1"), brand, doorway.clock.now().timestamp()):
        visit.more.append((b"access-control-allow-origin", origin))
        visit.more.append((b"access-control-expose-headers", _EXPOSED))


async def _preflight(send: Send, doorway: Doorway, visit: _Visit) -> None:
    """Answer a browser's question; an origin that no brand lists gets an answer that forbids."""
    _announce(visit, [doorway.take("anonymous", visit.address)])
    await _allow_origin(doorway, visit, None)
    await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT[:-1])})
    await send({"type": "http.response.body", "body": b""})
