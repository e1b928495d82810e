"""Which tickets may become one, what that does to them, and how long it can be taken back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Ticket
from shared.contracts.tickets import ReasonClass, TicketState, TicketStatus
from shared.errors import DomainError, Kind

UNDO_WITHIN: Final = timedelta(hours=24)
# What a merge takes from the merged ticket and what an undo gives back.
_TAKEN: Final = ("status", "waiting_on", "snoozed_until")
_AT_WORK: Final = frozenset({TicketStatus.NEW, TicketStatus.BOT, TicketStatus.OPEN})


class TicketMerged(DomainError):
    """The ticket went up in another one, which is the one to change."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MergeIntoItself(DomainError):
    """A ticket cannot be merged into itself."""

    kind: ClassVar[Kind] = Kind.INVALID


class PlayersDiffer(DomainError):
    """The tickets belong to different people; a senior may force it."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MergeRefused(DomainError):
    """The ticket must stand for itself: merge the other one into it."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotMerged(DomainError):
    """The ticket is not merged into another one."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class MergeTooOld(DomainError):
    """A merge can be taken back for 24 hours."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Merge:
    """A standing merge with how both tickets were; `survivor_version` is the survivor's right after it."""

    id: UUID
    merged_id: UUID
    into_id: UUID
    merged_at: datetime
    merged_before: Mapping[str, object]
    survivor_before: Mapping[str, object]
    survivor_after: Mapping[str, object]
    survivor_version: int

    @property
    def of_finished(self) -> bool:
        """True if the merged ticket was finished before: its words wait for nothing."""
        return self.merged_before.get("status") in FINISHED


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said to one ticket itself: the oldest words without an answer, and its version at the last answer."""

    asked_at: datetime | None = None
    answered_version: int = 0


def same_person(one: Ticket, other: Ticket) -> bool:
    """True if both belong to one known player, one visitor or one outside contact; nobody is like nobody."""
    if one.state.player_id is not None or other.state.player_id is not None:
        return one.state.player_id == other.state.player_id
    if one.visitor_id is not None or other.visitor_id is not None:
        return one.visitor_id == other.visitor_id
    return _address(one) is not None and _address(one) == _address(other)


def is_nobodys(ticket: Ticket) -> bool:
    """True for an internal ticket: no player, no visitor and no contact."""
    return ticket.state.player_id is None and ticket.visitor_id is None and ticket.contact is None


def check_pair(merged: Ticket, survivor: Ticket, *, force: bool) -> None:
    """Refuse to merge what is merged already, what must stand for itself and, unless forced, two people's words."""
    for one in (merged, survivor):
        check_standing(one.state)
    _check_loss(merged.state, survivor.state)
    if not (force or is_nobodys(merged) or same_person(merged, survivor)):
        raise PlayersDiffer(field="into")


def check_standing(state: TicketState) -> None:
    """Refuse what was merged away, and name the ticket that has its words."""
    if state.merged_into is not None:
        raise TicketMerged(f"{state.number} was merged into {state.merged_into}", survivor_id=state.merged_into)


def check_age(merge: Merge, now: datetime) -> None:
    """Refuse to take back what is older than a day."""
    if now - merge.merged_at > UNDO_WITHIN:
        raise MergeTooOld(merged_at=merge.merged_at)


def below(top: UUID, merges: Iterable[Merge]) -> set[UUID]:
    """Return what went up in `top`, directly or by way of others."""
    pairs = [(merge.merged_id, merge.into_id) for merge in merges]
    found = {top}
    while True:
        more = {merged for merged, into in pairs if into in found} - found
        if not more:
            return found - {top}
        found |= more


def received_at(own: TicketState, others: Iterable[TicketState]) -> datetime | None:
    """Return when the first words of any of them were received, None if that was the ticket's own opening."""
    earliest = min((other.created_at for other in others), default=own.created_at)
    return earliest if earliest < own.created_at else None


def merged_away(survivor_id: UUID) -> dict[str, object]:
    """Return what changes of a ticket that goes up in another one."""
    return {"status": TicketStatus.CLOSED, "waiting_on": None, "snoozed_until": None, "merged_into": survivor_id}


def taken_from(state: TicketState) -> dict[str, object]:
    """Return what an undo gives back, as JSON."""
    return {name: value for name, value in state.model_dump(mode="json").items() if name in _TAKEN}


def given_back(state: TicketState, merge: Merge) -> dict[str, object]:
    """Return the fields that an undo gives back to a merged ticket."""
    before = TicketState.model_validate(state.model_dump() | dict(merge.merged_before))
    return {name: getattr(before, name) for name in _TAKEN} | {"merged_into": None}


def stance(state: TicketState) -> dict[str, object]:
    """Return where a survivor stands, as JSON."""
    return {"status": state.status.value, "assignee_id": state.assignee_id}


def stands_as_before(survivor: TicketState, merge: Merge) -> bool:
    """True if a survivor has the status that it had before the merge."""
    return survivor.status.value == merge.survivor_before["status"]


def wakes(survivor: TicketState, waiting_since: datetime | None) -> bool:
    """True if unanswered words came that a survivor which waits or is finished must be taken up for."""
    return waiting_since is not None and survivor.status not in _AT_WORK


def may_wait(merged: TicketState) -> bool:
    """True if words without an answer still count: those of a finished ticket do not."""
    return merged.status not in FINISHED


def addressed(ticket: Ticket, group: Collection[Ticket], audience: Ticket) -> Ticket:
    """Return the survivor as a reply must see it: where the person of `audience` is answered, and nobody else.

    `group` is the survivor with all that was merged into it. A reply goes where that person's own ticket says, and
    into every live conversation of his among them.
    """
    his = [audience, *(one for one in group if one.state.id != audience.state.id and same_person(one, audience))]
    contact = next((one.contact for one in his if one.contact is not None), None)
    live = [one.state.id for one in his if one.live]
    own = ticket.state.id
    return replace(ticket, contact=contact, live=own in live, also_for=tuple(sorted(one for one in live if one != own)))


def waiting_with(top: UUID, talks: Mapping[UUID, Talk], merges: Collection[Merge]) -> datetime | None:
    """Return since when a player waits for `top` with all that went up in it by `merges`.

    Words that a merge brought wait unless their ticket was finished before it or `top` has answered since.
    """
    talk = talks.get(top, Talk())
    brought = [
        waiting_with(merge.merged_id, talks, merges)
        for merge in merges
        if merge.into_id == top and not merge.of_finished and merge.survivor_version >= talk.answered_version
    ]
    return min(filter(None, (talk.asked_at, *brought)), default=None)


def _check_loss(merged: TicketState, survivor: TicketState) -> None:
    if merged.complaint_id is not None:
        raise MergeRefused("a complaint keeps its ticket: merge the other one into it")
    if merged.reason_class is ReasonClass.SAFETY and survivor.reason_class is not ReasonClass.SAFETY:
        raise MergeRefused("a player's safety comes first: merge the other one into it")


def _address(ticket: Ticket) -> tuple[str, str] | None:
    contact = ticket.contact
    return None if contact is None else (contact.channel.value, contact.address.strip().casefold())
