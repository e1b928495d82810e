"""Lines: tickets that wait for the same people, and how long each of them still waits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias

from services.tickets.domain.queueing import Place, order_key, tongue_of

TURN_SECONDS: Final = 60
Peers: TypeAlias = tuple[str | None, str | None]


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
    """Return waiting tickets in serving order, with the ranks of this moment; `hands` people serve them.

    A position counts all that the same people serve before it, whatever its rank: who takes a ticket without a language
    or team could have taken this one.
    """
    before: Counter[Peers] = Counter()
    found = []
    for place in sorted(places, key=lambda one: order_key(one, now)):
        mine = (tongue_of(place.language), place.team_id)
        ahead = sum(count for peers, count in before.items() if _shares(peers, mine))
        before[mine] += 1
        shown = replace(place, rank=place.rank_at(now))
        found.append(Standing(shown, ahead + 1, -(-(ahead + 1) * TURN_SECONDS // max(hands, 1))))
    return found


def _shares(one: Peers, other: Peers) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
