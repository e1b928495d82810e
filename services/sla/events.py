"""What sla hears: everything about tickets, each ticket's events in their exact order."""

from typing import Any, Final, TypeVar

from services.sla.domain.fold import TicketFact
from services.sla.use_cases.boards import BOARDS_JOB, boards_of
from services.sla.use_cases.complaints import follow_complaint
from services.sla.use_cases.measuring import follow_ticket
from shared.contracts.sla import BOARD_WANTED_TOPIC
from shared.contracts.tickets import (
    ComplaintChanged,
    ComplaintRegistered,
    MessageAdded,
    TicketAbsorbed,
    TicketAssigned,
    TicketEscalated,
    TicketEscalationAccepted,
    TicketEscalationDeclined,
    TicketEscalationWithdrawn,
    TicketMerged,
    TicketOpened,
    TicketReleased,
    TicketStatusChanged,
    TicketUnmerged,
    TicketUpdated,
)
from shared.db.engine import Session
from shared.messaging.runtime import Ground
from shared.messaging.subscriptions import Received, Subscription, hear, on

FactT = TypeVar("FactT", bound=TicketFact)
DAY_SECONDS: Final = 86400.0


async def measure_when_ticket_moves(session: Session, received: Received[FactT]) -> None:
    """Start, pause, meet or cancel the promises that the event touches."""
    await follow_ticket(session, received.event, brand=received.brand, sequence=received.sequence)


async def tell_board_when_wanted(ground: Ground, payload: dict[str, Any]) -> None:
    """Tell the board of a brand from now on, because somebody watches it; at once if nothing is known there yet."""
    boards = boards_of(ground.extras)
    boards.want(payload["brand"], now=ground.clock.now())
    if payload["at_once"]:
        ground.wake(BOARDS_JOB)


def complaints_counted(seconds_per_day: float) -> tuple[Subscription, ...]:
    """Return what counts the legal time of complaints, whose days last so long."""

    async def count_when_complaint_moves(
        session: Session, received: Received[ComplaintRegistered] | Received[ComplaintChanged]
    ) -> None:
        """Start, stop, hold or shift the legal clocks of a complaint."""
        await follow_complaint(
            session,
            received.event.complaint,
            brand=received.brand,
            sequence=received.sequence,
            scale=seconds_per_day / DAY_SECONDS,
        )

    return (
        on(ComplaintRegistered, count_when_complaint_moves),
        on(ComplaintChanged, count_when_complaint_moves),
    )


TICKETS: Final[tuple[Subscription, ...]] = (
    on(TicketOpened, measure_when_ticket_moves, strict=True),
    on(MessageAdded, measure_when_ticket_moves, strict=True),
    on(TicketStatusChanged, measure_when_ticket_moves, strict=True),
    on(TicketAssigned, measure_when_ticket_moves, strict=True),
    on(TicketUpdated, measure_when_ticket_moves, strict=True),
    on(TicketEscalated, measure_when_ticket_moves, strict=True),
    on(TicketEscalationAccepted, measure_when_ticket_moves, strict=True),
    on(TicketEscalationDeclined, measure_when_ticket_moves, strict=True),
    on(TicketEscalationWithdrawn, measure_when_ticket_moves, strict=True),
    on(TicketMerged, measure_when_ticket_moves, strict=True),
    on(TicketAbsorbed, measure_when_ticket_moves, strict=True),
    on(TicketUnmerged, measure_when_ticket_moves, strict=True),
    on(TicketReleased, measure_when_ticket_moves, strict=True),
)
LISTENERS: Final = (hear(BOARD_WANTED_TOPIC, tell_board_when_wanted),)
SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (*TICKETS, *complaints_counted(DAY_SECONDS))
