"""Two tickets processes at once, whatever happens: the laws of assignment hold whenever it is quiet.

`PITBOSS_ASSIGNMENT_PROGRAMS` is how many programs are tried, `PITBOSS_ASSIGNMENT_STEPS` how long they are at most. A
program that breaks a law is shortened and printed; its steps run again by hand on the same machine.
"""

import asyncio
import itertools
import os
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from typing import Any, ClassVar, Final

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.service.tickets.desk import Desk
from tests.service.tickets.hall import Hall
from tests.service.tickets.hall_acts import BATCHES, PLAYERS, Act, Passes
from tests.service.tickets.hall_laws import Seen, faults, look
from tests.support.database import Cluster
from tests.support.service import running_service

PROGRAMS: Final = int(os.environ.get("PITBOSS_ASSIGNMENT_PROGRAMS", "6"))
STEPS: Final = int(os.environ.get("PITBOSS_ASSIGNMENT_STEPS", "20"))
_BRANDS: Final = itertools.count(1)


class Halls:
    """Two processes that run as long as the test, with a brand of its own for each program."""

    def __init__(self, postgres: Cluster) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.desks = self.run(self._open(postgres))

    async def _open(self, postgres: Cluster) -> tuple[Desk, Desk]:
        first = await self._stack.enter_async_context(running_service(postgres, "tickets"))
        second = await self._stack.enter_async_context(running_service(postgres, "tickets", urls=first.urls))
        return Desk(first), Desk(second)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Let both processes live until something is done."""
        return self._runner.run(work)

    def close(self) -> None:
        """End both."""
        self.run(self._stack.aclose())
        self._runner.close()


class Assignment(RuleBasedStateMachine):
    """A hall in which things happen at the same time on both processes."""

    halls: ClassVar[Halls]
    hall: Hall
    seen: Seen

    @initialize()
    def furnish(self) -> None:
        """Begin with everybody there and a little to do."""
        self.program: list[list[Act]] = []
        self.hall = Hall(self.halls.desks, f"hall-{next(_BRANDS)}")
        self.halls.run(self._furnish())

    @rule(batch=BATCHES)
    def happens(self, batch: list[Act]) -> None:
        """Let these happen at once, and look when it is quiet."""
        self.program.append(batch)
        found = self.halls.run(self._happens(batch))
        assert not found, "\n".join([*found, "the program:", *map(repr, self.program)])

    async def _furnish(self) -> None:
        await self.hall.furnish()
        for player in PLAYERS:
            await self.hall.chat(0, player, None)
            await self.hall.form(1, player, None, None)
        await self.hall.settle()
        self.seen, told = await look(self.hall)
        assert not list(faults(self.seen, self.seen, told, self.hall.limits))

    async def _happens(self, batch: list[Act]) -> list[str]:
        self.hall.limits = {
            (who, channel): most for who, one in self.seen.people.items() for channel, most in one.capacity.items()
        }
        await asyncio.gather(*(act.run(self.hall) for act in batch if not isinstance(act, Passes)))
        await self.hall.settle()
        for act in batch:
            if isinstance(act, Passes):
                await act.run(self.hall)
                await self.hall.settle()
        before, (self.seen, told) = self.seen, await look(self.hall, self.seen)
        deadlocks = [f"{found} deadlocks" for found in [await self.hall.deadlocks()] if found]
        return [*self.hall.failures, *deadlocks, *faults(before, self.seen, told, self.hall.limits)]


@pytest.fixture
def halls(postgres: Cluster) -> Iterator[Halls]:
    """Both processes."""
    opened = Halls(postgres)
    yield opened
    opened.close()


def test_the_laws_of_assignment_hold_on_two_processes(halls: Halls) -> None:
    """Nobody over his limit, one owner, nobody idle, nothing with the absent, the absolute order, nothing forgotten."""
    Assignment.halls = halls
    run_state_machine_as_test(
        Assignment, settings=settings(max_examples=PROGRAMS, stateful_step_count=STEPS, deadline=None)
    )
