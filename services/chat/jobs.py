"""What chat tidies up by itself, whatever process does it."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from services.chat.settings import Settings
from services.chat.use_cases import presence, reaching
from shared.errors import DomainError
from shared.messaging.runtime import Ground, Job

_logger: Final = structlog.get_logger(module=__name__)


async def sweep_presence(ground: Ground) -> timedelta:
    """Let people leave the desk whose process died without a word."""
    settings = _settings(ground)
    now = ground.clock.now()
    async with ground.database.begin_worker() as session:
        forgotten = await presence.forgotten(session, now=now)
    for brand, staff_id in forgotten:
        async with ground.database.begin(brand) as session:
            await presence.settle(session, brand=brand, staff_id=staff_id, now=now)
    return settings.presence_lease / 4


async def prune_socket_tickets(ground: Ground) -> timedelta:
    """Forget socket tickets nobody used."""
    async with ground.database.begin_worker() as session:
        await presence.prune_socket_tickets(session, now=ground.clock.now())
    return timedelta(minutes=10)


async def tell_unread(ground: Ground) -> timedelta:
    """Send players by e-mail what they have not read in time."""
    now = ground.clock.now()
    async with ground.database.begin_worker() as session:
        due = await reaching.due(session, now=now)
    looked = [await _look(ground, brand, ticket_id) for brand, ticket_id in due]
    return timedelta(0) if any(looked) else _settings(ground).unread_every


async def _look(ground: Ground, brand: str, ticket_id: UUID) -> bool:
    """Look at one conversation; one that cannot be told keeps nobody else's answers back."""
    try:
        async with ground.database.begin(brand) as session:
            await reaching.look(session, brand=brand, ticket_id=ticket_id, now=ground.clock.now())
    except DomainError as error:
        _logger.warning("unread_not_told", ticket_id=str(ticket_id), code=error.code())
        return False
    return True


def _settings(ground: Ground) -> Settings:
    assert isinstance(ground.settings, Settings)  # noqa: S101 - `create_app` made them
    return ground.settings


JOBS: Final = (
    Job("chat-presence-sweep", sweep_presence),
    Job("chat-socket-tickets", prune_socket_tickets),
    Job("chat-unread", tell_unread),
)
