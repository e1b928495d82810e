"""Time as a means and not as a hope: turns of the event loop, and work at a steady rate."""

import asyncio
from collections.abc import Awaitable


async def turns(count: int = 1) -> None:
    """Let every other task run `count` times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def no_faster_than(seconds: float, work: Awaitable[object]) -> None:
    """Do a piece of work and return after `seconds` or when it is done, whichever is later."""
    await asyncio.gather(work, asyncio.sleep(seconds))
