"""Keeps the pauses of the garbage collector short in a process that holds much, such as thousands of sockets."""

import gc
import time
from typing import Final

_LONG_SECONDS: Final = 0.02
_OLDEST: Final = 2


class SettingAside:
    """A callback of `gc` that sets aside (`gc.freeze`) what survived a full collection that took long.

    Everything waits while a full collection looks at every object there is: 0.8 s with ten thousand sockets, again and
    again, though hardly any of it ever is garbage. What is set aside is still freed by its last reference; only a cycle
    among it waits for `reconsider`, which therefore has to be called from time to time. A process whose full
    collections are short sets nothing aside and leaves nothing to wait for.
    """

    def __init__(self, long_seconds: float = _LONG_SECONDS) -> None:
        self._long_seconds = long_seconds
        self._began = 0.0
        self.has_set_aside = False

    def install(self) -> None:
        """Have every collection of this process reported here from now on."""
        gc.callbacks.append(self)

    def remove(self) -> None:
        """Leave the collector as it was, with nothing set aside."""
        gc.callbacks.remove(self)
        gc.unfreeze()
        self.has_set_aside = False

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        """Take note of the beginning or the end of a collection."""
        if info["generation"] != _OLDEST:
            return
        if phase == "start":
            self._began = time.perf_counter()
        elif time.perf_counter() - self._began >= self._long_seconds:
            gc.freeze()
            self.has_set_aside = True

    def reconsider(self) -> None:
        """Look once at everything that was set aside and free the cycles among it; this is the one long pause."""
        if self.has_set_aside:
            gc.unfreeze()
            self.has_set_aside = False
            gc.collect()
