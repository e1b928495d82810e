"""How far somebody has read a timeline, so that nothing is passed over however late it comes.

A timeline shows what happened in the order of its time, and that is not the order in which it was recorded: words wait
in a queue, a merge brings those of another ticket. Whoever goes on from a place would never see what was put in before
it. A bookmark therefore keeps besides the place how much was recorded then: what a ticket tells later has a higher
version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.tickets.domain.timeline import Entry

# Of an id: what no other of the few tickets of one timeline has.
_TAIL: Final = slice(-12, None)
# A cursor must fit into an address. Of more merged tickets than these it is only known that they were read: nothing
# joins a merged ticket any more. What is merged in beyond them is not shown to whoever goes on.
_MOST: Final = 100
_OTHERS: Final = "others"
_WHOLE: Final = 2**31


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Everything up to (`occurred_at`, `entry_id`) was read, of each ticket as it was at its version in `heads`."""

    occurred_at: datetime
    entry_id: UUID
    heads: Mapping[str, int]

    def head_of(self, ticket_id: UUID) -> int:
        """Return the version up to which a ticket was read; 0 if it was none of the timeline's then."""
        return self.heads.get(ticket_id.hex[_TAIL], self.heads.get(_OTHERS, 0))

    def key(self) -> tuple[str, ...]:
        """Return what a cursor carries."""
        return (
            self.occurred_at.isoformat(),
            str(self.entry_id),
            *(f"{tail}:{head}" for tail, head in self.heads.items()),
        )


def bookmark_at(entry: Entry, heads: Mapping[UUID, int]) -> Bookmark:
    """Return the place after an entry of tickets that were read as they were at these versions."""
    return Bookmark(entry.occurred_at, entry.id, _tails(heads))


def bookmark_of(key: tuple[str, ...]) -> Bookmark:
    """Return what a cursor carried."""
    occurred_at, entry_id, *heads = key
    pairs = (head.split(":") for head in heads)
    return Bookmark(datetime.fromisoformat(occurred_at), UUID(entry_id), {tail: int(head) for tail, head in pairs})


def caught_up(before: Bookmark, last: Entry, heads: Mapping[UUID, int]) -> Bookmark:
    """Return the same place after late entries, told in the order of (ticket, version), were read up to `last`."""
    read = {
        one: head if one < last.ticket_id else last.version if one == last.ticket_id else before.head_of(one)
        for one, head in heads.items()
    }
    return Bookmark(before.occurred_at, before.entry_id, _tails(read))


def _tails(heads: Mapping[UUID, int]) -> dict[str, int]:
    known = {ticket_id.hex[_TAIL]: head for ticket_id, head in list(heads.items())[:_MOST]}
    return known if len(heads) <= _MOST else {**known, _OTHERS: _WHOLE}
