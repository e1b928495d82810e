"""Which files are taken: known by what they contain, whatever they are called. Pure functions on bytes."""

from typing import ClassVar, Final, NamedTuple

import filetype

from shared.errors import DomainError, Kind

HEAD_BYTES: Final = 8192


class AttachmentEmpty(DomainError):
    """The file is empty."""

    kind: ClassVar[Kind] = Kind.INVALID


class TypeNotAllowed(DomainError):
    """Files of this type are not taken."""

    kind: ClassVar[Kind] = Kind.INVALID


class TypeMismatch(DomainError):
    """The file is not what its name or its declared type says."""

    kind: ClassVar[Kind] = Kind.INVALID


class ActiveContent(DomainError):
    """The file can do something by itself, or hides another file."""

    kind: ClassVar[Kind] = Kind.INVALID


class FileUnreadable(DomainError):
    """The file is damaged or incomplete."""

    kind: ClassVar[Kind] = Kind.INVALID


class FileTooComplex(DomainError):
    """The file is too large once it is unpacked, or takes too long to check."""

    kind: ClassVar[Kind] = Kind.INVALID


REFUSALS: Final[dict[str, type[DomainError]]] = {
    error.code(): error
    for error in (AttachmentEmpty, TypeNotAllowed, TypeMismatch, ActiveContent, FileUnreadable, FileTooComplex)
}


class FileType(NamedTuple):
    """A type that is taken: what it may be called, and Pillow's name for it if it is a picture."""

    media_type: str
    extensions: tuple[str, ...]
    also: tuple[str, ...] = ()
    picture: str | None = None


JPEG: Final = FileType("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), ("image/jpg", "image/pjpeg"), "JPEG")
PNG: Final = FileType("image/png", ("png",), ("image/x-png",), "PNG")
WEBP: Final = FileType("image/webp", ("webp",), (), "WEBP")
GIF: Final = FileType("image/gif", ("gif",), (), "GIF")
PDF: Final = FileType("application/pdf", ("pdf",), ("application/x-pdf",))
MP4: Final = FileType("video/mp4", ("mp4", "m4v"), ("video/x-m4v",))
TEXT: Final = FileType("text/plain", ("txt", "log", "text"))
TYPES: Final = {one.media_type: one for one in (JPEG, PNG, WEBP, GIF, PDF, MP4, TEXT)}
_BY_EXTENSION: Final = {extension: one for one in TYPES.values() for extension in one.extensions}
_SAYS_NOTHING: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def recognised(head: bytes) -> FileType:
    """Return the type that the first bytes of a file show; without known signature it can only be text."""
    if not head:
        raise AttachmentEmpty
    if head.startswith(b"%PDF-"):
        return PDF
    found = filetype.guess(head)
    if found is None:
        return TEXT
    if found.mime not in TYPES or found.mime == TEXT.media_type:
        raise TypeNotAllowed(f"{found.mime} is not taken")
    return TYPES[found.mime]


def check_agreement(found: FileType, *, name: str, declared: str | None) -> None:
    """Refuse a file whose name or declared type says another known type; unknown ones are corrected instead."""
    said = (declared or "").partition(";")[0].strip().lower()
    if said not in _SAYS_NOTHING and said != found.media_type and said not in found.also:
        raise TypeMismatch(f"declared as {said}, but the file is {found.media_type}", field="#header/Content-Type")
    by_name = _BY_EXTENSION.get(name.rpartition(".")[2].lower()) if "." in name else None
    if by_name not in {None, found}:
        raise TypeMismatch(f"named .{name.rpartition('.')[2]}, but the file is {found.media_type}", field="#query/name")
