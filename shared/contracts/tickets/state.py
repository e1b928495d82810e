"""What a ticket is, as every fact about it carries it."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Author, AuthorKind, Channel

STREAM: Final = "tickets.ticket"


class TicketStatus(StrEnum):
    """Where a ticket stands.

    Nobody answered yet, with the bot, being worked on, waiting for the player, waiting for a named back office, put off
    until a time, solved, shut.
    """

    NEW = "new"
    BOT = "bot"
    OPEN = "open"
    PENDING = "pending"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How soon, weakest first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class ReasonClass(StrEnum):
    """The class of the contact reason: simple, complex, regulated or safety."""

    SIMPLE = "S"
    COMPLEX = "C"
    REGULATED = "R"
    SAFETY = "X"


class BackOffice(StrEnum):
    """Whose answer a waiting ticket waits for."""

    PAYMENTS = "payments"
    KYC = "kyc"
    RISK = "risk"
    PROVIDER = "provider"


class MessageKind(StrEnum):
    """`message` is the player's, `reply` is the staff's or bot's answer to the player, `note` stays inside."""

    MESSAGE = "message"
    REPLY = "reply"
    NOTE = "note"


class TicketState(BaseModel):
    """The ticket after the fact that carries it.

    `tier` is the player's VIP tier and `licence` the jurisdiction under which the brand serves him, as far as they are
    known. `waiting_on` is set while the ticket waits for a back office, `snoozed_until` while it is put off,
    `merged_into` once another ticket has taken its words, `complaint_id` if its player complains. `fields` are the
    brand's own. `received_at` is set while a ticket with earlier words is merged into this one: it is then the time of
    those; else the player's first words were received at `created_at`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    number: str
    player_id: str | None
    subject: str
    channel: Channel
    status: TicketStatus
    priority: Priority
    assignee_id: str | None
    language: str | None
    reason: str | None
    reason_class: ReasonClass | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int
    team_id: str | None = None
    tags: tuple[str, ...] = ()
    tier: str | None = None
    licence: str | None = None
    waiting_on: BackOffice | None = None
    snoozed_until: AwareDatetime | None = None
    merged_into: UUID | None = None
    complaint_id: UUID | None = None
    fields: dict[str, str | int | float | bool] = {}
    received_at: AwareDatetime | None = None


SAMPLE_TICKET: Final = TicketState(
    id=SAMPLE_ID,
    number="LUCKY-1042",
    player_id="p-1",
    subject="Payout",
    channel=Channel.WEB,
    status=TicketStatus.NEW,
    priority=Priority.NORMAL,
    assignee_id=None,
    language="en",
    reason="WDR.LATE",
    reason_class=ReasonClass.COMPLEX,
    created_at=SAMPLE_TIME,
    updated_at=SAMPLE_TIME,
    version=1,
)
SAMPLE_AGENT: Final = Author(kind=AuthorKind.STAFF, id=str(SAMPLE_ID), name="Ann")
