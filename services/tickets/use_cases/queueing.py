"""Tickets keep their place in the queue in the transaction that changes them, and call the desk when it may act."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.tickets.domain.queueing import LEGAL_SOON, Place, Reservation, place_after
from services.tickets.domain.statuses import NEW, OPEN
from services.tickets.domain.tickets import Story
from services.tickets.queries import kept, people, queue
from services.tickets.settings import taxonomy
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketOpened, TicketStatusChanged
from shared.db.engine import Session, note

SILENCE: Final = timedelta(seconds=180)
SLEEPER_BOUND: Final = timedelta(minutes=10)
MANAGER_BOUND: Final = timedelta(minutes=5)
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
    return Reservation(holder, story.now + SLEEPER_BOUND) if there else None


async def keep_place(session: Session, story: Story, reservation: Reservation | None = None) -> None:
    """Move a ticket in the queue as its story says."""
    brand, state = story.ticket.brand, story.state
    opening = isinstance(story.events[0], TicketOpened)
    before = None if opening else await queue.place_of(session, brand, state.id)
    after = place_after(
        before, state, story.events, reason=taxonomy().get(state.reason or ""), silence=SILENCE, now=story.now
    )
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
        await _call(session, brand, before, after, story.now)
    if await _waits_for_absent(session, brand, before, after, story.now):
        await queue.call(session, brand, story.now)
        note(session, Called(brand))


async def follow_due(session: Session, *, brand: str, ticket_id: UUID, now: datetime) -> None:
    """Keep when a place is due as new as its locked ticket and complaint; its order in the queue may be another."""
    moved = await queue.keep_due(session, brand, ticket_id)
    if moved is None:
        return
    holder_id, legal_due_at = moved
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
    return after if manager is None else replace(after, reserved_for=manager, reserved_until=now + MANAGER_BOUND)


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


def _matters(before: Place | None, after: Place | None) -> bool:
    """True if a ticket began to wait, changed what it needs, or left room behind."""
    if after is None or after.holder_id is not None:
        held = before.holder_id if before else None
        return held != (after.holder_id if after else None) and held is not None
    return True


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
    person = await people.person_of(session, brand, after.holder_id)
    return person is not None and person.has_left(after.channel, now)


def _woke(story: Story) -> bool:
    moves = (event for event in story.events if isinstance(event, TicketStatusChanged))
    return any(move.after is OPEN and move.before is not NEW for move in moves)
