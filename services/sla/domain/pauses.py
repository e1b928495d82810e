"""In which situations of a ticket a promise stands still: what its policy says, or what is usual for its metric."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from shared.contracts.sla import ClockKind
from shared.contracts.tickets import BackOffice, TicketStatus


class Pause(StrEnum):
    """A situation in which a promise may stand still; `waiting` is for any back office, the others for one."""

    PENDING = "pending"
    WAITING = "waiting"
    WAITING_PAYMENTS = "waiting:payments"
    WAITING_KYC = "waiting:kyc"
    WAITING_RISK = "waiting:risk"
    WAITING_PROVIDER = "waiting:provider"
    SNOOZED = "snoozed"
    BOT = "bot"


Pauses: TypeAlias = frozenset[Pause]

# A solution is owed by people: what the player, a back office or the bot takes is not their time.
_USUAL: Final[Mapping[ClockKind, Pauses]] = {
    ClockKind.RESOLUTION: frozenset({Pause.PENDING, Pause.WAITING, Pause.SNOOZED, Pause.BOT}),
    ClockKind.PERIODIC_UPDATE: frozenset({Pause.PENDING, Pause.SNOOZED}),
}
_WAITING: Final = frozenset(pause for pause in Pause if pause.startswith(Pause.WAITING))
_SITUATIONS: Final = {
    TicketStatus.PENDING: frozenset({Pause.PENDING}),
    TicketStatus.SNOOZED: frozenset({Pause.SNOOZED}),
    TicketStatus.BOT: frozenset({Pause.BOT}),
}
_NONE: Final[Pauses] = frozenset()


def usual_pauses(metric: ClockKind) -> Pauses:
    """Return when a promise of `metric` stands still if its policy says nothing."""
    return _USUAL.get(metric, _NONE)


def stands_still(metric: ClockKind, pauses: Pauses | None, status: TicketStatus, waiting_on: BackOffice | None) -> bool:
    """True if a promise with these pauses, null: the usual ones, does not count in this situation of its ticket."""
    chosen = usual_pauses(metric) if pauses is None else pauses
    if status is TicketStatus.WAITING:
        return Pause.WAITING in chosen or f"{Pause.WAITING}:{waiting_on}" in chosen
    return not chosen.isdisjoint(_SITUATIONS.get(status, _NONE))


def pointless(metric: ClockKind, pauses: Pauses) -> bool:
    """True if a promise could never count: a back office is timed only while the ticket waits for it."""
    return metric is ClockKind.BACK_OFFICE and not pauses.isdisjoint(_WAITING)
