"""Tags: short words of the desk on a ticket, the same however they were typed."""

import re
import unicodedata
from typing import Final

from services.tickets.domain.errors import TagMalformed, TagsFull
from shared.redaction import redact

TAG_LIMIT: Final = 50
MOST_TAGS: Final = 30
_BLANKS: Final = re.compile(r"\s+")
_ALLOWED: Final = re.compile(r"[\w:-]+")


def tag_of(text: str) -> str:
    """Return the tag that `text` means: case folded, blanks as hyphens; refuse what is no word."""
    tag = unicodedata.normalize("NFKC", text).strip().casefold()
    tag = unicodedata.normalize("NFKC", _BLANKS.sub("-", tag))
    if not 1 <= len(tag) <= TAG_LIMIT or _ALLOWED.fullmatch(tag) is None:
        raise TagMalformed(f"a tag has 1 to {TAG_LIMIT} letters, digits, hyphens, underscores and colons", field="tag")
    return tag


def new_tag(text: str) -> str:
    """Return the tag that `text` means, to be put on something: what would be redacted elsewhere is none."""
    if redact(text) != text:
        raise TagMalformed("a tag holds no card, account or contact data", field="tag")
    return tag_of(text)


def with_tags(tags: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the tags after adding and removing some, in the order in which they came."""
    left = tuple(dict.fromkeys((*(tag for tag in tags if tag not in removed), *added)))
    if len(left) > max(MOST_TAGS, len(tags)):
        raise TagsFull(f"a ticket has at most {MOST_TAGS} tags", field="tag")
    return left
