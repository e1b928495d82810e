"""The readable text of a MIME tree, under limits: hostile mail nests deeply, lies about charsets, declares no parts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from itertools import islice
from typing import Final
from urllib.parse import unquote

from inscriptis import get_text

from shared.channels.email.contents import Measured, Trouble, is_sealed, measured
from shared.channels.email.decoding import clean, decode, header_text

_DEEPEST: Final = 20
_MOST_PARTS: Final = 200
_LONGEST_TEXT: Final = 1_000_000
_LONGEST_HTML: Final = 1_000_000
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n(?:[^\S\n]*\n)+")
_DRAWN = re.compile(r"cid:([^\s\"'<>)]{1,250})", re.IGNORECASE)
_MOST_DRAWN: Final = 500
# They prove who sent the mail, to programs that ask; nobody attached them.
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_REPORTS: Final = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"})


@dataclass(frozen=True)
class Attachment:
    """A part that is not the text; name and type are the sender's word.

    `part` is its number in the mail, by which `opened` finds it again; `size` and `digest` (SHA-256) are those of its
    decoded content, `trouble` says why that cannot be had. `is_drawn`: a picture that the text shows in its place.
    """

    name: str
    media_type: str
    size: int
    part: int = 0
    digest: bytes = b""
    trouble: Trouble | None = None
    is_drawn: bool = False


@dataclass(frozen=True)
class Body:
    """What a MIME tree contains for a reader."""

    text: str = ""
    content_type: str = "text/plain"
    attachments: tuple[Attachment, ...] = ()
    reported_ids: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()


@dataclass
class _Reader:
    """Walks one message; counts parts and remembers what it met on the way."""

    report: bool
    measures: bool = True
    parts: int = 0
    sources: dict[int, Message] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    attachments: list[Attachment] = field(default_factory=list)
    reported_ids: list[str] = field(default_factory=list)
    defects: set[str] = field(default_factory=set)

    def read(self, part: Message, depth: int) -> str:
        self.parts += 1
        if depth > _DEEPEST or self.parts > _MOST_PARTS:
            self.defects.add("nesting" if depth > _DEEPEST else "parts")
            return ""
        media_type = part.get_content_type()
        payload = _payload(part)
        if media_type.startswith("message/") or media_type in _REPORTS:
            return self._enclosed(part, media_type)
        if is_sealed(media_type):
            return self._attached(part, media_type)
        if isinstance(payload, list):
            return self._children(media_type, payload, depth)
        if _is_attachment(part, media_type):
            return self._attached(part, media_type)
        if media_type.startswith("multipart/"):
            self.defects.add("multipart")
        return self._leaf(part, media_type)

    def _children(self, media_type: str, children: Sequence[object], depth: int) -> str:
        parts = [child for child in children if isinstance(child, Message)]
        texts = [(part.get_content_type(), self.read(part, depth + 1)) for part in parts]
        written = [(kind, text) for kind, text in texts if text.strip()]
        if media_type != "multipart/alternative":
            return "\n".join(text for _, text in written)
        plain = next((text for kind, text in written if kind == "text/plain"), None)
        return plain if plain is not None else (written[-1][1] if written else "")

    def _leaf(self, part: Message, media_type: str) -> str:
        data = _payload(part, decode=True)
        if not isinstance(data, bytes):
            self.defects.add("payload")
            return ""
        text = decode(data[:_LONGEST_TEXT], _charset(part))
        if media_type != "text/html":
            return text
        self.drawn |= {_content_id(found[1]) for found in islice(_DRAWN.finditer(text), _MOST_DRAWN)}
        return html_to_text(text)

    def _enclosed(self, part: Message, media_type: str) -> str:
        payload = _payload(part)
        inner = payload[0] if isinstance(payload, list) and payload else None
        if self.report and isinstance(inner, Message):
            self.reported_ids.extend(str(value)[: _DEEPEST * 50] for value in inner.get_all("message-id", []))
        elif self.report and isinstance(payload, str):
            self.reported_ids.extend(re.findall(r"(?im)^message-id:\s*(<[^<>\s]{3,250}>)", payload[:_LONGEST_TEXT]))
        return self._attached(part, media_type)

    def _attached(self, part: Message, media_type: str) -> str:
        if media_type in _SIGNATURES:
            return ""
        size, digest, trouble = measured(part, media_type) if self.measures else Measured()
        self.attachments.append(Attachment(_filename(part), clean(media_type)[:100], size, self.parts, digest, trouble))
        self.sources[self.parts] = part
        return ""

    def found(self) -> tuple[Attachment, ...]:
        """Return what is attached, once the whole text is read and says which pictures are its own."""
        return tuple(
            replace(one, is_drawn=one.media_type.startswith("image/") and self._is_drawn(self.sources[one.part]))
            for one in self.attachments
        )

    def _is_drawn(self, part: Message) -> bool:
        return _content_id(str(part.get("content-id", ""))) in self.drawn - {""}


def read_body(message: Message) -> Body:
    """Return the text of a message and a list of what else it carries."""
    content_type = message.get_content_type()
    reader = _Reader(report=content_type == "multipart/report")
    text = reader.read(message, 0)
    return Body(
        text=_BLANK_LINES.sub("\n\n", text[:_LONGEST_TEXT]).strip(),
        content_type=content_type,
        attachments=reader.found(),
        reported_ids=tuple(reader.reported_ids),
        defects=tuple(sorted(reader.defects)),
    )


def parts_of(message: Message) -> dict[int, tuple[Attachment, Message]]:
    """Return the attached parts of a message by their numbers; they are not measured again."""
    reader = _Reader(report=False, measures=False)
    reader.read(message, 0)
    return {one.part: (one, reader.sources[one.part]) for one in reader.attachments}


def html_to_text(html: str) -> str:
    """Return an HTML document as plain text; of a document that cannot be read at least the words."""
    try:
        return clean(get_text(html[:_LONGEST_HTML]))
    except Exception:  # noqa: BLE001 - a converter's bug must not cost the player's words
        return clean(_TAG.sub(" ", html[:_LONGEST_HTML]))


def _is_attachment(part: Message, media_type: str) -> bool:
    if media_type.startswith("multipart/"):
        return False
    return part.get_content_disposition() == "attachment" or media_type not in {"text/plain", "text/html"}


def _payload(part: Message, *, decode: bool = False) -> object:
    try:
        return part.get_payload(decode=True) if decode else part.get_payload()
    except (LookupError, ValueError, TypeError):
        return None


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError, TypeError):
        return None


def _content_id(value: str) -> str:
    return unquote(value).strip(" <>").lower()[:250]


def _filename(part: Message) -> str:
    try:
        name = part.get_filename()
    except (LookupError, ValueError, TypeError):
        name = None
    return header_text(name or "")[:200] or "unnamed"
