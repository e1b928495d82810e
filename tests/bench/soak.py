"""`make soak`: an hour of talk with faults, on two processes of each service.

    python -m tests.bench.soak [--minutes 60] [--talkers 30]

Every two minutes something breaks: a second process is killed, any process freezes for ten seconds, the broker is
killed, every socket is cut. First processes are never killed, so that their memory tells something. Exits with 1 if
a word was lost or doubled, if memory or file descriptors of a process grow after the warm-up, or if a log names
an exception that nobody retrieved.
"""

import argparse
import asyncio
import itertools
import random
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Final

import psutil

from tests.resilience.restarts import killed
from tests.resilience.sinks import in_chat
from tests.resilience.talkers import Talker
from tests.resilience.workload import Workload
from tests.support.eventually import eventually
from tests.support.ledger import judge
from tests.support.pace import no_faster_than, turns
from tests.support.product import Product, running_product

MOST_SLOPE: Final = 1.0
_MOST_MORE_FILES: Final = 10
_FAULT_EVERY: Final = 120.0
_LOOK_EVERY: Final = 5.0
_FROZEN: Final = 10.0
_TOKEN_EVERY: Final = 300.0
_WORDS: Final = (8, 20)
_PACE: Final = (0.5, 3.0)
_LEAST_LOOKS: Final = 36
_SUSPICIOUS: Final = re.compile(r"never retrieved|was destroyed but it is pending|was never awaited|MemoryError")


@dataclass
class Life:
    """One process as long as it lived: (minutes since the start of the run, MiB, open files) at each look."""

    name: str
    pid: int
    looks: list[tuple[float, float, int]] = field(default_factory=list)

    def after(self, warm: float) -> list[tuple[float, float, int]]:
        """Return the looks from `warm` minutes after its first one on."""
        return [look for look in self.looks if look[0] >= self.looks[0][0] + warm]


