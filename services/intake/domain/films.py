"""MP4 films (ISO/IEC 14496-12): their boxes must fill the file, and those that say where and when are emptied."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from services.intake.domain.file_types import ActiveContent, FileUnreadable

_TOP: Final = frozenset({
    b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"prft",
    b"meta", b"uuid", b"udta", b"pdin", b"emsg",
})  # fmt: skip
# What may hold places, names and devices; as `free` boxes of the same size they mean nothing and nothing moves.
_TELLING: Final = frozenset({b"udta", b"meta", b"uuid", b"emsg"})
_PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})
_HEADER: Final = 8
_LONG_HEADER: Final = 16
_MOST_BOXES: Final = 50_000


class Box(NamedTuple):
    """A box from `start` to `end`; its content begins at `inside`."""

    kind: bytes
    start: int
    inside: int
    end: int


def telling_boxes(raw: bytes) -> list[Box]:
    """Return the boxes to empty; refuse a film with gaps, strange boxes or none of what makes it play."""
    top = list(_boxes(raw, 0, len(raw)))
    kinds = [box.kind for box in top]
    if kinds[0] != b"ftyp" or b"moov" not in kinds:
        raise FileUnreadable("the film is incomplete")
    if not _TOP.issuperset(kinds):
        raise ActiveContent("the film is another kind of file as well")
    found: list[Box] = []
    waiting = top
    while waiting:
        box = waiting.pop()
        if box.kind in _TELLING:
            found.append(box)
        elif box.kind in _PARENTS:
            waiting.extend(_boxes(raw, box.inside, box.end))
        if len(waiting) + len(found) > _MOST_BOXES:
            raise FileUnreadable("the film has too many parts")
    return found


def _boxes(raw: bytes, start: int, end: int) -> Iterator[Box]:
    while start < end:
        size = int.from_bytes(raw[start : start + 4])
        inside = start + _HEADER
        if size == 1:
            size, inside = int.from_bytes(raw[start + 8 : start + 16]), start + _LONG_HEADER
        elif size == 0:
            size = end - start
        if size < inside - start or start + size > end:
            raise FileUnreadable("the film is damaged")
        yield Box(raw[start + 4 : start + 8], start, inside, start + size)
        start += size
