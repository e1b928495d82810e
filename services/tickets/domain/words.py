"""Text that enters: what is refused at the form, and what is mended where refusing would lose a player's words."""

import re
from typing import Final

TEXT_LIMIT: Final = 16_000
SUBJECT_LIMIT: Final = 200
_KEPT_LIMIT: Final = 60_000
_DEFAULT_SUBJECT_LENGTH: Final = 80
_LAYOUT: Final = frozenset("\t\n\r")
_UNSTORABLE: Final = dict.fromkeys((*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0xD800, 0xE000)))
_IN_TEXT: Final = dict.fromkeys(code for code in _UNSTORABLE if chr(code) not in _LAYOUT)
# Searching for a class of characters costs a hundredth of asking about each one.
_REFUSED_IN_TEXT: Final = re.compile(f"[{''.join(map(chr, _IN_TEXT))}]")
_REFUSED_IN_LINE: Final = re.compile(f"[{''.join(map(chr, _UNSTORABLE))}]")
_IN_LINE: Final = {**_IN_TEXT, **dict.fromkeys(map(ord, _LAYOUT), " ")}


def unstorable_character(text: str, *, multiline: bool) -> int | None:
    """Return the position of the first control character or lone surrogate, None when the text is clean.

    Tab and line breaks are layout in a text and noise in a subject. NUL cannot be stored by PostgreSQL at all.
    """
    found = (_REFUSED_IN_TEXT if multiline else _REFUSED_IN_LINE).search(text)
    return None if found is None else found.start()


def mended(text: str) -> str:
    """Return words from a channel as they can be kept: never bounced, for that would lose a player's words.

    Control characters go. A text over 60 000 characters is cut, because an event carries at most 256 KiB, and says so;
    the channel that took it in still has the whole.
    """
    clean = text.translate(_IN_TEXT)
    if len(clean) <= _KEPT_LIMIT:
        return clean or "(no text)"
    return f"{clean[:_KEPT_LIMIT]}\n\n[{len(clean) - _KEPT_LIMIT} more characters were left out]"


def one_line(text: str) -> str:
    """Return `text` without control characters and line breaks, such as a name from a message's header."""
    return " ".join(text.translate(_IN_LINE).split())


def subject_line(wish: str | None, words: str) -> str:
    """Return a one-line subject: the wish if it says something, else the beginning of the words."""
    for text, length in ((wish or "", SUBJECT_LIMIT), (words, _DEFAULT_SUBJECT_LENGTH)):
        line = one_line(text)
        if line:
            return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
    return "(no subject)"
