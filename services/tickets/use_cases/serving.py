"""One look at a brand's queue: take back what nobody attends to, then give to whoever is next."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from services.tickets.domain.matching import Choice, plan
from services.tickets.domain.people import Person
from services.tickets.domain.queueing import QUEUE, Place, awaits_staff, is_unattended
from services.tickets.domain.tickets import Story
from services.tickets.queries import complaints, people, queue, tickets
from services.tickets.use_cases.stalling import follow_stalls
from services.tickets.use_cases.telling import tell
from shared.contracts.base import Channel
from shared.contracts.tickets import TicketState
from shared.db.engine import Session

_CHANNELS: Final = tuple(Channel)
_LOOKED_AT: Final = 5000
# What one look gives: when many come at once the first of them, and other brands, do not wait for the last.
_AT_ONCE: Final = 20
_SOON: Final = timedelta(milliseconds=50)
_TURNS: Final = UUID("019ab000-0000-7000-8000-00000000c0de")


async def serve(session: Session, *, brand: str, now: datetime) -> int:
    """Answer the calls of a brand and return how many tickets were given; without a call nothing is looked at.

    The caller's transaction is the only one that decides for this brand. It waits for nobody's ticket: what is locked
    is called for again, and whoever holds it may call as well.
    """
    await queue.take_turn(session, brand)
    if not await queue.take_calls(session, brand, now):
        return 0
    staff = await people.people_of(session, brand)
    if not staff:
        return 0
    await _call_at_turns(session, brand, staff, now)
    await _take_back(session, brand, [*staff, *await people.unlisted_holders(session, brand)], now)
    places = await queue.waiting(session, brand, _LOOKED_AT, now)
    barred = await complaints.barred_in_queue(session, brand)
    decided = plan(places, staff, await people.loads_of(session, brand), now, barred=barred, most=_AT_ONCE)
    await follow_stalls(session, brand=brand, places=places, stalled=decided.stalled, now=now)
    by_id = {one.id: one for one in staff}
    given = sum([await _give(session, brand, choice, by_id[choice.staff_id], now) for choice in decided.choices])
    if given and len(decided.choices) == _AT_ONCE:
        await queue.call(session, brand, now)
    return given


async def _take_back(session: Session, brand: str, staff: list[Person], now: datetime) -> None:
    by_id = {one.id: one for one in staff}
    left = [one.id for one in staff if any(one.has_left(channel, now) for channel in _CHANNELS)]
    for place in await queue.to_take_back(session, brand, left, now):
        holder = by_id.get(place.holder_id or "")
        if holder is not None and is_unattended(place, holder, now):
            await _release(session, brand, place, holder, now)


async def _release(session: Session, brand: str, place: Place, holder: Person, now: datetime) -> None:
    ticket = await tickets.lock_free_ticket(session, brand, place.ticket_id)
    if ticket is None:
        await queue.call(session, brand, now + _SOON)
        return
    current = await queue.place_of(session, brand, place.ticket_id)
    # Meanwhile he may have given it back and taken it by his own hand.
    if current is None or current.holder_id != holder.id or not is_unattended(current, holder, now):
        return
    passed = (*(one for one in current.passed_over if one != holder.id), holder.id)
    await queue.save_place(session, brand, replace(current, passed_over=passed))
    story = Story(ticket, actor=QUEUE, now=now)
    story.hands_over(None, None)
    await tell(session, story)


async def _give(session: Session, brand: str, choice: Choice, person: Person, now: datetime) -> bool:
    """Hand one ticket over, if that is still right; both are locked meanwhile.

    If it is not, the room meant for it is another's, and nobody else calls for that.
    """
    ticket = await tickets.lock_free_ticket(session, brand, choice.ticket_id)
    if ticket is None or not await _may_have(session, brand, person, ticket.state):
        await queue.call(session, brand, now + _SOON)
        return False
    story = Story(ticket, actor=QUEUE, now=now)
    story.hands_over(person.id, person.role.value)
    await tell(session, story)
    await people.note_given(session, brand, person.id, now)
    return True


async def _may_have(session: Session, brand: str, person: Person, state: TicketState) -> bool:
    """True if a ticket is still nobody's, and the person, held until the transaction ends, still has room for it."""
    if not await people.hold_person(session, brand, person.id):
        return False
    if state.assignee_id is not None or not awaits_staff(state):
        return False
    if person.id in await complaints.barred_from(session, brand, state):
        return False
    load = (await people.loads_of(session, brand, person.id)).get(person.id, {})
    return load.get(state.channel.value, 0) < person.limit(state.channel)


async def _call_at_turns(session: Session, brand: str, staff: list[Person], now: datetime) -> None:
    """Look again when the next shift begins or ends; however often this is asked, it is one call."""
    # Many have the same hours.
    turns = (one.next_turn(now) for one in {(one.shifts, one.time_zone): one for one in staff}.values())
    following = min((turn for turn in turns if turn is not None), default=None)
    if following is not None:
        await queue.call(session, brand, following, uuid5(_TURNS, f"{brand} {following.isoformat()}"))
