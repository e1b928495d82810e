"""Files come in, are found harmless or not, and are carried by words."""

from datetime import datetime, timedelta

from services.intake.domain.attachments import (
    MOST_LOOSE,
    WITHDRAWN,
    Attachment,
    AttachmentState,
    Carried,
    Found,
    Terms,
    TicketNotFound,
    TooManyUploads,
    Wish,
    is_outside,
    same_person,
)
from services.intake.queries import attachments as queries
from shared.contracts.base import Author, Channel
from shared.contracts.intake import AttachmentReady, AttachmentRejected, Sensitivity
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging import outbox
from shared.redaction import redact
from shared.web.idempotency import IdempotencyKeyReused, RequestInProgress

_NAME_WHILE_RECEIVING = ""


async def begin_upload(
    session: Session, *, brand: str, uploader: Author, wish: Wish, file_key: str, lease: timedelta, now: datetime
) -> Attachment:
    """Note that a file is coming in, or return what came in under the same key before.

    A ticket that is known to be somebody else's is none; one that is not known here yet is taken at its uploader's
    word, which means nothing until words are accepted there. What never arrives is forgotten after the lease.
    """
    if wish.ticket_id is not None and is_outside(uploader):
        owner = await queries.owner_of(session, brand, wish.ticket_id)
        if owner is not None and not same_person(owner, uploader):
            raise TicketNotFound
    values: dict[str, object] = {
        "id": new_id(),
        "brand": brand,
        "ticket_id": wish.ticket_id,
        "uploader_kind": uploader.kind.value,
        "uploader_id": uploader.id,
        "uploader_name": uploader.name,
        "client_key": wish.key,
        "name": _NAME_WHILE_RECEIVING,
        "sensitivity": wish.sensitivity.value,
        "state": AttachmentState.RECEIVING.value,
        "file_key": file_key,
        "created_at": now,
        "delete_at": now + lease,
    }
    is_new = await queries.insert_attachment(session, values)
    if not is_new:
        return await _earlier(session, brand, uploader, wish, values, lease)
    if is_outside(uploader) and await queries.loose_count(session, brand, uploader) > MOST_LOOSE:
        raise TooManyUploads("send or wait: no message carries your other files yet", retry_after=60)
    return _receiving(values, brand, uploader, wish, now)


async def _earlier(
    session: Session, brand: str, uploader: Author, wish: Wish, values: dict[str, object], lease: timedelta
) -> Attachment:
    """Return what has come in under this key; what broke off before is begun anew."""
    earlier = await queries.attachment_with_key(session, brand, uploader, wish.key)
    if earlier is None:
        raise RequestInProgress(retry_after=1)
    if earlier.state is not AttachmentState.RECEIVING:
        return earlier
    now = values["created_at"]
    if not isinstance(now, datetime) or earlier.created_at > now - lease:
        raise RequestInProgress(retry_after=1)
    anew = {name: value for name, value in values.items() if name not in {"id", "brand", "file_key"}}
    return await queries.change_attachment(session, earlier, anew)


def _receiving(values: dict[str, object], brand: str, uploader: Author, wish: Wish, now: datetime) -> Attachment:
    return Attachment(
        id=values["id"],  # type: ignore[arg-type] # made above
        brand=brand,
        ticket_id=wish.ticket_id,
        message_id=None,
        public=False,
        uploader=uploader,
        name=_NAME_WHILE_RECEIVING,
        media_type=None,
        size=None,
        width=None,
        height=None,
        digest=None,
        sensitivity=wish.sensitivity,
        state=AttachmentState.RECEIVING,
        reason=None,
        file_key=str(values["file_key"]),
        created_at=now,
    )


def check_same_file(earlier: Attachment, digest: bytes) -> None:
    """Refuse another file under a key that was used."""
    if earlier.digest != digest:
        raise IdempotencyKeyReused(field="#header/Idempotency-Key")


async def finish_upload(
    session: Session, attachment: Attachment, found: Found, *, scanned: bool, terms: Terms, now: datetime
) -> Attachment:
    """Write down what came in: to be scanned first, or ready where nothing scans."""
    state = AttachmentState.PENDING if scanned else AttachmentState.READY
    return await queries.change_attachment(
        session,
        attachment,
        {
            "name": redact(found.name),
            "media_type": found.media_type,
            "size": found.size,
            "width": found.width,
            "height": found.height,
            "digest": found.digest,
            "state": state.value,
            "next_at": now if scanned else None,
            "delete_at": now + terms.loose,
        },
    )


