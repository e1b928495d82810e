"""Files are scanned when the scanner is there, and deleted when their time is over."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from prometheus_client import Counter, Gauge

from services.intake.clients.files import Files, files_of
from services.intake.clients.scanner import ScannerAway
from services.intake.clients.store import FileLost
from services.intake.domain.attachments import INFECTED, SCAN_FILES, Attachment
from services.intake.queries import attachments as queries
from services.intake.settings import Settings
from services.intake.use_cases import attachments as use_cases
from shared.errors import DomainError
from shared.messaging.runtime import Ground, Job
from shared.sealing import SealBroken
from shared.telemetry import log

SCANNED: Final = Counter("intake_scans_total", "Scans of files by verdict", ["verdict"])
UNSCANNED: Final = Gauge("intake_unscanned_files", "Files that wait for the virus scanner")
FORGOTTEN: Final = Counter("intake_files_forgotten_total", "Files deleted because their time was over")
_SCANS: Final = 4
_PAST: Final = 100
_MARGIN: Final = timedelta(seconds=30)
_IDLE: Final = timedelta(seconds=1)
_NO_SCANNER: Final = timedelta(minutes=1)
_NEXT_PAST: Final = timedelta(minutes=1)
_logger = log(__name__)


async def scan_files(ground: Ground) -> timedelta:
    """Scan what waits, oldest first. While the scanner is away nothing is lost, and nothing delivered unscanned."""
    settings, files = cast("Settings", ground.settings), files_of(ground)
    if files.scanner is None:
        return _NO_SCANNER
    async with ground.database.begin_worker() as session:
        claimed = await queries.claim_unscanned(session, count=_SCANS, lease=settings.scan_timeout * _SCANS + _MARGIN)
        UNSCANNED.set(await queries.waiting_for_scan(session))
    waiting = list(claimed)
    try:
        while waiting:
            await _scan(ground, files, waiting[0])
            waiting.pop(0)
    except ScannerAway as error:
        SCANNED.labels("away").inc()
        _logger.warning("scanner_away", error=str(error)[:200])
        return min(settings.scan_again, _IDLE)
    finally:
        await _give_back(ground, [one.id for one in waiting], settings.scan_again)
    return timedelta(0) if len(claimed) == _SCANS else _IDLE


async def _give_back(ground: Ground, ids: Sequence[UUID], later: timedelta) -> None:
    """Let files be scanned soon that an absent scanner, a stop or an absent database kept from it."""
    if ids:
        with suppress(DomainError):
            async with ground.database.begin_worker() as session:
                await queries.postpone_scans(session, ids, by=later)


async def _scan(ground: Ground, files: Files, one: Attachment) -> None:
    """Scan one file; what is found is deleted before anything else."""
    assert files.scanner is not None  # noqa: S101 - asked by the caller
    key = str(one.file_key)
    try:
        virus = await files.scanner.scan(files.store.read(key, one.place))
        reason = None if virus is None else INFECTED
    except (FileLost, SealBroken) as error:
        virus, reason = type(error).__name__, "lost"
    if reason is not None:
        _logger.warning("file_rejected", attachment_id=str(one.id), found=virus)
        await files.store.forget(key)
    now = ground.clock.now()
    async with ground.database.begin(one.brand) as session:
        if reason is None:
            await use_cases.pass_scan(session, scanned=one, now=now)
        else:
            await use_cases.reject(session, scanned=one, reason=reason, now=now)
    SCANNED.labels(reason or "clean").inc()


async def forget_files(ground: Ground) -> timedelta:
    """Delete one batch of files whose time is over: first the content, then what is known of it."""
    files = files_of(ground)
    async with ground.database.begin_worker() as session:
        past = await queries.claim_past(session, count=_PAST, lease=_MARGIN * 10)
    for one in past:
        if one.file_key is not None:
            await files.store.forget(one.file_key)
    if past:
        async with ground.database.begin_worker() as session:
            FORGOTTEN.inc(await queries.finish_past(session, past))
    return timedelta(0) if len(past) == _PAST else _NEXT_PAST


JOBS: Final = (Job(SCAN_FILES, scan_files), Job("forget_files", forget_files))
