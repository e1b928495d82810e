"""Short ways to say what happens to a ticket, and the model of what its timers do."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.sla.domain.clocks import Clock, breach, timers
from services.sla.domain.facts import Change
from services.sla.domain.fold import Outcome, apply
from services.sla.domain.marks import BREACH
from services.sla.domain.policies import Policy
from services.sla.domain.tracked import Ticket, TicketFact, new_ticket
from services.sla.queries.defaults import default_policies
from shared.contracts.base import SAMPLE_TIME, Author, AuthorKind, Channel
from shared.contracts.sla import ClockBreached, ClockKind, ClockState, ClockWarned
from shared.contracts.tickets import (
    BackOffice,
    MessageAdded,
    MessageKind,
    Priority,
    ReasonClass,
    TicketAbsorbed,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationAccepted,
    TicketEscalationDeclined,
    TicketEscalationWithdrawn,
    TicketMerged,
    TicketOpened,
    TicketReleased,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
    TicketUpdated,
)

TICKET: Final = UUID("019ab000-0000-7000-8000-0000000000aa")
PLAYER: Final = Author(kind=AuthorKind.PLAYER, id="p-1")
AGENT: Final = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
OTHER: Final = UUID("019ab000-0000-7000-8000-0000000000bb")
SYSTEM: Final = Author(kind=AuthorKind.SYSTEM, id="system")


def at(seconds: float) -> datetime:
    """Return the moment `seconds` after the sample time."""
    return SAMPLE_TIME + timedelta(seconds=seconds)


@dataclass
class Story:
    """Writes the events of one ticket; every method says one thing that happens `seconds` after its start.

    `asked`, `brought` and `strangers` are the oldest words without an answer: the ticket's own, those that a merge
    brought, and those that another person said since to his merged ticket. `again` are those told again while the
    ticket is merged.
    """

    channel: Channel = Channel.WEB
    reason_class: ReasonClass | None = None
    priority: Priority = Priority.NORMAL
    ticket_id: UUID = TICKET
    zero: datetime = SAMPLE_TIME
    status: TicketStatus = TicketStatus.NEW
    assignee_id: str | None = None
    tier: str | None = None
    licence: str | None = None
    language: str | None = "en"
    waiting_on: BackOffice | None = None
    merged_into: UUID | None = None
    asked: float | None = None
    brought: float | None = None
    strangers: float | None = None
    again: float | None = None
    events: list[TicketFact] = field(default_factory=list)

    @property
    def waits(self) -> float | None:
        """Since when somebody waits for an answer here."""
        return min((one for one in (self.asked, self.brought, self.strangers) if one is not None), default=None)

    def opened(self, seconds: float = 0, *, actor: Author = PLAYER) -> "Story":
        """The ticket is opened."""
        self.asked = seconds if actor is PLAYER else None
        return self._add(TicketOpened(**self._common(seconds, actor)))

    def player_writes(self, seconds: float, *, automatic: bool = False) -> "Story":
        """The player writes."""
        if not automatic and self.asked is None:
            self.asked = seconds
        if not automatic and self.merged_into is not None and self.again is None:
            self.again = seconds
        return self._message(seconds, MessageKind.MESSAGE, PLAYER, automatic=automatic)

    def stranger_writes(self, seconds: float) -> "Story":
        """Another person writes to his ticket, which is merged into this one."""
        self.strangers = seconds if self.strangers is None else self.strangers
        return self._message(seconds, MessageKind.MESSAGE, PLAYER)

    def staff_replies(self, seconds: float, *, automatic: bool = False) -> "Story":
        """A person answers."""
        if not automatic:
            self.asked = self.brought = self.strangers = self.again = None
        return self._message(seconds, MessageKind.REPLY, AGENT, automatic=automatic)

    def bot_replies(self, seconds: float) -> "Story":
        """The bot answers."""
        return self._message(seconds, MessageKind.REPLY, Author(kind=AuthorKind.BOT, id="bot"))

    def system_replies(self, seconds: float) -> "Story":
        """The system answers."""
        return self._message(seconds, MessageKind.REPLY, SYSTEM)

    def note(self, seconds: float) -> "Story":
        """A person notes something inside."""
        return self._message(seconds, MessageKind.NOTE, AGENT)

    def becomes(self, seconds: float, status: TicketStatus, waiting_on: BackOffice | None = None) -> "Story":
        """The status changes."""
        before, self.status, self.waiting_on = self.status, status, waiting_on
        if status in {TicketStatus.RESOLVED, TicketStatus.CLOSED}:
            self.asked = self.brought = self.strangers = None
        return self._add(TicketStatusChanged(**self._common(seconds, AGENT), before=before, after=status))

    def assigned(
        self, seconds: float, assignee_id: str | None, role: str | None = None, *, by: Author = AGENT
    ) -> "Story":
        """The ticket changes hands."""
        self.assignee_id = assignee_id
        common = self._common(seconds, by)
        return self._add(TicketAssigned(**common, assignee_id=assignee_id, assignee_role=role))

    def escalated(self, seconds: float, senior_id: str | None = None) -> "Story":
        """The ticket is handed up."""
        return self._add(TicketEscalated(**self._common(seconds, SYSTEM), cause="by-hand", senior_id=senior_id))

    def accepted(self, seconds: float, senior_id: str) -> "Story":
        """The senior who was asked takes the ticket on."""
        return self._add(TicketEscalationAccepted(**self._common(seconds, AGENT), senior_id=senior_id))

    def declined(self, seconds: float, senior_id: str, next_senior_id: str | None = None) -> "Story":
        """The senior who was asked passes the ticket on."""
        common = self._common(seconds, Author(kind=AuthorKind.STAFF, id=senior_id))
        told = TicketEscalationDeclined(**common, senior_id=senior_id, reason="busy", next_senior_id=next_senior_id)
        return self._add(told)

    def escalation_withdrawn(
        self, seconds: float, escalated: float, senior_id: str | None = None, *, before: bool = False
    ) -> "Story":
        """It was handed up for nothing."""
        since, common = self.zero + timedelta(seconds=escalated), self._common(seconds, SYSTEM)
        told = TicketEscalationWithdrawn(
            **common, cause="none", escalated_at=since, senior_id=senior_id, handed_up_before=before
        )
        return self._add(told)

    def merged(self, seconds: float) -> "Story":
        """The ticket goes up in another one."""
        self.status, self.merged_into = TicketStatus.CLOSED, OTHER
        common = self._common(seconds, AGENT)
        return self._add(TicketMerged(**common, survivor_id=OTHER, survivor_number="LUCKY-1000"))

    def unmerged(self, seconds: float, status: TicketStatus = TicketStatus.OPEN) -> "Story":
        """The merge is taken back."""
        self.status, self.merged_into = status, None
        common = self._common(seconds, AGENT)
        since, self.again = self._moment(self.again), None
        waiting = self._moment(self.waits)
        return self._add(TicketUnmerged(**common, survivor_id=OTHER, waiting_since=waiting, told_again_since=since))

    def absorbed(self, seconds: float, waiting_since: float | None = None) -> "Story":
        """Another ticket goes up in this one."""
        self.brought = waiting_since
        told = TicketAbsorbed(
            **self._common(seconds, AGENT),
            merged_id=OTHER,
            merged_number="LUCKY-1000",
            received_at=self.zero,
            waiting_since=self._moment(waiting_since),
        )
        return self._add(told)

    def released(self, seconds: float) -> "Story":
        """The other ticket has its words again."""
        self.brought = self.strangers = None
        told = TicketReleased(
            **self._common(seconds, AGENT),
            merged_id=OTHER,
            received_at=self.zero,
            waiting_since=self._moment(self.asked),
        )
        return self._add(told)

    def classified(self, seconds: float, reason_class: ReasonClass | None) -> "Story":
        """The class of its reason becomes known."""
        self.reason_class = reason_class
        return self._add(TicketUpdated(**self._common(seconds, SYSTEM), changes={"reason": (None, "X")}))

    def prioritised(self, seconds: float, priority: Priority) -> "Story":
        """The priority changes."""
        self.priority = priority
        return self._add(TicketUpdated(**self._common(seconds, AGENT), changes={"priority": (None, priority.value)}))

    def updated(self, seconds: float, **fields: str | None) -> "Story":
        """Fields change."""
        changes = {name: (getattr(self, name), value) for name, value in fields.items()}
        for name, value in fields.items():
            setattr(self, name, value)
        return self._add(TicketUpdated(**self._common(seconds, SYSTEM), changes=changes))

    def _moment(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self.zero + timedelta(seconds=seconds)

    def _message(self, seconds: float, kind: MessageKind, author: Author, *, automatic: bool = False) -> "Story":
        return self._add(
            MessageAdded(
                **self._common(seconds, author),
                message_id=TICKET,
                kind=kind,
                author=author,
                text="…",
                automatic=automatic,
            )
        )

    def _common(self, seconds: float, actor: Author) -> dict[str, object]:
        moment = self.zero + timedelta(seconds=seconds)
        state = TicketState(
            id=self.ticket_id, number="LUCKY-1001", player_id="p-1", subject="Payout", channel=self.channel,
            status=self.status, priority=self.priority, assignee_id=self.assignee_id, language=self.language,
            reason=None, tier=self.tier, licence=self.licence, waiting_on=self.waiting_on,
            reason_class=self.reason_class, merged_into=self.merged_into, created_at=self.zero, updated_at=moment,
            version=len(self.events) + 1,
        )  # fmt: skip
        return {"ticket_id": self.ticket_id, "ticket": state, "actor": actor, "occurred_at": moment}

    def _add(self, event: TicketFact) -> "Story":
        self.events.append(event)
        return self


@dataclass
class Told:
    """A ticket after its story: its clocks, and everything told about them."""

    ticket: Ticket
    clocks: dict[UUID, Clock]
    changes: list[Change]
    outcomes: list[Outcome] = field(default_factory=list)

    def one(self, kind: ClockKind) -> Clock:
        """Return the only clock of a kind."""
        (clock,) = self.all(kind)
        return clock

    def all(self, kind: ClockKind) -> list[Clock]:
        """Return the clocks of a kind, oldest first."""
        return sorted((clock for clock in self.clocks.values() if clock.kind is kind), key=lambda c: c.started_at)

    def facts(self, kind: ClockKind) -> list[str]:
        """Return what was told about the clocks of a kind."""
        return [change.fact.__name__.removeprefix("Clock") for change in self.changes if change.clock.kind is kind]


def tell(
    story: Story,
    *,
    policies: Sequence[Policy] | None = None,
    timers_until: Sequence[datetime] = (),
) -> Told:
    """Fold a story; with `timers_until`, the timers due by the n-th moment fire before the n-th event is heard."""
    first = story.events[0]
    assert isinstance(first, TicketOpened)
    told = Told(new_ticket(first), {}, [])
    for sequence, event in enumerate(story.events, start=1):
        if sequence <= len(timers_until):
            fire_all(told, timers_until[sequence - 1])
        outcome = apply(
            told.ticket,
            [clock for clock in told.clocks.values() if clock.open or clock.correctable],
            event,
            sequence=sequence,
            policies=default_policies() if policies is None else policies,
        )
        told.outcomes.append(outcome)
        told.ticket = outcome.ticket
        told.clocks.update({clock.id: clock for clock in outcome.changed})
        told.changes.extend(outcome.facts)
    if len(timers_until) > len(story.events):
        fire_all(told, timers_until[-1])
    return told


def fire(clock: Clock, percent: int, generation: int) -> Change | None:
    """Return what a due timer does to its clock: the model of the statement that fires them all at once."""
    due_at = dict(timers(clock)).get(percent)
    if generation != clock.generation or due_at is None:
        return None
    if percent == BREACH:
        return Change(ClockBreached, breach(clock), clock.due_at)
    warned = replace(clock, state=ClockState.WARNED, warned_at=due_at, warned_percent=percent)
    return Change(ClockWarned, warned, due_at)


def fire_all(told: Told, now: datetime) -> None:
    """Fire every timer that is due at `now`, earliest first."""
    due = [
        (due_at, percent, clock.id, clock.generation)
        for clock in told.clocks.values()
        for percent, due_at in timers(clock)
        if due_at <= now
    ]
    for _, percent, clock_id, generation in sorted(due):
        change = fire(told.clocks[clock_id], percent, generation)
        if change is not None:
            told.clocks[clock_id] = change.clock
            told.changes.append(change)
