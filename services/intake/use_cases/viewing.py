"""Files are looked at: told of, linked to, fetched, and each look at a document recorded."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.intake.domain import links
from services.intake.domain.attachments import (
    Attachment,
    AttachmentNotFound,
    LinkInvalid,
    TicketNotFound,
    check_may_open,
    is_outside,
    is_recorded,
    may_see,
    same_person,
)
from services.intake.queries import attachments as queries
from services.intake.queries import views
from shared.contracts.base import Author
from shared.contracts.intake import IntakeDataRead
from shared.contracts.looks import Look, Sight
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.looks import tell_look


class Viewer(NamedTuple):
    """Who wants to look, and what the record says of the look; `documents`: identity documents too."""

    author: Author
    documents: bool
    request_id: str
    reason: str | None = None


async def see(session: Session, *, brand: str, attachment_id: UUID, viewer: Author, lock: bool = False) -> Attachment:
    """Return an attachment that exists for `viewer`."""
    found = await queries.find_attachment(session, brand, attachment_id, lock=lock)
    if found is None:
        raise AttachmentNotFound
    owner = None if found.ticket_id is None else await queries.owner_of(session, brand, found.ticket_id)
    if not may_see(viewer, found, owner):
        raise AttachmentNotFound
    return found


async def see_all(
    session: Session, *, brand: str, ticket_id: UUID, viewer: Author, after: UUID | None, limit: int
) -> list[Attachment]:
    """Return the files of a ticket that exist for `viewer`."""
    outside = is_outside(viewer)
    if outside:
        owner = await queries.owner_of(session, brand, ticket_id)
        if owner is not None and not same_person(owner, viewer):
            raise TicketNotFound
        if owner is None:
            # Not known here yet: then nobody but the viewer can have put anything there that he may see.
            found = await queries.attachments_of(session, brand, ticket_id, seen_by=viewer, after=after, limit=limit)
            return [one for one in found if same_person(one.uploader, viewer)]
    return await queries.attachments_of(
        session, brand, ticket_id, seen_by=viewer if outside else None, after=after, limit=limit
    )


async def make_link(
    session: Session, *, brand: str, attachment_id: UUID, viewer: Viewer, key: bytes, life: timedelta, now: datetime
) -> tuple[str, datetime]:
    """Return a signed link for `viewer` and when it ends."""
    found = await see(session, brand=brand, attachment_id=attachment_id, viewer=viewer.author)
    check_may_open(viewer.author, found, documents=viewer.documents)
    await _record(session, found, viewer, deed="link", now=now)
    expires_at = (now + life).replace(microsecond=0)
    return links.signed(links.Link(brand, found.id, viewer.author, expires_at), key), expires_at


async def follow_link(session: Session, *, link: links.Link, request_id: str, now: datetime) -> Attachment:
    """Return the file a link leads to, if it is still there and still open to whom the link was made for."""
    found = await queries.find_attachment(session, link.brand, link.attachment_id)
    if found is None:
        raise LinkInvalid
    # The link itself proves that its viewer might look; only what became of the file since can refuse it.
    check_may_open(link.viewer, found, documents=True)
    await _record(session, found, Viewer(link.viewer, documents=True, request_id=request_id), deed="download", now=now)
    return found


async def tell(session: Session, attachment: Attachment, look: Look | None, sight: Sight, *, now: datetime) -> None:
    """Tell the audit trail of a look at a file, or of a deed with it."""
    await tell_look(
        session, look, IntakeDataRead, sight, brand=attachment.brand, at=now, ticket_id=attachment.ticket_id,
        narrowed={"attachment": attachment.id},
    )  # fmt: skip


async def _record(session: Session, attachment: Attachment, viewer: Viewer, *, deed: str, now: datetime) -> None:
    if not is_outside(viewer.author):
        sight = Sight.OPEN_ATTACHMENT if deed == "link" else Sight.FETCH_ATTACHMENT
        await tell(session, attachment, Look(viewer.author, viewer.request_id, viewer.reason), sight, now=now)
    if not is_recorded(viewer.author, attachment):
        return
    await views.insert_view(
        session,
        {
            "id": new_id(),
            "brand": attachment.brand,
            "attachment_id": attachment.id,
            "ticket_id": attachment.ticket_id,
            "deed": deed,
            "viewer_kind": viewer.author.kind.value,
            "viewer_id": viewer.author.id,
            "viewer_name": viewer.author.name,
            "reason": viewer.reason,
            "request_id": viewer.request_id,
            "viewed_at": now,
        },
    )
