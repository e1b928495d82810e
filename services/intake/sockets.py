"""The SMTP edge: takes mail for addresses we know, and says 250 only when it is committed.

While the database is away it says 451 and the mail server in front keeps the mail. RFC 5321, RFC 3463 (enhanced codes).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as Dialogue
from prometheus_client import Counter

from services.intake.domain.mail import READ_MAIL, Journey, Recipient
from services.intake.settings import Settings
from services.intake.use_cases import mail as use_cases
from shared.errors import DomainError, Kind
from shared.messaging.runtime import Ground
from shared.telemetry import log

LISTENER: Final = "smtp"
TAKEN: Final = Counter("intake_smtp_total", "Answers to mail handed over", ["outcome"])
_MOST_RECIPIENTS: Final = 50
_LONGEST_LINE: Final = 64 * 1024
_LATER: Final = "451 4.3.0 Not now, please try again later"
_UNKNOWN: Final = "550 5.1.1 No such mailbox here"
_logger = log(__name__)


class Mail(Envelope):
    """The envelope of one mail and what we know of its recipients."""

    def __init__(self) -> None:
        super().__init__()
        self.recipients: list[Recipient] = []


class Protocol(SMTP):
    """The SMTP dialogue, with patience for mailers that send longer lines than RFC 5321 allows."""

    line_length_limit = _LONGEST_LINE

    def _create_envelope(self) -> Mail:
        return Mail()


class Listener:
    """Answers the commands of one or more SMTP dialogues; the names of its methods are aiosmtpd's."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._settings = cast("Settings", ground.settings)
        self._seal = self._settings.seal()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, server: SMTP, dialogue: Dialogue, envelope: Mail, address: str, options: list[str]
    ) -> str:
        """Take a recipient we know; the last of these is remembered with the envelope."""
        del server, dialogue
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if _storable(address) != address:
            TAKEN.labels("unknown").inc()
            return _UNKNOWN
        try:
            async with self._ground.database.begin_worker() as session:
                recipient = await use_cases.find_recipient(session, address, key=self._settings.token_key())
        except DomainError as error:
            return _later(error)
        if recipient is None:
            TAKEN.labels("unknown").inc()
            return _UNKNOWN
        envelope.recipients.append(recipient)
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, dialogue: Dialogue, envelope: Mail) -> str:  # noqa: N802 - the same
        """Keep the mail; an answer of 250 means that it is committed."""
        del server
        journey = Journey(
            mail_from=_storable(envelope.mail_from or ""),
            helo=_storable(dialogue.host_name or ""),
            peer=_storable(str((dialogue.peer or ("",))[0])),
        )
        deliveries = await asyncio.to_thread(
            use_cases.sealed_deliveries,
            bytes(envelope.original_content or b""),
            recipients=envelope.recipients,
            journey=journey,
            seal=self._seal,
            now=self._ground.clock.now(),
        )
        try:
            async with self._ground.database.begin_worker() as session:
                stored = await use_cases.accept_mail(session, deliveries)
        except DomainError as error:
            return _later(error)
        TAKEN.labels("stored" if stored else "known").inc()
        self._ground.wake(READ_MAIL)
        return "250 2.0.0 Kept"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a fault of ours so that nothing is lost: the other side keeps the mail."""
        _logger.error("smtp_dialogue_failed", error=type(error).__name__)
        TAKEN.labels("failed").inc()
        return _LATER


def _later(error: DomainError) -> str:
    if error.kind is not Kind.UNAVAILABLE:
        raise error
    TAKEN.labels("later").inc()
    return _LATER


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:320]


@asynccontextmanager
async def listening(ground: Ground) -> AsyncIterator[None]:
    """Take mail while the service runs; where it listens is `ground.extras["smtp"]`."""
    settings = cast("Settings", ground.settings)
    loop = asyncio.get_running_loop()
    handler = Listener(ground)

    def protocol() -> SMTP:
        return Protocol(
            handler,
            data_size_limit=settings.mail_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.smtp_hostname,
            ident="ESMTP",
            timeout=settings.smtp_timeout.total_seconds(),
            loop=loop,
        )

    server = await loop.create_server(protocol, settings.smtp_host, settings.smtp_port)
    ground.extras[LISTENER] = server
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
