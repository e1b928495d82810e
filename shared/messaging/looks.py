"""Telling that staff or a server looked at players' data, in the transaction that shows it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shared.contracts.looks import Look, PlayerDataRead, Sight
from shared.db.engine import Session
from shared.ids import new_id
from shared.messaging.outbox import record


async def tell_look(
    session: Session,
    look: Look | None,
    fact: type[PlayerDataRead],
    sight: Sight,
    *,
    brand: str,
    at: datetime,
    ticket_id: UUID | None = None,
    player_id: str | None = None,
    narrowed: Mapping[str, str | int | bool | UUID | None] | None = None,
) -> None:
    """Tell a look; None is that of a player or visitor, who sees what is his. `narrowed` is what a list was held to."""
    if look is None:
        return
    told = fact(
        read_id=new_id(),
        sight=sight,
        reader=look.reader,
        ticket_id=ticket_id,
        player_id=player_id,
        filter={name: _plain(value) for name, value in (narrowed or {}).items() if value is not None} or None,
        reason=look.reason,
        request_id=look.request_id,
        read_at=at,
    )
    await record(session, told, brand=brand, sequence=1, at=at)


def _plain(value: str | int | bool | UUID) -> str | int | bool:
    return str(value) if isinstance(value, UUID) else value