async def carry(session: Session, *, brand: str, carried: Carried, terms: Terms, now: datetime) -> None:
    """Let words carry the files they name; those of others stay where they are, and the words are told without them."""
    for one in await queries.lock_carried(session, brand, carried):
        first = one.message_id is None
        sensitivity, speaker = carried.sensitivity() or one.sensitivity, carried.speaker_of(one)
        changed = await queries.change_attachment(
            session,
            one,
            {
                "ticket_id": carried.ticket_id,
                "message_id": carried.message_id,
                "public": carried.public and one.reason != WITHDRAWN,
                "uploader_kind": speaker.kind.value,
                "uploader_id": speaker.id,
                "uploader_name": speaker.name,
                "sensitivity": sensitivity.value,
                "attached_at": now,
                "delete_at": now + terms.of(sensitivity),
            },
        )
        if first:
            await tell_outcome(session, changed, now)


async def hide(session: Session, *, brand: str, carried: Carried) -> None:
    """Let nobody outside see files of words that were withdrawn, but who sent them; also where they are yet to come."""
    for one in await queries.lock_carried(session, brand, carried):
        await queries.change_attachment(session, one, {"public": False, "reason": WITHDRAWN})


async def pass_scan(session: Session, *, scanned: Attachment, now: datetime) -> bool:
    """Let a file be fetched; False if it is no longer waiting for this."""
    waiting = await waiting_in(session, scanned, AttachmentState.PENDING)
    if waiting is None:
        return False
    ready = await queries.change_attachment(session, waiting, {"state": AttachmentState.READY.value, "next_at": None})
    await tell_outcome(session, ready, now)
    return True


async def reject(
    session: Session,
    *,
    scanned: Attachment,
    reason: str,
    now: datetime,
    detail: str | None = None,
    state: AttachmentState = AttachmentState.PENDING,
) -> bool:
    """Refuse a file that had been taken; False if it is no longer waiting in `state`. Its content is already gone."""
    waiting = await waiting_in(session, scanned, state)
    if waiting is None:
        return False
    refused = {"state": AttachmentState.REJECTED.value, "reason": reason, "detail": detail}
    rejected = await queries.change_attachment(session, waiting, {**refused, "next_at": None, "file_key": None})
    if rejected.promised_to is None:
        await _tell_rejected(session, rejected, now)
    else:
        await tell_outcome(session, rejected, now)
    return True


async def tell_outcome(session: Session, one: Attachment, now: datetime) -> None:
    """Tell what became of a file, if it is decided and words carry it.

    That an upload was refused is told at once, that a file of a mail was when its ticket is known.
    """
    if one.message_id is None:
        return
    if one.state is AttachmentState.READY:
        await _tell_ready(session, one, now)
    elif one.state is AttachmentState.REJECTED and one.promised_to is not None:
        await _tell_rejected(session, one, now)


async def mark(
    session: Session, *, attachment: Attachment, sensitivity: Sensitivity, terms: Terms, now: datetime
) -> Attachment:
    """Say what a locked file is; how long it stays follows from that."""
    until = {} if attachment.message_id is None else {"delete_at": now + terms.of(sensitivity)}
    return await queries.change_attachment(session, attachment, {"sensitivity": sensitivity.value, **until})


async def waiting_in(session: Session, known: Attachment, state: AttachmentState) -> Attachment | None:
    """Return a file as it is now, locked; None unless it is in `state`."""
    found = await queries.find_attachment(session, known.brand, known.id, lock=True)
    return found if found is not None and found.state is state else None


async def _tell_ready(session: Session, one: Attachment, now: datetime) -> None:
    assert one.ticket_id is not None  # noqa: S101 - `carry` has set both
    assert one.message_id is not None  # noqa: S101
    event = AttachmentReady(
        attachment_id=one.id,
        ticket_id=one.ticket_id,
        message_id=one.message_id,
        public=one.public,
        name=one.name,
        media_type=one.media_type or "",
        size=one.size or 0,
        width=one.width,
        height=one.height,
        sensitivity=one.sensitivity,
        uploaded_by=one.uploader,
        ready_at=now,
    )
    await outbox.record(session, event, brand=one.brand, sequence=1, at=now)


async def _tell_rejected(session: Session, one: Attachment, now: datetime) -> None:
    event = AttachmentRejected(
        attachment_id=one.id,
        ticket_id=one.ticket_id,
        message_id=one.message_id,
        public=one.public,
        name=one.name,
        reason=one.reason or "",
        uploaded_by=one.uploader,
        rejected_at=now,
        channel=None if one.promised_to is None else Channel.EMAIL,
        detail=one.detail,
    )
    await outbox.record(session, event, brand=one.brand, sequence=1, at=now)
