"""What the fold remembers of a ticket besides its clocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias
from uuid import UUID

from services.sla.domain.facts import Owner
from services.sla.domain.policies import Subject
from shared.contracts.base import Channel
from shared.contracts.tickets import (
    BackOffice,
    MessageAdded,
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
from shared.errors import DomainError, Kind

TicketFact: TypeAlias = (
    TicketOpened
    | MessageAdded
    | TicketAssigned
    | TicketStatusChanged
    | TicketUpdated
    | TicketEscalated
    | TicketEscalationAccepted
    | TicketEscalationDeclined
    | TicketEscalationWithdrawn
    | TicketMerged
    | TicketAbsorbed
    | TicketUnmerged
    | TicketReleased
)

DONE: Final = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
_ZERO: Final = timedelta(0)


class TicketNotFound(DomainError):
    """There is no such ticket."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class Party(StrEnum):
    """On whom a ticket's time is spent."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    PLAYER = "player"
    BACK_OFFICE = "back_office"
    SNOOZED = "snoozed"


_PARTIES: Final = {
    TicketStatus.BOT: Party.BOT,
    TicketStatus.PENDING: Party.PLAYER,
    TicketStatus.WAITING: Party.BACK_OFFICE,
    TicketStatus.SNOOZED: Party.SNOOZED,
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as far as its clocks need it.

    `greeted`: the clock of the first response has begun, once and for all. `waiting_since`: the player's first words
    after the end of the ticket, which count from then if it is reopened; of a merged ticket, those nobody had answered;
    while the bot has the ticket, those that a person owes an answer to once it is handed over.
    `accepted`: a senior or lead has taken the ticket on. `escalated`: it was handed up, so that it needs a senior
    whatever its reason; `asked_id` is the senior who is asked. `borrowed_from` is the merged ticket by whose words an
    answer came to be owed. `spent` is what each party has used up, `party_since` when the one that has it got it.
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
    asked_id: str | None = None
    borrowed_from: UUID | None = None
    tier: str | None = None
    language: str | None = None
    licence: str | None = None
    waiting_on: BackOffice | None = None
    party_since: datetime | None = None
    spent: Mapping[Party, timedelta] = field(default_factory=dict)

    @property
    def subject(self) -> Subject:
        """Return what policies look at."""
        return Subject(
            self.channel,
            self.reason_class,
            self.priority,
            tier=self.tier,
            language=self.language,
            licence=self.licence,
            waiting_on=self.waiting_on,
        )

    @property
    def owner(self) -> Owner:
        """Return what facts about its clocks say of the ticket."""
        return Owner(self.id, self.channel, self.assignee_id)

    @property
    def done(self) -> bool:
        """True while nobody works on the ticket any more."""
        return self.status in DONE

    @property
    def party(self) -> Party | None:
        """Return who has the ticket now; nobody once it is done."""
        if self.done:
            return None
        return _PARTIES.get(self.status) or (Party.QUEUE if self.assignee_id is None else Party.AGENT)


def new_ticket(event: TicketOpened) -> Ticket:
    """Return a ticket without clocks."""
    state = event.ticket
    bare = Ticket(event.ticket_id, state.channel, state.status, state.priority, None, state.assignee_id)
    return replace(_described(bare, state), reason_class=None, party_since=event.occurred_at)


def seen(ticket: Ticket, event: TicketFact) -> Ticket:
    """Return the ticket with the fields that every fact about it carries; its status is a matter of the fold."""
    return _described(ticket, event.ticket)


def passed_on(before: Ticket, after: Ticket, at: datetime) -> Ticket:
    """Return `after` with the time booked that the party before it had, if the ticket changed parties at `at`."""
    if before.party is after.party:
        return after
    return replace(after, party_since=at, spent=time_spent(before, at))


def time_spent(ticket: Ticket, now: datetime) -> dict[Party, timedelta]:
    """Return how much time each party has used up until `now`."""
    spent = dict(ticket.spent)
    if ticket.party is not None and ticket.party_since is not None:
        spent[ticket.party] = spent.get(ticket.party, _ZERO) + max(now - ticket.party_since, _ZERO)
    return spent


def _described(ticket: Ticket, state: TicketState) -> Ticket:
    return replace(
        ticket,
        priority=state.priority,
        reason_class=state.reason_class,
        assignee_id=state.assignee_id,
        tier=state.tier,
        language=state.language,
        licence=state.licence,
        waiting_on=state.waiting_on,
    )
