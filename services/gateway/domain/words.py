"""What may stand in a name or an address: one line that can be stored and read."""

import re
from typing import Final

_CONTROL: Final = (*range(0x20), *range(0x7F, 0xA0))
_SURROGATES: Final = tuple(range(0xD800, 0xE000))
_REFUSED: Final = re.compile(f"[{''.join(map(chr, (*_CONTROL, *_SURROGATES)))}]")
_NO_TEXT: Final = re.compile(f"[{''.join(map(chr, _SURROGATES))}]")


def is_line(text: str) -> bool:
    """True if there is neither a control character nor a lone surrogate: the database cannot keep NUL or the latter."""
    return _REFUSED.search(text) is None


def is_text(text: str) -> bool:
    """True if the text can be encoded at all: JSON can spell lone surrogates, UTF-8 cannot."""
    return _NO_TEXT.search(text) is None
