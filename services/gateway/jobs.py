"""What the gateway does by the clock."""

from datetime import timedelta
from typing import Final

from services.gateway.settings import Settings
from services.gateway.use_cases.sweeping import forget_the_expired, send_deserters_offline
from shared.messaging.runtime import Ground, Job

_EVERY: Final = timedelta(seconds=30)


async def sweep(ground: Ground) -> timedelta:
    """Take people offline whose sessions have ended, and forget what has expired."""
    settings = ground.settings
    assert isinstance(settings, Settings)  # noqa: S101 - this service's own
    now = ground.clock.now()
    await send_deserters_offline(ground.database, settings, now=now)
    await forget_the_expired(ground.database, settings, now=now)
    return _EVERY


JOBS: Final = (Job("sweep", sweep),)
