"""Lines: tickets that wait for the same people, and how long each of them still waits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.tickets.domain.queueing import Place, order_key

TURN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting ticket and its position in its line; the next one served has position 1."""

    place: Place
    position: int
    eta_seconds: int


def name_of(place: Place) -> str:
    """Return the name of a line: language and team decide who can serve it, the rank when."""
    return f"{place.rank.name.lower()}:{place.language or 'any'}:{place.team_id or 'any'}"


def standings(places: Iterable[Place], now: datetime, *, hands: int) -> list[Standing]:
    """Return waiting tickets in serving order; `hands` people serve them, each one ticket a minute.

    A position counts all whose language and team are the same, whatever their rank, for the same people serve them.
    """
    before: dict[tuple[str | None, str | None], int] = defaultdict(int)
    found = []
    for place in sorted(places, key=lambda one: order_key(one, now)):
        peers = (place.language, place.team_id)
        before[peers] += 1
        found.append(Standing(place, before[peers], -(-before[peers] * TURN_SECONDS // max(hands, 1))))
    return found
