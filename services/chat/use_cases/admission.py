"""Who may talk live at all."""

from datetime import datetime

from services.chat.domain.errors import ChatBanned
from services.chat.domain.values import Person
from services.chat.queries import bans
from shared.db.engine import Session


async def check_admitted(session: Session, *, person: Person, now: datetime) -> None:
    """Refuse a person who is banned, and say until when."""
    ban = await bans.ban_in_force(session, person, now)
    if ban is not None:
        raise ChatBanned(until=None if ban.until is None else ban.until.isoformat())
