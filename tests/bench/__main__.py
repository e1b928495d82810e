"""`make bench`: every benchmark as a figure against its bar, measured in one run on one private installation.

    python -m tests.bench [--quick] [--peer] [--only P1,P4]

Exits with 1 if an undisturbed run misses a bar. Results are kept in bench-results/, one file per commit.
"""

import argparse
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, NamedTuple

import uvloop

from tests.bench import assignment, creates, crowd, events, footprint, history, peer, sockets, workers
from tests.bench.machine import Layout, Watch, stay_on
from tests.bench.report import Figure, header, keep, summary
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand

Measure = Callable[[Stand, Sizes, Watch], Awaitable[list[Figure]]]


class Bench(NamedTuple):
    """One measurement: the figures it gives, whether the quick run has it, and what must be there first."""

    ids: tuple[str, ...]
    measure: Measure
    quick: bool = False
    broker: bool = False
    demo: bool = False


BENCHES: Final = (
    Bench(("P1",), creates.cost, quick=True, broker=True),
    Bench(("P4",), creates.delay, broker=True),
    Bench(("P5",), creates.hop, quick=True, broker=True, demo=True),
    Bench(("P7",), events.commit_to_consumer, quick=True, broker=True),
    Bench(("P10",), sockets.one_process, quick=True),
    Bench(("P11",), sockets.two_processes, broker=True),
    Bench(("P12",), crowd.ten_thousand),
    Bench(("P12",), crowd.all_come_back),
    Bench(("P13",), workers.timers, quick=True),
    Bench(("P14", "P15"), workers.hooks),
    Bench(("P16",), footprint.memory_and_start, broker=True),
    Bench(("P18",), history.at_a_million),
    Bench(("P19",), assignment.decisions),
)
PEER: Final = Bench(("P3",), peer.beside_django_helpdesk, broker=True)


def run(benches: Sequence[Bench], sizes: Sizes, watch: Watch) -> Iterator[Figure]:
    """Yield the figures as they are found."""
    with Stand.set_up(watch.layout) as stand:
        for bench in benches:
            if bench.broker:
                _ = stand.amqp_url
            if bench.demo:
                _ = stand.demo
            watch.look()
            began = time.monotonic()
            print(f"{' '.join(bench.ids)} ...", end=" ", file=sys.stderr, flush=True)
            found = uvloop.run(_found(bench, stand, sizes, watch))
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
            for figure in found:
                print(f"  {figure.row(judged=False)}", file=sys.stderr)
            yield from found
        watch.look()


async def _found(bench: Bench, stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    try:
        return await bench.measure(stand, sizes, watch)
    except Exception as error:  # noqa: BLE001 - the other figures are worth having all the same
        return [Figure(bench.ids[0], "could not be measured", "", (), note=f"{type(error).__name__}: {error}")]


def chosen(*, only: str, quick: bool) -> list[Bench]:
    """Return the benchmarks to run; `only` is a comma-separated choice of ids."""
    wanted = {id_.strip().upper() for id_ in only.split(",") if id_.strip()}
    if wanted:
        return [bench for bench in BENCHES if wanted & set(bench.ids)]
    return [bench for bench in BENCHES if bench.quick or not quick]


def main() -> int:
    """Measure, print the table, write it down and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="benchmarks against their bars")
    parser.add_argument("--quick", action="store_true", help="the ones a developer waits for: about 90 s")
    parser.add_argument("--peer", action="store_true", help="P3 alone: against django-helpdesk, installed for it")
    parser.add_argument("--only", default="", help="such as P1,P4")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    layout = Layout.of_this_machine()
    stay_on(layout.rest)
    watch = Watch(layout)
    watch.look()
    benches = [PEER] if given.peer else chosen(only=given.only, quick=given.quick)
    print(layout.describe())
    figures = list(run(benches, Sizes.of(quick=given.quick), watch))
    print(header())
    for figure in figures:
        print(figure.row(judged=not watch.disturbed))
    print(summary(watch))
    parts = ("quick" if given.quick else "", "peer" if given.peer else "", given.only.replace(",", "-"))
    label = "-".join(part for part in parts if part)
    print(f"kept in {keep(figures, watch, label=label)}")
    return int(not watch.disturbed and any(figure.missed for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
