"""Two chat processes at once, whatever happens: nothing is lost, doubled or reordered, and marks never fall.

`PITBOSS_CHAT_STEPS` is how many acts are tried, `PITBOSS_CHAT_SEED` where they begin (printed at the end, and with what
is broken). A program that breaks a law is shortened and printed; its acts run again by hand on the same machine.
"""

import asyncio
import gc
import itertools
import os
import random
import warnings
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar, Final

import aiohttp
import pytest
from hypothesis import seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.service.chat.stage import TABS, Replica, Stage, owned, slow_down_commits
from tests.service.chat.stage_acts import BATCHES, Act, Return, Say
from tests.service.chat.stage_laws import broken
from tests.support.chat import TwinTransport
from tests.support.database import Cluster

STEPS: Final = int(os.environ.get("PITBOSS_CHAT_STEPS", "200"))
SEED: Final = int(os.environ.get("PITBOSS_CHAT_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
_BATCHES: Final = 20
# The first program of a round is the simplest one there is; so there are several in each.
_PROGRAMS: Final = max(4, STEPS // 60)
_LOST_OF_TEN: Final = 1
_BRANDS: Final = itertools.count(1)


class Theatre:
    """Two processes that run as long as the test, with a brand of its own for each program."""

    def __init__(self, postgres: Cluster) -> None:
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_task_factory(owned)
        self._database = postgres.database("chat")
        self._family: list[TwinTransport] = []
        self._chance = random.Random(SEED)  # noqa: S311 - a repeatable choice of hints
        self.loses = False
        self.acts: Counter[str] = Counter()
        self.words = 0
        self.replicas, self.http = self.run(self._open(postgres))

    async def _open(self, postgres: Cluster) -> tuple[tuple[Replica, Replica], aiohttp.ClientSession]:
        urls = await self._database.__aenter__()
        await slow_down_commits(urls)
        first, second = (Replica(postgres, urls, self._family, self._is_lost) for _ in range(2))
        for replica in (first, second):
            await replica.start()
        return (first, second), aiohttp.ClientSession()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Let both processes live until something is done."""
        return self._runner.run(work)

    def close(self) -> None:
        """End both; what killed ones left open is swept up here, not in the middle of somebody else's test."""
        self.run(self._close())
        self._runner.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    async def _close(self) -> None:
        await self.http.close()
        for replica in self.replicas:
            await replica.end()
        await self._database.__aexit__(None, None, None)

    def _is_lost(self) -> bool:
        return self.loses and self._chance.randrange(10) < _LOST_OF_TEN


class Protocol(RuleBasedStateMachine):
    """A stage on which things happen at the same time on both processes."""

    theatre: ClassVar[Theatre]
    stage: Stage
    broken = False

    @initialize()
    def furnish(self) -> None:
        """Begin with everybody there and a little said."""
        self.program: list[list[Act]] = []
        self.stage = Stage(self.theatre.replicas, f"stage-{next(_BRANDS)}", self.theatre.http)
        self._play([Return(tab, number % 2) for number, tab in enumerate(TABS)])
        self._play([Say("p-0/a", 0, 2), Say("p-1/b", 1, 2), Return("s-0/a", 1)])

    @rule(batch=BATCHES)
    def happens(self, batch: list[Act]) -> None:
        """Let these happen at once, and look when it is quiet."""
        self._play(batch)

    def teardown(self) -> None:
        """Let everybody come back, repeat what was not answered, and know everything."""
        try:
            if self.broken:
                return
            self._play([Return(tab, number % 2) for number, tab in enumerate(TABS)])
            silent = [words for words in self.stage.spoken() if not words.is_answered]
            assert not silent, silent
            self.theatre.words += sum(words.seq is not None for words in self.stage.spoken())
        finally:
            self.theatre.run(self.stage.leave())

    def _play(self, batch: list[Act]) -> None:
        self.program.append(batch)
        self.theatre.acts.update(type(act).__name__ for act in batch)
        found = self.theatre.run(self._played(batch))
        self.broken = bool(found)
        assert not found, "\n".join([*found, f"seed {SEED}, the program:", *map(repr, self.program)])

    async def _played(self, batch: list[Act]) -> list[str]:
        self.stage.hints_lost |= self.theatre.loses
        await asyncio.gather(*(act.run(self.stage) for act in batch))
        await self.stage.settle()
        return await broken(self.stage)


@pytest.fixture
def theatre(postgres: Cluster) -> Iterator[Theatre]:
    """Both processes."""
    opened = Theatre(postgres)
    yield opened
    opened.close()


# A process that is killed closes nothing.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("loses", [False, True], ids=["whole", "a tenth of the hints lost"])
def test_words_are_there_once_and_in_order_whatever_happens(theatre: Theatre, *, loses: bool) -> None:
    """Every acknowledged word is once in the transcript and with everybody who caught up, after one ping at most."""
    Protocol.theatre, theatre.loses = theatre, loses
    rounds = 0
    while theatre.acts.total() < STEPS:
        run_state_machine_as_test(
            seed(SEED + rounds)(Protocol),
            settings=settings(max_examples=_PROGRAMS, stateful_step_count=_BATCHES, deadline=None, database=None),
        )
        rounds += 1
    print(  # noqa: T201 - the figures are the point
        f"seed {SEED}: {theatre.acts.total()} steps, {theatre.words} words acknowledged, "
        f"{sum(replica.kills for replica in theatre.replicas)} kills; {dict(theatre.acts.most_common())}"
    )
