"""Who may call the routes of tickets, and what their cursors are bound to."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from services.tickets.domain.audit import Witness
from services.tickets.schemas.fields import Cause
from shared.messaging.runtime import Ground
from shared.redaction import redact
from shared.service import GroundDep
from shared.telemetry import current_traceparent, parse_traceparent
from shared.web.actor import Actor, ActorDep, ActorKind, Forbidden, require
from shared.web.conditional import parse_if_match
from shared.web.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInProgress

PREFIX: Final = "/v1/tickets"
AUDIT: Final = "/v1/audit"
AGENTS: Final = "/v1/agents"
MACROS: Final = "/v1/macros"
ONCE: Final = (IdempotencyKeyMissing, IdempotencyKeyReused, RequestInProgress)

_EVERYBODY: Final = (ActorKind.PLAYER, ActorKind.VISITOR, ActorKind.STAFF, ActorKind.SERVER)

ReaderDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:read"))]
WriterDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:write"))]
EditorDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="tickets:write"))]
InsideReaderDep = Annotated[
    Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="tickets:read"))
]
DeciderDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="tickets:write"))]
StaffDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="agent"))]
AuditorDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="audit:read"))]

_ROLES: Final = ("admin", "lead", "senior", "agent")


def is_inside(actor: Actor) -> bool:
    """True for staff and the operator's servers, who see what the player does not."""
    return actor.kind in {ActorKind.STAFF, ActorKind.SERVER}


def check_may_set_tier(actor: Actor) -> None:
    """Refuse all but leads and servers: a player's tier decides which promises count."""
    if actor.kind is not ActorKind.SERVER and not actor.has_role("lead"):
        raise Forbidden("the tier is set by leads, admins and servers", field="tier")


def strongest_role(actor: Actor) -> str | None:
    """Return a person's strongest role; servers have none."""
    return next((role for role in _ROLES if actor.has_role(role)), None)


def witness_of(request: Request, actor: Actor, ground: Ground, reason: str | None) -> Witness:
    """Return what the audit trail says of whoever makes this request."""
    trace = parse_traceparent(current_traceparent())
    return Witness(
        brand=actor.brand,
        kind=actor.kind.value,
        id=actor.id,
        name=actor.name,
        role=strongest_role(actor),
        reason=redact(reason) if reason else None,
        request_id=request.state.request_id,
        trace_id=trace.trace_id if trace else None,
        at=ground.clock.now(),
    )


ReasonHeader = Annotated[
    Cause | None,
    Header(
        alias="X-Pitboss-Reason",
        description="why staff or a server looks at or changes this, for the audit trail: up to 200 characters on one "
        "line, those beyond ASCII percent-encoded as UTF-8",
    ),
]


async def audited(request: Request, actor: ActorDep, ground: GroundDep, reason: ReasonHeader = None) -> Witness | None:
    """Return who is to be recorded: staff and servers; players and visitors see only what is theirs."""
    if actor.kind in {ActorKind.PLAYER, ActorKind.VISITOR}:
        return None
    return witness_of(request, actor, ground, reason)


async def auditor(request: Request, actor: AuditorDep, ground: GroundDep, reason: ReasonHeader = None) -> Witness:
    """Return who reads the audit trail, which is recorded like everything else."""
    return witness_of(request, actor, ground, reason)


WitnessDep = Annotated[Witness | None, Depends(audited, scope="function")]
AuditorWitnessDep = Annotated[Witness, Depends(auditor)]


async def optional_if_match(
    header: Annotated[str | None, Header(alias="If-Match", description="refuse if the ticket changed since")] = None,
) -> int | None:
    """Return the version the caller has seen, if it says so."""
    return None if header is None else parse_if_match(header)


def list_of(actor: Actor, what: object) -> Mapping[str, object]:
    """Return what a cursor is bound to: it continues this list of this brand and nothing else."""
    return {"brand": actor.brand, "reader": actor.kind, "what": what}
