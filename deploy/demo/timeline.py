"""Prints what happens, when it happens, counted from the first moment; keeps the figures for the end."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

_FEW: Final = 2


@dataclass
class Timeline:
    """A live log of the day: `say` prints a line, `measured` keeps a duration in seconds under a name."""

    write: Callable[[str], None]
    started: float = field(default_factory=time.perf_counter)
    figures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def say(self, who: str, what: str) -> None:
        """Print one moment."""
        self.write(f"{time.perf_counter() - self.started:8.3f} s  {who:<12} {what}")

    def measured(self, name: str, seconds: float) -> None:
        """Keep a duration."""
        self.figures[name].append(seconds)

    def summary(self) -> Iterator[str]:
        """Yield one line per measured thing: how many, median and 99th percentile."""
        for name, values in self.figures.items():
            middle, tail = percentile(values, 50), percentile(values, 99)
            yield f"  {name:<30} n={len(values):<4} p50 {middle:8.1f} ms   p99 {tail:8.1f} ms"


def percentile(values: list[float], share: int) -> float:
    """Return a percentile of durations in seconds as milliseconds."""
    if len(values) < _FEW:
        return values[0] * 1000 if values else 0.0
    return quantiles(values, n=100, method="inclusive")[share - 1] * 1000
