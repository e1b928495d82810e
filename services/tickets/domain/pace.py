"""How fast a line moves: learned from when tickets were taken, else from how many people could take one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from services.tickets.domain.matching import can_take
from services.tickets.domain.people import SPECIAL, Person
from services.tickets.domain.queueing import Place, tongue_of

Peers: TypeAlias = tuple[str | None, str | None]
TURN: Final = timedelta(seconds=60)
LEAST_TURN: Final = timedelta(seconds=1)
MOST_TURN: Final = timedelta(minutes=30)
LEARNED_FROM: Final = 20
FEWEST: Final = 3
AT_ONCE: Final = timedelta(seconds=10)
_FADING: Final = 0.75


@dataclass(frozen=True, slots=True)
class Taking:
    """A ticket that somebody took out of the queue; `peers` is its language without region and its team."""

    peers: Peers
    enqueued_at: datetime
    taken_at: datetime


def peers_of(place: Place) -> Peers:
    """Return what decides who can serve a ticket, whenever his turn comes."""
    return tongue_of(place.language), place.team_id


def shares(one: Peers, other: Peers) -> bool:
    """True if the same people could serve both: who takes a ticket without language or team could take the other."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def turn(takings: Sequence[Taking], *, hands: int, waiting_since: datetime | None, now: datetime) -> timedelta:
    """Return about how long a line needs for one ticket.

    That is the interval between takings while somebody waited, the newest counting most; a silence longer than that
    counts as one more. What was taken at once says nothing about a line. Where too little is known, `hands` people need
    the default.
    """
    gaps = _gaps(takings)[-LEARNED_FROM:]
    gaps = [TURN / max(hands, 1)] * (FEWEST - len(gaps)) + gaps
    mean = _newest_most(gaps)
    if waiting_since is not None:
        silence = now - max([waiting_since, *(one.taken_at for one in takings)])
        mean = max(mean, _newest_most([*gaps, silence]))
    return min(max(mean, LEAST_TURN), MOST_TURN)


class Pace:
    """The turns of all lines of a brand at one moment; what is the same for many tickets is worked out once."""

    def __init__(
        self, takings: Iterable[Taking], people: Iterable[Person], waiting: Iterable[Place], now: datetime
    ) -> None:
        self._takings = sorted(takings, key=lambda one: one.taken_at)
        self._people = list(people)
        self._trained = frozenset(skill for one in self._people for skill in one.skills & SPECIAL)
        self._since: dict[Peers, datetime] = {}
        self._now = now
        self._turns: dict[tuple[Peers, int], timedelta] = {}
        self._hands: dict[tuple[object, ...], int] = {}
        for place in waiting:
            peers = peers_of(place)
            self._since[peers] = min(place.enqueued_at, self._since.get(peers, place.enqueued_at))

    def turn_of(self, place: Place) -> timedelta | None:
        """Return about how long the people who serve this ticket need for each one before it.

        None: of the people the queue knows, nobody is there for it. Of a brand without profiles it knows nobody.
        """
        key = peers_of(place), self.hands_for(place)
        if self._people and key[1] == 0:
            return None
        if key not in self._turns:
            self._turns[key] = self._turn(*key)
        return self._turns[key]

    def hands_for(self, place: Place) -> int:
        """Return how many people are there who could take this ticket."""
        key = (place.channel, tongue_of(place.language), place.team_id, place.skill, place.reason_group)
        if key not in self._hands:
            able = (one.takes(place.channel, self._now) and can_take(one, place, self._trained) for one in self._people)
            self._hands[key] = sum(able)
        return self._hands[key]

    def _turn(self, peers: Peers, hands: int) -> timedelta:
        ours = [one for one in self._takings if shares(one.peers, peers)]
        since = min((at for other, at in self._since.items() if shares(other, peers)), default=None)
        return turn(ours, hands=hands, waiting_since=since, now=self._now)


TurnOf: TypeAlias = Callable[[Place], timedelta | None]


def _newest_most(gaps: Sequence[timedelta]) -> timedelta:
    weights = [_FADING**age for age in reversed(range(len(gaps)))]
    return sum((weight * gap for weight, gap in zip(weights, gaps, strict=True)), timedelta(0)) / sum(weights)


def _gaps(takings: Sequence[Taking]) -> list[timedelta]:
    """Return how long each taking let a ticket wait that nothing else was ahead of."""
    return [
        max(one.taken_at - max(one.enqueued_at, before.taken_at), timedelta(0))
        for before, one in pairwise(takings)
        if one.taken_at - one.enqueued_at >= AT_ONCE
    ]
