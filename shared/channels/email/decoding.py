"""Bytes of unknown honesty to text: a charset named, a charset guessed, and characters no database takes."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

from charset_normalizer import from_bytes

_GUESS_BYTES: Final = 4096
_HEADER_LENGTH: Final = 2000
_SLOW_OR_ODD: Final = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_FOLDING = re.compile(r"\s+")


def decode(data: bytes, charset: str | None) -> str:
    """Return the text: by the declared charset, else UTF-8, else the likeliest, else with replacement characters."""
    for name in (charset, "utf-8"):
        text = _strictly(data, name) if name else None
        if text is not None:
            return clean(text)
    best = from_bytes(data[:_GUESS_BYTES], cp_exclusion=["utf_16", "utf_32"]).best()
    guessed = _strictly(data, best.encoding) if best is not None else None
    return clean(guessed if guessed is not None else data.decode("utf-8", "replace"))


def clean(text: str) -> str:
    """Return the text without control characters and lone surrogates, with line feeds as the only line ends."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def header_text(value: str, longest: int = _HEADER_LENGTH) -> str:
    """Return a header as people read it, in one line: encoded words decoded (RFC 2047), raw bytes guessed."""
    short = value[:longest]
    try:
        chunks = decode_header(short)
    except (HeaderParseError, ValueError):
        chunks = [(short, None)]
    text = "".join(chunk if isinstance(chunk, str) else decode(chunk, charset) for chunk, charset in chunks)
    return _FOLDING.sub(" ", clean(_with_raw_bytes(text))).strip()


def _with_raw_bytes(text: str) -> str:
    """Undo the parser's escape for bytes above 127, which an honest header would have encoded."""
    if not re.search("[\udc80-\udcff]", text):
        return text
    return decode(text.encode("utf-8", "surrogateescape"), None)


def _strictly(data: bytes, charset: str) -> str | None:
    try:
        if codecs.lookup(charset).name.replace("_", "-") in _SLOW_OR_ODD:
            return None
        return data.decode(charset)
    except (LookupError, ValueError):
        return None
