"""Files are taken out of the mails they came with, by the way that uploads go, one after the other.

What a player uploads meanwhile is inspected beside them. A file's outcome is one transaction; a process that ends
before it leaves the file where it was, in its mail, and the next one begins anew under the same key.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from email.message import Message
from itertools import groupby
from typing import IO, Final, cast
from uuid import UUID

from prometheus_client import Counter, Gauge

from services.intake.clients.files import Files, files_of
from services.intake.domain.attachments import SCAN_FILES, Found
from services.intake.domain.file_names import plain_name
from services.intake.domain.file_types import REFUSALS
from services.intake.domain.mail import place_of
from services.intake.domain.mailed_files import LOST, TAKE_FILES, UNREADABLE, Refused
from services.intake.queries import mailed_files as queries
from services.intake.queries.mailed_files import Claimed
from services.intake.settings import Settings
from services.intake.use_cases import mailed_files as use_cases
from shared.channels.email import Attachment as Part
from shared.channels.email import Undecodable, opened, pieces
from shared.errors import DomainError
from shared.messaging.runtime import Ground, Job
from shared.sealing import SealBroken
from shared.telemetry import log

TAKEN: Final = Counter("intake_mailed_files_total", "Files of mails by what became of them", ["outcome"])
WAITING: Final = Gauge("intake_waiting_mailed_files", "Files that are still in their mails")
_BATCH: Final = 4
_MARGIN: Final = timedelta(seconds=30)
_IDLE: Final = timedelta(seconds=1)
_AFTER_FAULT: Final = timedelta(seconds=15)
_GONE: Final = Refused(LOST, "the mail it came with can no longer be read")
_FATAL: Final = Refused(UNREADABLE, "reading it ended the reader more than once")
_logger = log(__name__)

Parts = dict[int, tuple[Part, Message]]


async def take_mailed_files(ground: Ground) -> timedelta:
    """Take files out of their mails, those waiting longest first; a fault of ours refuses none."""
    settings = cast("Settings", ground.settings)
    async with ground.database.begin_worker() as session:
        lease = (settings.inspect_timeout + _MARGIN) * (_BATCH + 1)
        claimed = await queries.claim_files(session, count=_BATCH, lease=lease)
        WAITING.set(await queries.files_waiting(session))
    waiting = list(claimed)
    try:
        for delivery_id, group in groupby(claimed, key=lambda one: one.delivery_id):
            of_mail = list(group)
            parts = await _parts(ground, settings, of_mail[0].attachment.brand, delivery_id)
            for one in of_mail:
                await _try(ground, settings, one, parts)
                waiting.remove(one)
    except (OSError, DomainError) as error:
        _logger.warning("mailed_files_wait", error=repr(error)[:200])
        return _AFTER_FAULT
    finally:
        await _give_back(ground, waiting)
    return timedelta(0) if len(claimed) == _BATCH else _IDLE


async def _give_back(ground: Ground, waiting: Sequence[Claimed]) -> None:
    """Let files be taken soon that a full disk, a stop or an absent database kept from it: not their fault."""
    if waiting:
        with suppress(DomainError):
            async with ground.database.begin_worker() as session:
                await queries.release_files(session, [one.attachment.id for one in waiting], by=_AFTER_FAULT)


async def _parts(ground: Ground, settings: Settings, brand: str, delivery_id: UUID) -> Parts:
    """Return what is attached to a mail; nothing if the mail is gone or does not open."""
    async with ground.database.begin(brand) as session:
        sealed = await queries.sealed_mail(session, brand, delivery_id)
    return {} if sealed is None else await asyncio.to_thread(_opened, settings, sealed, place_of(brand, delivery_id))


def _opened(settings: Settings, sealed: bytes, place: tuple[str, str, str]) -> Parts:
    try:
        return opened(settings.seal().open(sealed, place))
    except SealBroken:
        return {}


async def _try(ground: Ground, settings: Settings, one: Claimed, parts: Parts) -> None:
    """Take a file; one over which our code stumbles is tried again after its lease, a few times."""
    try:
        # Within the lease: two that wrote the same file at once would spoil it.
        async with asyncio.timeout((settings.inspect_timeout + _MARGIN).total_seconds()):
            outcome = await _outcome(files_of(ground), settings, one, parts.get(one.part))
        if isinstance(outcome, Refused):
            await _refuse(ground, one, outcome)
        else:
            await _settle(ground, one, outcome)
    except (OSError, DomainError):
        raise
    except Exception as error:  # noqa: BLE001 - one file must not keep the others in their mails
        _logger.warning("mailed_file_failed", attachment_id=str(one.attachment.id), error=repr(error)[:200])


async def _refuse(ground: Ground, one: Claimed, why: Refused) -> None:
    async with ground.database.begin(one.attachment.brand) as session:
        is_refused = await use_cases.refuse(session, one.attachment, why, now=ground.clock.now())
    if is_refused:
        await files_of(ground).store.forget(str(one.attachment.file_key))
        TAKEN.labels(why.reason).inc()


async def _settle(ground: Ground, one: Claimed, found: Found) -> None:
    scanned = files_of(ground).scanner is not None
    async with ground.database.begin(one.attachment.brand) as session:
        settled = await use_cases.settle(session, one.attachment, found, scanned=scanned, now=ground.clock.now())
    if settled is not None:
        TAKEN.labels(settled.state.value).inc()
    if scanned:
        ground.wake(SCAN_FILES)


async def _outcome(
    files: Files, settings: Settings, one: Claimed, found: tuple[Part, Message] | None
) -> Found | Refused:
    """Return what a file is, once it is sealed into the store, or why it is refused."""
    if one.attempts > settings.read_attempts:
        return _FATAL
    if found is None:
        return _GONE
    part, message = found
    digest = one.attachment.digest or b""
    with files.store.room() as source:
        try:
            if await asyncio.to_thread(_decode, message, source) != digest:
                return _GONE
            return await files.keep(
                source, one.attachment, name=plain_name(part.name), declared=part.media_type, digest=digest
            )
        except Undecodable:
            return _GONE
        except DomainError as error:
            if error.code() not in REFUSALS:
                raise
            return Refused(error.code(), error.detail)


def _decode(part: Message, target: IO[bytes]) -> bytes:
    """Write what a part holds to `target` and return its digest."""
    digest = hashlib.sha256()
    for piece in pieces(part):
        digest.update(piece)
        target.write(piece)
    target.flush()
    return digest.digest()


JOBS: Final = (Job(TAKE_FILES, take_mailed_files),)
