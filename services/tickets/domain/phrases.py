"""Whether words are a complaint: a fixed lexicon, so that no complaint waits for a machine that may be away.

Words are compared in their plain form: without case, accents, apostrophes and repeated blanks. In a phrase `*` ends a
stem and `...` stands for up to four words. All phrases are one compiled expression; reading a
message costs microseconds.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_GAP: Final = r"(?: \w+){0,4}"
_APART: Final = re.compile(r"[^\w]+")
_QUOTES: Final = dict.fromkeys(map(ord, "'`\u2019\u2018\u02bc\u00b4"), None)
_READ: Final = 8000


def plain(text: str) -> str:
    """Return words as they are compared; only the beginning of a very long message is read."""
    folded = unicodedata.normalize("NFKC", text[:_READ]).casefold().translate(_QUOTES)
    if not folded.isascii():
        folded = "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))
    return _APART.sub(" ", folded)


def compiled(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return one expression for all phrases; what begins alike is tried once."""
    tree: dict[str, dict] = {}  # type: ignore[type-arg]
    for phrase in phrases:
        node = tree
        for word in _words(phrase):
            node = node.setdefault(word, {})
        node[""] = {}
    return re.compile(rf"\b{_branch(tree)}\b")


def read_phrases(document: Mapping[str, object]) -> re.Pattern[str]:
    """Return the expression for a parsed file: phrases by language."""
    families = document["phrases"]
    if not isinstance(families, Mapping):
        message = "the file lists `phrases` by language"
        raise TypeError(message)
    return compiled(str(phrase) for phrases in families.values() for phrase in phrases)


def is_complaint(text: str, lexicon: re.Pattern[str]) -> bool:
    """True if the player's words complain."""
    return lexicon.search(plain(text)) is not None


def _words(phrase: str) -> list[str]:
    """Return the parts of a phrase as expressions."""
    parts: list[str] = []
    for word in phrase.split():
        if word == "...":
            parts[-1] += _GAP
        elif word.endswith("*"):
            parts.append(re.escape(plain(word[:-1]).strip()) + r"\w*")
        else:
            parts.extend(re.escape(one) for one in plain(word).split())
    return parts


def _branch(tree: Mapping[str, Mapping]) -> str:  # type: ignore[type-arg]
    if "" in tree:
        return ""  # a shorter phrase is enough
    branches = [f"{word} {rest}" if (rest := _branch(below)) else word for word, below in tree.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
