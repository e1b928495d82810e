"""Notices a queue that nobody reads although the connection looks healthy, and opens the connection anew.

A queue that is recreated with other arguments leaves the client library connected, without an error and without a
consumer, for good.
"""

from datetime import timedelta
from typing import Final

import structlog

from shared.messaging.metrics import REBUILT
from shared.messaging.runtime import Ground, Job
from shared.messaging.transport import PublishFailed, Transport

_LOOK_EVERY: Final = timedelta(seconds=30)
_STRIKES: Final = 2
_logger = structlog.get_logger(module=__name__)


class Watchdog:
    """Rebuilds the consumer after the broker said twice in a row that the queue has none."""

    def __init__(self, transport: Transport, *, service: str, every: timedelta = _LOOK_EVERY) -> None:
        self._transport = transport
        self._service = service
        self._every = every
        self._strikes = 0
        self.job = Job("messaging-watchdog", self.look)

    async def look(self, _ground: Ground) -> timedelta:
        """Ask the broker once; an absent broker is not a strike, reconnecting is under way then."""
        try:
            consumers = await self._transport.consumers(self._service)
        except PublishFailed:
            return self._every
        self._strikes = 0 if consumers else self._strikes + 1
        if self._strikes >= _STRIKES:
            self._strikes = 0
            REBUILT.labels(self._service).inc()
            _logger.error("consumer_rebuilt", service=self._service)
            await self._transport.rebuild(self._service)
        return self._every
