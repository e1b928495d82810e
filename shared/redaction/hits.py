"""What detectors look at and what they find."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

# Marks stand in the look-alike text for what is already replaced. No rule's pattern matches them by accident.
PLAIN_MARK: Final = "\ue000"
CARD_MARK: Final = "\ue001"
EXPIRY_MARK: Final = "\ue002"
CODE_MARK: Final = "\ue003"
MARKS: Final = PLAIN_MARK + CARD_MARK + EXPIRY_MARK + CODE_MARK

# Letters next to a cue make it another word; digits may follow directly ("cvv123").
START: Final = r"(?<![^\W\d_])"
END: Final = r"(?![^\W\d_])"


class Hit(NamedTuple):
    """Characters to replace by `token`; with an empty token they only stay out of the later detectors' sight."""

    start: int
    end: int
    token: str
    mark: str = PLAIN_MARK


class Look(NamedTuple):
    """A text, its look-alike of equal length in lower case, the contacts that may stay, and where cues begin.

    Cues are found once, by looking up words: patterns then start where one stands instead of trying every character.
    Keys, hashes and wallets are looked for only if some word has 25 characters, seeds only if there are words enough.
    """

    text: str
    shadow: str
    allow: frozenset[str]
    cues: Mapping[str, Sequence[int]]
    has_long_word: bool
    has_seed_words: bool


Detector: TypeAlias = Callable[[Look], Iterable[Hit]]
Cues: TypeAlias = dict[str, str]
"""The first words of the cues of each kind, separated by blanks."""


def cue(*words: str) -> str:
    """Return a pattern that matches any of the words as a word of its own."""
    return f"{START}(?:{'|'.join(words)}){END}"


def behind(look: Look, kind: str, pattern: re.Pattern[str], group: str) -> Iterator[tuple[int, int]]:
    """Yield what a pattern that begins with a cue catches at each cue of a kind."""
    for at in look.cues.get(kind, ()):
        match = pattern.match(look.shadow, at)
        if match is not None:
            yield match.span(group)


def apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the spans in order, without those that overlap an earlier one."""
    reached = -1
    for start, end in sorted(spans):
        if start >= reached:
            yield start, end
            reached = end


def mask(shadow: str, hits: Sequence[Hit]) -> str:
    """Return the look-alike with marks in place of the hits, which must be in order."""
    pieces: list[str] = []
    at = 0
    for hit in hits:
        pieces += (shadow[at : hit.start], hit.mark * (hit.end - hit.start))
        at = hit.end
    return "".join((*pieces, shadow[at:]))
