"""The ledger: facts of one ticket in one write."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import insert

from services.tickets.domain.tickets import Fact
from shared.db.engine import Session
from shared.db.ground import outbox
from shared.messaging.outbox import row_of

_TELL: Final = insert(outbox)


async def record_facts(session: Session, brand: str, events: Sequence[Fact]) -> None:
    """Tell the facts of a locked ticket, in order, when the transaction commits; the version is the sequence."""
    rows = [
        row_of(event, service="tickets", brand=brand, sequence=event.ticket.version, at=event.occurred_at)
        for event in events
    ]
    await session.execute(_TELL, rows)
    session.info["recorded"] = True
