"""Since when a player waits: his oldest words that nobody of the staff has answered."""

from datetime import datetime
from typing import Final

from shared.contracts.base import AuthorKind
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    TicketAbsorbed,
    TicketEvent,
    TicketMerged,
    TicketStatus,
    TicketStatusChanged,
)

_ANSWERERS: Final = frozenset({AuthorKind.STAFF})
_FINISHED: Final = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})


def waiting_after(before: datetime | None, fact: TicketEvent) -> datetime | None:
    """Return since when the player waits after a fact, None if he does not.

    Words of the player begin it and a person's reply ends it; robots do neither, and a server is no person. Who is told
    that the matter is finished waits no longer. A ticket that takes another's words takes its player's wait over.
    """
    if isinstance(fact, TicketStatusChanged):
        return None if fact.after in _FINISHED else before
    if isinstance(fact, TicketMerged):
        return None
    if isinstance(fact, TicketAbsorbed):
        return min(filter(None, (before, fact.waiting_since)), default=None)
    if not isinstance(fact, MessageAdded) or fact.automatic or fact.kind is MessageKind.NOTE:
        return before
    if fact.kind is MessageKind.REPLY:
        return None if fact.author.kind in _ANSWERERS else before
    return fact.occurred_at if before is None else min(before, fact.occurred_at)
