"""What a delivery is, where it belongs and what of it is told on."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from services.intake.domain.mailed_files import MailedFile, Sorted, sorted_out
from shared.channels.email import ParsedMail, is_automatic, read_message_id
from shared.contracts.base import Channel, ContactRef
from shared.errors import DomainError, Kind
from shared.redaction import redact

READ_MAIL: Final = "read_mail"
_LONGEST_TEXT: Final = 40_000
_LONGEST_SUBJECT: Final = 200
_THREAD: Final = 10


class DeliveryState(StrEnum):
    """What became of a raw delivery."""

    PENDING = "pending"
    DONE = "done"
    DUPLICATE = "duplicate"
    PARSE_FAILED = "parse_failed"


class DeliveryNotFound(DomainError):
    """There is no such delivery."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class SenderUnknown(DomainError):
    """The mail names nobody who sent it."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address we take mail for: whose it is and, if it was a valid reply address, which ticket it belongs to."""

    brand: str
    mailbox: str
    address: str
    ticket_id: UUID | None


@dataclass(frozen=True, slots=True)
class Journey:
    """How a mail came to us, as the SMTP dialogue told; headers do not repeat it. Personal data."""

    mail_from: str
    helo: str
    peer: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A raw mail for one recipient, to be read."""

    id: UUID
    recipient: Recipient
    mail_from: str
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says once it is redacted, and its files. `key` recognises the same message, `digest` the content."""

    contact: ContactRef
    subject: str
    text: str
    ticket_id: UUID | None
    automatic: bool
    key: str
    digest: bytes
    files: tuple[MailedFile, ...] = ()


def place_of(brand: str, delivery_id: UUID) -> tuple[str, str, str]:
    """Return where a raw mail belongs: sealed for one delivery, it opens in no other row."""
    return ("raw mail", brand, str(delivery_id))


def delivery_key(address: str, raw: bytes) -> bytes:
    """Return what recognises the same mail handed over twice for the same recipient."""
    return hashlib.sha256(address.lower().encode() + b"\0" + raw).digest()


def one_per_mailbox(recipients: Iterable[Recipient]) -> list[Recipient]:
    """Return one recipient per mailbox: mail to the desk and to a reply address at once is one mail, for the ticket."""
    chosen: dict[tuple[str, str], Recipient] = {}
    for recipient in recipients:
        key = (recipient.brand, recipient.mailbox)
        if key not in chosen or chosen[key].ticket_id is None:
            chosen[key] = recipient
    return list(chosen.values())


def words_of(parsed: ParsedMail, delivery: Delivery, *, mailboxes: Iterable[str], key: bytes) -> Words:
    """Return what to tell of a mail: redacted, threaded, and judged to be a person's or a robot's.

    The sender's own address and the brand's `mailboxes` stay readable in the text. A robot's mail that belongs to no
    ticket opens none, so its files are nobody's. Raises `SenderUnknown`.
    """
    own = tuple(mailboxes)
    address = parsed.from_address or delivery.mail_from.strip("<> ").lower()
    if not address:
        raise SenderUnknown
    allow = frozenset({address, *own})
    ticket_id = delivery.recipient.ticket_id or _ticket_of(parsed, own, key)
    automatic = is_automatic(parsed, delivery.mail_from, own)
    found = Sorted() if automatic and ticket_id is None else sorted_out(parsed)
    subject = redact(parsed.subject, allow=allow)[:_LONGEST_SUBJECT]
    text = redact(_with_lines(parsed.text, found.lines), allow=allow)[:_LONGEST_TEXT]
    return Words(
        contact=_contact(parsed, address, delivery.recipient.mailbox, allow),
        subject=subject,
        text=text,
        ticket_id=ticket_id,
        automatic=automatic,
        key=parsed.message_id or hashlib.sha256(delivery.raw).hexdigest(),
        digest=_digest(address, subject, text, found.files),
        files=found.files,
    )


def _digest(address: str, subject: str, text: str, files: tuple[MailedFile, ...]) -> bytes:
    """Return what recognises the same content: another file under the same Message-ID is another message."""
    what = (
        (address, subject, text) if not files else (address, subject, text, [(one.name, one.digest) for one in files])
    )
    return hashlib.sha256(repr(what).encode()).digest()


def _ticket_of(parsed: ParsedMail, mailboxes: Iterable[str], key: bytes) -> UUID | None:
    """Return the ticket named by the nearest id that one of our own mails carried."""
    found = (read_message_id(id_, address=mailbox, key=key) for id_ in parsed.thread() for mailbox in mailboxes)
    return next((own.ticket_id for own in found if own is not None), None)


def _contact(parsed: ParsedMail, address: str, mailbox: str, allow: frozenset[str]) -> ContactRef:
    own_id = (parsed.message_id,) if parsed.message_id else ()
    thread = tuple(dict.fromkeys((*parsed.references, *parsed.in_reply_to, *own_id)))
    name = redact(parsed.from_name, allow=allow) if parsed.from_name else None
    return ContactRef(channel=Channel.EMAIL, address=address, name=name, reply_from=mailbox, thread=thread[-_THREAD:])


def _with_lines(text: str, lines: tuple[str, ...]) -> str:
    """Return the text and what was left out of the mail, so that whoever answers knows that there was more."""
    said = "\n".join(("", "", *lines)) if lines else ""
    return (text[: _LONGEST_TEXT - len(said)] + said).strip()
