"""What chat tidies up by itself, whatever process does it."""

from datetime import timedelta
from typing import Final

from services.chat.settings import Settings
from services.chat.use_cases import presence
from shared.messaging.runtime import Ground, Job


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


def _settings(ground: Ground) -> Settings:
    assert isinstance(ground.settings, Settings)  # noqa: S101 - `create_app` made them
    return ground.settings


JOBS: Final = (
    Job("chat-presence-sweep", sweep_presence),
    Job("chat-socket-tickets", prune_socket_tickets),
)
