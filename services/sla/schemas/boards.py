"""HTTP shapes of the board, of breaches and of measures; durations are seconds on the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.sla.domain.boards import Board, Kept, Line
from services.sla.domain.measures import MeasureKind
from shared.contracts.base import Channel
from shared.contracts.sla import ClockKind

ReasonCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")
]
Cause = Literal["bot", "queue", "agent", "back_office", "player"]


class MetricToday(BaseModel):
    """How a promise was kept today; `attainment_today` is null while nothing ended."""

    met_today: int
    breached_today: int
    attainment_today: float | None

    @classmethod
    def of(cls, kept: Kept) -> Self:
        """Return the view of a metric."""
        return cls(met_today=kept.met, breached_today=kept.breached, attainment_today=kept.attainment)


class BoardLine(BaseModel):
    """One team and channel; `team_id` is null for tickets of no team; those `with_bot` do not count as waiting."""

    team_id: str | None
    channel: Channel
    waiting: int
    oldest_waiting_since: datetime | None
    with_bot: int = 0
    due_in_5_minutes: int
    due_in_15_minutes: int
    due_in_60_minutes: int
    breached_today: int
    metrics: dict[ClockKind, MetricToday]

    @classmethod
    def of(cls, line: Line) -> Self:
        """Return the view of a line."""
        five, fifteen, sixty = line.due
        return cls(
            team_id=line.team_id,
            channel=Channel(line.channel),
            waiting=line.waiting,
            oldest_waiting_since=line.oldest_waiting_since,
            with_bot=line.with_bot,
            due_in_5_minutes=five,
            due_in_15_minutes=fifteen,
            due_in_60_minutes=sixty,
            breached_today=line.breached,
            metrics={ClockKind(metric): MetricToday.of(kept) for metric, kept in sorted(line.metrics.items())},
        )


class BoardView(BaseModel):
    """The board at a moment; today began at `day_began_at`."""

    at: datetime
    time_zone: str
    day_began_at: datetime
    lines: list[BoardLine]

    @classmethod
    def of(cls, board: Board, *, channel: Channel | None = None, team_id: str | None = None) -> Self:
        """Return the view of the lines of a channel and a team, of all without."""
        lines = [
            BoardLine.of(line)
            for line in board.lines
            if (channel is None or line.channel == channel) and (team_id is None or line.team_id == team_id)
        ]
        return cls(at=board.at, time_zone=board.zone, day_began_at=board.today, lines=lines)


class BreachReason(BaseModel):
    """Why a promise was broken."""

    model_config = ConfigDict(extra="forbid")

    reason_code: ReasonCode
    note: Note | None = None


class Breach(BaseModel):
    """A broken promise; `holder_id` had the ticket when it broke, `late_seconds` still grows while it is not kept."""

    clock_id: UUID
    ticket_id: UUID
    metric: ClockKind
    started_at: datetime
    due_at: datetime
    breached_at: datetime
    met_at: datetime | None
    late_seconds: float
    channel: Channel
    team_id: str | None
    holder_id: str | None
    cause: Annotated[Cause, Field(description="whose move it was; `queue`: nobody had taken the ticket")]
    reason_code: str | None
    note: str | None
    given_by: str | None
    given_at: datetime | None


class MeasureView(BaseModel):
    """A measured interval; `business_seconds` is null if no promise of the ticket follows a calendar."""

    ticket_id: UUID
    kind: MeasureKind
    ordinal: int
    started_at: datetime
    ended_at: datetime
    seconds: float
    business_seconds: float | None
    channel: Channel
    language: str | None
    reason: str | None
    reason_class: str | None
    team_id: str | None
    agent_id: str | None
    tier: str | None
    licence: str | None
