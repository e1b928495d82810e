"""Which parts of a mail are files that somebody sent, and what is left of those that are not taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from services.intake.domain.file_names import plain_name
from shared.channels.email import Attachment, ParsedMail, Trouble
from shared.directory import FILE_BYTES

TAKE_FILES: Final = "take_mailed_files"
LOST: Final = "lost"
UNREADABLE: Final = "file-unreadable"
_SMALL: Final = 10 * 1024
_NAMED: Final = 20
_REPORT: Final = "multipart/report"
_WHY: Final[dict[Trouble, str]] = {
    Trouble.NESTED: "a mail inside the mail: its own files and words were not read",
    Trouble.ENCRYPTED: "encrypted or sealed for a mail program, so that it cannot be checked",
    Trouble.OUTLOOK: "files in a container of Outlook's (winmail.dat), which is not unpacked",
    Trouble.UNDECODABLE: "not encoded as it says, so that it did not arrive whole",
}
_TOO_MANY_PARTS: Final = "[this mail has more parts, or nests them deeper, than are read: the rest was left out]"


class Refused(NamedTuple):
    """Why a file is not taken: a code, and the same in words."""

    reason: str
    detail: str


class Limits(NamedTuple):
    """How much one mail may bring: files, bytes of each and of all of them, decoded."""

    files: int = 10
    each: int = FILE_BYTES
    total: int = FILE_BYTES


@dataclass(frozen=True, slots=True)
class MailedFile:
    """A file of a mail: where it stands in it, what it is called, and why it is refused if that is known already."""

    part: int
    name: str
    size: int
    digest: bytes
    refused: Refused | None = None


class Sorted(NamedTuple):
    """The files that a mail's words carry, taken or refused, and lines that say what was left out besides."""

    files: tuple[MailedFile, ...] = ()
    lines: tuple[str, ...] = ()


def sorted_out(parsed: ParsedMail, limits: Limits | None = None) -> Sorted:
    """Return which parts of a mail are files.

    What is attached is a file however small, and so is a picture in the text: a screenshot that was pasted in. Of the
    pictures in the text those of less than 10 KiB are part of the layout (logos of signatures, pixels that track) and
    only counted. The same content twice in one mail is one file. What cannot be taken is a refused file. Of more files
    than are allowed the first that can be taken are, and the others named. Signatures (PGP, S/MIME) and the parts of a
    delivery report are no files.
    """
    limits = limits or Limits()
    shown = [one for one in parsed.attachments if not (parsed.content_type == _REPORT and _is_of_report(one))]
    layout = [one for one in shown if one.is_drawn and one.size < _SMALL and one.trouble is None]
    judged = list(_judged(_once(one for one in shown if one not in layout), limits))
    carried = _chosen(judged, limits.files)
    lines = (
        *_said(f"[small pictures of the layout, left out: {len(layout)}]" if layout else None),
        *_said(_beyond([one for one in judged if one not in carried], limits.files)),
        *_said(_TOO_MANY_PARTS if {"parts", "nesting"} & set(parsed.defects) else None),
    )
    return Sorted(tuple(carried), lines)


def _is_of_report(one: Attachment) -> bool:
    return one.trouble is Trouble.NESTED or one.media_type == "text/rfc822-headers"


def _once(parts: Iterable[Attachment]) -> list[Attachment]:
    """Return the parts without those that repeat the content of another."""
    known: dict[object, Attachment] = {}
    for one in parts:
        known.setdefault(one.digest if one.trouble is None and one.size else one.part, one)
    return list(known.values())


def _judged(parts: Iterable[Attachment], limits: Limits) -> Iterable[MailedFile]:
    total = 0
    for one in parts:
        refused = _refusal(one, limits, total)
        total += 0 if refused else one.size
        yield MailedFile(one.part, plain_name(one.name), one.size, one.digest, refused)


def _refusal(one: Attachment, limits: Limits, total: int) -> Refused | None:
    if one.trouble is not None:
        return Refused(one.trouble.value, _WHY[one.trouble])
    if one.size == 0:
        return Refused("attachment-empty", "the file is empty")
    if one.size > limits.each:
        return Refused("file-too-large", f"larger than {_mebibytes(limits.each)}")
    if total + one.size > limits.total:
        return Refused("mail-too-large", f"with the files before it larger than {_mebibytes(limits.total)}")
    return None


def _mebibytes(size: int) -> str:
    return f"{size / (1024 * 1024):g} MiB"


def _chosen(judged: list[MailedFile], most: int) -> list[MailedFile]:
    """Return at most so many, in their order; a file that can be taken goes before one that cannot."""
    first = sorted(judged, key=lambda one: one.refused is not None)[:most]
    return sorted(first, key=lambda one: one.part)


def _beyond(others: list[MailedFile], most: int) -> str | None:
    if not others:
        return None
    names = ", ".join(one.name for one in others[:_NAMED])
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return f"[not taken, because a mail carries at most {most} files: {names}{more}]"


def _said(line: str | None) -> tuple[str, ...]:
    return () if line is None else (line,)
