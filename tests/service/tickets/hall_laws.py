"""What must hold in a hall once it is quiet, said again and without the product's own rules."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from shared.contracts.base import Envelope
from shared.contracts.tickets import TicketAssigned, TicketStatusChanged
from tests.service.tickets.hall import Hall

LEGAL: Final = 3
SOON: Final = timedelta(hours=4)
GRACE: Final = timedelta(seconds=30)
SPECIAL: Final = frozenset({"vip", "safer_gambling", "complaints"})


@dataclass
class Seen:
    """A quiet hall: tickets with their places, people, and how far its facts were read."""

    now: datetime
    places: dict[UUID, Any]
    people: dict[str, Any]
    position: int = 0
    owners: dict[str, str | None] = field(default_factory=dict)

    @property
    def loads(self) -> Counter[tuple[str, str]]:
        """How many tickets that await staff each person has, by channel."""
        return Counter((p.holder_id, p.channel) for p in self.places.values() if p.holder_id)

    def takes(self, person: Any, place: Any) -> bool:
        """True if somebody is there for a ticket, understands it and is trained for it."""
        trained = {skill for one in self.people.values() for skill in one.skills} & SPECIAL
        there = (
            person.active and person.status == "online" and (place.channel != "web" or person.connected is not False)
        )
        speaks = not place.language or not person.languages or place.language[:2] in person.languages
        return bool(there and speaks and (place.skill not in trained or place.skill in person.skills))

    def has_room(self, person: Any, channel: str) -> bool:
        """True if one more stays within his limit."""
        return bool(self.loads[person.staff_id, channel] < person.capacity[channel])

    def is_his(self, person: Any, place: Any) -> bool:
        """True unless the ticket is kept for somebody else who is there."""
        kept = place.reserved_for if place.reserved_until and place.reserved_until > self.now else None
        other = self.people.get(kept or "")
        return other is None or other.staff_id == person.staff_id or not self.takes(other, place)

    def has_left(self, person: Any, place: Any) -> bool:
        """True if a ticket that he has must go to somebody else; what he took while he was gone he meant to have."""
        live, offline, taken = place.channel == "web", person.status == "offline", place.taken_at
        absent = offline or (live and person.status == "away")
        cut = person.connected is False and (live or (offline and taken is not None))
        since = [at for at, counts in ((person.status_since, absent), (person.connected_since, cut)) if counts]
        gone = [at for at in since if self.now - at > GRACE and (taken is None or at > taken)]
        return bool(gone) or not person.active

    def key(self, place: Any) -> tuple[Any, ...]:
        """Return what a place sorts by."""
        rank = min(place.rank, 4) if place.raised else place.rank
        if place.legal_due_at is not None and place.legal_due_at - self.now < SOON:
            rank = min(rank, LEGAL)
        return rank, place.due_at is None, place.due_at or place.enqueued_at


async def look(hall: Hall, before: Seen | None = None) -> tuple[Seen, list[Envelope]]:
    """Return the hall as it is and what was told since it was seen last."""
    told = await hall.facts(before.position if before else 0)
    position = max([before.position if before else 0, *(at for at, _ in told)])
    seen = Seen(
        hall.quiet_at, await hall.places(), await hall.people(), position, dict(before.owners) if before else {}
    )
    return seen, [envelope for _, envelope in told]


def faults(before: Seen, after: Seen, told: list[Envelope], limits: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """Name every law that is broken; `limits` are the highest limits of the step."""
    yield from _owned_by_two(after, told)
    yield from _forgotten(after)
    yield from _over_the_limit(before, after, told, limits)
    yield from _kept_by_the_absent(after)
    yield from _idle(after)
    yield from _out_of_order(before, after, told)


def _owned_by_two(after: Seen, told: list[Envelope]) -> Iterator[str]:
    for fact in told:
        if fact.type == TicketAssigned.type:
            known = after.owners.get(fact.subject)
            if known != _told(fact)["previous_assignee_id"]:
                yield f"{fact.subject} was {known}'s and is told to be taken from {_told(fact)['previous_assignee_id']}"
            after.owners[fact.subject] = _told(fact)["assignee_id"]
    for ticket_id, place in after.places.items():
        if place.assignee_id != after.owners.get(str(ticket_id)):
            yield f"{ticket_id} is {place.assignee_id}'s and told to be {after.owners.get(str(ticket_id))}'s"


def _told(fact: Envelope) -> dict[str, Any]:
    return dict(fact.data)


def _forgotten(after: Seen) -> Iterator[str]:
    for ticket_id, place in after.places.items():
        awaits = place.status in {"new", "open"} and place.merged_into is None
        if awaits != (place.ticket_id is not None):
            yield f"{ticket_id} is {place.status} and has {'no' if awaits else 'a'} place"
        elif awaits and place.holder_id != place.assignee_id:
            yield f"{ticket_id} is {place.assignee_id}'s and in the queue {place.holder_id}'s"


def _over_the_limit(
    before: Seen, after: Seen, told: list[Envelope], limits: Mapping[tuple[str, str], int]
) -> Iterator[str]:
    by_hand = Counter(_taken_by_hand(told))
    for (who, channel), held in after.loads.items():
        most = limits.get((who, channel))
        if most is not None and held > max(most, before.loads[who, channel]) + by_hand[who]:
            yield f"{who} holds {held} of {channel}, had {before.loads[who, channel]} and may hold {most}"


def _taken_by_hand(told: list[Envelope]) -> Iterator[str]:
    """Name who got a ticket because a person wished it: handed over, or opened again."""
    for fact in told:
        by_person = _told(fact)["actor"]["kind"] == "staff"
        opened = fact.type == TicketStatusChanged.type and _told(fact)["after"] == "open"
        if by_person and fact.type == TicketAssigned.type and _told(fact)["assignee_id"]:
            yield _told(fact)["assignee_id"]
        elif by_person and opened and _told(fact)["ticket"]["assignee_id"]:
            yield _told(fact)["ticket"]["assignee_id"]


def _kept_by_the_absent(after: Seen) -> Iterator[str]:
    for ticket_id, place in after.places.items():
        holder = after.people.get(place.holder_id or "")
        if holder is None or place.answered:
            continue
        if place.silent_at is not None and place.silent_at <= after.now:
            yield f"{ticket_id} stays with {place.holder_id}, who says nothing"
        if after.has_left(holder, place):
            yield f"{ticket_id} stays with {place.holder_id}, who left"


def _waiting(seen: Seen) -> dict[UUID, Any]:
    return {key: place for key, place in seen.places.items() if place.ticket_id and place.holder_id is None}


def _idle(after: Seen) -> Iterator[str]:
    for ticket_id, place in _waiting(after).items():
        for who, person in after.people.items():
            able = after.takes(person, place) and after.is_his(person, place)
            if able and after.has_room(person, place.channel):
                yield f"{ticket_id} waits although {who} could take it"


def _out_of_order(before: Seen, after: Seen, told: list[Envelope]) -> Iterator[str]:
    """Compare what the queue gave in this step with what waited through all of it, untouched, for the same person."""
    touched = {fact.subject for fact in told}
    passed = {
        key: place for key, place in _waiting(after).items() if key in _waiting(before) and str(key) not in touched
    }
    for fact in told:
        given = after.places.get(UUID(fact.subject))
        by_queue = (
            fact.type == TicketAssigned.type and _told(fact)["actor"]["id"] == "queue" and _told(fact)["assignee_id"]
        )
        if not by_queue or given is None or given.holder_id != _told(fact)["assignee_id"]:
            continue
        yield from (
            f"{fact.subject} went to {given.holder_id} before {key}"
            for key, place in passed.items()
            if place.channel == given.channel
            and _could(before, after, given.holder_id, key)
            and max(before.key(before.places[key]), after.key(place)) < after.key(given)
        )


def _could(before: Seen, after: Seen, who: str, key: UUID) -> bool:
    """True if somebody could have taken a waiting ticket at both ends of a step."""
    moments = [(seen, seen.people.get(who)) for seen in (before, after)]
    return all(
        person is not None and seen.takes(person, seen.places[key]) and seen.is_his(person, seen.places[key])
        for seen, person in moments
    )
