"""The mail server in front of intake, and how a mail looks."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from email.message import EmailMessage
from typing import Any, Final, cast
from urllib.parse import urlsplit

import aiosmtplib
from pydantic import SecretStr

from deploy.local.databases import ServiceUrls
from shared.contracts.base import Envelope
from shared.contracts.gateway import BrandChanged
from shared.contracts.intake import MessageReceived
from tests.support.eventually import eventually
from tests.support.service import RunningService

TOKEN_KEY: Final = "a key of the tests for reply addresses"
KNOBS: Final[dict[str, Any]] = {
    "reply_token_key": SecretStr(TOKEN_KEY),
    "secrets_key": SecretStr(base64.b64encode(bytes(range(32))).decode()),
    "smtp_port": 0,
    "mail_bytes": 64 * 1024,
}
LUCKY: Final = "support@lucky.example"
ROYAL: Final = "help@royal.example"


class Postman:
    """Hands mail over by SMTP and waits for what intake tells."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        server = cast("asyncio.Server", service.ground.extras["smtp"])
        self.port: int = server.sockets[0].getsockname()[1]

    async def introduced(self) -> "Postman":
        """Tell intake about two brands."""
        for brand, address in (("lucky", LUCKY), ("royal", ROYAL)):
            await self.brand(brand, address)
        return self

    async def brand(self, brand: str, address: str, *, active: bool = True, sequence: int | None = None) -> None:
        """Tell intake about a brand as the gateway does, and wait until it knows."""
        event = BrandChanged(
            brand=brand, name=brand.title(), languages=("en",), default_language="en", support_email=address,
            active=active,
        )  # fmt: skip
        await self.service.publish(event, brand=brand, sequence=sequence)
        await eventually(lambda: self.knows(address, active=active))

    async def knows(self, address: str, *, active: bool = True) -> bool:
        """True if a recipient is taken, or refused if it should be."""
        async with self.dialogue() as smtp:
            await smtp.mail("probe@example.org")
            with suppress(aiosmtplib.SMTPRecipientRefused):
                await smtp.rcpt(address)
                return active
        return not active

    @asynccontextmanager
    async def dialogue(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Open an SMTP dialogue."""
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=10)
        async with smtp:
            await smtp.ehlo()
            yield smtp

    async def hand_over(self, mail: EmailMessage | bytes, *to: str, sender: str = "kim@example.org") -> str:
        """Send a mail and return the answer to it; raises what aiosmtplib raises."""
        async with self.dialogue() as smtp:
            _, answer = await smtp.sendmail(sender, list(to or (LUCKY,)), bytes(mail))
        return answer

    async def told(self, count: int) -> list[tuple[Envelope, MessageReceived]]:
        """Wait until intake has told exactly `count` messages."""

        async def enough() -> list[Envelope]:
            envelopes = await self.service.recorded(MessageReceived)
            assert len(envelopes) == count
            return envelopes

        if count == 0:
            assert await self.service.recorded(MessageReceived) == []
            return []
        envelopes = await eventually(enough)
        return [(envelope, MessageReceived.model_validate(envelope.data)) for envelope in envelopes]


def letter(text: str = "Where is my payout?", **headers: str) -> EmailMessage:
    """Return a mail of Kim's; underscores in header names stand for dashes."""
    mail = EmailMessage()
    given = {"From": "Kim <kim@example.org>", "To": LUCKY, "Subject": "Payout", "Message-ID": "<k1@example.org>"}
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


class Wire:
    """A way to the database that can be cut."""

    def __init__(self, urls: ServiceUrls) -> None:
        self._urls = urls
        parts = urlsplit(urls.app)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0

    @property
    def urls(self) -> ServiceUrls:
        """The database's addresses on this side of the wire."""
        here, there = f"127.0.0.1:{self._port}", f"{self._target[0]}:{self._target[1]}"
        urls = self._urls
        return replace(urls, app=urls.app.replace(there, here), worker=urls.worker.replace(there, here))

    async def join(self) -> None:
        """Let traffic through."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse new connections and end those there are."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        self._writers -= {writer, far_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def wired(urls: ServiceUrls) -> AsyncIterator[Wire]:
    """Reach a database by a wire until the block ends."""
    wire = Wire(urls)
    await wire.join()
    try:
        yield wire
    finally:
        await wire.cut()