@dataclass
class Soak:
    """What a run has seen."""

    product: Product
    load: Workload
    minutes: float
    lives: dict[tuple[str, int], Life] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    visits: int = 0
    words: int = 0
    broken: list[str] = field(default_factory=list)
    talkers: dict[int, Talker] = field(default_factory=dict)
    _began: float = 0.0

    @property
    def now(self) -> float:
        """Minutes since the start."""
        return (asyncio.get_running_loop().time() - self._began) / 60

    @property
    def is_over(self) -> bool:
        """True once the time is up."""
        return self.now >= self.minutes

    @property
    def warm(self) -> float:
        """The minutes of a life that do not count: caches and pools fill."""
        return min(10.0, self.minutes / 3)

    async def run(self, talkers: int) -> None:
        """Talk, break and look until the time is up."""
        self._began = asyncio.get_running_loop().time()
        await asyncio.gather(
            self._look(), self._break(), self._renew(), *(self._visit_again(number) for number in range(talkers))
        )

    async def _visit_again(self, number: int) -> None:
        for visit in itertools.count():
            if self.is_over:
                return
            try:
                await self._visit(number, f"guest-{number}-{visit}")
            except (AssertionError, TimeoutError) as error:
                self.broken.append(f"guest-{number}-{visit}: {error!r}")
            self.visits += 1

    async def _visit(self, number: int, player: str) -> None:
        """Talk, be answered, and part; then nothing may be missing, and nothing of it is kept here."""
        talker = self.talkers[number] = Talker(self.load, player)
        words = random.randint(*_WORDS)  # noqa: S311 - as people do
        async with talker.line.kept_up():
            for count in range(words):
                await no_faster_than(random.uniform(*_PACE), talker.speak())  # noqa: S311 - the same
                if count % 4 == 3:
                    await self.load.answer(talker.ticket, "agent")
            await eventually(lambda: self._has_heard(talker), within=180, every=0.5)
            await self.load.call("DELETE", f"/v1/chat/sessions/{talker.ticket}")
        self.words += words
        self._forget(talker)

    async def _has_heard(self, talker: Talker) -> bool:
        transcript = await in_chat(self.load, [talker.ticket])
        verdict = judge(self.load.ledger.only([talker.ticket]), "chat", transcript)
        assert verdict.passed, verdict
        wanted = list(range(1, len(transcript[talker.ticket]) + 1))
        assert talker.heard == wanted, f"heard {talker.heard} of {len(wanted)}"
        return True

    def _forget(self, talker: Talker) -> None:
        ledger = self.load.ledger
        ledger.entries = [entry for entry in ledger.entries if entry.ticket != talker.ticket]
        self.load.chats.discard(talker.ticket)
        self.load.tickets.discard(talker.ticket)

    async def _look(self) -> None:
        while not self.is_over:
            for name in self.product.processes():
                self._look_at(name)
            await no_faster_than(_LOOK_EVERY, turns())

    def _look_at(self, name: str) -> None:
        pid = self.product.pid(name)
        if pid is None:
            return
        try:
            process = psutil.Process(pid)
            seen = self.now, process.memory_info().rss / 2**20, process.num_fds()
        except psutil.Error:
            return
        self.lives.setdefault((name, pid), Life(name, pid)).looks.append(seen)

    async def _renew(self) -> None:
        while not self.is_over:
            await self.load.sign_in()
            await no_faster_than(min(_TOKEN_EVERY, self.minutes * 20), turns())

    async def _break(self) -> None:
        """Break something every two minutes; the last minutes are quiet, so that everything can end well."""
        for number in itertools.count():
            await no_faster_than(_FAULT_EVERY if number else _FAULT_EVERY / 2, turns())
            if self.now > self.minutes - 2:
                return
            name, fault = self._next_fault(number)
            self.faults.append(f"{self.now:.1f} min: {name}")
            print(self.faults[-1], flush=True)
            await fault()

    def _next_fault(self, number: int) -> tuple[str, Callable[[], Awaitable[object]]]:
        processes = self.product.processes()
        second = [name for name in processes if name.endswith("-2")]
        victim = second[(number // 4) % len(second)] if number % 8 else "chat-2"
        frozen = processes[(number // 4 * 5) % len(processes)]
        return (
            (f"kill {victim}", lambda: killed(self.product, victim)),
            ("cut every socket", self._cut_all),
            (f"freeze {frozen}", lambda: self._freeze(frozen)),
            ("kill the broker", self._kill_broker),
        )[number % 4]

    async def _cut_all(self) -> None:
        for talker in self.talkers.values():
            talker.line.cut()

    async def _freeze(self, name: str) -> None:
        self.product.signal(name, signal.SIGSTOP)
        try:
            await no_faster_than(_FROZEN, turns())
        finally:
            self.product.signal(name, signal.SIGCONT)

    async def _kill_broker(self) -> None:
        broker = self.product.broker()
        broker.kill()
        await eventually(lambda: broker.running, within=90, every=0.5)

    def rows(self) -> Iterator[tuple[str, bool]]:
        """Yield a line for each process that lived long enough to be judged, and whether it is in order."""
        yield f"{'process':<18}{'minutes':>8}{'MiB first':>11}{'last':>8}{'MiB/min':>9}{'files':>7}{'last':>6}", True
        for life in sorted(self.lives.values(), key=lambda life: life.name):
            looks = life.after(self.warm)
            if len(looks) >= _LEAST_LOOKS:
                yield self._row(life, looks)

    def _row(self, life: Life, looks: Sequence[tuple[float, float, int]]) -> tuple[str, bool]:
        slope = linear_regression([at for at, _, _ in looks], [mib for _, mib, _ in looks]).slope
        third = len(looks) // 3
        before, after = (median(files for _, _, files in part) for part in (looks[:third], looks[-third:]))
        text = (
            f"{life.name:<18}{looks[-1][0] - looks[0][0]:>8.1f}{looks[0][1]:>11.1f}{looks[-1][1]:>8.1f}"
            f"{slope:>9.2f}{before:>7.0f}{after:>6.0f}"
        )
        return text, slope < MOST_SLOPE and after - before <= _MOST_MORE_FILES

    def suspicions(self) -> list[str]:
        """Return lines of logs that name what nobody looked after."""
        return [
            f"{path.name}: {line[:300]}"
            for path in sorted(self.product.home.log.glob("*.log"))
            for line in path.read_text(errors="replace").splitlines()
            if _SUSPICIOUS.search(line)
        ]


async def main(minutes: float, talkers: int) -> int:
    """Run and tell; return the exit status."""
    with running_product("cluster", replicas=2) as product:
        async with Workload.on(product) as load:
            soak = Soak(product, load, minutes)
            await soak.run(talkers)
        rows, suspicions = list(soak.rows()), soak.suspicions()
    print("\n".join(text for text, _ in rows))
    print(f"{soak.visits} visits, {soak.words} words, {len(soak.faults)} faults, {load.refusals} answers repeated")
    for wrong in (*soak.broken, *suspicions[:50]):
        print(wrong)
    is_well = not (soak.broken or suspicions) and all(good for _, good in rows) and len(rows) > 1
    print("in order" if is_well else f"NOT in order: {len(soak.broken)} visits, {len(suspicions)} lines of logs")
    return int(not is_well)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--talkers", type=int, default=30)
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.minutes, given.talkers)))
