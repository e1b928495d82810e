"""How long and how often things are measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of one run; seconds are those of a single repeat."""

    quick: bool
    repeats: int
    seconds: float
    paced_seconds: float
    idle_clocks: int
    starts: int
    crowd: int
    returning: int

    @classmethod
    def of(cls, *, quick: bool) -> "Sizes":
        """Return the sizes of `make bench`, or those of `make bench-quick`."""
        if quick:
            return cls(
                quick=True,
                repeats=3,
                seconds=2,
                paced_seconds=4,
                idle_clocks=100_000,
                starts=1,
                crowd=2_000,
                returning=500,
            )
        return cls(
            quick=False,
            repeats=5,
            seconds=3,
            paced_seconds=8,
            idle_clocks=1_000_000,
            starts=3,
            crowd=10_000,
            returning=2_000,
        )
