"""The place of a ticket in the queue: absolute order, and what it needs of the person who takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from services.tickets.domain.people import COMPLAINTS, SAFER_GAMBLING, VIP, Person
from services.tickets.domain.reasons import Reason
from services.tickets.domain.statuses import NEW, OPEN
from services.tickets.domain.tickets import Fact
from services.tickets.domain.tiers import is_vip_tier
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    ReasonClass,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationDeclined,
    TicketEscalationWithdrawn,
    TicketState,
)

QUEUE: Final = Author(kind=AuthorKind.SYSTEM, id="queue")
LEGAL_SOON: Final = timedelta(hours=4)
_URGENT: Final = 1


class Rank(IntEnum):
    """Who is served first; nothing in a rank ever passes the rank before it."""

    X0 = 0
    X1 = 1
    SECURITY = 2
    LEGAL = 3
    X2 = 4
    VIP = 5
    STANDARD = 6


@dataclass(frozen=True, slots=True)
class Reservation:
    """Whose a waiting ticket is before it is everybody's."""

    staff_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A ticket that awaits staff. `enqueued_at` is since when its player waits: what comes back keeps it.

    `holder_id` is set while somebody has it, `answered` once he has answered, `silent_at` is when it is taken back from
    somebody who says nothing; `passed_over` are those it was taken back from. `taken_at` is when the holder took it by
    his own hand, None if others gave it to him: an absence that had begun by then takes nothing from him.
    """

    ticket_id: UUID
    channel: Channel
    language: str | None
    rank: Rank
    skill: str | None
    reason_group: str | None
    team_id: str | None
    player_id: str | None
    enqueued_at: datetime
    holder_id: str | None = None
    answered: bool = False
    due_at: datetime | None = None
    legal_due_at: datetime | None = None
    silent_at: datetime | None = None
    reserved_for: str | None = None
    reserved_until: datetime | None = None
    passed_over: tuple[str, ...] = field(default=())
    stalled_at: datetime | None = None
    raised: bool = False
    taken_at: datetime | None = None

    def rank_at(self, now: datetime) -> Rank:
        """Return the rank of a moment: a legal deadline under four hours away lifts it, and that no senior took it."""
        near = self.legal_due_at is not None and self.legal_due_at - now < LEGAL_SOON
        rank = min(self.rank, Rank.X2) if self.raised else self.rank
        return min(rank, Rank.LEGAL) if near else rank

    def reserved_at(self, now: datetime) -> str | None:
        """Return whose it is at a moment, None when it is everybody's."""
        return self.reserved_for if self.reserved_until is not None and now < self.reserved_until else None


Key = tuple[int, bool, datetime, datetime, UUID]


def order_key(place: Place, now: datetime) -> Key:
    """Return what places sort by: rank, then the earliest due time, then how long the player waits."""
    due = place.due_at or place.enqueued_at
    return place.rank_at(now), place.due_at is None, due, place.enqueued_at, place.ticket_id


def awaits_staff(state: TicketState) -> bool:
    """True if people have to act on the ticket."""
    return state.status in {NEW, OPEN} and state.merged_into is None


def rank_of(state: TicketState, reason: Reason | None) -> Rank:
    """Return the rank of a ticket: a VIP tier lifts it above nothing but the standard."""
    if reason is not None and reason.reason_class is ReasonClass.SAFETY:
        return (Rank.X0, Rank.X1)[reason.severity] if reason.severity <= _URGENT else Rank.X2
    if reason is not None and group_of(state) == "SEC" and reason.severity <= _URGENT:
        return Rank.SECURITY
    return Rank.VIP if is_vip(state) else Rank.STANDARD


def is_vip(state: TicketState) -> bool:
    """True for players of the higher tiers."""
    return is_vip_tier(state.tier)


def group_of(state: TicketState) -> str | None:
    """Return the group of the contact reason: what stands before the dot."""
    return state.reason.partition(".")[0] if state.reason else None


def tongue_of(language: str | None) -> str | None:
    """Return the language without its region: who speaks it serves all of them."""
    return language.partition("-")[0].casefold() if language else None


