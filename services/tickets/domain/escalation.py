"""What a broken promise or a call for help does: the priority rises and a senior takes over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.tickets.domain.errors import StaffInactive, TicketFinished
from services.tickets.domain.reasons import Reason
from services.tickets.domain.statuses import FINISHED
from services.tickets.domain.tickets import Story
from shared.contracts.base import AuthorKind
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    Priority,
    ReasonClass,
    TicketAssigned,
    TicketEscalated,
    TicketState,
)

_LADDER: Final = tuple(Priority)
_PRESENCE: Final = (StaffStatus.ONLINE, StaffStatus.BUSY, StaffStatus.AWAY, StaffStatus.OFFLINE)
_TAKERS: Final = (StaffRole.SENIOR, StaffRole.LEAD)
_HARD: Final = frozenset({ReasonClass.COMPLEX, ReasonClass.REGULATED})
_GRAVE: Final = 2
HAND: Final = "staff"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff; `open_tickets` counts what is assigned and not finished."""

    id: str
    name: str
    role: StaffRole
    status: StaffStatus
    active: bool
    changed_at: datetime
    open_tickets: int = 0


def raised_priority(before: Priority, breached: ClockKind) -> Priority:
    """Return the priority after a breach: one step up and at least high, urgent if nobody answered at all."""
    if breached is ClockKind.FIRST_RESPONSE:
        return Priority.URGENT
    step = min(_LADDER.index(before) + 1, len(_LADDER) - 1)
    return _LADDER[max(step, _LADDER.index(Priority.HIGH))]


def choose_senior(
    staff: Iterable[Colleague], *, holder: str | None = None, without: str | None = None
) -> Colleague | None:
    """Return who takes an escalated ticket: present first, then least loaded, then seniors before leads, then by id.

    Among equally present ones the senior who already holds the ticket keeps it, however loaded. Somebody offline is
    better than nobody (he finds it when he comes back); admins do not take tickets.
    """
    takers = [one for one in staff if one.active and one.role in _TAKERS and one.id != without]
    return min(takers, key=lambda one: _rank(one, holder), default=None)


def escalate(story: Story, staff: Iterable[Colleague], *, cause: str, without: str | None) -> None:
    """Hand the ticket to a senior; without one it goes back to the queue for whoever comes first."""
    senior = choose_senior(staff, holder=story.state.assignee_id, without=without)
    story.escalates(cause, senior.id if senior else None)
    story.hands_over(senior.id if senior else None, senior.role if senior else None)


def ask_senior(story: Story, staff: Iterable[Colleague], *, cause: str) -> None:
    """Ask a senior other than who has the ticket; without one it goes back to the queue for whoever comes first."""
    senior = choose_senior(staff, without=story.state.assignee_id)
    if senior is None:
        story.escalates(cause, None)
        story.hands_over(None, None)
        return
    story.tells(TicketEscalated, cause=cause, senior_id=senior.id, asked=True)


def wants_senior(reason: Reason | None) -> bool:
    """True for grave reasons that are complex or regulated."""
    return reason is not None and reason.reason_class in _HARD and reason.severity <= _GRAVE


def accepted_by(story: Story, asked: str | None) -> tuple[str, str] | None:
    """Return who accepted an escalation by what he did, and his role: took the ticket, or answered as who was asked."""
    for event in story.events:
        if isinstance(event, TicketEscalated):
            return None
        if isinstance(event, TicketAssigned) and event.assignee_id == event.actor.id and event.assignee_role in _TAKERS:
            return event.actor.id, str(event.assignee_role)
        is_reply = isinstance(event, MessageAdded) and event.kind is MessageKind.REPLY
        if is_reply and event.actor.kind is AuthorKind.STAFF and event.actor.id == asked:
            return event.actor.id, StaffRole.SENIOR.value
    return None


def tell_breach(
    story: Story,
    staff: Iterable[Colleague],
    *,
    breached: ClockKind,
    asked: str | None = None,
    passed: Collection[str] = (),
    asks: bool = False,
) -> None:
    """Answer a broken promise; a finished ticket has nothing left to hurry.

    If the senior who was `asked`, else the holder, did not accept in time, the next one in line has it: neither he nor
    whoever `passed` before is asked again. Where seniors are asked (`asks`) whoever works on the ticket keeps it until
    the next one accepts.
    """
    if is_finished(story.state):
        return
    story.edits({"priority": raised_priority(story.state.priority, breached)})
    cause, holder = f"sla.{breached}.breached", story.state.assignee_id
    if breached is not ClockKind.SENIOR_ACCEPTS:
        escalate(story, staff, cause=cause, without=None)
        return
    silent = asked or holder
    following = [one for one in staff if one.id not in {*passed, silent}]
    if asks and holder is not None and holder != silent:
        ask_senior(story, following, cause=cause)
    else:
        escalate(story, following, cause=cause, without=None)


def check_escalation(state: TicketState) -> None:
    """Refuse to escalate what is finished."""
    if is_finished(state):
        raise TicketFinished(status=state.status)


def check_assignee(colleague: Colleague, *, field: str = "assignee_id") -> None:
    """Refuse somebody who no longer takes tickets."""
    if not colleague.active:
        raise StaffInactive(field=field)


def is_finished(state: TicketState) -> bool:
    """True for resolved and closed tickets."""
    return state.status in FINISHED


def _rank(one: Colleague, holder: str | None) -> tuple[int, bool, int, int, str]:
    return _PRESENCE.index(one.status), one.id != holder, one.open_tickets, _TAKERS.index(one.role), one.id
