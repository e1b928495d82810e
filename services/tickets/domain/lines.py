"""Lines: tickets that wait for the same people, and how long each of them still waits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from services.tickets.domain.pace import TURN, Peers, TurnOf, peers_of, shares
from services.tickets.domain.queueing import Place, order_key

MOST_WAIT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting ticket and its position in its line; the next one served has position 1.

    `eta_seconds` is None while nobody is there who could take it.
    """

    place: Place
    position: int
    eta_seconds: int | None


def longest(line: Iterable[Standing]) -> int | None:
    """Return about how long the last of a line waits, None if nobody is there for any of it."""
    return max((one.eta_seconds for one in line if one.eta_seconds is not None), default=None)


def name_of(place: Place) -> str:
    """Return the name of a line: language and team decide who can serve it, the rank when."""
    return f"{place.rank.name.lower()}:{place.language or 'any'}:{place.team_id or 'any'}"


def line_at(place: Place, now: datetime) -> str:
    """Return the name of the line a ticket stands in at a moment."""
    return name_of(replace(place, rank=place.rank_at(now)))


def by_default(place: Place) -> timedelta:  # noqa: ARG001 - any ticket
    """Return how long one ticket takes if nothing is known."""
    return TURN


def standings(places: Iterable[Place], now: datetime, turn_of: TurnOf = by_default) -> list[Standing]:
    """Return waiting tickets in serving order, with the ranks of this moment; `turn_of` says how fast a line moves.

    A position counts all that the same people serve before it, whatever its rank: who takes a ticket without a language
    or team could have taken this one.
    """
    before: Counter[Peers] = Counter()
    found = []
    for place in sorted(places, key=lambda one: order_key(one, now)):
        mine = peers_of(place)
        position = 1 + sum(count for peers, count in before.items() if shares(peers, mine))
        before[mine] += 1
        found.append(Standing(replace(place, rank=place.rank_at(now)), position, _eta(position, turn_of(place))))
    return found


def _eta(position: int, turn: timedelta | None) -> int | None:
    return None if turn is None else ceil(min(position * turn, MOST_WAIT).total_seconds())
