"""Routes by which files are looked at."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from services.intake.api.callers import AuditorDep, MarkerDep, ReaderDep, ViewerDep
from services.intake.clients.files import files_of
from services.intake.clients.store import FileLost
from services.intake.domain import links
from services.intake.domain.attachments import (
    Attachment,
    AttachmentGone,
    AttachmentNotFound,
    AttachmentNotReady,
    DocumentForbidden,
    LinkInvalid,
    TicketNotFound,
)
from services.intake.queries import views
from services.intake.schemas import attachments as schemas
from services.intake.settings import Settings
from services.intake.use_cases import attachments as use_cases
from services.intake.use_cases import viewing
from shared.contracts.intake import IntakeDataRead, Sensitivity
from shared.contracts.looks import Sight
from shared.db.session import SessionDep
from shared.directory import SIGNED_LINKS, UPLOADS
from shared.messaging.looks import tell_look
from shared.service import GroundDep
from shared.web.actor import ActorKind, Forbidden
from shared.web.looks import LookDep
from shared.web.pages import CursorInvalid, Page, PageDep
from shared.web.problems import problems

router: Final = APIRouter(prefix=UPLOADS, tags=["attachments"])
followed: Final = APIRouter(tags=["attachments"])
_CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("", responses=problems(TicketNotFound, CursorInvalid, Forbidden))
async def list_attachments(
    *,
    ticket_id: Annotated[UUID, Query()],
    actor: ReaderDep,
    look: LookDep,
    session: SessionDep,
    ground: GroundDep,
    page: PageDep,
) -> Page[schemas.Attachment]:
    """List the files of a ticket, oldest first: players and visitors see their own and what they were sent."""
    bound = {"brand": actor.brand, "viewer": f"{actor.kind}:{actor.id}", "ticket": ticket_id}
    after = page.after(bound)
    found = await viewing.see_all(
        session, brand=actor.brand, ticket_id=ticket_id, viewer=actor.author(),
        after=UUID(after[0]) if after else None, limit=page.limit + 1,
    )  # fmt: skip
    now = ground.clock.now()
    await tell_look(
        session, look, IntakeDataRead, Sight.LIST_ATTACHMENTS, brand=actor.brand, at=now, ticket_id=ticket_id
    )
    shown, next_cursor = page.cut(found, lambda one: (str(one.id),), bound)
    return Page(items=[schemas.Attachment.of(one) for one in shown], next_cursor=next_cursor)


@router.get("/{attachment_id}", responses=problems(AttachmentNotFound, Forbidden))
async def get_attachment(
    attachment_id: UUID, actor: ReaderDep, look: LookDep, session: SessionDep, ground: GroundDep
) -> schemas.Attachment:
    """Say what a file is and where it stands; this is no look into it."""
    found = await viewing.see(session, brand=actor.brand, attachment_id=attachment_id, viewer=actor.author())
    await viewing.tell(session, found, look, Sight.READ_ATTACHMENT, now=ground.clock.now())
    return schemas.Attachment.of(found)


@router.post(
    "/{attachment_id}/links",
    status_code=201,
    responses=problems(AttachmentNotFound, AttachmentNotReady, AttachmentGone, DocumentForbidden, Forbidden),
)
async def make_link(
    attachment_id: UUID, actor: ReaderDep, viewer: ViewerDep, session: SessionDep, ground: GroundDep
) -> schemas.FileLink:
    """Make a link by which a browser fetches the file within five minutes.

    Identity documents need the role for them, or an API key's scope `documents:read`, and every link is recorded.
    """
    settings = cast("Settings", ground.settings)
    token, expires_at = await viewing.make_link(
        session, brand=actor.brand, attachment_id=attachment_id, viewer=viewer, key=settings.link_key(),
        life=settings.link_life, now=ground.clock.now(),
    )  # fmt: skip
    return schemas.FileLink(url=f"{settings.public_base_url.rstrip('/')}{SIGNED_LINKS}{token}", expires_at=expires_at)


@router.put("/{attachment_id}/sensitivity", responses=problems(AttachmentNotFound, Forbidden))
async def mark_attachment(
    *,
    attachment_id: UUID,
    body: schemas.MarkAttachment,
    actor: MarkerDep,
    look: LookDep,
    session: SessionDep,
    ground: GroundDep,
) -> schemas.Attachment:
    """Say whether a file is an identity document; that one is none after all is for leads and servers to say."""
    found = await viewing.see(session, brand=actor.brand, attachment_id=attachment_id, viewer=actor.author(), lock=True)
    lowered = found.sensitivity is not body.sensitivity and body.sensitivity is Sensitivity.ORDINARY
    if lowered and actor.kind is ActorKind.STAFF and not actor.has_role("lead"):
        raise Forbidden("that a file is no identity document is for leads to say")
    terms = cast("Settings", ground.settings).terms()
    marked = await use_cases.mark(
        session, attachment=found, sensitivity=body.sensitivity, terms=terms, now=ground.clock.now()
    )
    await viewing.tell(session, marked, look, Sight.MARK_ATTACHMENT, now=ground.clock.now())
    return schemas.Attachment.of(marked)


@router.get("/{attachment_id}/views", responses=problems(AttachmentNotFound, CursorInvalid, Forbidden))
async def list_views(
    *, attachment_id: UUID, actor: AuditorDep, look: LookDep, session: SessionDep, ground: GroundDep, page: PageDep
) -> Page[schemas.AttachmentView]:
    """List who looked at an identity document, oldest first."""
    found = await viewing.see(session, brand=actor.brand, attachment_id=attachment_id, viewer=actor.author())
    await viewing.tell(session, found, look, Sight.READ_ATTACHMENT_VIEWS, now=ground.clock.now())
    bound = {"brand": actor.brand, "views": attachment_id}
    after = page.after(bound)
    rows = await views.views_of(
        session, actor.brand, attachment_id, after=UUID(after[0]) if after else None, limit=page.limit + 1
    )
    shown, next_cursor = page.cut(rows, lambda row: (str(row.id),), bound)
    return Page(items=[schemas.AttachmentView.model_validate(row) for row in shown], next_cursor=next_cursor)


@followed.get(
    SIGNED_LINKS + "{token}",
    response_class=StreamingResponse,
    responses={**_CONTENT, **problems(LinkInvalid, AttachmentNotReady, AttachmentGone)},
)
async def follow_link(token: str, request: Request, ground: GroundDep) -> StreamingResponse:
    """Fetch a file by its link. Only pictures, which were drawn anew, are shown in place; all else is a download."""
    settings, now = cast("Settings", ground.settings), ground.clock.now()
    link = links.read(token, key=settings.link_key(), now=now)
    async with ground.database.begin(link.brand) as session:
        found = await viewing.follow_link(session, link=link, request_id=request.state.request_id, now=now)
    pieces = files_of(ground).store.read(str(found.file_key), found.place)
    try:
        first = await anext(pieces)
    except FileLost as error:
        raise AttachmentGone from error
    return StreamingResponse(_after(first, pieces), headers=_headers(found))


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _headers(found: Attachment) -> dict[str, str]:
    media_type = found.media_type or "application/octet-stream"
    shown = "inline" if media_type.startswith("image/") else "attachment"
    plain = found.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return {
        "Content-Type": f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type,
        "Content-Length": str(found.size),
        "Content-Disposition": f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }
