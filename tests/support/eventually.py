"""Waiting for what must become true, instead of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, within: float = ..., every: float = ...) -> T: ...


@overload
async def eventually(check: Callable[[], T], *, within: float = ..., every: float = ...) -> T: ...


async def eventually(
    check: Callable[[], Awaitable[T]] | Callable[[], T], *, within: float = 15.0, every: float = 0.02
) -> T:
    """Call `check` until it returns something true and return that; fail after `within` seconds with the last outcome.

    An AssertionError inside `check` counts as "not yet".
    """
    deadline = asyncio.get_running_loop().time() + within
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
        if asyncio.get_running_loop().time() > deadline:
            message = f"not within {within} s; last outcome: {last!r}"
            raise AssertionError(message)
        await asyncio.sleep(every)
