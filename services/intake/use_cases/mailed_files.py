"""Files that came by mail: promised to its words, and taken out of it afterwards."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.intake.clients.store import FileStore
from services.intake.domain.attachments import Attachment, AttachmentState, Found
from services.intake.domain.mail import Delivery
from services.intake.domain.mailed_files import MailedFile, Refused
from services.intake.queries import attachments, mailed_files
from services.intake.use_cases.attachments import reject, tell_outcome, waiting_in
from shared.contracts.base import Author, AuthorKind
from shared.contracts.intake import Sensitivity
from shared.db.engine import Session
from shared.ids import new_id
from shared.redaction import redact

# Whose a file is until tickets says who wrote the mail: an address proves nobody.
_INTAKE: Final = Author(kind=AuthorKind.SYSTEM, id="intake")
_LONGEST_DETAIL: Final = 300


async def promise(
    session: Session,
    delivery: Delivery,
    files: Iterable[MailedFile],
    *,
    message_id: UUID,
    kept: timedelta,
    now: datetime,
) -> tuple[UUID, ...]:
    """Note the files of a mail in the transaction that tells its words, and return their ids: both happen or neither.

    Those that no words ever carry stay as long as their mail does (`kept`). Files are listed by id, so the ids rise in
    the order of the mail: several that are drawn in one millisecond do not by themselves.
    """
    found = list(files)
    named = dict(zip(sorted(new_id() for _ in found), found, strict=True))
    rows = [_row(delivery, one, message_id, now) | {"id": id_, "delete_at": now + kept} for id_, one in named.items()]
    await mailed_files.insert_files(session, rows)
    return tuple(named)


def _row(delivery: Delivery, one: MailedFile, message_id: UUID, now: datetime) -> dict[str, object]:
    refused = one.refused
    return {
        "brand": delivery.recipient.brand,
        "uploader_kind": _INTAKE.kind.value,
        "uploader_id": _INTAKE.id,
        "name": redact(one.name),
        "size": one.size,
        "digest": one.digest,
        "sensitivity": Sensitivity.ORDINARY.value,
        "state": (AttachmentState.REJECTED if refused else AttachmentState.MAILED).value,
        "reason": refused.reason if refused else None,
        "detail": refused.detail if refused else None,
        "file_key": None if refused else FileStore.new_key(),
        "delivery_id": delivery.id,
        "part": one.part,
        "promised_to": message_id,
        "created_at": now,
        "next_at": None if refused else now,
    }


async def settle(
    session: Session, mailed: Attachment, found: Found, *, scanned: bool, now: datetime
) -> Attachment | None:
    """Write down what a file turned out to be: to be scanned first, or ready; None if that was done before."""
    waiting = await waiting_in(session, mailed, AttachmentState.MAILED)
    if waiting is None:
        return None
    settled = await attachments.change_attachment(
        session,
        waiting,
        {
            "name": redact(found.name),
            "media_type": found.media_type,
            "size": found.size,
            "width": found.width,
            "height": found.height,
            "state": (AttachmentState.PENDING if scanned else AttachmentState.READY).value,
            "attempts": 0,
            "next_at": now if scanned else None,
        },
    )
    await tell_outcome(session, settled, now)
    return settled


async def refuse(session: Session, mailed: Attachment, refused: Refused, *, now: datetime) -> bool:
    """Refuse a file that is still in its mail; False if its outcome was known before."""
    # It may quote the sender's own name or type of the file.
    detail = redact("".join(one for one in refused.detail if one.isprintable()))[:_LONGEST_DETAIL]
    return await reject(
        session, scanned=mailed, reason=refused.reason, detail=detail, now=now, state=AttachmentState.MAILED
    )
