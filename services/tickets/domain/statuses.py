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
    """Who moves a ticket: rules (an answer, new words, a time), the bot, the player, or staff and the servers."""

    SYSTEM = "system"
    BOT = "bot"
    PLAYER = "player"
    STAFF = "staff"


_NOWHERE: Final[Mapping[TicketStatus, frozenset[TicketStatus]]] = dict.fromkeys(TicketStatus, frozenset())
_WORKED: Final = frozenset({OPEN, PENDING, WAITING, SNOOZED, RESOLVED, CLOSED})

MOVES: Final[Mapping[Mover, Mapping[TicketStatus, frozenset[TicketStatus]]]] = {
    Mover.SYSTEM: {
        NEW: frozenset({BOT, OPEN}),
        BOT: frozenset({OPEN}),
        OPEN: frozenset(),
        PENDING: frozenset({OPEN}),
        WAITING: frozenset({OPEN}),
        SNOOZED: frozenset({OPEN}),
        RESOLVED: frozenset({OPEN, CLOSED}),
        CLOSED: frozenset({OPEN}),
    },
    # The bot takes what nobody answered yet and hands it over; it never takes a ticket from a person.
    Mover.BOT: {**_NOWHERE, NEW: frozenset({BOT}), BOT: frozenset({OPEN})},
    # Players speak; their words move the ticket. They edit nothing in this version.
    Mover.PLAYER: _NOWHERE,
    Mover.STAFF: {
        NEW: _WORKED,
        BOT: _WORKED,
        OPEN: _WORKED - {OPEN},
        PENDING: _WORKED - {PENDING},
        WAITING: _WORKED - {WAITING},
        SNOOZED: _WORKED - {SNOOZED},
        RESOLVED: frozenset({OPEN, CLOSED}),
        CLOSED: frozenset({OPEN}),
    },
}

_MOVERS: Final = {
    AuthorKind.PLAYER: Mover.PLAYER,
    AuthorKind.VISITOR: Mover.PLAYER,
    AuthorKind.STAFF: Mover.STAFF,
    AuthorKind.SERVER: Mover.STAFF,
    AuthorKind.BOT: Mover.BOT,
}


def mover_of(kind: AuthorKind) -> Mover:
    """Return in which role somebody moves tickets; rules are the system."""
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
    """Return where the player's words put a ticket: back to work, unless nobody or only the bot answered yet."""
    return before if before in {NEW, BOT} else OPEN


def status_after_answer(before: TicketStatus, by: AuthorKind = AuthorKind.STAFF) -> TicketStatus:
    """Return where an answer puts a ticket: the bot's first one leaves it with the bot, a person's takes it over."""
    if by is AuthorKind.BOT:
        return BOT if before is NEW else before
    return OPEN if before in {NEW, BOT} else before
