"""One connection to the broker that is opened again for as long as it is wanted.

Made of plain connections and not of the library's self-restoring ones: those keep what they restore by weak references,
pause a fixed time without jitter, and stay silently without a consumer when a queue came back with other arguments.
Here everything is set up anew, from the beginning, every time.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from yarl import URL

from shared.messaging.stopping import asked_to_stop

HEARTBEAT_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 5.0
_SET_UP_SECONDS: Final = 15.0
_CLOSE_SECONDS: Final = 2.0
_logger = structlog.get_logger(module=__name__)


class Link:
    """Keeps a connection and what `set_up` opens on it; any of it lost means all of it anew after about a second.

    `jitter` spreads the first connects of many processes over so many seconds.
    """

    def __init__(
        self,
        url: str,
        name: str,
        set_up: Callable[["Link", AbstractConnection], Awaitable[None]],
        *,
        interval: float = 1.0,
        jitter: float = 0.0,
        heartbeat: int = HEARTBEAT_SECONDS,
    ) -> None:
        self._url = URL(url).update_query(heartbeat=heartbeat, name=name)
        self.name = name
        self._set_up = set_up
        self._interval = interval
        self._jitter = jitter
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.is_up = False
        self.connection: AbstractConnection | None = None

    def start(self) -> None:
        """Begin to connect; harmless if it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Close the connection and keep it closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def renew(self) -> None:
        """Open everything anew."""
        self._lost.set()

    async def channel(self, connection: AbstractConnection, *, confirms: bool) -> AbstractChannel:
        """Open a channel whose end, or whose consumer's cancellation by the broker, is the end of the link."""
        channel = await connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        channel.close_callbacks.add(self._end)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._end)
        return channel

    def _end(self, *_reason: object) -> None:
        self._lost.set()

    async def _run(self) -> None:
        await asyncio.sleep(random.uniform(0, self._jitter))  # noqa: S311 - jitter, not a secret
        while not asked_to_stop():
            self._lost.clear()
            try:
                await self._hold()
            except asyncio.CancelledError:
                if asked_to_stop():
                    raise
            except Exception as error:  # noqa: BLE001 - whatever the library raises for an absent broker
                _logger.info("broker_absent", link=self.name, error=type(error).__name__)
            await asyncio.sleep(self._interval * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
        _logger.warning("cancellation_lost", link=self.name)

    async def _hold(self) -> None:
        try:
            async with asyncio.timeout(_SET_UP_SECONDS):
                # Made here and not by `aio_pika.connect`, so that one that never got through is closed as well.
                self.connection = aio_pika.Connection(self._url)
                await self.connection.connect(timeout=_CONNECT_SECONDS)
                self.connection.close_callbacks.add(self._end)
                await self._set_up(self, self.connection)
            if asked_to_stop():  # the library has lost it
                return
            self.is_up = True
            _logger.info("broker_connected", link=self.name)
            await self._lost.wait()
            _logger.warning("broker_lost", link=self.name)
        finally:
            self.is_up = False
            connection, self.connection = self.connection, None
            if connection is not None:
                await _close(connection)


async def _close(connection: AbstractConnection) -> None:
    """Close within two seconds: a frozen broker never answers the good-bye."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await connection.close()
    except asyncio.CancelledError:
        if asked_to_stop():
            raise
    except Exception as error:  # noqa: BLE001 - it is gone either way
        _logger.debug("broker_close_failed", error=type(error).__name__)
