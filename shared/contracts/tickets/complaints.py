"""Facts about complaints, told by tickets: one gap-free sequence per complaint, equal to its version."""

from enum import StrEnum
from typing import ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, Channel, Event
from shared.contracts.tickets.state import SAMPLE_AGENT

COMPLAINTS: Final = "tickets.complaint"


class ComplaintStep(StrEnum):
    """Where a complaint stands, from its detection to its end."""

    DETECTED = "detected"
    REGISTERED = "registered"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    PAUSED = "paused"
    DECISION_DRAFTED = "decision_drafted"
    FINAL_RESPONSE_SENT = "final_response_sent"
    CLOSED_ACCEPTED = "closed_accepted"
    DEADLOCK = "deadlock"
    ADR_OFFERED = "adr_offered"
    ADR_OPEN = "adr_open"
    ADR_DECIDED = "adr_decided"
    OVERDUE_FINAL = "overdue_final"
    CLOSED = "closed"


class ComplaintPause(BaseModel):
    """A time in which the clock stood still; `ended_at` is null while it does."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class ComplaintExtension(BaseModel):
    """More time for the final response: when the player was told, and how many days (null: what the law says)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    told_at: AwareDatetime
    days: int | None = None


class ComplaintState(BaseModel):
    """A complaint as every fact about it carries it: all that its legal clocks depend on.

    `received_at` is the time of the player's own words and never changes. `jurisdiction` is the key of the rules that
    apply, `default` where the licence is not known.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    ticket_id: UUID
    number: str
    player_id: str | None
    step: ComplaintStep
    type: str
    jurisdiction: str
    licence: str | None
    channel: Channel
    language: str | None
    received_at: AwareDatetime
    rg_related: bool
    owner_id: str | None
    acknowledged_at: AwareDatetime | None = None
    final_response_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    pauses: tuple[ComplaintPause, ...] = ()
    extension: ComplaintExtension | None = None
    version: int


SAMPLE_COMPLAINT: Final = ComplaintState(
    id=SAMPLE_ID,
    ticket_id=SAMPLE_ID,
    number="C-LUCKY-1042",
    player_id="p-1",
    step=ComplaintStep.REGISTERED,
    type="withdrawal_or_payment",
    jurisdiction="GB",
    licence="GB",
    channel=Channel.WEB,
    language="en",
    received_at=SAMPLE_TIME,
    rg_related=False,
    owner_id=None,
    version=1,
)


class ComplaintFact(BaseModel):
    """What every fact about a complaint says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    complaint_id: UUID
    complaint: ComplaintState
    actor: Author
    occurred_at: AwareDatetime


class ComplaintRegistered(ComplaintFact, Event):
    """A complaint was registered; its clocks count from `complaint.received_at`, the time of the player's words."""

    type: ClassVar[str] = "tickets.complaint.registered.v1"
    aggregate: ClassVar[str] = "complaint_id"
    stream: ClassVar[str] = COMPLAINTS

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(complaint_id=SAMPLE_ID, complaint=SAMPLE_COMPLAINT, actor=SAMPLE_AGENT, occurred_at=SAMPLE_TIME)


class ComplaintChanged(ComplaintFact, Event):
    """A complaint moved, or something its clocks depend on was edited; without a move both steps are the same."""

    type: ClassVar[str] = "tickets.complaint.changed.v1"
    aggregate: ClassVar[str] = "complaint_id"
    stream: ClassVar[str] = COMPLAINTS

    before: ComplaintStep
    after: ComplaintStep

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        moved = {"step": ComplaintStep.ACKNOWLEDGED, "acknowledged_at": SAMPLE_TIME, "version": 2}
        return cls(
            complaint_id=SAMPLE_ID,
            complaint=SAMPLE_COMPLAINT.model_copy(update=moved),
            actor=SAMPLE_AGENT,
            occurred_at=SAMPLE_TIME,
            before=ComplaintStep.REGISTERED,
            after=ComplaintStep.ACKNOWLEDGED,
        )
