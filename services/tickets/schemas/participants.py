"""Invitations, guests and take-overs as the HTTP API shows them."""

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from services.tickets.domain import participants as rules
from services.tickets.queries.escalations import Ask
from services.tickets.queries.participants import Participation
from services.tickets.schemas.fields import Explanation, Id
from services.tickets.schemas.lists import ListedTicket, listed_ticket_of
from shared.contracts.tickets import Priority


class Invite(BaseModel):
    """Who is asked into the conversation, and why."""

    model_config = ConfigDict(extra="forbid")

    staff_id: Id
    reason: Explanation | None = None


class Decline(BaseModel):
    """Why somebody does not come."""

    model_config = ConfigDict(extra="forbid")

    reason: Explanation


class TakeOver(BaseModel):
    """Why a senior takes a ticket, and whether its holder stays in the conversation as a guest."""

    model_config = ConfigDict(extra="forbid")

    reason: Explanation
    keep_former: bool = True


class Participant(BaseModel):
    """Somebody asked into a ticket (`invited`) or in it beside its holder (`joined`)."""

    staff_id: str
    name: str | None
    state: rules.Step
    invited_by: str
    invited_by_name: str | None
    reason: str | None
    invited_at: AwareDatetime
    joined_at: AwareDatetime | None


class Participants(BaseModel):
    """Everybody who is asked into a ticket or in it beside its holder, the longest asked first."""

    items: list[Participant]


class MyParticipation(Participant):
    """A ticket the caller is asked into or in."""

    ticket: ListedTicket


class AskedOfMe(BaseModel):
    """A ticket the caller is asked to take on; `due_at` is when the next in line is asked, null without a promise."""

    ticket_id: UUID
    number: str
    subject: str
    priority: Priority
    assignee_id: str | None
    cause: str
    asked_at: AwareDatetime
    due_at: AwareDatetime | None


class AsksOfMe(BaseModel):
    """What the caller is asked to take on, the longest asked first; a hundred at most."""

    items: list[AskedOfMe]


def participant_of(found: rules.Participant) -> Participant:
    """Return a participant as the API shows him."""
    return Participant(**_shown(found))


def participation_of(found: Participation, brand: str) -> MyParticipation:
    """Return what somebody has to do with a ticket as the API shows it."""
    return MyParticipation(**_shown(found.participant), ticket=listed_ticket_of(found.ticket, brand, inside=True))


def asked_of_me(found: Ask) -> AskedOfMe:
    """Return what a senior is asked as the API shows it."""
    return AskedOfMe.model_validate({name: getattr(found, name) for name in AskedOfMe.model_fields})


def _shown(found: rules.Participant) -> dict[str, object]:
    return {name: getattr(found, name) for name in Participant.model_fields}
