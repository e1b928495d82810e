"""Facts about promised times, told by sla. One sequence per ticket in the stream `sla.clock`."""

from enum import StrEnum
from typing import ClassVar, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.base import SAMPLE_ID, SAMPLE_TIME, Channel, Event

BOARD_TOPIC: Final = "sla.board"
"""The broadcast that tells the board of one brand."""
BOARD_WANTED_TOPIC: Final = "sla.board.wanted"
"""The broadcast that asks for the board of one brand; it is told for `BOARD_WANTED_SECONDS` from then on."""
BOARD_WANTED_SECONDS: Final = 30.0


class ClockKind(StrEnum):
    """What is promised."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    SENIOR_ACCEPTS = "senior_accepts"
    BACK_OFFICE = "back_office"
    PERIODIC_UPDATE = "periodic_update"
    COMPLAINT_ACKNOWLEDGED = "complaint_acknowledged"
    COMPLAINT_FINAL = "complaint_final"


class ClockState(StrEnum):
    """Where a clock stands."""

    RUNNING = "running"
    WARNED = "warned"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class ClockEvent(BaseModel):
    """What every fact about a clock says. `elapsed_seconds` counts from the start to this fact."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ticket_id: UUID
    clock_id: UUID
    kind: ClockKind
    state: ClockState
    channel: Channel
    assignee_id: str | None
    started_at: AwareDatetime
    warn_at: AwareDatetime | None
    due_at: AwareDatetime
    met_at: AwareDatetime | None = None
    breached_at: AwareDatetime | None = None
    elapsed_seconds: float
    late_by_ms: int = 0
    occurred_at: AwareDatetime


_CLOCK = ClockEvent(
    ticket_id=SAMPLE_ID,
    clock_id=SAMPLE_ID,
    kind=ClockKind.FIRST_RESPONSE,
    state=ClockState.RUNNING,
    channel=Channel.WEB,
    assignee_id=None,
    started_at=SAMPLE_TIME,
    warn_at=SAMPLE_TIME,
    due_at=SAMPLE_TIME,
    elapsed_seconds=0,
    occurred_at=SAMPLE_TIME,
)


class ClockStarted(ClockEvent, Event):
    """A promise began to count."""

    type: ClassVar[str] = "sla.clock.started.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_CLOCK))


class ClockWarned(ClockEvent, Event):
    """A promise is about to be broken: `percent` of it have run, and this warning was due at `warn_at`."""

    type: ClassVar[str] = "sla.clock.warned.v1"
    aggregate: ClassVar[str] = "ticket_id"

    percent: int | None = None

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.WARNED, "elapsed_seconds": 180}, percent=60)


class ClockBreached(ClockEvent, Event):
    """A promise was broken; `late_by_ms` is how long after `due_at` this was recorded."""

    type: ClassVar[str] = "sla.clock.breached.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.BREACHED, "breached_at": SAMPLE_TIME, "elapsed_seconds": 300})


class ClockMet(ClockEvent, Event):
    """A promise was kept, or fulfilled late after its breach; `met_at` is the time of the deed itself."""

    type: ClassVar[str] = "sla.clock.met.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.MET, "met_at": SAMPLE_TIME, "elapsed_seconds": 42})


class ClockPaused(ClockEvent, Event):
    """A promise stopped counting, as its policy says for what the ticket is waiting for."""

    type: ClassVar[str] = "sla.clock.paused.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.PAUSED, "elapsed_seconds": 60})


class ClockCancelled(ClockEvent, Event):
    """A promise ended without verdict, as when a ticket is resolved before an answer was due."""

    type: ClassVar[str] = "sla.clock.cancelled.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.CANCELLED, "elapsed_seconds": 60})


class ClockWithdrawn(ClockEvent, Event):
    """A breach that had been told was none: the deed had been done in time and only the news of it came late."""

    type: ClassVar[str] = "sla.clock.withdrawn.v1"
    aggregate: ClassVar[str] = "ticket_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**{**dict(_CLOCK), "state": ClockState.MET, "met_at": SAMPLE_TIME, "elapsed_seconds": 42})


class ComplaintClockEvent(BaseModel):
    """What every fact about a complaint's legal clock says; `owner_id` is whoever handles the complaint."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    complaint_id: UUID
    ticket_id: UUID
    kind: ClockKind
    jurisdiction: str
    owner_id: str | None
    started_at: AwareDatetime
    due_at: AwareDatetime
    late_by_ms: int = 0
    occurred_at: AwareDatetime


_COMPLAINT = ComplaintClockEvent(
    complaint_id=SAMPLE_ID,
    ticket_id=SAMPLE_ID,
    kind=ClockKind.COMPLAINT_FINAL,
    jurisdiction="GB",
    owner_id=None,
    started_at=SAMPLE_TIME,
    due_at=SAMPLE_TIME,
    occurred_at=SAMPLE_TIME,
)


class ComplaintScheduled(ComplaintClockEvent, Event):
    """A complaint's clock ends at `due_at`: it began, goes on after a pause, or was extended."""

    type: ClassVar[str] = "sla.complaint.scheduled.v1"
    aggregate: ClassVar[str] = "complaint_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_COMPLAINT))


class ComplaintWarned(ComplaintClockEvent, Event):
    """So much of a complaint's clock has run, in percent."""

    type: ClassVar[str] = "sla.complaint.warned.v1"
    aggregate: ClassVar[str] = "complaint_id"

    percent: int

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_COMPLAINT), percent=80)


class ComplaintBreached(ComplaintClockEvent, Event):
    """A complaint was not answered in the time of its licence."""

    type: ClassVar[str] = "sla.complaint.breached.v1"
    aggregate: ClassVar[str] = "complaint_id"

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_COMPLAINT))


class ComplaintMet(ComplaintClockEvent, Event):
    """A complaint was answered; `met_at` after `due_at` means too late."""

    type: ClassVar[str] = "sla.complaint.met.v1"
    aggregate: ClassVar[str] = "complaint_id"

    met_at: AwareDatetime

    @classmethod
    def sample(cls) -> Self:
        """Return an example."""
        return cls(**dict(_COMPLAINT), met_at=SAMPLE_TIME)
