"""What sla hears: everything about tickets, each ticket's events in their exact order."""

from typing import Final, TypeVar

from services.sla.domain.fold import TicketFact
from services.sla.use_cases.measuring import follow_ticket
from shared.contracts.tickets import (
    MessageAdded,
    TicketAssigned,
    TicketEscalated,
    TicketOpened,
    TicketStatusChanged,
    TicketUpdated,
)
from shared.db.engine import Session
from shared.messaging.subscriptions import Received, Subscription, on

FactT = TypeVar("FactT", bound=TicketFact)


async def measure_when_ticket_moves(session: Session, received: Received[FactT]) -> None:
    """Start, pause, meet or cancel the promises that the event touches."""
    await follow_ticket(session, received.event, brand=received.brand, sequence=received.sequence)


SUBSCRIPTIONS: Final[tuple[Subscription, ...]] = (
    on(TicketOpened, measure_when_ticket_moves, strict=True),
    on(MessageAdded, measure_when_ticket_moves, strict=True),
    on(TicketStatusChanged, measure_when_ticket_moves, strict=True),
    on(TicketAssigned, measure_when_ticket_moves, strict=True),
    on(TicketUpdated, measure_when_ticket_moves, strict=True),
    on(TicketEscalated, measure_when_ticket_moves, strict=True),
)
