"""The fold: a ticket's clocks after one more event of the ticket. Pure; the same events always give the same clocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.sla.domain import clocks as rules
from services.sla.domain.clocks import Clock
from services.sla.domain.owed import RESPONSES, Owing
from services.sla.domain.policies import Policy, Subject
from services.sla.domain.running import Outcome, Replaced, Running
from services.sla.domain.tracked import DONE, Ticket, TicketFact, TicketNotFound, new_ticket, seen
from shared.contracts.base import AuthorKind
from shared.contracts.gateway import StaffRole
from shared.contracts.sla import (
    ClockCancelled,
    ClockKind,
    ClockMet,
    ClockState,
)
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
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
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
)

__all__ = ["Outcome", "Replaced", "Ticket", "TicketFact", "TicketNotFound", "apply", "new_ticket", "recompute"]

_SENIORS: Final = (StaffRole.SENIOR.value, StaffRole.LEAD.value, StaffRole.ADMIN.value)
_PERSONS_WAITING: Final = (AuthorKind.PLAYER, AuthorKind.VISITOR, AuthorKind.SERVER)


def apply(
    ticket: Ticket, clocks: Sequence[Clock], event: TicketFact, *, sequence: int, policies: Sequence[Policy]
) -> Outcome:
    """Return what `event`, number `sequence` of its ticket, does to the ticket's clocks; `policies` in asking order.

    `clocks` are the open ones, and those that ended with a broken promise: late news may show that it was kept.
    """
    step = _Step(ticket, clocks, event.occurred_at, sequence, policies)
    step.look(event)
    rule = _RULES.get(type(event))
    if rule is not None:
        rule(step, event)
    step.review()
    return step.outcome()


def recompute(
    ticket: Ticket, open_clocks: Sequence[Clock], policies: Sequence[Policy], *, at: datetime, policy_id: UUID
) -> Outcome:
    """Return the ticket with the open clocks that a policy touches under the promises that `policies` make now."""
    step = Running(ticket, open_clocks, at, 0, policies)
    step.replan("policy", policy_id)
    if not ticket.done:
        step.hold(replanned_only=True)
    return step.outcome()


class _Step(Owing):
    """The work of one event; lives for one call of `apply`."""

    def look(self, event: TicketFact) -> None:
        """Take over what the event says of the ticket."""
        self._ticket = seen(self._ticket, event)

    def opened(self, event: TicketOpened) -> None:
        """The first response counts from the player's first words; a ticket opened by staff answers nobody yet.

        While the bot has the ticket, no person owes an answer: that time begins at the hand-over.
        """
        if event.actor.kind in _PERSONS_WAITING and not self._with_bot:
            self._greet()
        self._begin(ClockKind.RESOLUTION)

    def message_added(self, event: MessageAdded) -> None:
        """Words of the player begin a wait, words of a person end it; notes, robots and the bot do neither."""
        if event.automatic:
            return
        if event.kind is MessageKind.MESSAGE:
            self._wait()
        elif event.kind is MessageKind.REPLY and event.author.kind is AuthorKind.STAFF:
            self._answered(event.author.id)

    def status_changed(self, event: TicketStatusChanged) -> None:
        """The end of a ticket ends every promise; a back office is timed while the ticket waits for it."""
        self._ticket = replace(self._ticket, status=event.after)
        if event.before is TicketStatus.WAITING:
            self._end(ClockKind.BACK_OFFICE, rules.meet, ClockMet)
        if event.after in DONE:
            self._finish()
        elif event.before in DONE:
            self._reopen()
        elif event.after is TicketStatus.BOT:
            self._leave_to_bot()
        elif event.before is TicketStatus.BOT:
            self._take_over()

    def assigned(self, event: TicketAssigned) -> None:
        """A senior or lead has accepted a ticket that a person gave him or that he took; being asked is no acceptance.

        Whoever asks the senior also hands the ticket to him, so that hand-over by somebody else says nothing. A senior
        whom the queue gave the ticket is asked: his first answer accepts it.
        """
        senior = event.assignee_id is not None and event.assignee_role in _SENIORS
        by_person = event.actor.kind is AuthorKind.STAFF
        asked = event.assignee_id == self._ticket.asked_id and event.actor.id != event.assignee_id
        if senior and by_person and not asked:
            self._accept()
        elif not senior:
            self._ticket = replace(self._ticket, accepted=False)
        elif not self._ticket.accepted:
            self._ticket = replace(self._ticket, asked_id=event.assignee_id)

    def escalated(self, event: TicketEscalated) -> None:
        """A ticket handed up must be accepted in time, whether a senior is asked or nobody is there to ask.

        Whoever is asked after that time is over has a time of his own.
        """
        running = self._open.get(ClockKind.SENIOR_ACCEPTS)
        late = running is not None and rules.settle(running, self._at).state is ClockState.BREACHED
        if late and event.senior_id is not None:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.cancel, ClockCancelled)
        self._ticket = replace(self._ticket, escalated=True, accepted=False, asked_id=event.senior_id)
        if not self._ticket.done:
            self._begin(ClockKind.SENIOR_ACCEPTS)

    def accepted(self, event: TicketEscalationAccepted) -> None:  # noqa: ARG002 - as every rule
        """The senior who was asked takes the ticket on."""
        self._accept()

    def declined(self, event: TicketEscalationDeclined) -> None:
        """The next senior is asked; the time goes on."""
        self._ticket = replace(self._ticket, accepted=False, asked_id=event.next_senior_id)

    def withdrawn(self, event: TicketEscalationWithdrawn) -> None:
        """The ticket was handed up for nothing: only a time that ran before goes on, and whom it asked is asked."""
        running = self._open.get(ClockKind.SENIOR_ACCEPTS)
        if running is not None and running.started_at >= event.escalated_at:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.cancel, ClockCancelled)
        asks = ClockKind.SENIOR_ACCEPTS in self._open
        before = event.handed_up_before
        self._ticket = replace(
            self._ticket, escalated=before, accepted=before and not asks, asked_id=event.senior_id if asks else None
        )

    def merged(self, event: TicketMerged) -> None:  # noqa: ARG002 - as every rule
        """A merge is no answer: every promise of the ticket that goes up ends without verdict."""
        owed = [clock.started_at for metric in RESPONSES if (clock := self._open.get(metric)) is not None]
        waiting = min(owed) if owed else self._ticket.waiting_since
        for metric in tuple(self._open):
            self._end(metric, rules.cancel, ClockCancelled)
        self._ticket = replace(self._ticket, status=TicketStatus.CLOSED, waiting_since=waiting)

    def absorbed(self, event: TicketAbsorbed) -> None:
        """Words of the other ticket that nobody has answered wait here from their own time on."""
        if event.waiting_since is None:
            return
        if self._ticket.done or self._with_bot:
            since = min(event.waiting_since, self._ticket.waiting_since or event.waiting_since)
            self._ticket = replace(self._ticket, waiting_since=since, borrowed_from=event.merged_id)
        elif not any(metric in self._open for metric in RESPONSES):
            self._ticket = replace(self._ticket, borrowed_from=event.merged_id)
            self._owe(event.waiting_since)

    def unmerged(self, event: TicketUnmerged) -> None:
        """The ticket is worked on again from now; who waited before the merge waits from now too.

        Words of the meantime that were told again here are owed an answer from their own time on.
        """
        self._ticket = replace(self._ticket, status=event.ticket.status)
        if self._ticket.done:
            return
        if self._ticket.waiting_since is not None and not self._with_bot:
            self._owe(event.told_again_since or self._at)
            self._ticket = replace(self._ticket, waiting_since=None)
        self._work_again()

    def released(self, event: TicketReleased) -> None:
        """An answer that was owed to the words of the other ticket is owed there again.

        Words that stay here are owed theirs, those said to the merged ticket since among them, from their own time on.
        An answer that is owed only to words that came by merges, or were said to the merged ticket and go with it, is
        owed to nobody once none of these wait here. What was told before undos said who waits shows neither.
        """
        if self._ticket.borrowed_from is None and "waiting_since" not in event.model_fields_set:
            return
        since = event.waiting_since
        if since is None:
            self._ticket = replace(self._ticket, borrowed_from=None)
        if self._ticket.done or self._with_bot:
            self._ticket = replace(self._ticket, waiting_since=since)
        else:
            self._owe_only(since)

    def review(self) -> None:
        """Begin, recompute and drop the promises that depend on what the ticket is."""
        if self._ticket.done:
            return
        if self._ticket.reason_class is not self._before.reason_class:
            self._reclassify()
        self._watch_back_office()
        if self._ticket.subject != self._before.subject:
            self.replan(_difference(self._before.subject, self._ticket.subject))
            self._begin(ClockKind.RESOLUTION)
        self.hold()

    def _watch_back_office(self) -> None:
        """Time the back office from the moment the ticket waits for it; another one begins anew."""
        if self._ticket.status is not TicketStatus.WAITING:
            return
        if self._ticket.waiting_on is not self._before.waiting_on:
            self._end(ClockKind.BACK_OFFICE, rules.cancel, ClockCancelled)
        if self._before.status is not TicketStatus.WAITING or self._ticket.subject != self._before.subject:
            self._begin(ClockKind.BACK_OFFICE)

    def _finish(self) -> None:
        self._ticket = replace(self._ticket, waiting_since=None, borrowed_from=None, asked_id=None)
        self._end(ClockKind.RESOLUTION, rules.meet, ClockMet)
        for metric in tuple(self._open):
            self._end(metric, rules.cancel, ClockCancelled)

    def _reopen(self) -> None:
        if self._ticket.waiting_since is not None and not self._with_bot:
            self._owe(self._ticket.waiting_since)
            self._ticket = replace(self._ticket, waiting_since=None)
        self._work_again()

    def _work_again(self) -> None:
        """Promise a solution anew, and to be heard of until then."""
        self._begin(ClockKind.RESOLUTION)
        if not self._with_bot:
            self._begin(ClockKind.PERIODIC_UPDATE)

    def _reclassify(self) -> None:
        if self._ticket.reason_class is ReasonClass.COMPLEX and not self._ticket.accepted:
            self._begin(ClockKind.SENIOR_ACCEPTS)
        if self._before.reason_class is ReasonClass.COMPLEX and not self._ticket.escalated:
            self._end(ClockKind.SENIOR_ACCEPTS, rules.cancel, ClockCancelled)


# house: any - each rule takes the one fact it stands under
_RULES: Final[Mapping[type[TicketFact], Callable[[_Step, Any], None]]] = {
    TicketOpened: _Step.opened,
    MessageAdded: _Step.message_added,
    TicketStatusChanged: _Step.status_changed,
    TicketAssigned: _Step.assigned,
    TicketEscalated: _Step.escalated,
    TicketEscalationAccepted: _Step.accepted,
    TicketEscalationDeclined: _Step.declined,
    TicketEscalationWithdrawn: _Step.withdrawn,
    TicketMerged: _Step.merged,
    TicketAbsorbed: _Step.absorbed,
    TicketUnmerged: _Step.unmerged,
    TicketReleased: _Step.released,
}


def _difference(before: Subject, after: Subject) -> str:
    changed = [one.name for one in fields(Subject) if getattr(before, one.name) != getattr(after, one.name)]
    return ",".join(changed)
