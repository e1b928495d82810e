"""Saved views as the HTTP API shows and takes them."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.tickets.queries.lists import Order, Sort
from services.tickets.schemas.fields import Subject, left_out
from services.tickets.schemas.lists import TicketFilters
from shared.redaction import redact


class Column(StrEnum):
    """What a view may show of a ticket."""

    NUMBER = "number"
    SUBJECT = "subject"
    STATUS = "status"
    PRIORITY = "priority"
    PLAYER = "player_id"
    ASSIGNEE = "assignee_id"
    TEAM = "team_id"
    TAGS = "tags"
    REASON = "reason"
    CHANNEL = "channel"
    LANGUAGE = "language"
    TIER = "tier"
    LICENCE = "licence"
    DUE = "next_due_at"
    WAITING = "waiting_since"
    CREATED = "created_at"
    UPDATED = "updated_at"


Name = Annotated[Subject, StringConstraints(max_length=80)]
Columns = Annotated[list[Column], Field(max_length=len(Column))]
Position = Annotated[int, Field(ge=0, le=10_000, strict=True)]


class ViewFilters(TicketFilters):
    """The filters of a list; what is unknown is refused, and texts are redacted before anything else is asked of them.

    Tickets hold redacted texts only, so a filter loses nothing by it.
    """

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _redacted(cls, sent: Any) -> Any:  # noqa: ANN401 - whatever was sent
        return {name: _redacted(value) for name, value in sent.items()} if isinstance(sent, dict) else sent


class NewView(BaseModel):
    """A list to keep: for oneself, or for everybody (leads and admins)."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    shared: bool = False
    filters: ViewFilters = Field(default_factory=ViewFilters)
    sort: Sort = Sort.CREATED
    order: Order | None = None
    columns: Columns = []
    position: Position = 0


class EditView(BaseModel):
    """What to change; fields left out stay."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default_factory=left_out)
    filters: ViewFilters = Field(default_factory=left_out)
    sort: Sort = Field(default_factory=left_out)
    order: Order | None = None
    columns: Columns = Field(default_factory=left_out)
    position: Position = Field(default_factory=left_out)


class View(BaseModel):
    """A saved list; `version` is its ETag. Shared views are everybody's, the others their owner's alone."""

    id: UUID
    owner_id: str
    shared: bool
    name: str
    filters: dict[str, Any]
    sort: Sort
    order: Order | None
    columns: list[str]
    position: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Count(BaseModel):
    """How many tickets a view holds: `at_least` means that there are more than were counted."""

    view_id: UUID
    count: int
    at_least: bool


class Counts(BaseModel):
    """The counts of the caller's views, at most two seconds old."""

    items: list[Count]


def _redacted(value: object) -> object:
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    return redact(value) if isinstance(value, str) else value
