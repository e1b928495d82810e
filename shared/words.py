"""What of the words that people write can be seen, and how a name becomes one line."""

import re
import unicodedata
from typing import Final

# Embeddings, overrides and isolates of writing direction would turn around whatever is shown after a name. Joiners and
# single marks stay: Persian and Indian names, and many emoji, are spelled with them.
_TURNS: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS: Final = tuple(code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace())
_SURROGATES: Final = range(0xD800, 0xE000)
_DROPPED: Final = re.compile(f"[{re.escape(''.join(map(chr, (*_CONTROLS, *_TURNS, *_SURROGATES))))}]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
# Fillers, blanks and variation selectors, which Unicode counts among letters, symbols and marks.
_FILLERS: Final = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)))
)


def is_blank(text: str) -> bool:
    """True if there is nothing to see: spaces, controls, joiners and fillers only."""
    return all(sign in _FILLERS or unicodedata.category(sign) in _UNSEEN for sign in text)


def in_one_line(text: str) -> str:
    """Return a name as one line that can be stored and shown beside others; empty if nothing of it can be seen."""
    line = " ".join(_DROPPED.sub("", text).split())
    return "" if is_blank(line) else line
