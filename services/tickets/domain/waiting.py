"""Since when a player waits: his oldest words that nobody of the staff has answered."""

from datetime import datetime
from typing import Final

from services.tickets.domain.statuses import FINISHED
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    TicketAbsorbed,
    TicketEvent,
    TicketMerged,
    TicketReleased,
    TicketStatusChanged,
    TicketUnmerged,
)

ANSWERERS: Final = frozenset({AuthorKind.STAFF})


def waiting_after(before: datetime | None, fact: TicketEvent) -> datetime | None:
    """Return since when the player waits after a fact, None if he does not.

    Words of the player begin it and a person's reply ends it; robots do neither, and a server is no person. Who is told
    that the matter is finished waits no longer. A ticket that takes another's words takes its player's wait over, and
    an undo says who waits for what afterwards.
    """
    if isinstance(fact, TicketStatusChanged):
        return None if fact.after in FINISHED else before
    if isinstance(fact, TicketMerged):
        return None
    if isinstance(fact, TicketAbsorbed):
        return min(filter(None, (before, fact.waiting_since)), default=None)
    if isinstance(fact, TicketUnmerged | TicketReleased):
        return fact.waiting_since
    return _after_words(before, fact) if isinstance(fact, MessageAdded) else before


def _after_words(before: datetime | None, fact: MessageAdded) -> datetime | None:
    if fact.automatic or fact.kind is MessageKind.NOTE:
        return before
    if fact.kind is MessageKind.REPLY:
        return None if fact.author.kind in ANSWERERS else before
    return fact.occurred_at if before is None else min(before, fact.occurred_at)
