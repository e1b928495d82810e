"""A rolling restart of chat and gateway under live chats: nobody loses a word, and everybody is soon back.

`PITBOSS_ROLLING_CHATS` is how many talk, `PITBOSS_ROLLING_PAUSE` how many seconds a player leaves between his words.
The suite has few who talk fast; `make rolling` has 200 who talk as people do, each with a word every half minute and
one of the agent's every three quarters.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from tests.resilience.restarts import drained
from tests.resilience.sinks import in_chat, in_tickets
from tests.resilience.talkers import Line, Listener, Talker
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.ledger import judge
from tests.support.pace import no_faster_than
from tests.support.product import Product

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(1200)]

CHATS: Final = int(os.environ.get("PITBOSS_ROLLING_CHATS", "10"))
_LISTENS_TO: Final = 100
_PAUSE: Final = float(os.environ.get("PITBOSS_ROLLING_PAUSE", "3"))
_PACE: Final = (_PAUSE / 2, _PAUSE * 1.5)
_ANSWER_EVERY: Final = _PAUSE * 1.5 / CHATS
_GENEROUS: Final = max(60.0, 4 * _PAUSE)


@dataclass
class Hour:
    """Live chats under way."""

    load: Workload
    talkers: list[Talker]
    listeners: list[Listener]

    @property
    def lines(self) -> list[Line]:
        """Every socket."""
        return [*(talker.line for talker in self.talkers), *(listener.line for listener in self.listeners)]

    async def all_are_here(self) -> None:
        """Return when everybody is connected and has said something more."""
        said = {talker.player: talker.said for talker in self.talkers}
        await eventually(lambda: all(line.is_up for line in self.lines), within=_GENEROUS)
        await eventually(lambda: self._have_spoken_since(said), within=_GENEROUS)

    def _have_spoken_since(self, said: dict[str, int]) -> bool:
        silent = [one for one in self.talkers if one.said <= said[one.player] + 1]
        assert not silent, [(one.player, one.line.is_up, one.said - said[one.player], one.refused) for one in silent]
        return True

    def faults(self, transcripts: dict[str, list[str]]) -> list[str]:
        """Name whoever did not hear every word once and in order."""
        heard = [(t.player, t.ticket, t.heard) for t in self.talkers]
        # The desk also hears by itself what its person holds from before.
        heard += [
            ("the desk", ticket, seqs)
            for one in self.listeners
            for ticket, seqs in one.heard.items()
            if ticket in transcripts
        ]
        return [
            f"{who} heard {seqs} of {len(transcripts[ticket])} in {ticket}"
            for who, ticket, seqs in heard
            if seqs != list(range(1, len(transcripts[ticket]) + 1))
        ]


@asynccontextmanager
async def _talking(load: Workload) -> AsyncIterator[Hour]:
    """Let everybody talk during the block and fall silent at its end."""
    is_over = asyncio.Event()
    async with AsyncExitStack() as stack:
        talkers = [Talker(load, f"roller-{number}") for number in range(CHATS)]
        for talker in talkers:
            await stack.enter_async_context(talker.line.kept_up())
        await eventually(lambda: all(talker.ticket for talker in talkers), within=_GENEROUS)
        tickets = [talker.ticket for talker in talkers]
        listeners = [Listener(load, tickets[at : at + _LISTENS_TO]) for at in range(0, CHATS, _LISTENS_TO)]
        for listener in listeners:
            await stack.enter_async_context(listener.line.kept_up())
        talks = [asyncio.create_task(talker.talk(is_over.is_set, *_PACE)) for talker in talkers]
        answers = asyncio.create_task(_answer(load, talkers, is_over))
        hour = Hour(load, talkers, listeners)
        await hour.all_are_here()
        yield hour
        is_over.set()
        await asyncio.gather(*talks, answers)
        await eventually(lambda: all(line.is_up for line in hour.lines), within=_GENEROUS)
        await _all_is_heard(hour)


async def _answer(load: Workload, talkers: list[Talker], is_over: asyncio.Event) -> None:
    while not is_over.is_set():
        for talker in talkers:
            if is_over.is_set():
                return
            await no_faster_than(_ANSWER_EVERY, load.answer(talker.ticket, "agent"))


async def _all_is_heard(hour: Hour) -> None:
    """Compare what everybody heard with what was said, once the last answers have come."""

    async def is_heard() -> bool:
        transcripts = await in_chat(hour.load)
        verdicts = [judge(hour.load.ledger, "chat", transcripts)]
        assert verdicts[0].passed, verdicts
        assert hour.faults(transcripts) == []
        return True

    await eventually(is_heard, within=_GENEROUS, every=0.5)
    verdicts = [
        judge(hour.load.ledger, "chat", await in_chat(hour.load)),
        judge(hour.load.ledger, "tickets", await in_tickets(hour.load)),
    ]
    for verdict in verdicts:
        print(verdict.line())  # noqa: T201 - the figures are the point of this test
    assert all(verdict.passed for verdict in verdicts), verdicts


async def test_a_rolling_restart_costs_no_word(twins: Product) -> None:
    """Each of two chat and two gateway processes ends and comes back; who was connected is told to come back."""
    async with Workload.on(twins) as load, _talking(load) as hour:
        for name in ("chat", "chat-2", "gateway", "gateway-2"):
            told, absences = [line.told for line in hour.lines], [len(line.away) for line in hour.lines]
            took = await drained(twins, name)
            await hour.all_are_here()
            away = sorted(
                one for line, known in zip(hour.lines, absences, strict=True) for one in line.away[known:]
            ) or [0.0]
            told_now = sum(line.told - before for line, before in zip(hour.lines, told, strict=True))
            print(  # noqa: T201 - the figures are the point of this test
                f"rolling {name}: ended after {took:.1f} s; {told_now} told to come back, {len(away)} absences, "
                f"half of them {away[len(away) // 2]:.2f} s, the longest {away[-1]:.2f} s"
            )
            assert told_now > 0
