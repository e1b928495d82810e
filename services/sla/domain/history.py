"""The whole history of a ticket at once: whatever order its events came in, and however often."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.sla.domain.clocks import Clock
from services.sla.domain.facts import Change
from services.sla.domain.fold import apply
from services.sla.domain.policies import Policy
from services.sla.domain.tracked import Ticket, TicketFact, new_ticket
from shared.contracts.tickets import TicketOpened
from shared.errors import DomainError, Kind


class HistoryIncomplete(DomainError):
    """The first event of a ticket is missing."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class History:
    """A ticket after all its events, every clock it ever had, oldest first, and everything told about them."""

    ticket: Ticket
    clocks: tuple[Clock, ...]
    facts: tuple[Change, ...]


def clocks_of(events: Iterable[tuple[int, TicketFact]], *, policies: Sequence[Policy]) -> History:
    """Return what `events`, each with its sequence, make of a ticket: their order and repetitions change nothing."""
    numbered = sorted(dict(events).items())
    first = numbered[0][1] if numbered else None
    if not isinstance(first, TicketOpened):
        raise HistoryIncomplete
    ticket = new_ticket(first)
    clocks: dict[UUID, Clock] = {}
    facts: list[Change] = []
    left: tuple[Clock, ...] = ()
    for sequence, event in numbered:
        outcome = apply(ticket, left, event, sequence=sequence, policies=policies)
        ticket, left = outcome.ticket, outcome.clocks
        clocks.update({clock.id: clock for clock in outcome.changed})
        facts.extend(outcome.facts)
    ordered = sorted(clocks.values(), key=lambda clock: (clock.started_at, clock.id))
    return History(ticket, tuple(ordered), tuple(facts))
