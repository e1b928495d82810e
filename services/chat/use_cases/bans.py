"""People who abuse the chat are kept out of it for a time; every other channel stays open to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.chat.domain.errors import BanNotFound, SessionNotFound
from services.chat.domain.rules import Ban
from services.chat.domain.values import Banned, Person
from services.chat.queries import bans, sessions
from services.chat.use_cases.sessions import BANNED, end_session
from shared.db.engine import Session, note
from shared.ids import new_id
from shared.redaction import redact


async def ban_person(
    session: Session,
    *,
    brand: str,
    ticket_id: UUID,
    reason: str,
    lasts: timedelta | None,
    by: str,
    now: datetime,
) -> Ban:
    """Keep the player or visitor of a conversation out, and end what he has open; `lasts` None: until it is lifted.

    He is told until when he is out, whichever of his bans that is; one of the same moment comes before or after it.
    """
    found = await sessions.session_of(session, brand, ticket_id)
    if found is None:
        raise SessionNotFound
    person = Person(brand, found.player_kind, found.player_id)
    await sessions.queue_up(session, person)
    until = None if lasts is None else now + lasts
    ban = Ban(new_id(), person, redact(reason), ticket_id, by, now, until)
    await bans.insert_ban(session, ban)
    longest = await bans.ban_in_force(session, person, now) or ban
    note(session, Banned(person, longest.until))
    while (open_one := await sessions.open_session_of(session, person)) is not None:
        await end_session(session, brand=brand, ticket_id=open_one.ticket_id, reason=BANNED, now=now)
    return ban


async def lift(session: Session, *, brand: str, ban_id: UUID, by: str, now: datetime) -> Ban:
    """Let a person in again; lifting it twice changes nothing."""
    ban = await bans.lift_ban(session, brand, ban_id, by=by, now=now)
    if ban is None:
        raise BanNotFound
    return ban


async def list_bans(
    session: Session, *, brand: str, in_force_at: datetime | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Ban]:
    """Return bans, newest first."""
    return await bans.bans_page(session, brand, in_force_at=in_force_at, after=after, limit=limit)
