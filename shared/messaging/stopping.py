"""Telling a cancellation that somebody wanted from one that a library raises or loses."""

import asyncio


def asked_to_stop() -> bool:
    """True if the running task was cancelled on purpose: libraries raise CancelledError when a connection dies, too."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
