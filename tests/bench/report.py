"""Figures, their bars and the table that tells whether they were met."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Literal

from deploy.home import CHECKOUT
from tests.bench.machine import MOST_VARIATION, Watch

RESULTS: Final = CHECKOUT / "bench-results"
_COLUMNS: Final = "{:<4} {:<58} {:>12} {:>30}  {}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity, a value per repeat; `bar` None means that it is told and not judged.

    Without values it stands for a measurement that failed, which counts as a missed bar.
    """

    id: str
    what: str
    unit: str
    values: tuple[float, ...]
    bar: float | None = None
    sense: Literal["most", "least"] = "most"
    note: str = ""

    @property
    def middle(self) -> float:
        """The median of the repeats: what is judged."""
        return median(self.values)

    @property
    def missed(self) -> bool:
        """True if the median is on the wrong side of the bar."""
        if not self.values:
            return True
        if self.bar is None:
            return False
        return self.middle > self.bar if self.sense == "most" else self.middle < self.bar

    def row(self, *, judged: bool) -> str:
        """Return the table's line."""
        if not self.values:
            return _COLUMNS.format(self.id, self.what, "-", "-", self.note)
        sign = "≤" if self.sense == "most" else "≥"
        bar = f"{sign} {self.bar:g} {self.unit}".strip() if self.bar is not None else "-"
        spread = f" ({_short(min(self.values))}-{_short(max(self.values))})" if len(self.values) > 1 else ""
        return _COLUMNS.format(self.id, self.what, bar, f"{_short(self.middle)}{spread} {self.unit}", self._end(judged))

    def _end(self, judged: bool) -> str:
        if self.bar is None:
            return self.note
        verdict = "not judged" if not judged else "MISSED" if self.missed else "met"
        share = f"{self.middle / self.bar:.2f} of the bar" if self.bar else ""
        return ", ".join(part for part in (verdict, share, self.note) if part)


def header() -> str:
    """Return the table's first line."""
    return _COLUMNS.format("", "what", "bar", "median (min-max)", "verdict")


def summary(watch: Watch) -> str:
    """Return the sentences below the table."""
    before, after = (" ".join(f"{load:.2f}" for load in loads) for loads in (watch.load_before, os.getloadavg()))
    state = "DISTURBED, nothing is judged" if watch.disturbed else "undisturbed"
    return (
        f"load average before: {before}; after: {after}\n"
        f"a fixed loop varied by {watch.variation:.0%} (limit {MOST_VARIATION:.0%}): {state}"
    )


def keep(figures: Sequence[Figure], watch: Watch, *, label: str) -> Path:
    """Write the figures down under the commit they belong to, and return the file; `label` tells part runs apart."""
    RESULTS.mkdir(exist_ok=True)
    commit = _git("rev-parse", "--short=12", "HEAD") or "unknown"
    changed = bool(_git("status", "--porcelain", "--untracked-files=no"))
    name = "-".join(part for part in (commit, "changed" if changed else "", label) if part)
    path = RESULTS / f"{name}.json"
    document = {
        "commit": commit,
        "changed": changed,
        "label": label,
        "disturbed": watch.disturbed,
        "spin_variation": round(watch.variation, 3),
        "load_before": watch.load_before,
        "load_after": os.getloadavg(),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "figures": [_document(figure) for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path


def _document(figure: Figure) -> dict[str, object]:
    return {
        "id": figure.id,
        "what": figure.what,
        "unit": figure.unit,
        "bar": figure.bar,
        "sense": figure.sense,
        "median": round(figure.middle, 4) if figure.values else None,
        "values": [round(value, 4) for value in figure.values],
        "missed": figure.missed,
        "note": figure.note,
    }


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
