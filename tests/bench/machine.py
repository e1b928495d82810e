"""What the figures depend on besides the code: which core runs what, and whether somebody else was using them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psutil

MOST_VARIATION: Final = 0.30
_LOOPS: Final = 150_000
_TRIES: Final = 5
_USUAL: Final = 0.8


@dataclass(frozen=True, slots=True)
class Layout:
    """The service under test has a core to itself; clients, database and broker share another; None: no pinning."""

    service: int | None
    rest: int | None

    @classmethod
    def of_this_machine(cls) -> "Layout":
        """Return the first two cores that this process may use, if there are two and the system can pin."""
        cores = sorted(psutil.Process().cpu_affinity() or ()) if hasattr(psutil.Process, "cpu_affinity") else []
        return cls(cores[0], cores[1]) if len(cores) > 1 else cls(None, None)

    def describe(self) -> str:
        """Return the sentence to print above the figures."""
        if self.service is None:
            return "only one core, or no way to pin: service, clients and database disturb each other"
        return f"service under test on core {self.service}, everything else on core {self.rest}"


@contextmanager
def on(core: int | None) -> Iterator[None]:
    """Run a block, and what it starts, on one core."""
    if core is None:
        yield
        return
    process = psutil.Process()
    before = process.cpu_affinity()
    process.cpu_affinity([core])
    try:
        yield
    finally:
        process.cpu_affinity(before)


def stay_on(core: int | None) -> None:
    """Keep this process, and what it starts, on one core."""
    if core is not None:
        psutil.Process().cpu_affinity([core])


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used, in user and kernel mode."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def private_mib(pid: int) -> float:
    """Return the memory that would be free if the process ended."""
    return float(psutil.Process(pid).memory_full_info().uss) / 1024 / 1024


@dataclass
class Watch:
    """Times a fixed loop between measurements: if it varies, the machine was not ours alone."""

    layout: Layout
    seen: dict[int | None, list[float]] = field(default_factory=dict)
    load_before: tuple[float, float, float] = field(default_factory=os.getloadavg)

    def look(self) -> None:
        """Time the loop on both cores; takes about a tenth of a second."""
        for core in dict.fromkeys((self.layout.service, self.layout.rest)):
            with on(core):
                self.seen.setdefault(core, []).append(min(_spin() for _ in range(_TRIES)))

    @property
    def variation(self) -> float:
        """How much longer than the fastest the loop took in the slowest fifth of all looks at a core, as a share.

        A look is the best of several tries and the worst looks are left out: the host of a virtual machine takes its
        time now and then, which the medians of the figures bear; work of somebody else shows in most looks.
        """
        return max((_slow(times) / min(times) - 1 for times in self.seen.values()), default=0.0)

    @property
    def disturbed(self) -> bool:
        """True if a verdict would be about somebody else's work."""
        return self.variation > MOST_VARIATION


def _slow(times: list[float]) -> float:
    return sorted(times)[int(len(times) * _USUAL)]


def _spin() -> float:
    started, number = time.perf_counter(), 0
    while number < _LOOPS:
        number += 1
    return time.perf_counter() - started
