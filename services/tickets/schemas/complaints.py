"""The complaints register as the HTTP API shows it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.tickets.domain.complaints import Amount, Complaint, Move, Withdrawal, paused_seconds
from services.tickets.schemas.fields import Explanation, Id, Language, Text, left_out
from services.tickets.settings import complaint_rules
from shared.contracts.base import Channel
from shared.contracts.tickets import ComplaintExtension, ComplaintPause, ComplaintStep

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,60}$")]
Type = Annotated[Code, Field(description=f"one of {', '.join(sorted(complaint_rules().types))}")]
Month = Annotated[str, StringConstraints(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RegisterComplaint(_Body):
    """A complaint that somebody noticed; what is left out the contact reason (type) and the player's words say."""

    type: Type | None = None
    details: Text | None = None


class MoneyWanted(_Body):
    """An amount in dispute."""

    value: Annotated[float, Field(ge=0, le=1e12, strict=True)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3,5}$")]


class EditComplaint(_Body):
    """What to change; fields left out stay."""

    type: Type = Field(default_factory=left_out)
    owner_id: Id | None = None
    accused_staff_id: Id | None = None
    rg_related: bool = Field(default_factory=left_out)
    vulnerable: bool = Field(default_factory=left_out)
    language: Language = Field(default_factory=left_out)
    disputed_amount: MoneyWanted | None = None
    root_cause: Text | None = None
    learning_action: Text | None = None

    def wanted(self) -> dict[str, object]:
        """Return the fields that were sent."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        if isinstance(money := values.get("disputed_amount"), MoneyWanted):
            values["disputed_amount"] = Amount(value=money.value, currency=money.currency)
        return values


class Because(_Body):
    """Why, for the history."""

    reason: Explanation | None = None


class Reason(_Body):
    """Why; it must be said."""

    reason: Explanation


class Pause(_Body):
    """Why the clock stands still, and which request the player has to answer."""

    reason_code: Code
    evidence_request_id: Id


class Decision(_Body):
    """What was decided, and why."""

    decision: Text
    reasons: Text
    remedy: Text
    outcome: Code = Field(default_factory=left_out)


class FinalResponse(_Body):
    """What ends the procedure; what the decision said already need not be said again."""

    decision: Text = Field(default_factory=left_out)
    reasons: Text = Field(default_factory=left_out)
    remedy: Text = Field(default_factory=left_out)
    end_of_process_statement: Text = Field(default_factory=left_out)
    adr_entity_ref: Id = Field(default_factory=left_out)
    language: Language = Field(default_factory=left_out)
    outcome: Code = Field(default_factory=left_out)

    def content(self) -> dict[str, object]:
        """Return what was sent under the names of the register."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {("final_language" if name == "language" else name): value for name, value in given.items()}


class AdrOffer(_Body):
    """The entity to which the player may go."""

    adr_entity_ref: Id = Field(default_factory=left_out)


class AdrOutcome(_Body):
    """What the entity decided."""

    adr_outcome: Text


class Extend(_Body):
    """Why it takes longer, which the player is told, and by how many days (none: as many as the licence gives)."""

    reason: Explanation
    days: Annotated[int, Field(ge=1, le=90, strict=True)] | None = None


class Withdraw(_Body):
    """Why this is no complaint."""

    reason_code: Code
    reason: Explanation


class ComplaintView(BaseModel):
    """A complaint; `version` is its ETag. `received_at` is the time of the player's words."""

    id: UUID
    brand: str
    ticket_id: UUID
    number: str
    player_id: str | None
    state: ComplaintStep
    type: str
    jurisdiction: str
    licence: str | None
    channel: Channel
    language: str | None
    received_at: AwareDatetime
    acknowledge_due_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    legal_due_at: AwareDatetime | None
    final_response_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    rg_related: bool
    vulnerable: bool
    owner_id: str | None
    accused_staff_id: str | None
    details: str
    disputed_amount: Amount | None
    root_cause: str | None
    learning_action: str | None
    decision: str | None
    reasons: str | None
    remedy: str | None
    outcome: str | None
    end_of_process_statement: str | None
    adr_entity_ref: str | None
    adr_referred_at: datetime | None
    adr_outcome: str | None
    letter: str | None
    pauses: tuple[ComplaintPause, ...]
    paused_seconds: float
    extension: ComplaintExtension | None
    withdrawal: Withdrawal | None
    version: int


class MoveView(BaseModel):
    """One line of the history."""

    before: ComplaintStep
    after: ComplaintStep
    by: str
    at: AwareDatetime
    reason: str | None
    evidence_request_id: str | None


class ComplaintWithHistory(ComplaintView):
    """A complaint with its history, oldest first."""

    history: list[MoveView]


class Letter(BaseModel):
    """A draft of the letter that ends the procedure."""

    complaint_id: UUID
    text: str


def complaint_view(complaint: Complaint) -> ComplaintView:
    """Return a complaint as the API shows it."""
    return ComplaintView.model_validate(_values(complaint))


def with_history(complaint: Complaint, moves: list[Move]) -> ComplaintWithHistory:
    """Return a complaint with what happened to it."""
    lines = [
        MoveView(
            before=m.before, after=m.after, by=m.by, at=m.at, reason=m.reason, evidence_request_id=m.evidence_request_id
        )
        for m in moves
    ]
    return ComplaintWithHistory.model_validate(_values(complaint) | {"history": lines})


def _values(complaint: Complaint) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in ComplaintView.model_fields:
        for source in (complaint.state, complaint.record, complaint):
            if hasattr(source, name):
                values[name] = getattr(source, name)
                break
    return values | {"state": complaint.state.step, "paused_seconds": paused_seconds(complaint)}
