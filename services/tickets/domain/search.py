"""What somebody who searches means: a number, words, words mistyped."""

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Final

_NUMBER: Final = re.compile(r"(?:([a-z0-9]*[a-z][a-z0-9]*)-)?(\d{1,18})", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{4,24}")
_QUOTED_OR_EXCLUDED: Final = re.compile(r"\"|(?:^|\s)-")
_MOST_CORRECTIONS: Final = 9


def number_of(asked: str, brand: str) -> str | None:
    """Return the ticket's number, or its beginning, that is asked for: `LUCKY-1042`, `lucky-10` or `1042`."""
    found = _NUMBER.fullmatch(asked.strip())
    own = brand.replace("-", "").upper()
    if found is None or (found[1] is not None and found[1].upper() != own):
        return None
    return f"{own}-{found[2]}"


def words_of(asked: str) -> list[str]:
    """Return the words that may be mistyped, in lower case; who quotes or excludes means every letter."""
    return [] if _QUOTED_OR_EXCLUDED.search(asked) else list(dict.fromkeys(_WORD.findall(asked.lower())))


def corrected(asked: str, similar: Mapping[str, Sequence[str]]) -> str | None:
    """Return what was asked with mistyped words replaced, one alternative after the other; None if there are none."""
    words = asked.lower().split()
    if not any(word in similar for word in _WORD.findall(asked.lower())):
        return None
    choices = [_spellings(word, similar) for word in words]
    ways = itertools.islice(itertools.product(*choices), _MOST_CORRECTIONS)
    return " or ".join(" ".join(way) for way in ways)


def _spellings(word: str, similar: Mapping[str, Sequence[str]]) -> Sequence[str]:
    bare = _WORD.findall(word)
    return similar.get(bare[0], (word,)) if len(bare) == 1 else (word,)
