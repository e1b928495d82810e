"""Who takes what: in the order of the queue, to the least busy who can, fairly and always the same way."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from services.tickets.domain.people import Person, fullness
from services.tickets.domain.queueing import SPECIAL, Place, order_key, tongue_of

Loads = Mapping[str, Mapping[str, int]]
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
    places: Iterable[Place], people: Iterable[Person], loads: Loads, now: datetime, *, barred: Barred = _NOBODY
) -> Plan:
    """Decide who takes which of the waiting tickets; nobody over his limit, nobody idle who could take one.

    Who is `barred` from a ticket, because it complains about him, never takes it.
    """
    staff = list(people)
    trained = frozenset(skill for one in staff for skill in one.skills & SPECIAL)
    held: dict[str, dict[str, int]] = defaultdict(dict, {one: dict(load) for one, load in loads.items()})
    given = {one.id: one.last_given_at or _NEVER for one in staff}
    choices, stalled = [], []
    for place in sorted(places, key=lambda one: order_key(one, now)):
        without = barred.get(place.ticket_id, ())
        able = [one for one in staff if can_take(one, place, trained) and one.takes(place.channel, now)]
        able = [one for one in able if one.id not in without]
        if not able:
            stalled.append(place)
            continue
        person = _choose(able, place, held, given, now)
        if person is not None:
            choices.append(Choice(place.ticket_id, person.id))
            load = held[person.id]
            load[place.channel.value] = load.get(place.channel.value, 0) + 1
            given[person.id] = now
    return Plan(tuple(choices), tuple(stalled))


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


def _choose(
    able: list[Person],
    place: Place,
    held: Mapping[str, Mapping[str, int]],
    given: Mapping[str, datetime],
    now: datetime,
) -> Person | None:
    """Return the least busy with room, the longest idle among equals; a reserved ticket waits for its person.

    The reservation is void while that person is not there. Who let the ticket go silent comes after everybody else.
    """
    reserved = [one for one in able if one.id == place.reserved_at(now)]
    free = [one for one in reserved or able if has_room(one, place, held.get(one.id, {}))]

    def turn(one: Person) -> tuple[bool, Fraction, datetime, str]:
        return one.id in place.passed_over, fullness(one, held.get(one.id, {})), given[one.id], one.id

    return min(free, key=turn, default=None)
