"""Whose places are wanted by somebody, and when there is something to tell of them."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from shared.contracts.tickets import QUEUES_WANTED_SECONDS

WANTED_FOR: Final = timedelta(seconds=QUEUES_WANTED_SECONDS)
# Looking at a long queue takes its time: at most a tenth of it is spent on that.
_REST: Final = 10


class Due(NamedTuple):
    """A brand in whose queue something moved at `moved_at` that is not told yet."""

    brand: str
    moved_at: datetime


class Audience:
    """What one process knows of who wants to hear of places: brands nobody asks for cost nothing."""

    def __init__(self) -> None:
        self._wanted_until: dict[str, datetime] = {}
        self._moved_at: dict[str, datetime] = {}
        self._again_at: dict[str, datetime] = {}

    def want(self, brand: str, now: datetime) -> None:
        """Somebody wants to know the places of a brand: now, and whenever they change for some time."""
        self._wanted_until[brand] = now + WANTED_FOR
        self._moved_at[brand] = now

    def move(self, brands: Collection[str], now: datetime) -> bool:
        """Somebody has another place now; True if anybody wants to know."""
        wanted = [brand for brand in brands if self._wanted_until.get(brand, now) > now]
        for brand in wanted:
            self._moved_at[brand] = now
        return bool(wanted)

    def due(self, now: datetime) -> list[Due]:
        """Return what may be told now."""
        for brand in [brand for brand, until in self._wanted_until.items() if until <= now]:
            del self._wanted_until[brand]
            self._moved_at.pop(brand, None)
        return [Due(brand, at) for brand, at in self._moved_at.items() if self._again_at.get(brand, now) <= now]

    def looked(self, brand: str, *, seen_at: datetime, again_at: datetime, began: datetime, ended: datetime) -> None:
        """Remember how far a look at a brand's places saw, and rest after it."""
        self._again_at[brand] = max(again_at, ended + _REST * (ended - began))
        if self._moved_at.get(brand, seen_at) <= seen_at:
            self._moved_at.pop(brand, None)

    def pause(self, now: datetime, most: timedelta) -> timedelta:
        """Return how long there is nothing to tell, unless something moves before."""
        coming = (self._again_at.get(brand, now) - now for brand in self._moved_at)
        return max(min(coming, default=most), timedelta(0))
