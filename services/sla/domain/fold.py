"""The fold: a ticket's clocks after one more event of the ticket. Pure; the same events always give the same clocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, TypeAlias
from uuid import UUID

from services.sla.domain import clocks as rules
from services.sla.domain.clocks import Clock
from services.sla.domain.facts import Change, ClockFact, Owner
from services.sla.domain.policies import Policy, Subject, promise_for
from shared.contracts.base import AuthorKind, Channel
from shared.contracts.gateway import StaffRole
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockKind,
    ClockMet,
    ClockPaused,
    ClockStarted,
    ClockState,
)
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    Priority,
    ReasonClass,
    TicketAssigned,
    TicketEscalated,
    TicketOpened,
    TicketStatus,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.errors import DomainError, Kind

TicketFact: TypeAlias = (
    TicketOpened | MessageAdded | TicketAssigned | TicketStatusChanged | TicketUpdated | TicketEscalated
)

_DONE: Final = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
_SENIORS: Final = (StaffRole.SENIOR.value, StaffRole.LEAD.value, StaffRole.ADMIN.value)
_PERSONS_WAITING: Final = (AuthorKind.PLAYER, AuthorKind.VISITOR, AuthorKind.SERVER)


class TicketNotFound(DomainError):
    """There is no such ticket."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the fold remembers of a ticket besides its clocks.

    `greeted`: the clock of the first response has begun, once and for all. `waiting_since`: the player's first words
    after the end of the ticket, which count from then if it is reopened. `accepted`: a senior or lead has the ticket.
    `escalated`: it was handed up, so that it needs a senior whatever its reason.
    """

    id: UUID
    channel: Channel
    status: TicketStatus
    priority: Priority
    reason_class: ReasonClass | None
    assignee_id: str | None
    greeted: bool = False
    waiting_since: datetime | None = None
    accepted: bool = False
    escalated: bool = False

    @property
    def subject(self) -> Subject:
        """Return what policies look at."""
        return Subject(self.channel, self.reason_class, self.priority)

    @property
    def owner(self) -> Owner:
        """Return what facts about its clocks say of the ticket."""
        return Owner(self.id, self.channel, self.assignee_id)

    @property
    def done(self) -> bool:
        """True while nobody works on the ticket any more."""
        return self.status in _DONE


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event led to: the ticket, its open clocks, the clocks to store, the facts to tell in their order."""

    ticket: Ticket
    open_clocks: tuple[Clock, ...]
    changed: tuple[Clock, ...]
    facts: tuple[Change, ...]


def new_ticket(event: TicketOpened) -> Ticket:
    """Return a ticket without clocks."""
    state = event.ticket
    return Ticket(event.ticket_id, state.channel, state.status, state.priority, None, state.assignee_id)


def needs_policies(event: TicketFact) -> bool:
    """True if the event may begin a promise."""
    return not isinstance(event, TicketAssigned) and not (
        isinstance(event, MessageAdded) and event.kind is not MessageKind.MESSAGE
    )


def apply(
    ticket: Ticket, open_clocks: Sequence[Clock], event: TicketFact, *, sequence: int, policies: Sequence[Policy]
) -> Outcome:
    """Return what `event`, number `sequence` of its ticket, does to the ticket's clocks; `policies` in asking order."""
    step = _Step(ticket, open_clocks, event, sequence, policies)
    match event:
        case TicketOpened():
            step.opened(event)
        case MessageAdded():
            step.message_added(event)
        case TicketStatusChanged():
            step.status_changed(event)
        case TicketAssigned():
            step.assigned(event)
        case TicketEscalated():
            step.escalated(event)
        case TicketUpdated():
            pass
    step.review()
    return step.outcome()


