"""What operators are told of complaints: ids, steps and times; what was complained about stays in the register."""

from uuid import UUID

from pydantic import AwareDatetime

from services.notifications.domain.payloads import Public, PublicAuthor, author_told
from shared.contracts import sla, tickets


class PublicComplaint(Public):
    """The complaint after the fact; `received_at` is the time of the player's own words and never changes."""

    id: UUID
    ticket_id: UUID
    number: str
    player_id: str | None
    step: tickets.ComplaintStep
    type: str
    jurisdiction: str
    received_at: AwareDatetime
    owner_id: str | None
    acknowledged_at: AwareDatetime | None
    final_response_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    version: int


class ComplaintData(Public):
    """A fact about a complaint; `before` is the step it stood at."""

    complaint: PublicComplaint
    actor: PublicAuthor
    before: tickets.ComplaintStep | None


class ComplaintClockData(Public):
    """The legal time of a complaint; `percent` of it has run."""

    complaint_id: UUID
    ticket_id: UUID
    kind: sla.ClockKind
    jurisdiction: str
    owner_id: str | None
    started_at: AwareDatetime
    due_at: AwareDatetime
    percent: int
    late_by_ms: int


def complaint_told(event: tickets.ComplaintRegistered | tickets.ComplaintChanged, *, content: bool) -> ComplaintData:
    """Tell where a complaint stands."""
    state = event.complaint.model_dump(include=set(PublicComplaint.model_fields))
    return ComplaintData(
        complaint=PublicComplaint.model_validate(state),
        actor=author_told(event.actor, content=content),
        before=event.before if isinstance(event, tickets.ComplaintChanged) else None,
    )


def complaint_clock_told(event: sla.ComplaintWarned | sla.ComplaintBreached) -> ComplaintClockData:
    """Tell how much of a complaint's legal time is gone."""
    values = event.model_dump(include=set(ComplaintClockData.model_fields))
    percent = event.percent if isinstance(event, sla.ComplaintWarned) else 100
    return ComplaintClockData.model_validate(values | {"percent": percent})