def skill_of(state: TicketState) -> str | None:
    """Return the training without which nobody should take the ticket, the gravest first."""
    if state.reason_class is ReasonClass.SAFETY or group_of(state) == "RG":
        return SAFER_GAMBLING
    if state.complaint_id is not None or group_of(state) == "CMP":
        return COMPLAINTS
    return VIP if is_vip(state) else None


def is_unattended(place: Place, holder: Person, now: datetime) -> bool:
    """True if a player waits for a holder who says nothing or is not there."""
    silent = place.silent_at is not None and place.silent_at <= now
    return not place.answered and (silent or holder.has_left(place.channel, now, place.taken_at))


def place_after(
    before: Place | None,
    state: TicketState,
    events: Sequence[Fact],
    *,
    reason: Reason | None,
    silence: timedelta,
    now: datetime,
) -> Place | None:
    """Return the place of a ticket after what happened to it, None if it awaits nobody."""
    if not awaits_staff(state):
        return None
    place = before or Place(
        state.id, state.channel, None, Rank.STANDARD, None, None, None, None, _waiting_since(events, now)
    )
    place = replace(
        place,
        language=state.language,
        rank=rank_of(state, reason),
        skill=skill_of(state),
        reason_group=group_of(state),
        team_id=state.team_id,
        player_id=state.player_id,
    )
    for event in events:
        if isinstance(event, MessageAdded) and not event.automatic:
            place = _after_words(place, event)
        elif isinstance(event, TicketEscalated):
            place = replace(place, raised=event.senior_id is None)
        elif isinstance(event, TicketEscalationDeclined):
            place = replace(place, raised=event.next_senior_id is None)
        elif isinstance(event, TicketEscalationWithdrawn):
            place = replace(place, raised=False)
        elif isinstance(event, TicketAssigned) and event.taken_over:
            place = _without(place, event.previous_assignee_id)
    place = replace(place, taken_at=_taken_at(before, state.assignee_id, events, now))
    return _in_hands(place, state.assignee_id, silence, now)


def _taken_at(before: Place | None, holder_id: str | None, events: Sequence[Fact], now: datetime) -> datetime | None:
    """Return when the holder took the ticket by his own hand: to himself, or back to work what he had put aside."""
    deeds = [event for event in events if isinstance(event, TicketAssigned)] or (events if before is None else [])
    if not deeds:
        return before.taken_at if before is not None else None
    by = deeds[-1].actor
    return now if by.kind is AuthorKind.STAFF and by.id == holder_id else None


def _waiting_since(events: Sequence[Fact], now: datetime) -> datetime:
    words = (one.occurred_at for one in events if isinstance(one, MessageAdded) and one.kind is MessageKind.MESSAGE)
    return min(words, default=now)


def _without(place: Place, former: str | None) -> Place:
    """Let everybody come before somebody it was taken from, until a person has answered it."""
    if former is None:
        return place
    return replace(place, passed_over=(*(one for one in place.passed_over if one != former), former))


def _after_words(place: Place, words: MessageAdded) -> Place:
    if words.kind is MessageKind.MESSAGE:
        since = words.occurred_at if place.answered else place.enqueued_at
        return replace(place, enqueued_at=since, answered=False)
    if words.kind is MessageKind.REPLY and words.author.kind is AuthorKind.STAFF:
        return replace(place, answered=True, silent_at=None, passed_over=(), raised=False)
    return place


def _in_hands(place: Place, holder_id: str | None, silence: timedelta, now: datetime) -> Place:
    """Start the patience with a new holder, and with one who was spoken to; only live chat cannot wait."""
    fresh = holder_id != place.holder_id
    if holder_id is None:
        return replace(place, holder_id=None, silent_at=None)
    place = replace(place, holder_id=holder_id, reserved_for=None, reserved_until=None, stalled_at=None)
    if place.channel is not Channel.WEB or place.answered:
        return place
    return replace(place, silent_at=now + silence) if fresh or place.silent_at is None else place
