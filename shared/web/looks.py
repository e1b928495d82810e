"""Who looks at players' data over HTTP, as far as it is recorded."""

from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import Depends, Header, Request

from shared.contracts.looks import Look
from shared.redaction import redact
from shared.web.actor import ActorDep, ActorKind

_REASON_LIMIT: Final = 200
_OUTSIDE: Final = (ActorKind.PLAYER, ActorKind.VISITOR)

ReasonHeader = Annotated[
    str | None,
    Header(
        alias="X-Pitboss-Reason",
        max_length=2000,
        description="why staff or a server looks at this, for the audit trail: characters beyond ASCII percent-encoded",
    ),
]


async def looking(request: Request, actor: ActorDep, reason: ReasonHeader = None) -> Look | None:
    """Return staff and servers as those who look; players and visitors see what is theirs."""
    if actor.kind in _OUTSIDE:
        return None
    words = " ".join(unquote(reason or "", errors="replace").replace("\0", "").split())
    return Look(actor.author(), request.state.request_id, redact(words)[:_REASON_LIMIT] or None)


LookDep = Annotated[Look | None, Depends(looking)]
