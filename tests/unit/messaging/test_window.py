"""The window of publishes in flight."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from shared.messaging.window import Window
from tests.support.pace import turns


async def test_no_more_are_admitted_than_the_limit() -> None:
    """The one too many waits until somebody leaves."""
    window = Window(2)
    async with AsyncExitStack() as stack, window.admitted():
        await stack.enter_async_context(window.admitted())
        waiting = asyncio.create_task(window.admitted().__aenter__())
        await turns()
        assert not waiting.done()
        await stack.aclose()
        assert await waiting == 0


async def test_who_gives_up_waiting_costs_nobody_his_place() -> None:
    """A cancelled waiter hands the place on."""
    window = Window(1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(window.admitted())
        first, second = (asyncio.create_task(window.admitted().__aenter__()) for _ in range(2))
        await turns()
        await stack.aclose()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        async with asyncio.timeout(1):
            assert await second == 0


def test_failures_of_one_crowd_close_the_window_once() -> None:
    """Two hundred time-outs at once are one message: the broker is slow."""
    window = Window(200)
    for _ in range(200):
        window.failed(0)
    assert window.limit == 8
    for _ in range(92):
        window.confirmed()
    assert window.limit == 100
    for _ in range(100):
        window.confirmed()
    assert window.limit == 100
    window.confirmed()
    assert window.limit <= 101


def test_a_long_silence_does_not_keep_the_window_narrow() -> None:
    """However often no confirmation comes, the window opens to half of what it was as soon as some do."""
    window = Window(200)
    for closing in range(50):
        window.failed(closing)
    for _ in range(92):
        window.confirmed()
    assert window.limit == 100


def test_a_window_opens_again_to_its_whole_width() -> None:
    """A broker that recovered gets as much as before, and never more."""
    window = Window(20)
    window.failed(0)
    for _ in range(1000):
        window.confirmed()
    assert window.limit == 20


def test_a_narrow_window_never_closes_altogether() -> None:
    """One at a time is always allowed."""
    window = Window(1)
    window.failed(0)
    assert window.limit == 1
