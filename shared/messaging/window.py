"""How many publishes may be in flight: as many as the broker confirms in time, found as TCP finds it (RFC 5681)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_LEAST: Final = 8


class Window:
    """Admits up to `most` at once, fewer once some failed.

    A broker that is slower than our patience would get everything again that it has already taken, and be slower still.
    So a missing confirmation closes the window to eight; those that come open it quickly to half of where it was and
    slowly from there on. What was admitted before the last closing counts as the same one. An absent broker is no slow
    one: what cannot even be sent says nothing about the window.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._least = min(_LEAST, most)
        self._limit = float(most)
        self._threshold = float(most)
        self._admitted = 0
        self._closings = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """How many may be in flight now."""
        return int(self._limit)

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[int]:
        """Wait for a place; the number says which closing it came after and belongs to `failed`."""
        while self._admitted >= self.limit:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake()
                raise
        self._admitted += 1
        try:
            yield self._closings
        finally:
            self._admitted -= 1
            self._wake()

    def confirmed(self) -> None:
        """Open the window a little."""
        step = 1.0 if self._limit < self._threshold else 1.0 / self._limit
        self._limit = min(float(self._most), self._limit + step)

    def failed(self, closings: int) -> None:
        """Close the window, once for all that were admitted together."""
        if closings != self._closings:
            return
        self._closings += 1
        if self._limit > self._least:
            self._threshold = max(float(self._least), self._limit / 2)
        self._limit = float(self._least)

    def _wake(self) -> None:
        free = self.limit - self._admitted
        while free > 0 and self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                free -= 1
