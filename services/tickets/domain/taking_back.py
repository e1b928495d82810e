"""A broken promise that was none: what it did to its ticket is undone, as far as nothing else has happened since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.tickets.domain.escalation import raised_priority
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import Priority


@dataclass(frozen=True, slots=True)
class Asked:
    """A senior who was asked to take a ticket on, None while there is nobody, and those who declined before."""

    senior_id: str | None
    cause: str
    declined: tuple[str, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broken promise met and did: `version` is the ticket's once it was answered.

    `priority` and `holder_id` are what they were before it, `asked` is who was asked then. It was handed up at
    `escalated_at`.
    """

    kind: ClockKind
    version: int
    priority: Priority
    holder_id: str | None
    escalated_at: datetime
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class Since:
    """What happened to a ticket after a breach was answered.

    `edited`: somebody else set the priority. `moved`: it changed hands or was handed up again, accepted or declined.
    `acted`: somebody but its former holder worked on it. `handed_up` is how often it had been handed up by then, what
    was withdrawn not counted.
    """

    edited: bool
    moved: bool
    acted: bool
    handed_up: int


def priority_without(now: Priority, breach: Answer, later: Sequence[ClockKind]) -> Priority:
    """Return the priority had a breach not been, but those of `later` after it; what they did not make stays."""
    if now is not raised(breach.priority, (breach.kind, *later)):
        return now
    return raised(breach.priority, later)


def raised(priority: Priority, breached: Sequence[ClockKind]) -> Priority:
    """Return a priority after breaches, one after the other."""
    for kind in breached:
        priority = raised_priority(priority, kind)
    return priority
