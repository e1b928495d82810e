"""Merging, splitting and changing many tickets, as the HTTP API says it."""

from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.tickets.schemas.fields import Explanation, Id, Subject, left_out
from shared.contracts.tickets import Priority, TicketStatus


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("repeated", "names something twice")
    return ids


Many = Annotated[list[UUID], Field(min_length=1, max_length=100), AfterValidator(_distinct)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,50}$")]
Tags = Annotated[list[Tag], Field(max_length=20)]


class MergeTicket(BaseModel):
    """Where the ticket goes up. `force` merges tickets of different people and is for seniors."""

    model_config = ConfigDict(extra="forbid")

    into: UUID
    force: bool = False
    reason: Explanation | None = None


class SplitTicket(BaseModel):
    """Which words become a ticket of their own, and its subject."""

    model_config = ConfigDict(extra="forbid")

    message_ids: Many
    subject: Subject


class BulkAction(BaseModel):
    """What to do with each ticket: changes, or a merge."""

    model_config = ConfigDict(extra="forbid")

    status: Literal[TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.RESOLVED, TicketStatus.CLOSED] = Field(
        default_factory=left_out
    )
    priority: Priority = Field(default_factory=left_out)
    assignee_id: Id | None = None
    tags_add: Tags = []
    tags_remove: Tags = []
    merge_into: UUID | None = None
    reason: Annotated[
        Explanation | None,
        Field(
            description="with `merge_into` why they are merged, in your own words; else the contact reason that the "
            "tickets get, a code of `GET /v1/reasons`, null for none"
        ),
    ] = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        changes = self.model_fields_set - {"merge_into"}
        if self.merge_into is not None and changes - {"reason"}:
            raise PydanticCustomError("mixed", "merges or changes, not both")
        if self.merge_into is None and not changes:
            raise PydanticCustomError("nothing", "says nothing to do")
        return self


class BulkChange(BaseModel):
    """Up to 100 tickets and what to do with each."""

    model_config = ConfigDict(extra="forbid")

    ids: Many
    action: BulkAction


class BulkTicket(BaseModel):
    """Where a ticket stands after it was changed."""

    id: UUID
    number: str
    status: TicketStatus
    priority: Priority
    assignee_id: str | None
    merged_into: UUID | None
    version: int


class BulkProblem(BaseModel):
    """Why one ticket was left as it was."""

    code: str
    title: str
    status: int
    detail: str


class BulkResult(BaseModel):
    """What became of one ticket."""

    id: UUID
    status: Literal["done", "refused"]
    ticket: BulkTicket | None = None
    problem: BulkProblem | None = None


class BulkResults(BaseModel):
    """One result per ticket, in the order in which they were named."""

    items: list[BulkResult]


class Relation(StrEnum):
    """What the other ticket is to this one."""

    RELATED = "related"
    DUPLICATE = "duplicate"
    PARENT = "parent"
    CHILD = "child"
    FOLLOW_UP = "follow_up"


class LinkTickets(BaseModel):
    """How two tickets belong together."""

    model_config = ConfigDict(extra="forbid")

    relation: Relation


class TicketLink(BaseModel):
    """A ticket that belongs to this one."""

    ticket_id: UUID
    number: str
    subject: str
    status: TicketStatus
    relation: Relation
    created_at: AwareDatetime


class TicketLinks(BaseModel):
    """What a ticket is linked with, at most 100, oldest first."""

    items: list[TicketLink]
