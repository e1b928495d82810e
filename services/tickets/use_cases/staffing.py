"""Who works at the desk: profiles, teams, personal managers, and who is there."""

from datetime import datetime
from typing import Final

from services.tickets.domain.people import GRACE
from services.tickets.queries import people, queue
from services.tickets.use_cases.queueing import Called
from shared.contracts.chat import PresenceChanged
from shared.db.engine import Session, note

_EPSILON: Final = GRACE / 30000


async def keep_presence(session: Session, *, brand: str, changed: PresenceChanged, now: datetime) -> None:
    """Keep who is connected, and look at the queue: somebody came, or must be back within the grace."""
    await people.save_presence(
        session, brand, changed.staff_id, connected=changed.connected, changed_at=changed.changed_at
    )
    await look_again(session, brand=brand, since=changed.changed_at, now=now)


async def look_again(session: Session, *, brand: str, since: datetime, now: datetime) -> None:
    """Ask for a look at the queue now, and at the end of the grace of somebody who left at `since`."""
    if not await queue.is_automatic(session, brand):
        return
    await queue.call(session, brand, now)
    if since + GRACE > now:
        await queue.call(session, brand, since + GRACE + _EPSILON)
    note(session, Called(brand))
