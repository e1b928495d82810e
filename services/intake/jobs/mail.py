"""What intake does by the clock: read the mails that came in, forget the old ones."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, cast

from prometheus_client import Counter

from services.intake.domain.mail import READ_MAIL, Delivery, DeliveryState, Recipient, Words, place_of, words_of
from services.intake.domain.mailed_files import TAKE_FILES
from services.intake.queries import mail as queries
from services.intake.queries.mail import AnyRow
from services.intake.settings import Settings
from services.intake.use_cases import mail as use_cases
from shared.channels.email import parse
from shared.errors import DomainError, Kind
from shared.messaging.runtime import Ground, Job
from shared.telemetry import log

READ: Final = Counter("intake_mails_total", "Mails by what became of them", ["outcome"])
_BATCH: Final = 10
_FORGET: Final = 1000
_IDLE: Final = timedelta(seconds=1)
_NEXT_FORGETTING: Final = timedelta(minutes=10)
_logger = log(__name__)


async def read_mail(ground: Ground) -> timedelta:
    """Claim unread mails and tell the words of each in a transaction of its own."""
    settings = cast("Settings", ground.settings)
    async with ground.database.begin_worker() as session:
        rows = await use_cases.claim_mails(
            session, count=_BATCH, lease=settings.read_lease, attempts=settings.read_attempts
        )
    unread = list(rows)
    try:
        while unread:
            outcome = await _read_one(ground, settings, unread[0])
            READ.labels(outcome.value).inc()
            unread.pop(0)
    finally:
        await _give_back(ground, unread)
    return timedelta(0) if len(rows) == _BATCH else _IDLE


async def _give_back(ground: Ground, unread: Sequence[AnyRow]) -> None:
    """Let others read at once what a stop or an absent database kept us from; else its lease has to run out."""
    if unread:
        with suppress(DomainError):
            async with ground.database.begin_worker() as session:
                await queries.release_deliveries(session, [row.id for row in unread])


async def _read_one(ground: Ground, settings: Settings, row: AnyRow) -> DeliveryState:
    try:
        return await _tell(ground, settings, row)
    except Exception as error:
        if isinstance(error, DomainError) and error.kind is Kind.UNAVAILABLE:
            raise
        reason = error.code() if isinstance(error, DomainError) else type(error).__name__
        _logger.warning("mail_set_aside", delivery_id=str(row.id), reason=reason)
        async with ground.database.begin(row.brand) as session:
            await use_cases.set_aside(session, brand=row.brand, delivery_id=row.id, reason=reason)
        return DeliveryState.PARSE_FAILED


async def _tell(ground: Ground, settings: Settings, row: AnyRow) -> DeliveryState:
    async with ground.database.begin(row.brand) as session:
        own = await queries.mailboxes_of(session, row.brand)
    delivery, words = await asyncio.to_thread(_read, settings, row, own)
    async with ground.database.begin(row.brand) as session:
        state = await use_cases.tell_words(session, delivery, words, kept=settings.kept, now=ground.clock.now())
    if words.files and state is DeliveryState.DONE:
        ground.wake(TAKE_FILES)
    return state


def _read(settings: Settings, row: AnyRow, own: Sequence[str]) -> tuple[Delivery, Words]:
    """Open and read a mail, which takes a large one a while."""
    recipient = Recipient(row.brand, row.mailbox, row.rcpt_to, row.ticket_id)
    raw = settings.seal().open(row.sealed, place_of(row.brand, row.id))
    delivery = Delivery(row.id, recipient, row.mail_from, raw, row.received_at)
    return delivery, words_of(parse(raw), delivery, mailboxes=own, key=settings.token_key())


async def forget_old(ground: Ground) -> timedelta:
    """Delete one batch of what is past its time; come back soon while there is more."""
    settings = cast("Settings", ground.settings)
    async with ground.database.begin_worker() as session:
        gone = await queries.forget_deliveries(
            session, kept=settings.kept, failed_kept=settings.failed_kept, most=_FORGET
        )
    return _IDLE if gone >= _FORGET else _NEXT_FORGETTING


JOBS: Final = (Job(READ_MAIL, read_mail), Job("forget_old_mail", forget_old))
