"""The ledger: facts of one ticket in one write."""

from collections.abc import Sequence

from services.tickets.domain.tickets import Fact
from shared.db.engine import Session
from shared.messaging.outbox import record_rows, row_of


async def record_facts(session: Session, brand: str, events: Sequence[Fact]) -> None:
    """Tell the facts of a locked ticket, in order, when the transaction commits; the version is the sequence."""
    rows = [
        row_of(event, service="tickets", brand=brand, sequence=event.ticket.version, at=event.occurred_at)
        for event in events
    ]
    await record_rows(session, rows)
