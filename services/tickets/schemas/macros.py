"""Macros as the HTTP API shows them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.tickets.domain import macros as domain
from services.tickets.domain.placeholders import KNOWN
from services.tickets.domain.tags import MOST_TAGS, new_tag, tag_of
from services.tickets.queries.macros import DayOfUse
from services.tickets.schemas.fields import Id, Language, ReasonCode, SeenVersion, Subject, Text, harmless, left_out
from services.tickets.schemas.tickets import Message, QuickReplies, Ticket
from services.tickets.use_cases.using_macros import Rendered
from shared.contracts.base import Channel
from shared.contracts.tickets import MessageKind, Priority, ReasonClass, TicketStatus

Shortcut = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$"), AfterValidator(harmless)]
_PLACEHOLDERS = ", ".join("`{{" + name + "}}`" for name in (*sorted(KNOWN), "fields.<key>"))
Texts = Annotated[
    dict[Language, Text],
    Field(
        max_length=30,
        description=f"words by language; filled in are {_PLACEHOLDERS}; one of which nothing is known is refused when "
        "the macro is used",
    ),
]
Status = Literal[TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.RESOLVED, TicketStatus.CLOSED]


class Actions(BaseModel):
    """What a macro does besides speaking."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    priority: Priority | None = None
    reason: ReasonCode | None = None
    add_tags: Annotated[list[Id], Field(max_length=MOST_TAGS)] = []
    remove_tags: Annotated[list[Id], Field(max_length=MOST_TAGS)] = []
    assign_me: bool = False
    quick_replies: Annotated[
        dict[Language, QuickReplies],
        Field(max_length=30, description="answers that a live player may choose from, by the language of the words"),
    ] = {}

    def meant(self) -> domain.Actions:
        """Return them as the rules know them."""
        return domain.Actions(
            status=self.status,
            priority=self.priority,
            reason=self.reason,
            add_tags=tuple(map(new_tag, self.add_tags)),
            remove_tags=tuple(map(tag_of, self.remove_tags)),
            assign_me=self.assign_me,
            quick_replies=dict(self.quick_replies),
        )


class Conditions(BaseModel):
    """For which tickets a macro is; an empty list asks nothing."""

    model_config = ConfigDict(extra="forbid")

    channels: Annotated[list[Channel], Field(max_length=20)] = []
    languages: Annotated[list[Language], Field(max_length=30)] = []
    reason_classes: Annotated[list[ReasonClass], Field(max_length=4)] = []
    not_reason_classes: Annotated[list[ReasonClass], Field(max_length=4)] = []
    tiers: Annotated[list[Id], Field(max_length=20)] = []
    has_tier: bool | None = None

    def meant(self) -> domain.Conditions:
        """Return them as the rules know them."""
        return domain.Conditions(
            channels=tuple(self.channels),
            languages=tuple(self.languages),
            reason_classes=tuple(self.reason_classes),
            not_reason_classes=tuple(self.not_reason_classes),
            tiers=tuple(self.tiers),
            has_tier=self.has_tier,
        )


class CreateMacro(BaseModel):
    """A new macro: the whole brand's, or the caller's own if `personal`."""

    model_config = ConfigDict(extra="forbid")

    name: Subject
    shortcut: Shortcut | None = None
    personal: bool = False
    texts: Texts = {}
    actions: Actions = Actions()
    conditions: Conditions = Conditions()
    promotional: Annotated[bool, Field(description="advertises; never for safety tickets and complaints")] = False
    allowed_in_safety: bool = False
    allowed_in_complaints: bool = False
    active: bool = True

    def meant(self, macro_id: UUID, brand: str, owner_id: str | None, now: datetime) -> domain.Macro:
        """Return the macro as the rules know it."""
        return domain.Macro(
            id=macro_id,
            brand=brand,
            owner_id=owner_id,
            name=self.name,
            shortcut=self.shortcut,
            texts=self.texts,
            actions=self.actions.meant(),
            conditions=self.conditions.meant(),
            promotional=self.promotional,
            allowed_in_safety=self.allowed_in_safety,
            allowed_in_complaints=self.allowed_in_complaints,
            active=self.active,
            created_at=now,
            updated_at=now,
        )


class EditMacro(BaseModel):
    """What to change; fields left out stay, `texts`, `actions` and `conditions` are replaced as a whole."""

    model_config = ConfigDict(extra="forbid")

    name: Subject = Field(default_factory=left_out)
    shortcut: Shortcut | None = None
    texts: Texts = Field(default_factory=left_out)
    actions: Actions = Field(default_factory=left_out)
    conditions: Conditions = Field(default_factory=left_out)
    promotional: bool = Field(default_factory=left_out)
    allowed_in_safety: bool = Field(default_factory=left_out)
    allowed_in_complaints: bool = Field(default_factory=left_out)
    active: bool = Field(default_factory=left_out)

    def wanted(self) -> dict[str, object]:
        """Return the fields that were sent, as the rules know them."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: value.meant() if isinstance(value, Actions | Conditions) else value for name, value in values.items()
        }


class Macro(BaseModel):
    """A macro; `version` is its ETag. In the list of a ticket `text` is what it would say there.

    When something that its words need is not known of the ticket, `text` is null and `missing` says what.
    """

    id: UUID
    owner_id: str | None
    name: str
    shortcut: str | None
    texts: dict[str, str]
    actions: Actions
    conditions: Conditions
    promotional: bool
    allowed_in_safety: bool
    allowed_in_complaints: bool
    active: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int
    uses_30d: int
    last_used_at: Annotated[AwareDatetime | None, Field(description="null: not in the last 30 days")]
    language: str | None = None
    text: str | None = None
    missing: list[str] = []


class UseMacro(BaseModel):
    """How to use a macro: with `send` its words are said, or `text` instead of them; its actions are always done."""

    model_config = ConfigDict(extra="forbid")

    send: bool = True
    kind: Literal[MessageKind.REPLY, MessageKind.NOTE] = MessageKind.REPLY
    text: Text | None = None
    language: Language | None = None
    after_version: SeenVersion | None = None
    clear_draft: bool = True


class UsedMacro(BaseModel):
    """The ticket afterwards, and what was said."""

    ticket: Ticket
    message: Message | None


class DayUse(BaseModel):
    """How often one person used a macro on one day (UTC)."""

    day: date
    staff_id: str
    uses: int


class Usage(BaseModel):
    """Who used a macro, by day, newest first."""

    items: list[DayUse]


def macro_of(rendered: Rendered) -> Macro:
    """Return a macro as the API shows it."""
    macro, uses = rendered.shown.macro, rendered.shown.uses
    values = {name: getattr(macro, name) for name in Macro.model_fields if hasattr(macro, name)}
    values |= {
        "texts": dict(macro.texts),
        "actions": Actions.model_validate(macro.actions, from_attributes=True),
        "conditions": Conditions.model_validate(macro.conditions, from_attributes=True),
        "uses_30d": uses.count if uses else 0,
        "last_used_at": uses.last_used_at if uses else None,
        "language": rendered.language,
        "text": rendered.text,
        "missing": list(rendered.missing),
    }
    return Macro(**values)


def usage_of(rows: list[DayOfUse]) -> Usage:
    """Return uses as the API shows them."""
    return Usage(items=[DayUse(day=row.day, staff_id=row.staff_id, uses=row.count) for row in rows])
