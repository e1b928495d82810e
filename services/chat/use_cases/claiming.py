"""A visitor turns out to be a player: the conversation goes on as his."""

from datetime import datetime
from uuid import UUID

from services.chat.domain.errors import NothingToClaim, SessionNotFound, SocketTicketRefused
from services.chat.domain.reaching import SILENT
from services.chat.domain.values import Person
from services.chat.queries import sessions
from services.chat.use_cases.admission import check_admitted
from services.chat.use_cases.introducing import introduce
from services.chat.use_cases.socket_tickets import brand_of_ticket, redeem_socket_ticket
from shared.contracts.base import AuthorKind
from shared.contracts.chat import SessionClaimed
from shared.db.engine import Session
from shared.messaging.outbox import record


async def claim_session(
    session: Session,
    *,
    player: Person,
    socket_ticket: str,
    origin: str | None,
    now: datetime,
    vouched: str | None = None,
) -> tuple[UUID, int]:
    """Make a visitor's conversation the player's and return it with its newest `seq`.

    The visitor's unused socket ticket proves that both are one person. What was said stays as it was said. From now on
    the player alone speaks and reads there; the visitor's sockets end.
    """
    if brand_of_ticket(socket_ticket) != player.brand:
        raise SocketTicketRefused
    await sessions.queue_up(session, player)
    await check_admitted(session, person=player, now=now)
    visitor, ticket_id = await redeem_socket_ticket(session, ticket=socket_ticket, origin=origin, now=now)
    if visitor.kind is not AuthorKind.VISITOR or ticket_id is None:
        raise NothingToClaim
    locked = (await sessions.lock_sessions(session, player.brand, [ticket_id])).get(ticket_id)
    if locked is None or not locked.belongs_to(visitor.author()):
        raise SessionNotFound
    sequence = await sessions.hand_session(session, ticket_id=ticket_id, to=player)
    claimed = SessionClaimed(
        ticket_id=ticket_id, visitor=visitor.author(), player=player.author(), claimed_at=now, vip=player.vip
    )
    await record(session, claimed, brand=player.brand, sequence=sequence, at=now)
    await introduce(session, person=player, ticket_id=ticket_id, introduction=SILENT, vouched=vouched, now=now)
    return ticket_id, locked.last_seq
