"""Time as a means and not as a hope: turns of the event loop, and work at a steady rate."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def turns(count: int = 1) -> None:
    """Let every other task run `count` times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def no_faster_than(seconds: float, work: Awaitable[T]) -> T:
    """Do a piece of work and return its outcome after `seconds` or when it is done, whichever is later."""
    outcome, _ = await asyncio.gather(work, asyncio.sleep(seconds))
    return outcome
