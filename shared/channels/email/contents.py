"""What the parts of a mail hold, decoded piece by piece: a part may be nearly as large as its mail."""

import hashlib
from binascii import a2b_base64
from collections.abc import Iterator
from email.message import Message
from enum import StrEnum
from typing import Final, NamedTuple

_PIECE: Final = 1024 * 1024
_HEAD: Final = 64
_LAYOUT: Final = b" \t\r\n"
_AS_IT_STANDS: Final = frozenset({"", "7bit", "8bit", "binary", "quoted-printable"})
_TNEF: Final = b"\x78\x9f\x3e\x22"
_TNEF_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SEALED_TYPES: Final = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP: Final = b"-----BEGIN PGP MESSAGE-----"


class Trouble(StrEnum):
    """Why a part's content cannot be had."""

    NESTED = "nested-mail"
    ENCRYPTED = "encrypted-part"
    OUTLOOK = "outlook-container"
    UNDECODABLE = "undecodable-part"


class Undecodable(ValueError):
    """The part is not encoded as it says."""


class Measured(NamedTuple):
    """How large a part is once decoded, the SHA-256 of that, and why it cannot be used."""

    size: int = 0
    digest: bytes = b""
    trouble: Trouble | None = None


def is_sealed(media_type: str) -> bool:
    """True for what only the holder of a key, or a mail program, can look into."""
    return media_type in _SEALED_TYPES


def measured(part: Message, media_type: str) -> Measured:
    """Decode a part once, keeping nothing of it. Never raises."""
    if is_sealed(media_type):
        return Measured(trouble=Trouble.ENCRYPTED)
    if part.is_multipart() or media_type.startswith("message/"):
        return Measured(trouble=Trouble.NESTED)
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        for piece in pieces(part):
            head = head or piece[:_HEAD].lstrip()
            size += len(piece)
            digest.update(piece)
    except Undecodable:
        return Measured(size, trouble=Trouble.UNDECODABLE)
    return Measured(size, digest.digest(), _by_content(head, media_type))


def _by_content(head: bytes, media_type: str) -> Trouble | None:
    if media_type in _TNEF_TYPES or head.startswith(_TNEF):
        return Trouble.OUTLOOK
    return Trouble.ENCRYPTED if head.startswith(_PGP) else None


def pieces(part: Message) -> Iterator[bytes]:
    """Yield what a part holds; raise `Undecodable` where it is not encoded as it says: half a file is none."""
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "base64":
        text = part.get_payload()
        yield from _base64(text if isinstance(text, str) else "")
        return
    if encoding not in _AS_IT_STANDS:
        raise Undecodable(encoding)
    try:
        content = part.get_payload(decode=True)
    except (LookupError, ValueError, TypeError) as error:
        raise Undecodable from error
    if isinstance(content, bytes):
        yield from (content[at : at + _PIECE] for at in range(0, len(content), _PIECE))


def _base64(text: str) -> Iterator[bytes]:
    """Decode in pieces, so that no other thread waits long; only layout may stand between the characters."""
    rest, has_ended = b"", False
    try:
        for at in range(0, len(text), _PIECE):
            given = rest + text[at : at + _PIECE].encode("ascii").translate(None, _LAYOUT)
            usable = given[: len(given) - len(given) % 4]
            rest = given[len(usable) :]
            if has_ended and given:
                raise Undecodable
            if usable:
                has_ended = usable.endswith(b"=")
                yield a2b_base64(usable, strict_mode=True)
        if rest:
            # Some programs leave the padding out.
            yield a2b_base64(rest + b"=" * (-len(rest) % 4), strict_mode=True)
    except ValueError as error:
        raise Undecodable from error
