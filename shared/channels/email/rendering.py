"""An answer as a mail that mail programs thread, that robots leave alone and into which nobody injects headers."""

import re
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import ClassVar, Final, Literal
from uuid import UUID

from shared.channels.email.decoding import clean
from shared.channels.email.tokens import mailbox_of, outgoing_message_id, reply_address
from shared.contracts.base import ContactRef
from shared.errors import DomainError, Kind

_ANCESTORS: Final = 10
_LONGEST_SUBJECT: Final = 200
_LONGEST_NAME: Final = 100
_ADDRESS = re.compile(r"[^\s<>@,;:\"\\()\[\]\x00-\x1f\x7f]{1,128}@[^\s<>@,;:\"\\()\[\]\x00-\x1f\x7f]{1,253}")
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{3,250}>")
_PREFIX = re.compile(r"(?:\s*(?:re|aw|sv|antw|réf?|отв|ответ|відп)\s*(?:\[\d{1,3}\])?\s*:)+\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*\[#[A-Z0-9]{1,40}-\d{1,12}\]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


class UnusableAddress(DomainError):
    """E-mail address that cannot be written to."""

    kind = Kind.INVALID


class _MessageIds(BaseHeader):
    """Message-IDs, folded between ids. The standard library encodes ids longer than a line, which breaks threads."""

    max_count: ClassVar[Literal[1] | None] = 1
    parse = UnstructuredHeader.parse

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {f'{policy.linesep} '.join(self.split())}{policy.linesep}"


class _Subject(BaseHeader):
    """A subject, encoded as a whole if need be: the standard library encodes it in parts and loses blanks between."""

    max_count: ClassVar[Literal[1] | None] = 1
    parse = UnstructuredHeader.parse

    def fold(self, *, policy: Policy) -> str:
        if self.isascii():
            return super().fold(policy=policy)
        whole = Header(self, "utf-8", header_name=self.name)
        return f"{self.name}: {whole.encode(linesep=policy.linesep)}{policy.linesep}"


def _policy() -> Policy:
    registry = HeaderRegistry()
    registry.map_to_type("subject", _Subject)
    for name in ("message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _MessageIds)
    return SMTP.clone(header_factory=registry)


_POLICY: Final = _policy()


def render_reply(
    *,
    message_id: UUID,
    ticket_id: UUID,
    number: str,
    subject: str,
    text: str,
    to: ContactRef,
    from_address: str,
    from_name: str,
    key: bytes,
    sent_at: datetime,
    automatic: bool = False,
    html: str | None = None,
    first_message_id: UUID | None = None,
) -> EmailMessage:
    """Return the mail that answers a ticket; equal arguments give equal bytes, so a retry repeats the same Message-ID.

    `automatic` marks a machine's mail, such as an acknowledgement; an answer meant for the player carries no such mark.
    Without `number` the subject is that of a mail which answers none. `html` says the same as `text`. Where the player
    wrote no mail yet, the mail continues our own first one, `first_message_id`. Raises UnusableAddress.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _address(from_name, from_address)
    mail["To"] = _address(to.name or "", to.address)
    mail["Reply-To"] = _address(from_name, reply_address(ticket_id, address=from_address, key=key))
    mail["Subject"] = reply_subject(subject, number) if number else _one_line(subject, _LONGEST_SUBJECT * 2)
    mail["Date"] = sent_at
    mail["Message-ID"] = outgoing_message_id(message_id, ticket_id, address=from_address, key=key)
    thread = tuple(one for one in to.thread if _ID.fullmatch(one))
    if not thread and first_message_id is not None and first_message_id != message_id:
        thread = (outgoing_message_id(first_message_id, ticket_id, address=from_address, key=key),)
    if thread:
        mail["In-Reply-To"] = thread[-1]
        mail["References"] = " ".join(thread[-_ANCESTORS:])
    mail["X-Loop"] = mailbox_of(from_address)
    if automatic:
        mail["Auto-Submitted"] = "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(clean(text), subtype="plain", charset="utf-8", cte="quoted-printable")
    if html is not None:
        mail.add_alternative(clean(html), subtype="html", charset="utf-8", cte="quoted-printable")
        mail.set_boundary(f"={message_id.hex}=")
    return mail


def reply_subject(subject: str, number: str) -> str:
    """Return `Re: … [#NUMBER]`, neither prefix nor number doubled, in one line."""
    flat = _SPACES.sub(" ", _NUMBER.sub("", clean(subject)[: _LONGEST_SUBJECT * 2]))
    bare = _PREFIX.sub("", flat, count=1) if _PREFIX.match(flat) else flat
    return _SPACES.sub(" ", f"Re: {bare[:_LONGEST_SUBJECT].strip()} [#{_one_line(number, _LONGEST_NAME)}]")


def _address(name: str, address: str) -> Address:
    if not _ADDRESS.fullmatch(address):
        raise UnusableAddress
    try:
        return Address(display_name=_one_line(name, _LONGEST_NAME), addr_spec=address)
    except (ValueError, IndexError) as error:
        raise UnusableAddress from error


def _one_line(text: str, longest: int) -> str:
    return _SPACES.sub(" ", clean(text)).strip()[:longest]
