"""A ticket's clocks while something happens to it: begun, ended, held, replanned; every step is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sla.domain import clocks as rules
from services.sla.domain.clocks import Clock
from services.sla.domain.facts import Change, ClockFact
from services.sla.domain.policies import Policy, Promise, promise_for
from services.sla.domain.tracked import Ticket, passed_on
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockKind,
    ClockPaused,
    ClockStarted,
    ClockState,
    ClockWithdrawn,
)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A clock as it was before another promise took over, and what that was for."""

    clock: Clock
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a clock was under until another promise took over."""

    policy_id: UUID
    policy_version: int
    warn_at: datetime | None
    due_at: datetime
    replaced_at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one event led to: the ticket, its open clocks, the clocks to store, the facts to tell in their order."""

    ticket: Ticket
    open_clocks: tuple[Clock, ...]
    changed: tuple[Clock, ...]
    facts: tuple[Change, ...]
    replaced: tuple[Replaced, ...] = ()


class Running:
    """What one event finds and leaves; lives for one event."""

    def __init__(
        self, ticket: Ticket, open_clocks: Sequence[Clock], at: datetime, sequence: int, policies: Sequence[Policy]
    ) -> None:
        self._before = ticket
        self._ticket = ticket
        self._at = at
        self._sequence = sequence
        self._policies = policies
        self._open = {clock.kind: clock for clock in open_clocks}
        self._changed: dict[UUID, Clock] = {}
        self._facts: list[Change] = []
        self._replaced: list[Replaced] = []

    def replan(self, cause: str, policy_id: UUID | None = None) -> None:
        """Put the open clocks under the promises that hold for the ticket now; without one a clock is pointless.

        A policy that still holds is kept at the version the clock began with. With `policy_id`, only the promises that
        this policy makes now or made before are looked at, and its edits count.
        """
        for metric, clock in tuple(self._open.items()):
            promise = promise_for(self._policies, metric, self._ticket.subject)
            touched = (clock.policy_id, None if promise is None else promise.policy_id)
            if policy_id is not None and policy_id not in touched:
                continue
            if promise is None:
                self._end(metric, rules.cancel, ClockCancelled)
            elif promise.policy_id != clock.policy_id or (policy_id and promise.policy_version != clock.policy_version):
                self._replan(clock, promise, cause)

    def outcome(self) -> Outcome:
        """Return the result."""
        still_open = tuple(clock for clock in self._open.values() if clock.open)
        ticket = passed_on(self._before, self._ticket, self._at)
        return Outcome(ticket, still_open, tuple(self._changed.values()), tuple(self._facts), tuple(self._replaced))

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
        self._tell_verdict(clock, ended)
        if ended.state is ClockState.BREACHED and ended.met_at is None:
            self._keep(ended)
        else:
            self._put(ended, fact, ended.met_at or self._at)

    def _replan(self, clock: Clock, promise: Promise, cause: str) -> None:
        replanned = rules.replan(clock, promise, self._at)
        self._tell_verdict(clock, replanned)
        if replanned.state is ClockState.BREACHED:
            self._keep(replanned)
            return
        self._replaced.append(Replaced(clock, self._at, cause))
        if replanned.state is ClockState.PAUSED:
            self._keep(replanned)
        else:
            self._put(replanned, ClockStarted, self._at)

    def _stand_still(self, metric: ClockKind) -> None:
        clock = self._open.get(metric)
        if clock is None or clock.state is ClockState.PAUSED:
            return
        paused = rules.pause(clock, self._at)
        self._tell_verdict(clock, paused)
        if paused.state is ClockState.PAUSED:
            self._put(paused, ClockPaused, self._at)
        elif paused != clock:
            self._keep(paused)

    def _go_on(self, metric: ClockKind) -> None:
        clock = self._open.get(metric)
        if clock is not None and clock.state is ClockState.PAUSED:
            self._put(rules.resume(clock, self._at), ClockStarted, self._at)

    def _tell_verdict(self, before: Clock, after: Clock) -> None:
        """Tell of a breach that no timer had told yet, or that a told one was none, before whatever comes after it."""
        if after.breached_at is not None and before.breached_at is None:
            self._facts.append(Change(ClockBreached, rules.breach(before), before.due_at))
        elif after.breached_at is None and before.breached_at is not None:
            self._facts.append(Change(ClockWithdrawn, after, self._at))

    def _put(self, clock: Clock, fact: type[ClockFact], at: datetime) -> None:
        self._keep(clock)
        self._facts.append(Change(fact, clock, at))

    def _keep(self, clock: Clock) -> None:
        if clock.open:
            self._open[clock.kind] = clock
        self._changed[clock.id] = clock
