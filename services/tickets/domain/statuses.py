"""Who may move a ticket from which status to which: one table, nothing else decides."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.tickets.domain.errors import StatusMoveRefused
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus

NEW: Final = TicketStatus.NEW
BOT: Final = TicketStatus.BOT
OPEN: Final = TicketStatus.OPEN
PENDING: Final = TicketStatus.PENDING
WAITING: Final = TicketStatus.WAITING
SNOOZED: Final = TicketStatus.SNOOZED
RESOLVED: Final = TicketStatus.RESOLVED
CLOSED: Final = TicketStatus.CLOSED
FINISHED: Final = frozenset({RESOLVED, CLOSED})


class Mover(StrEnum):
    """Who moves a ticket: rules (an answer, new words), the player, or staff and the operator's servers."""

    SYSTEM = "system"
    PLAYER = "player"
    STAFF = "staff"


MOVES: Final[Mapping[Mover, Mapping[TicketStatus, frozenset[TicketStatus]]]] = {
    Mover.SYSTEM: {
        NEW: frozenset({OPEN}),
        BOT: frozenset({OPEN}),
        OPEN: frozenset(),
        PENDING: frozenset({OPEN}),
        WAITING: frozenset({OPEN}),
        SNOOZED: frozenset({OPEN}),
        RESOLVED: frozenset({OPEN}),
        CLOSED: frozenset({OPEN}),
    },
    # Players speak; their words move the ticket. They edit nothing in this version.
    Mover.PLAYER: dict.fromkeys(TicketStatus, frozenset()),
    Mover.STAFF: {
        NEW: frozenset({OPEN, PENDING, RESOLVED, CLOSED}),
        BOT: frozenset(),
        OPEN: frozenset({PENDING, RESOLVED, CLOSED}),
        PENDING: frozenset({OPEN, RESOLVED, CLOSED}),
        WAITING: frozenset(),
        SNOOZED: frozenset(),
        RESOLVED: frozenset({OPEN, CLOSED}),
        CLOSED: frozenset({OPEN}),
    },
}

_MOVERS: Final = {
    AuthorKind.PLAYER: Mover.PLAYER,
    AuthorKind.VISITOR: Mover.PLAYER,
    AuthorKind.STAFF: Mover.STAFF,
    AuthorKind.SERVER: Mover.STAFF,
}


def mover_of(kind: AuthorKind) -> Mover:
    """Return in which role somebody moves tickets; robots and rules are the system."""
    return _MOVERS.get(kind, Mover.SYSTEM)


def may_move(mover: Mover, before: TicketStatus, after: TicketStatus) -> bool:
    """True if the table allows it; staying is always allowed."""
    return before is after or after in MOVES[mover][before]


def check_move(mover: Mover, before: TicketStatus, after: TicketStatus) -> None:
    """Refuse a move that the table does not allow."""
    if not may_move(mover, before, after):
        allowed = sorted(status.value for status in MOVES[mover][before])
        raise StatusMoveRefused(
            f"{before} → {after} is not a move for {mover}", field="status", before=before, after=after, allowed=allowed
        )


def status_after_words(before: TicketStatus) -> TicketStatus:
    """Return where the player's words put a ticket: back to work unless nobody answered yet."""
    return NEW if before is NEW else OPEN


def status_after_answer(before: TicketStatus) -> TicketStatus:
    """Return where an answer puts a ticket: the first one takes it into work."""
    return OPEN if before is NEW else before
