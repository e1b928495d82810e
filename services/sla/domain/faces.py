"""What the board and the measures keep of each fact about a ticket: who has it, who waits, under which names.

Nothing here says who the player is or what was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from shared.contracts.base import AuthorKind
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    TicketAbsorbed,
    TicketEvent,
    TicketMerged,
    TicketOpened,
    TicketReleased,
    TicketState,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
)

_DONE: Final = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
_ASKING: Final = (AuthorKind.PLAYER, AuthorKind.VISITOR, AuthorKind.SERVER)

Data: TypeAlias = Mapping[str, str | bool | None]


class Party(StrEnum):
    """Whose move it is; `none` once nobody works on the ticket any more."""

    BOT = "bot"
    QUEUE = "queue"
    AGENT = "agent"
    PLAYER = "player"
    BACK_OFFICE = "back_office"
    SNOOZED = "snoozed"
    NONE = "none"


class Effect(StrEnum):
    """What a fact does to the player's wait: begin it, answer it, end it without an answer, or say since when it is."""

    ASKS = "asks"
    ANSWERS = "answers"
    ENDS = "ends"
    WAITS = "waits"


_PARTIES: Final = {
    TicketStatus.BOT: Party.BOT,
    TicketStatus.PENDING: Party.PLAYER,
    TicketStatus.WAITING: Party.BACK_OFFICE,
    TicketStatus.SNOOZED: Party.SNOOZED,
    TicketStatus.RESOLVED: Party.NONE,
    TicketStatus.CLOSED: Party.NONE,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about a ticket, number `sequence` of it, as far as it can be measured."""

    ticket_id: UUID
    sequence: int
    type: str
    at: datetime
    data: Data = field(default_factory=dict)


def fact_of(event: TicketEvent, *, kind: str, sequence: int) -> Fact:
    """Return what is kept of an event whose type is `kind`."""
    return Fact(event.ticket_id, sequence, kind, event.occurred_at, _state(event.ticket) | _wait(event))


def party_of(state: TicketState) -> Party:
    """Return whose move it is."""
    if state.merged_into is not None:
        return Party.NONE
    free = Party.QUEUE if state.assignee_id is None else Party.AGENT
    return _PARTIES.get(state.status, free)


def _state(state: TicketState) -> dict[str, str | bool | None]:
    return {
        "party": party_of(state).value,
        "done": state.status in _DONE and state.merged_into is None,
        "status": state.status.value,
        "priority": state.priority.value,
        "channel": state.channel.value,
        "team_id": state.team_id,
        "assignee_id": state.assignee_id,
        "language": state.language,
        "reason": state.reason,
        "reason_class": None if state.reason_class is None else state.reason_class.value,
        "tier": state.tier,
        "licence": state.licence,
    }


def _wait(event: TicketEvent) -> dict[str, str | bool | None]:
    effect, asked_at = _effect(event)
    if effect is None:
        return {}
    if isinstance(event, MessageAdded) and effect is Effect.ANSWERS:
        return {"effect": effect.value, "by": event.author.id}
    return {"effect": effect.value, "asked_at": None if asked_at is None else asked_at.isoformat()}


def _effect(event: TicketEvent) -> tuple[Effect | None, datetime | None]:
    """Return what the event does to the wait; notes, robots, the bot and the system ask and answer nothing."""
    match event:
        case MessageAdded():
            return _words(event)
        case TicketOpened() if event.actor.kind in _ASKING:
            return Effect.ASKS, event.occurred_at
        case TicketAbsorbed() if event.waiting_since is not None:
            return Effect.ASKS, event.waiting_since
        case TicketMerged() | TicketStatusChanged(after=TicketStatus.RESOLVED | TicketStatus.CLOSED):
            return Effect.ENDS, None
        # What was told before undos said it does not tell who waits.
        case TicketUnmerged() | TicketReleased() if "waiting_since" in event.model_fields_set:
            return Effect.WAITS, event.waiting_since
        case _:
            return None, None


def _words(event: MessageAdded) -> tuple[Effect | None, datetime | None]:
    """Return what words do, those that a split copied like any other: the clocks of their ticket count them too."""
    if event.automatic:
        return None, None
    if event.kind is MessageKind.MESSAGE:
        return Effect.ASKS, event.occurred_at
    answered = event.kind is MessageKind.REPLY and event.author.kind is AuthorKind.STAFF
    return Effect.ANSWERS if answered else None, None
