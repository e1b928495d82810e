"""A ticket's clocks while something happens to it: begun, ended, held, replanned; every step is told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.sla.domain import clocks as rules
from services.sla.domain.clocks import Clock
from services.sla.domain.facts import Change, ClockFact
from services.sla.domain.pauses import stands_still
from services.sla.domain.policies import Policy, Promise, promise_for
from services.sla.domain.tracked import Ticket, passed_on
from shared.contracts.sla import (
    ClockBreached,
    ClockCancelled,
    ClockKind,
    ClockMet,
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
    """What one event led to: the ticket, its clocks, the clocks to store, the facts to tell in their order.

    `clocks` are those to which something can still happen: open ones, and ended ones that late news could correct.
    """

    ticket: Ticket
    clocks: tuple[Clock, ...]
    changed: tuple[Clock, ...]
    facts: tuple[Change, ...]
    replaced: tuple[Replaced, ...] = ()

    @property
    def open_clocks(self) -> tuple[Clock, ...]:
        """Return the clocks that have not ended."""
        return tuple(clock for clock in self.clocks if clock.open)


class Running:
    """What one event finds and leaves; lives for one event."""

    def __init__(
        self, ticket: Ticket, clocks: Sequence[Clock], at: datetime, sequence: int, policies: Sequence[Policy]
    ) -> None:
        self._before = ticket
        self._ticket = ticket
        self._at = at
        self._sequence = sequence
        self._policies = policies
        ordered = sorted(clocks, key=lambda clock: (clock.started_at, clock.id))
        self._open = {clock.kind: clock for clock in ordered if clock.open}
        self._broken = {clock.id: clock for clock in ordered if clock.correctable}
        self._changed: dict[UUID, Clock] = {}
        self._facts: list[Change] = []
        self._replaced: list[Replaced] = []

    def replan(self, cause: str, policy_id: UUID | None = None) -> None:
        """Put the open clocks under the promises that hold for the ticket now; without one a clock is pointless.

        A policy that still holds is kept at the version the clock began with. With `policy_id`, only the promises that
        this policy makes now or made before are looked at, and its edits and those of its calendar count.
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
            elif policy_id and promise.calendar != clock.calendar:
                self._replan(clock, promise, "calendar")

    def hold(self, *, replanned_only: bool = False) -> None:
        """Let each promise stand still or count, as its policy says for the situation the ticket is in."""
        for metric, clock in tuple(self._open.items()):
            if replanned_only and clock.id not in self._changed:
                continue
            if stands_still(metric, clock.pauses, self._ticket.status, self._ticket.waiting_on):
                self._stand_still(metric)
            else:
                self._go_on(metric)

    def outcome(self) -> Outcome:
        """Return the result."""
        left = (*(clock for clock in self._open.values() if clock.open), *self._broken.values())
        ticket = passed_on(self._before, self._ticket, self._at)
        return Outcome(ticket, left, tuple(self._changed.values()), tuple(self._facts), tuple(self._replaced))

    def _begin(self, metric: ClockKind, at: datetime | None = None) -> None:
        promise = promise_for(self._policies, metric, self._ticket.subject)
        if metric in self._open or promise is None:
            return
        clock = rules.start(
            metric,
            ticket_id=self._ticket.id,
            ordinal=self._sequence,
            at=at or self._at,
            promise=promise,
            known_at=self._at,
        )
        self._put(clock, ClockStarted, clock.started_at)

    def _end(self, metric: ClockKind, ending: Callable[[Clock, datetime], Clock], fact: type[ClockFact]) -> None:
        clock = self._open.get(metric)
        made_good = fact is ClockMet and self._make_good(metric)
        if clock is None or (made_good and self._begun_since(metric)):
            return
        del self._open[metric]
        ended = ending(clock, self._at)
        self._tell_verdict(clock, ended)
        if ended.state is ClockState.BREACHED and ended.met_at is None:
            self._keep(ended)
        else:
            self._put(ended, fact, ended.met_at or self._at)

    def _begun_since(self, metric: ClockKind) -> bool:
        """True if the promise began after the deed of which the news has come now: late news do not end it."""
        clock = self._open.get(metric)
        return clock is not None and clock.started_at > self._at

    def _make_good(self, *metrics: ClockKind) -> bool:
        """Take the breaches of ended promises back that the deed, of which the news came late, had kept in time."""
        found = False
        for clock in tuple(self._broken.values()):
            kept = rules.make_good(clock, self._at) if clock.kind in metrics else None
            if kept is not None:
                del self._broken[clock.id]
                self._tell_verdict(clock, kept)
                self._put(kept, ClockMet, self._at)
                found = True
        return found

    def _replan(self, clock: Clock, promise: Promise, cause: str) -> None:
        replanned = rules.replan(clock, promise, self._at)
        self._tell_verdict(clock, replanned)
        if replanned.state is ClockState.BREACHED:
            if replanned != clock:
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
        elif clock.correctable:
            self._broken[clock.id] = clock
        self._changed[clock.id] = clock
