"""Who may call the routes of attachments, and as whom."""

from typing import Annotated, Final, cast
from urllib.parse import unquote

from fastapi import Depends, Header, Request

from services.intake.settings import Settings
from services.intake.use_cases.viewing import Viewer
from shared.redaction import redact
from shared.service import GroundDep
from shared.web.actor import Actor, ActorKind, require

_EVERYBODY: Final = (ActorKind.PLAYER, ActorKind.VISITOR, ActorKind.STAFF, ActorKind.SERVER)
_DOCUMENTS: Final = "documents:read"

UploaderDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:write"))]
ReaderDep = Annotated[Actor, Depends(require(*_EVERYBODY, role="agent", scope="tickets:read"))]
MarkerDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="agent", scope="tickets:write"))]
AuditorDep = Annotated[Actor, Depends(require(ActorKind.STAFF, ActorKind.SERVER, role="lead", scope="audit:read"))]

ReasonHeader = Annotated[
    str | None,
    Header(
        alias="X-Pitboss-Reason",
        max_length=2000,
        description="why staff or a server looks at this, for the record: characters beyond ASCII percent-encoded",
    ),
]


def may_open_documents(actor: Actor, settings: Settings) -> bool:
    """True if the caller may look into identity documents of his brand."""
    if actor.kind is ActorKind.SERVER:
        return _DOCUMENTS in actor.scopes
    return actor.kind is ActorKind.STAFF and actor.has_role(settings.documents_role)


async def viewing(request: Request, actor: ReaderDep, ground: GroundDep, reason: ReasonHeader = None) -> Viewer:
    """Return the caller as somebody who looks."""
    settings = cast("Settings", ground.settings)
    why = redact(unquote(reason, errors="replace").replace("\0", ""))[:200] if reason else None
    return Viewer(actor.author(), may_open_documents(actor, settings), request.state.request_id, why)


ViewerDep = Annotated[Viewer, Depends(viewing)]
