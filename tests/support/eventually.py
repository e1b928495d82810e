"""Waiting for what must become true, instead of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast, overload

T = TypeVar("T")
PATIENCE: Final = 45.0
"""Seconds after which what should be soon counts as never: a machine that runs several products is slow, not wrong."""
# A loop that is woken so much too late did not sleep: the machine stood still.
_STANDSTILL: Final = 1.0


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, within: float = ..., every: float = ...) -> T: ...


@overload
async def eventually(check: Callable[[], T], *, within: float = ..., every: float = ...) -> T: ...


async def eventually(
    check: Callable[[], Awaitable[T]] | Callable[[], T], *, within: float = PATIENCE, every: float = 0.02
) -> T:
    """Call `check` until it returns something true and return that; fail after `within` seconds with the last outcome.

    An AssertionError inside `check` counts as "not yet". It is called less often the longer it takes, pausing for a
    tenth of the time waited so far: what is waited for needs the machine, too. Time in which the whole machine stood
    still does not count: nobody could do anything in it.
    """
    now = asyncio.get_running_loop().time
    began = now()
    deadline = began + within
    last: object = None
    while True:
        try:
            outcome: object = check()
            value: T = await outcome if inspect.isawaitable(outcome) else cast("T", outcome)
        except AssertionError as error:
            last = error
        else:
            if value:
                return value
            last = value
        if now() > deadline:
            message = f"not within {within} s; last outcome: {last!r}"
            raise AssertionError(message)
        slept_at = now()
        pause = max(every, (slept_at - began) / 10)
        await asyncio.sleep(pause)
        overslept = now() - slept_at - pause
        deadline += overslept if overslept > _STANDSTILL else 0
