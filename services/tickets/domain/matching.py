"""Who takes what: in the order of the queue, to the least busy who can, fairly and always the same way."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from services.tickets.domain.people import SPECIAL, Person, fullness
from services.tickets.domain.queueing import Place, order_key, tongue_of
from shared.contracts.base import Channel

Loads = Mapping[str, Mapping[str, int]]
_Need = tuple[Channel, str | None, str | None, str | None, str | None]
Barred = Mapping[UUID, Collection[str]]
_NOBODY: Final[Barred] = MappingProxyType({})
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Choice(NamedTuple):
    """A ticket and who takes it."""

    ticket_id: UUID
    staff_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at the queue decides; for the `stalled` nobody is there at all, however long they wait."""

    choices: tuple[Choice, ...]
    stalled: tuple[Place, ...]


def plan(
    places: Iterable[Place],
    people: Iterable[Person],
    loads: Loads,
    now: datetime,
    *,
    barred: Barred = _NOBODY,
    most: int | None = None,
) -> Plan:
    """Decide who takes which of the waiting tickets; nobody over his limit, nobody idle who could take one.

    Who is `barred` from a ticket, because it complains about him, never takes it. With `most` only so many of them are
    decided, the first in the order.
    """
    hall = _Hall(list(people), loads, now)
    choices: list[Choice] = []
    stalled = []
    for place in sorted(places, key=lambda one: order_key(one, now)):
        without = barred.get(place.ticket_id, ())
        if all(one.id in without for one in hall.able(place)):
            stalled.append(place)
            continue
        person = None if len(choices) == most else hall.choose(place, without)
        if person is not None:
            choices.append(Choice(place.ticket_id, person.id))
            hall.give(person, place)
    return Plan(tuple(choices), tuple(stalled))


class _Hall:
    """Everybody during one look at the queue. Thousands of tickets need the same: who can, and who has room, is kept.

    Nobody gains room during a look, so whoever had none for one ticket has none for the next of its kind.
    """

    def __init__(self, staff: list[Person], loads: Loads, now: datetime) -> None:
        self._staff, self._now = staff, now
        self._trained = frozenset(skill for one in staff for skill in one.skills & SPECIAL)
        self._held: dict[str, dict[str, int]] = defaultdict(dict, {one: dict(load) for one, load in loads.items()})
        self._busy = {one.id: fullness(one, self._held.get(one.id, {})) for one in staff}
        self._given = {one.id: one.last_given_at or _NEVER for one in staff}
        self._able: dict[_Need, list[Person]] = {}
        self._free: dict[_Need, list[Person]] = {}

    def able(self, place: Place) -> list[Person]:
        """Return who is there for a ticket, with or without room."""
        need = _need_of(place)
        if need not in self._able:
            able = [one for one in self._staff if can_take(one, place, self._trained)]
            self._able[need] = able = [one for one in able if one.takes(place.channel, self._now)]
            self._free[need] = [one for one in able if has_room(one, place, self._held[one.id])]
        return self._able[need]

    def choose(self, place: Place, without: Collection[str]) -> Person | None:
        """Return the least busy with room, the longest idle among equals; a reserved ticket waits for its person.

        The reservation is void while that person is not there or is one of those `without` whom it goes. Who let the
        ticket go silent comes after everybody else.
        """
        whose, free = place.reserved_at(self._now), self._free[_need_of(place)]
        if without:
            free = [one for one in free if one.id not in without]
        if whose is not None and whose not in without and any(one.id == whose for one in self.able(place)):
            free = [one for one in free if one.id == whose]

        def turn(one: Person) -> tuple[bool, Fraction, datetime, str]:
            return one.id in place.passed_over, self._busy[one.id], self._given[one.id], one.id

        return min(free, key=turn, default=None)

    def give(self, person: Person, place: Place) -> None:
        """Count what a person was given."""
        load = self._held[person.id]
        load[place.channel.value] = load.get(place.channel.value, 0) + 1
        self._busy[person.id] = fullness(person, load)
        self._given[person.id] = self._now
        if not has_room(person, place, load):
            for need, free in self._free.items():
                if need[0] is place.channel and person in free:
                    free.remove(person)


def _need_of(place: Place) -> _Need:
    """Return all of a ticket that decides who can take it."""
    return place.channel, place.team_id, place.skill, place.reason_group, tongue_of(place.language)


def can_take(person: Person, place: Place, trained: frozenset[str]) -> bool:
    """True if a person speaks the language, has the training and belongs to the team.

    A training that nobody of the brand has cannot be asked for. Who lists groups of reasons takes no others; who lists
    no languages speaks whatever the brand speaks.
    """
    if place.team_id is not None and place.team_id not in person.teams:
        return False
    if place.skill in trained and place.skill not in person.skills:
        return False
    groups = person.skills - SPECIAL
    if groups and place.reason_group is not None and place.reason_group not in groups:
        return False
    tongue = tongue_of(place.language)
    return tongue is None or not person.languages or tongue in map(tongue_of, person.languages)


def has_room(person: Person, place: Place, load: Mapping[str, int]) -> bool:
    """True if one more conversation of this channel stays within the person's limit."""
    return load.get(place.channel.value, 0) < person.limit(place.channel)
