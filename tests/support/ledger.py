"""What clients were told, and the comparison with what every sink holds afterwards."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What a client knows about one write: promised, refused, or neither (no answer came)."""

    ACKED = "acked"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Entry:
    """One intended write. `writer` wrote its words to `ticket` one after another; `mark` is unique text inside them."""

    mark: str
    writer: str
    ticket: str
    outcome: Outcome = Outcome.UNKNOWN


@dataclass
class Ledger:
    """Intents in the order of writing, each with its outcome."""

    entries: list[Entry] = field(default_factory=list)

    def intend(self, mark: str, *, writer: str, ticket: str) -> Entry:
        """Write down what is about to be attempted; the outcome follows when the answer comes."""
        entry = Entry(mark, writer, ticket)
        self.entries.append(entry)
        return entry

    def marks(self, *outcomes: Outcome) -> set[str]:
        """Return the marks with one of these outcomes."""
        return {entry.mark for entry in self.entries if entry.outcome in outcomes}

    def only(self, tickets: Collection[str]) -> "Ledger":
        """Return the part about some tickets: what a sink that holds no others must hold."""
        return Ledger([entry for entry in self.entries if entry.ticket in tickets])


@dataclass(frozen=True)
class Verdict:
    """The comparison of a ledger with one sink; `passed` is what we promise."""

    sink: str
    attempted: int
    acknowledged: int
    found: int
    lost: tuple[str, ...]
    unexpected: tuple[str, ...]
    duplicated: tuple[str, ...]
    misplaced: tuple[str, ...]
    inversions: tuple[tuple[str, str], ...]
    recovered: int

    @property
    def passed(self) -> bool:
        """True if nothing was lost, invented, doubled, put into another ticket, or reordered."""
        return not (self.lost or self.unexpected or self.duplicated or self.misplaced or self.inversions)

    def line(self) -> str:
        """Return the verdict in one line."""
        return (
            f"{self.sink}: attempted {self.attempted}, acknowledged {self.acknowledged}, found {self.found}, "
            f"lost {len(self.lost)}, unexpected {len(self.unexpected)}, duplicated {len(self.duplicated)}, "
            f"misplaced {len(self.misplaced)}, inversions {len(self.inversions)}, recovered {self.recovered}"
        )


def judge(ledger: Ledger, sink: str, contents: Mapping[str, Sequence[str]]) -> Verdict:
    """Compare the ledger with `contents`: the marks that the sink holds, per ticket, in the sink's order."""
    counts = Counter(mark for marks in contents.values() for mark in marks)
    known = {entry.mark: entry for entry in ledger.entries}
    acked = ledger.marks(Outcome.ACKED)
    return Verdict(
        sink=sink,
        attempted=len(ledger.entries),
        acknowledged=len(acked),
        found=sum(1 for mark in counts if mark in known),
        lost=tuple(sorted(acked - counts.keys())),
        unexpected=tuple(sorted(mark for mark in counts if _unexpected(known.get(mark)))),
        duplicated=tuple(sorted(mark for mark, times in counts.items() if times > 1)),
        misplaced=tuple(_misplaced(known, contents)),
        inversions=tuple(_inversions(known, ledger, contents)),
        recovered=len(ledger.marks(Outcome.UNKNOWN) & counts.keys()),
    )


def _unexpected(entry: Entry | None) -> bool:
    return entry is None or entry.outcome is Outcome.REJECTED


def _misplaced(known: Mapping[str, Entry], contents: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for ticket, marks in contents.items():
        yield from (mark for mark in marks if mark in known and known[mark].ticket != ticket)


def _inversions(
    known: Mapping[str, Entry], ledger: Ledger, contents: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    rank = {entry.mark: position for position, entry in enumerate(ledger.entries)}
    for marks in contents.values():
        for run in _by_writer(known, marks).values():
            ordered = [rank[mark] for mark in run]
            yield from ((run[i], run[i + 1]) for i in range(len(run) - 1) if ordered[i] > ordered[i + 1])


def _by_writer(known: Mapping[str, Entry], marks: Iterable[str]) -> Mapping[str, list[str]]:
    runs: dict[str, list[str]] = defaultdict(list)
    for mark in marks:
        if mark in known:
            runs[known[mark].writer].append(mark)
    return runs
