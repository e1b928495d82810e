"""Who of the staff is in a conversation beside its holder: who may ask whom, and when it is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from services.tickets.domain.statuses import CLOSED, FINISHED
from services.tickets.domain.tickets import Fact
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import Parting, TicketAssigned, TicketMerged, TicketState, TicketStatusChanged
from shared.errors import DomainError, Kind

MOST_PARTICIPANTS: Final = 10


class HolderOnly(DomainError):
    """Whoever has the ticket decides who joins it, and so do seniors."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class ConversationOver(DomainError):
    """Nobody is asked into a resolved or closed ticket."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class AlreadyThere(DomainError):
    """The person has the ticket, is in it or is asked already."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class ParticipantsFull(DomainError):
    """As many people are in the conversation, or asked, as may be."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotInvited(DomainError):
    """Only who is asked into a conversation can answer that."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NothingToTakeOver(DomainError):
    """The ticket is in nobody's hands, or in the caller's own."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class Step(StrEnum):
    """How far somebody is: asked, or there. Whoever is gone is no participant."""

    INVITED = "invited"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody asked into a ticket or there; names are unknown until the accounts' facts have arrived."""

    staff_id: str
    name: str | None
    state: Step
    invited_by: str
    invited_by_name: str | None
    reason: str | None
    invited_at: datetime
    joined_at: datetime | None


def check_invitation(state: TicketState, present: Sequence[Participant], *, by: str, senior: bool, whom: str) -> None:
    """Refuse to ask somebody in who is there, into what is over, or by somebody who does not decide that."""
    if not senior and state.assignee_id != by:
        raise HolderOnly
    if state.status in FINISHED:
        raise ConversationOver(status=state.status)
    if whom in {state.assignee_id, *(one.staff_id for one in present)}:
        raise AlreadyThere(field="staff_id")
    if len(present) >= MOST_PARTICIPANTS:
        raise ParticipantsFull(f"at most {MOST_PARTICIPANTS} besides the holder")


def check_removal(state: TicketState, *, by: str, lead: bool, whom: Participant) -> Parting:
    """Return why somebody goes: by himself, or sent away by the holder, a lead or whoever asked him."""
    if whom.staff_id == by:
        return Parting.LEFT
    asked_by_me = whom.state is Step.INVITED and whom.invited_by == by
    if not (lead or asked_by_me or state.assignee_id == by):
        raise HolderOnly
    return Parting.REMOVED if whom.state is Step.JOINED else Parting.WITHDRAWN


def check_takeover(state: TicketState, by: str) -> None:
    """Refuse to take what nobody has, or one has oneself."""
    if state.assignee_id in {None, by}:
        raise NothingToTakeOver


def partings(events: Sequence[Fact]) -> dict[str | None, Parting]:
    """Return who is no longer a participant after these facts and why; None stands for everybody.

    What the queue gives somebody leaves him where he was: it may take it back at any time.
    """
    over: dict[str | None, Parting] = {}
    for event in events:
        if isinstance(event, TicketMerged):
            over[None] = Parting.MERGED
        elif isinstance(event, TicketStatusChanged) and event.after is CLOSED:
            over[None] = Parting.CLOSED
        elif isinstance(event, TicketAssigned) and event.assignee_id and event.actor.kind is AuthorKind.STAFF:
            over[event.assignee_id] = Parting.HOLDS
    return over
