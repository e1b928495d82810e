"""The way out for e-mail: the operator's relay, or a folder of files in development."""

import asyncio
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

_SMTP_PORT: Final = 25
_SMTPS_PORT: Final = 465


class MailNotSent(Exception):
    """The relay did not take a mail; `code` is its reply (RFC 5321, section 4.2), None if it gave none."""

    def __init__(self, detail: str, *, code: int | None = None) -> None:
        self.detail = detail
        self.code = code
        super().__init__(detail)


class MailClient(Protocol):
    """Something that takes mails."""

    async def send(self, mail: EmailMessage, *, sender: str, recipient: str, name: str) -> None:
        """Hand one mail over or raise `MailNotSent`; `name` is the same at every try."""
        ...


class SmtpRelay:
    """Sends through an SMTP server, encrypted when it offers STARTTLS or the URL says smtps."""

    def __init__(self, url: str, *, timeout: float) -> None:
        parts = urlsplit(url)
        self._implicit_tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (_SMTPS_PORT if self._implicit_tls else _SMTP_PORT)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._timeout = timeout

    async def send(self, mail: EmailMessage, *, sender: str, recipient: str, name: str) -> None:
        """Hand one mail to the relay; the whole conversation shares one limit."""
        del name
        try:
            async with asyncio.timeout(self._timeout):
                await aiosmtplib.send(
                    mail,
                    sender=sender,
                    recipients=[recipient],
                    hostname=self._host,
                    port=self._port,
                    username=self._username,
                    password=self._password,
                    use_tls=self._implicit_tls,
                    timeout=self._timeout,
                )
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise _not_sent(error) from error


class MailFolder:
    """Writes each mail as a file that mail programs open; for machines without a relay."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: EmailMessage, *, sender: str, recipient: str, name: str) -> None:
        """Write `<name>.eml`, complete or not at all."""
        del sender, recipient
        try:
            await asyncio.to_thread(self._write, bytes(mail), name)
        except OSError as error:
            raise MailNotSent(repr(error)) from error

    def _write(self, content: bytes, name: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{name}.tmp"
        draft.write_bytes(content)
        draft.replace(self._folder / f"{name}.eml")


def _not_sent(error: BaseException) -> MailNotSent:
    """Keep the reply about recipient and mail; a refusal of our login is ours to mend, so it is tried again."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refusal = error.recipients[0]
        return MailNotSent(f"{refusal.code} {refusal.message}", code=refusal.code)
    if isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPSenderRefused):
        return MailNotSent(f"{error.code} {error.message}", code=error.code)
    return MailNotSent(type(error).__name__)
