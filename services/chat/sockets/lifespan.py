"""The hub lives as long as its process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from services.chat.settings import Settings
from services.chat.sockets.heartbeat import sync_presence
from services.chat.sockets.hub import EXTRA, Hub
from shared.errors import DomainError
from shared.messaging.runtime import Ground

_LAST_WORDS: Final = 2.0


@asynccontextmanager
async def live(ground: Ground) -> AsyncIterator[None]:
    """Keep a hub while the service lives; at the end its people leave the desk, or their leases run out."""
    settings = ground.settings
    assert isinstance(settings, Settings)  # noqa: S101 - `create_app` made them
    hub = Hub(ground, settings)
    ground.extras[EXTRA] = hub
    ground.draining.append(hub.drain)
    ground.database.after_notes.append(hub.told)
    try:
        yield
    finally:
        ground.database.after_notes.remove(hub.told)
        await hub.stop()
        with suppress(DomainError, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                await sync_presence(hub)
