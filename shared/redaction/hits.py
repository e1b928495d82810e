"""What detectors look at and what they find."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

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
    """A text, its look-alike of equal length in lower case, and the contacts that may stay."""

    text: str
    shadow: str
    allow: frozenset[str]


Detector = Callable[[Look], Iterable[Hit]]


def cue(*words: str) -> str:
    """Return a pattern that matches any of the words as a word of its own."""
    return f"{START}(?:{'|'.join(words)}){END}"


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
