"""P16: what a process takes before anybody uses it: private memory, and time from spawn to the first good answer."""

from statistics import median
from typing import Final

from shared.directory import SERVICES
from tests.bench.machine import Watch, private_mib
from tests.bench.report import Figure
from tests.bench.sizes import Sizes
from tests.bench.stand import Stand

_NAMES: Final = tuple(entry.name for entry in SERVICES)


async def memory_and_start(stand: Stand, sizes: Sizes, watch: Watch) -> list[Figure]:
    """P16: every service alone, of which the worst counts, and all in one process."""
    memory: dict[str, list[float]] = {name: [] for name in _NAMES}
    starts: dict[str, list[float]] = {name: [] for name in _NAMES}
    together: list[tuple[float, float]] = []
    for _ in range(sizes.starts):
        watch.look()
        for name in _NAMES:
            with stand.serving(name) as server:
                memory[name].append(private_mib(server.pid))
                starts[name].append(server.started)
        with stand.serving(*_NAMES, amqp=False) as server:
            together.append((private_mib(server.pid), server.started))
    largest, slowest = (max(_NAMES, key=lambda name, found=found: median(found[name])) for found in (memory, starts))  # type: ignore[misc]
    return [
        Figure("P16", "private memory of the largest service", "MiB", tuple(memory[largest]), bar=110, note=largest),
        Figure("P16", "start of the slowest service until ready", "s", tuple(starts[slowest]), bar=2, note=slowest),
        Figure("P16", "private memory, all in one process", "MiB", tuple(mib for mib, _ in together), bar=250),
        Figure("P16", "  start, all in one process", "s", tuple(seconds for _, seconds in together)),
    ]
