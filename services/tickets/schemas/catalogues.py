"""Contact reasons and fields of a brand as the HTTP API shows them."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.tickets.domain.fields import FieldType, TicketField
from services.tickets.domain.reasons import Reason, Taxonomy
from services.tickets.schemas.fields import FieldKey, Id, Label, OwnReasonCode, left_out
from services.tickets.settings import reason_groups
from shared.contracts.tickets import Priority, ReasonClass

Severity = Annotated[int, Field(ge=0, le=5, strict=True, description="0 is the most urgent")]
Required = Annotated[list[Label], Field(max_length=50, description="keys of the brand's fields must be filled in")]
Choices = Annotated[list[Label], Field(max_length=100)]
Codes = Annotated[list[OwnReasonCode], Field(max_length=200, description="codes of reasons")]


class ReplaceReason(BaseModel):
    """A contact reason of the brand; without `priority` its severity decides."""

    model_config = ConfigDict(extra="forbid")

    name: Label
    reason_class: ReasonClass
    severity: Severity
    priority: Priority | None = None
    team_id: Id | None = None
    required: Required = Field(default_factory=list)
    active: bool = True

    def reason(self, code: str) -> Reason:
        """Return it as the rules know it."""
        return Reason(
            code=code,
            reason_class=self.reason_class,
            severity=self.severity,
            name=self.name,
            own_priority=self.priority,
            team_id=self.team_id,
            required=tuple(self.required),
            active=self.active,
        )


class ContactReason(BaseModel):
    """A contact reason; `version` is its ETag, 0 that of a built-in one."""

    code: str
    group: str
    name: str
    reason_class: ReasonClass
    severity: int
    priority: Priority
    team_id: str | None
    required: list[str]
    active: bool
    version: int


class ContactReasons(BaseModel):
    """Everything a ticket of the brand may be about; `version` grows with every edit of any reason.

    `groups` are the names of the built-in groups; one that is the brand's own has none.
    """

    version: int
    groups: dict[str, str]
    items: list[ContactReason]


class NewField(BaseModel):
    """A field; its key and type stay what they are for ever."""

    model_config = ConfigDict(extra="forbid")

    key: FieldKey
    label: Label
    type: FieldType
    choices: Choices = Field(default_factory=list)
    required_for: Codes = Field(default_factory=list)

    def field(self) -> TicketField:
        """Return it as the rules know it."""
        return TicketField(self.key, self.label, self.type, tuple(self.choices), tuple(self.required_for))


class EditField(BaseModel):
    """What to change of a field; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    label: Label = Field(default_factory=left_out)
    choices: Choices = Field(default_factory=left_out)
    required_for: Codes = Field(default_factory=left_out)
    active: bool = Field(default_factory=left_out)

    def revise(self, field: TicketField) -> TicketField:
        """Return the field after the edit."""
        sent: dict[str, Any] = self.model_dump(include=self.model_fields_set)
        return replace(field, **{name: _frozen(value) for name, value in sent.items()})


class FieldView(BaseModel):
    """A field of the brand; `version` is its ETag."""

    key: str
    label: str
    type: FieldType
    choices: list[str]
    required_for: list[str]
    active: bool
    version: int


def reason_of(reason: Reason) -> ContactReason:
    """Return a reason as the API shows it."""
    return ContactReason.model_validate({name: getattr(reason, name) for name in ContactReason.model_fields})


def reasons_of(taxonomy: Taxonomy) -> ContactReasons:
    """Return a taxonomy as the API shows it, in the order of the codes."""
    items = [reason_of(reason) for _, reason in sorted(taxonomy.reasons.items())]
    return ContactReasons(version=taxonomy.version, groups=dict(reason_groups()), items=items)


def field_of(field: TicketField) -> FieldView:
    """Return a field as the API shows it."""
    return FieldView.model_validate({name: getattr(field, name) for name in FieldView.model_fields})


def _frozen(value: Any) -> Any:  # noqa: ANN401 - a list, or anything else
    return tuple(value) if isinstance(value, list) else value
