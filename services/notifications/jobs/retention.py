"""Forgets old deliveries and messages in small batches."""

from datetime import timedelta
from typing import Final, cast

from services.notifications.queries import deliveries, outgoing
from services.notifications.settings import Settings
from shared.messaging.runtime import Ground

NAME: Final = "forget_old"
_BATCH: Final = 1000
_NEXT: Final = timedelta(minutes=10)
_MORE: Final = timedelta(seconds=1)


async def forget(ground: Ground) -> timedelta:
    """Delete one batch; come back soon while there is more."""
    settings = cast("Settings", ground.settings)
    async with ground.database.begin_worker() as session:
        gone = await deliveries.forget(session, age=settings.kept, most=_BATCH)
        gone += await outgoing.forget_messages(session, age=settings.kept, most=_BATCH)
    return _MORE if gone >= _BATCH else _NEXT
