"""The route by which files come in: read piece by piece, inspected, sealed, and only then written down."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import IO, Annotated, Any, Final, cast
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from prometheus_client import Counter
from starlette.requests import ClientDisconnect

from services.intake.api.callers import UploaderDep
from services.intake.clients.files import Files, files_of
from services.intake.domain.attachments import (
    SCAN_FILES,
    Attachment,
    AttachmentState,
    TicketNotFound,
    TooManyUploads,
    UploadBroken,
    UploadsBusy,
    Wish,
)
from services.intake.domain.file_types import REFUSALS, AttachmentEmpty
from services.intake.queries import attachments as queries
from services.intake.schemas import attachments as schemas
from services.intake.settings import Settings
from services.intake.use_cases import attachments as use_cases
from shared.contracts.intake import Sensitivity
from shared.directory import UPLOADS
from shared.errors import DomainError
from shared.messaging.runtime import Ground
from shared.service import GroundDep
from shared.web.actor import ActorKind, Forbidden
from shared.web.edge import BodyTooSlow
from shared.web.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInProgress
from shared.web.problems import problems

UPLOADED: Final = Counter("intake_uploads_total", "Files that came in, by what became of them", ["outcome"])
_PIECE: Final = 256 * 1024
# Longer than any upload may take.
_LEASE: Final = timedelta(minutes=3)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
router: Final = APIRouter(tags=["attachments"])

Key = Annotated[
    str | None,
    Header(
        pattern=r"^[\x20-\x7e]+$", max_length=255, description="required from API keys; the same key is the same file"
    ),
]


@router.post(
    UPLOADS,
    status_code=201,
    response_model=schemas.Attachment,
    openapi_extra=_BODY,
    responses=problems(
        TicketNotFound,
        TooManyUploads,
        UploadBroken,
        UploadsBusy,
        Forbidden,
        BodyTooSlow,
        IdempotencyKeyMissing,
        IdempotencyKeyReused,
        RequestInProgress,
        *REFUSALS.values(),
    ),
)
async def upload(
    *,
    request: Request,
    actor: UploaderDep,
    ground: GroundDep,
    name: Annotated[str, Query(min_length=1, max_length=1000, description="what the file is called")],
    ticket_id: Annotated[UUID | None, Query(description="the conversation whose next message will carry it")] = None,
    sensitivity: Annotated[Sensitivity, Query()] = Sensitivity.ORDINARY,
    client_id: Annotated[
        str | None, Query(pattern=r"^[\x20-\x7e]+$", max_length=255, description="instead of Idempotency-Key")
    ] = None,
    idempotency_key: Key = None,
) -> Response:
    """Send a file of at most 20 MiB as the body: JPEG, PNG, WebP, GIF, PDF, MP4 or UTF-8 text.

    What it is decides its content, and its declared type and extension must not contradict that. A message carries it
    by naming its id; a file that no message carries is deleted after a day. `state` is `pending` while a virus scanner
    has not seen it.
    """
    key = idempotency_key or client_id
    if key is None and actor.kind is ActorKind.SERVER:
        raise IdempotencyKeyMissing(field="#header/Idempotency-Key")
    files, uploader = files_of(ground), actor.author()
    with files.upload_of((actor.brand, actor.kind.value, actor.id)):
        wish = Wish(name, ticket_id, sensitivity, key)
        async with ground.database.begin(actor.brand) as session:
            begun = await use_cases.begin_upload(
                session, brand=actor.brand, uploader=uploader, wish=wish, file_key=files.store.new_key(),
                lease=_LEASE, now=ground.clock.now(),
            )  # fmt: skip
        if begun.state is not AttachmentState.RECEIVING:
            use_cases.check_same_file(begun, await _digest(request))
            return _answer(begun, replayed=True)
        try:
            done = await _take(request, ground, files, begun, name)
        except BaseException as error:
            UPLOADED.labels(error.code() if isinstance(error, DomainError) else "broken").inc()
            await asyncio.shield(_forget(ground, files, begun))
            raise
    UPLOADED.labels(done.state.value).inc()
    if done.state is AttachmentState.PENDING:
        ground.wake(SCAN_FILES)
    return _answer(done, replayed=False)


async def _take(request: Request, ground: Ground, files: Files, begun: Attachment, name: str) -> Attachment:
    """Receive, inspect, seal, record; nothing of it is in a transaction but the last step."""
    settings = cast("Settings", ground.settings)
    with files.store.room() as source:
        digest = await _receive(request, source)
        declared = request.headers.get("content-type")
        found = await files.keep(source, begun, name=name, declared=declared, digest=digest)
    async with ground.database.begin(begun.brand) as session:
        return await use_cases.finish_upload(
            session, begun, found, scanned=files.scanner is not None, terms=settings.terms(), now=ground.clock.now()
        )


async def _receive(request: Request, target: IO[bytes]) -> bytes:
    """Write the body to `target` and return its digest; the edge ends one that is too large or too slow."""
    digest, size = hashlib.sha256(), 0
    try:
        async for piece in _pieces(request):
            size += len(piece)
            digest.update(piece)
            await asyncio.to_thread(target.write, piece)
    except ClientDisconnect as error:
        raise UploadBroken from error
    if size == 0:
        raise AttachmentEmpty
    await asyncio.to_thread(target.flush)
    return digest.digest()


async def _digest(request: Request) -> bytes:
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
    return digest.digest()


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """Yield the body in pieces worth a thread's while."""
    gathered = bytearray()
    async for chunk in request.stream():
        gathered += chunk
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


async def _forget(ground: Ground, files: Files, begun: Attachment) -> None:
    """Leave nothing of a file that was refused or did not arrive: its key may be used again."""
    await files.store.forget(str(begun.file_key))
    async with ground.database.begin(begun.brand) as session:
        await queries.drop_attachment(session, begun.brand, begun.id)


def _answer(attachment: Attachment, *, replayed: bool) -> Response:
    body = schemas.Attachment.of(attachment).model_dump_json()
    headers = {"Location": f"{UPLOADS}/{attachment.id}"} | ({"Idempotency-Replayed": "true"} if replayed else {})
    return Response(body, status_code=201, media_type="application/json", headers=headers)
