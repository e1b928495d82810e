"""Tickets keep their place in the queue in the transaction that changes them, and call the desk when it may act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.tickets.domain.pace import Taking, peers_of
from services.tickets.domain.queueing import LEGAL_SOON, QUEUE, Place, Reservation, place_after
from services.tickets.domain.reasons import Reason
from services.tickets.domain.statuses import NEW, OPEN
from services.tickets.domain.tickets import Story
from services.tickets.queries import kept, lines, people, queue
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketOpened, TicketState, TicketStatusChanged
from shared.db.engine import Session, note

_EPSILON: Final = timedelta(milliseconds=1)
_BY_HAND: Final = frozenset({AuthorKind.STAFF, AuthorKind.SERVER})


@dataclass(frozen=True, slots=True)
class Automated:
    """A brand whose queue assigns from now on."""

    brand: str


def forget_automated(noted: Sequence[object]) -> None:
    """Ask anew whether the queue of a brand assigns, if its first profile has just been committed."""
    for one in noted:
        if isinstance(one, Automated):
            kept.AUTOMATIC.forget(one.brand)


@dataclass(frozen=True, slots=True)
class Called:
    """A brand whose queue asks to be looked at."""

    brand: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A brand in whose queue somebody has another place now, or somebody is there for it or no longer is."""

    brand: str


async def wake_within_limits(session: Session, story: Story) -> Reservation | None:
    """Take a ticket that the player woke from a holder who has no room for it or is not there.

    If he is there it stays his for a while; nobody but he himself takes him over his limit.
    """
    holder, state = story.state.assignee_id, story.state
    if holder is None or story.actor.kind in _BY_HAND or not _woke(story):
        return None
    brand = story.ticket.brand
    person = await people.person_of(session, brand, holder)
    if person is None:
        return None
    there = person.takes(state.channel, story.now)
    if there and await people.hold_person(session, brand, holder):
        load = (await people.loads_of(session, brand, holder)).get(holder, {})
        if load.get(state.channel.value, 0) < person.limit(state.channel):
            return None
    story.hands_over(None, None)
    sleeper = (await kept.QUEUE_SETTINGS.of(session, brand, story.now)).sleeper
    return Reservation(holder, story.now + sleeper) if there else None


async def keep_place(session: Session, story: Story, reservation: Reservation | None = None) -> None:
    """Move a ticket in the queue as its story says."""
    brand, state = story.ticket.brand, story.state
    opening = isinstance(story.events[0], TicketOpened)
    before = None if opening else await queue.place_of(session, brand, state.id)
    silence = (await kept.QUEUE_SETTINGS.of(session, brand, story.now)).silence
    reason = await reason_of(session, brand, state, story.now)
    after = place_after(before, state, story.events, reason=reason, silence=silence, now=story.now)
    if after is None and before is None:
        return
    if after is None:
        await queue.drop_place(session, brand, state.id)
    elif after != before:
        after = await _reserved(session, brand, before, after, reservation, story.now)
        await queue.save_place(session, brand, after)
        if before is None and not opening:
            await follow_due(session, brand=brand, ticket_id=state.id, now=story.now)
    if after != before:
        await _note_taking(session, brand, before, after, story.now)
        await _call(session, brand, before, after, story.now)
        if _waits(before) or _waits(after):
            note(session, Moved(brand))
    # The queue itself gives only to those who are there.
    if story.actor != QUEUE and await _waits_for_absent(session, brand, before, after, story.now):
        await queue.call(session, brand, story.now)
        note(session, Called(brand))


async def reason_of(session: Session, brand: str, state: TicketState, now: datetime) -> Reason | None:
    """Return a ticket's reason as its brand defines it."""
    if state.reason is None:
        return None
    return (await kept.TAXONOMIES.of(session, brand, now)).reasons.get(state.reason)


async def follow_due(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Keep when a place is due as new as its locked ticket and complaint; its order in the queue may be another."""
    moved = await queue.keep_due(session, brand, ticket_id)
    if moved is None:
        return
    holder_id, legal_due_at = moved
    if holder_id is None:
        note(session, Moved(brand))
    wishes = [] if holder_id is not None else [now]
    if legal_due_at is not None and legal_due_at - LEGAL_SOON > now:
        wishes.append(legal_due_at - LEGAL_SOON + _EPSILON)
    if not wishes or not await kept.AUTOMATIC.of(session, brand, now):
        return
    for at in wishes:
        await queue.call(session, brand, at)
    note(session, Called(brand))


async def _reserved(
    session: Session, brand: str, before: Place | None, after: Place, reservation: Reservation | None, now: datetime
) -> Place:
    """Let the sleeper's holder, else a new ticket's personal manager, have it before everybody."""
    if reservation is not None:
        return replace(after, reserved_for=reservation.staff_id, reserved_until=reservation.until)
    if before is not None or after.holder_id is not None or after.player_id is None:
        return after
    if not await kept.AUTOMATIC.of(session, brand, now):
        return after
    manager = await queue.manager_of(session, brand, after.player_id)
    if manager is None:
        return after
    patience = (await kept.QUEUE_SETTINGS.of(session, brand, now)).manager
    return replace(after, reserved_for=manager, reserved_until=now + patience)


async def _call(session: Session, brand: str, before: Place | None, after: Place | None, now: datetime) -> None:
    """Ask for a look where there may be something to decide, now and when a bound runs out."""
    wishes = [now] if _matters(before, after) else []
    for bound in ("silent_at", "reserved_until"):
        at = getattr(after, bound, None)
        if at is not None and at != getattr(before, bound, None):
            wishes.append(at)
    if not wishes or not await kept.AUTOMATIC.of(session, brand, now):
        return
    for at in wishes:
        await queue.call(session, brand, at)
    note(session, Called(brand))


async def _note_taking(session: Session, brand: str, before: Place | None, after: Place | None, now: datetime) -> None:
    """Remember how long a ticket waited that somebody takes."""
    if before is not None and _waits(before) and after is not None and not _waits(after):
        await lines.note_taking(session, brand, Taking(peers_of(before), before.enqueued_at, now))


def _matters(before: Place | None, after: Place | None) -> bool:
    """True if a ticket began to wait, changed what it needs, left room behind, or stalls no more."""
    if after is None or after.holder_id is not None:
        held = before.holder_id if before else None
        left_room = held != (after.holder_id if after else None) and held is not None
        return left_room or (before is not None and before.stalled_at is not None)
    return True


def _waits(place: Place | None) -> bool:
    return place is not None and place.holder_id is None


async def _waits_for_absent(
    session: Session, brand: str, before: Place | None, after: Place | None, now: datetime
) -> bool:
    """True if the player waits from now on for somebody who has left: no end of a grace calls for that any more."""
    if after is None or after.holder_id is None or after.answered:
        return False
    if before is not None and before.holder_id == after.holder_id and not before.answered:
        return False
    if not await kept.AUTOMATIC.of(session, brand, now):
        return False
    person = await people.holder_of(session, brand, after.holder_id)
    return person is not None and person.has_left(after.channel, now, after.taken_at)


def _woke(story: Story) -> bool:
    moves = (event for event in story.events if isinstance(event, TicketStatusChanged))
    return any(move.after is OPEN and move.before is not NEW for move in moves)