class _Step:
    """The work of one event; lives for one call of `apply`."""

    def __init__(
        self, ticket: Ticket, open_clocks: Sequence[Clock], event: TicketFact, sequence: int, policies: Sequence[Policy]
    ) -> None:
        state = event.ticket
        self._before = ticket
        self._ticket = replace(
            ticket, priority=state.priority, reason_class=state.reason_class, assignee_id=state.assignee_id
        )
        self._at = event.occurred_at
        self._sequence = sequence
        self._policies = policies
        self._open = {clock.kind: clock for clock in open_clocks}
        self._changed: dict[UUID, Clock] = {}
        self._facts: list[Change] = []

    def opened(self, event: TicketOpened) -> None:
        """The first response counts from the player's first words; a ticket opened by staff answers nobody yet."""
        if event.actor.kind in _PERSONS_WAITING:
            self._greet()
        self._begin(ClockKind.RESOLUTION)

    def message_added(self, event: MessageAdded) -> None:
        """Words of the player begin a wait, words of a person end it; notes, robots and the bot do neither."""
        if event.automatic:
            return
        if event.kind is MessageKind.MESSAGE:
            self._wait()
        elif event.kind is MessageKind.REPLY and event.author.kind is AuthorKind.STAFF:
            self._ticket = replace(self._ticket, waiting_since=None)
            for metric in (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE):
                self._end(metric, rules.meet, ClockMet)

    def status_changed(self, event: TicketStatusChanged) -> None:
        """The end of a ticket ends every promise, waiting for the player stops its resolution, work lets it go on."""
        self._ticket = replace(self._ticket, status=event.after)
        if event.after in _DONE:
            self._finish()
        elif event.before in _DONE:
            self._reopen()
        elif event.after is not TicketStatus.PENDING:
            self._go_on()

    def assigned(self, event: TicketAssigned) -> None:
        """Only a senior or lead who has the ticket has accepted it."""
        self._ticket = replace(self._ticket, accepted=event.assignee_id is not None and event.assignee_role in _SENIORS)
        if self._ticket.accepted:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.meet, ClockMet)

    def escalated(self, event: TicketEscalated) -> None:
        """A ticket handed up to nobody, or that a senior is asked to take, must be accepted in time."""
        accepted = event.senior_id is not None and not event.asked
        self._ticket = replace(self._ticket, escalated=True, accepted=accepted)
        if self._ticket.accepted:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.meet, ClockMet)
        elif not self._ticket.done:
            self._begin(ClockKind.SENIOR_ACCEPTS)

    def review(self) -> None:
        """Begin and drop the promises that depend on what the ticket is, after its fields may have changed."""
        if self._ticket.done:
            return
        if self._ticket.reason_class is not self._before.reason_class:
            self._reclassify()
        if self._ticket.subject != self._before.subject:
            self._begin(ClockKind.RESOLUTION)
        if self._ticket.status is TicketStatus.PENDING:
            self._stand_still()

    def outcome(self) -> Outcome:
        """Return the result."""
        still_open = tuple(clock for clock in self._open.values() if clock.open)
        return Outcome(self._ticket, still_open, tuple(self._changed.values()), tuple(self._facts))

    def _greet(self) -> None:
        self._ticket = replace(self._ticket, greeted=True)
        self._begin(ClockKind.FIRST_RESPONSE)

    def _wait(self) -> None:
        if not self._ticket.greeted:
            self._greet()
        elif self._ticket.done:
            self._ticket = replace(self._ticket, waiting_since=self._ticket.waiting_since or self._at)
        elif ClockKind.FIRST_RESPONSE not in self._open:
            self._begin(ClockKind.NEXT_RESPONSE)

    def _finish(self) -> None:
        self._ticket = replace(self._ticket, waiting_since=None)
        self._end(ClockKind.RESOLUTION, rules.meet, ClockMet)
        for metric in (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.SENIOR_ACCEPTS):
            self._end(metric, rules.cancel, ClockCancelled)

    def _reopen(self) -> None:
        if self._ticket.waiting_since is not None:
            self._begin(ClockKind.NEXT_RESPONSE, self._ticket.waiting_since)
            self._ticket = replace(self._ticket, waiting_since=None)
        self._begin(ClockKind.RESOLUTION)

    def _reclassify(self) -> None:
        if self._ticket.reason_class is ReasonClass.COMPLEX and not self._ticket.accepted:
            self._begin(ClockKind.SENIOR_ACCEPTS)
        if self._before.reason_class is ReasonClass.COMPLEX and not self._ticket.escalated:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.cancel, ClockCancelled)
        if promise_for(self._policies, ClockKind.RESOLUTION, self._ticket.subject) is None:
            self._end(ClockKind.RESOLUTION, rules.cancel, ClockCancelled)

    def _begin(self, metric: ClockKind, at: datetime | None = None) -> None:
        promise = promise_for(self._policies, metric, self._ticket.subject)
        if metric in self._open or promise is None:
            return
        clock = rules.start(
            metric, ticket_id=self._ticket.id, ordinal=self._sequence, at=at or self._at, promise=promise
        )
        self._put(clock, ClockStarted, clock.started_at)

    def _end(self, metric: ClockKind, ending: Callable[[Clock, datetime], Clock], fact: type[ClockFact]) -> None:
        clock = self._open.pop(metric, None)
        if clock is None:
            return
        ended = ending(clock, self._at)
        self._tell_breach(clock, ended)
        if ended.state is ClockState.BREACHED and ended.met_at is None:
            self._changed[ended.id] = ended
            return
        self._put(ended, fact, ended.met_at or self._at)

    def _stand_still(self) -> None:
        clock = self._open.get(ClockKind.RESOLUTION)
        if clock is None or clock.state is ClockState.PAUSED:
            return
        paused = rules.pause(clock, self._at)
        self._tell_breach(clock, paused)
        if paused.state is ClockState.PAUSED:
            self._put(paused, ClockPaused, self._at)

    def _go_on(self) -> None:
        clock = self._open.get(ClockKind.RESOLUTION)
        if clock is not None and clock.state is ClockState.PAUSED:
            self._put(rules.resume(clock, self._at), ClockStarted, self._at)

    def _tell_breach(self, before: Clock, after: Clock) -> None:
        """Tell of a breach that no timer had told yet, before whatever comes after it."""
        if after.breached_at is not None and before.breached_at is None:
            self._put(rules.breach(before), ClockBreached, before.due_at)

    def _put(self, clock: Clock, fact: type[ClockFact], at: datetime) -> None:
        if clock.open:
            self._open[clock.kind] = clock
        self._changed[clock.id] = clock
        self._facts.append(Change(fact, clock, at))
