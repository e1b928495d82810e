"""Whether somebody can answer now, said before a player writes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.chat.domain.rules import ChatPolicy

_ANY: Final = "any"


class Absence(StrEnum):
    """Why nobody answers soon: the brand is closed, nobody is there, or too many wait."""

    CLOSED = "closed"
    NOBODY = "nobody"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a player can expect; `opens_at` is when somebody is there again, as far as the brand says so."""

    absence: Absence | None = None
    opens_at: datetime | None = None
    wait_seconds: int | None = None


@dataclass(slots=True)
class Waits:
    """How long the last in each queue of a brand waits, as tickets last told this process; None was told: not known."""

    _known: dict[str, dict[str, int | None]] = field(default_factory=dict)

    def hear(self, brand: str, waits: Mapping[str, int | None]) -> None:
        """Take in how many seconds each queue of a brand waits (None: nobody is there); what is not in it is empty."""
        self._known[brand] = dict(waits)

    def forget_but(self, brands: Collection[str]) -> None:
        """Forget what is told no more."""
        self._known = {brand: told for brand, told in self._known.items() if brand in brands}

    def of(self, brand: str, language: str | None) -> int | None:
        """Return how long somebody with this language would wait, None if that is not known.

        Queues are called rank, language and team. One that waits for nobody who is there says nothing of the others.
        """
        known = self._known.get(brand)
        if known is None:
            return None
        mine = {_ANY, (language or _ANY).partition("-")[0].lower()}
        waits = [eta for name, eta in known.items() if name.split(":")[1:2] and name.split(":")[1] in mine]
        return max((eta for eta in waits if eta is not None), default=None if waits else 0)


def offer(policy: ChatPolicy, *, anybody: bool, wait_seconds: int | None, now: datetime) -> Offer:
    """Return what a player can expect who writes now."""
    hours = policy.hours
    if hours is not None and not hours.is_open(now, policy.time_zone):
        return Offer(Absence.CLOSED, hours.opens_at(now, policy.time_zone))
    if not anybody:
        return Offer(Absence.NOBODY)
    longest = policy.longest_wait
    if longest is not None and wait_seconds is not None and wait_seconds > longest.total_seconds():
        return Offer(Absence.BUSY, wait_seconds=wait_seconds)
    return Offer(wait_seconds=wait_seconds)
