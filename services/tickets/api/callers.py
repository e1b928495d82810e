"""Who may call the routes of tickets, and what their cursors are bound to."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Header

from shared.web.actor import Actor, ActorKind, require
from shared.web.conditional import parse_if_match
from shared.web.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInProgress

PREFIX: Final = "/v1/tickets"
ONCE: Final = (IdempotencyKeyMissing, IdempotencyKeyReused, RequestInProgress)

_EVERYBODY: Final = (ActorKind.PLAYER, ActorKind.VISITOR, ActorKind.STAFF, ActorKind.SERVER)

ReaderDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:read"))]
WriterDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:write"))]
EditorDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="tickets:write"))]
StaffDep = Annotated[Actor, Depends(require(ActorKind.STAFF, role="agent"))]


async def optional_if_match(
    header: Annotated[str | None, Header(alias="If-Match", description="refuse if the ticket changed since")] = None,
) -> int | None:
    """Return the version the caller has seen, if it says so."""
    return None if header is None else parse_if_match(header)


def list_of(actor: Actor, what: object) -> Mapping[str, object]:
    """Return what a cursor is bound to: it continues this list of this brand and nothing else."""
    return {"brand": actor.brand, "reader": actor.kind, "what": what}
