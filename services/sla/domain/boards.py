"""The board: how the desk keeps its promises now and today, by team and channel."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import ClassVar, Final, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from shared.errors import DomainError, Kind

EXPORT_DAYS: Final = 31


class BreachNotFound(DomainError):
    """No promise was broken under this id."""

    kind: ClassVar[Kind] = Kind.NOT_FOUND


class BoardZoneUnknown(DomainError):
    """A time zone must be named as in the IANA database."""

    kind: ClassVar[Kind] = Kind.INVALID


class PeriodInvalid(DomainError):
    """A period must end after it begins, and an export spans at most 31 days."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(slots=True)
class Kept:
    """How often a promise was kept and broken today."""

    met: int = 0
    breached: int = 0

    @property
    def attainment(self) -> float | None:
        """Return the share that was kept; null without any."""
        ended = self.met + self.breached
        return self.met / ended if ended else None


@dataclass(slots=True)
class Line:
    """One team and channel of the board; `due` are the promises that fall due within 5, 15 and 60 minutes.

    Players whom the bot talks to wait for nobody; they are `with_bot`.
    """

    team_id: str | None
    channel: str
    waiting: int = 0
    oldest_waiting_since: datetime | None = None
    with_bot: int = 0
    due: tuple[int, int, int] = (0, 0, 0)
    metrics: dict[str, Kept] = field(default_factory=dict)

    @property
    def breached(self) -> int:
        """Return how many promises broke today."""
        return sum(kept.breached for kept in self.metrics.values())


@dataclass(frozen=True, slots=True)
class Board:
    """All lines of a brand at a moment; today is that of `zone`."""

    at: datetime
    zone: str
    today: datetime
    lines: tuple[Line, ...]


Tally: TypeAlias = tuple[str | None, str, str | None, int, datetime | None, int, int, int, int, int, int]
"""Team, channel, metric; waiting and since when, with the bot; due in 5, 15, 60 minutes; met, breached."""


def lines_of(tallies: Iterable[Tally]) -> tuple[Line, ...]:
    """Return the lines that the counted rows add up to, teams first, those of nobody's last."""
    lines: dict[tuple[str | None, str], Line] = {}
    for team_id, channel, metric, waiting, oldest, with_bot, five, fifteen, sixty, met, breached in tallies:
        line = lines.setdefault((team_id, channel), Line(team_id, channel))
        line.waiting += waiting
        line.with_bot += with_bot
        line.oldest_waiting_since = oldest or line.oldest_waiting_since
        line.due = (line.due[0] + five, line.due[1] + fifteen, line.due[2] + sixty)
        if metric is not None:
            kept = line.metrics.setdefault(metric, Kept())
            kept.met += met
            kept.breached += breached
    return tuple(sorted(lines.values(), key=lambda line: (line.team_id is None, line.team_id or "", line.channel)))


def day_began(now: datetime, zone: str) -> datetime:
    """Return when the day of `now` began in a time zone."""
    if zone == "localtime" or zone not in available_timezones():
        raise BoardZoneUnknown(field="#query/time_zone")
    there = ZoneInfo(zone)
    return datetime.combine(now.astimezone(there).date(), time(), tzinfo=there)


def cause_of(party: str | None, holder: str | None) -> str:
    """Return whom a breach is put down to: whose move it was when the promise broke.

    A ticket that was put off or already done was still somebody's, or nobody had taken it.
    """
    if party in ("bot", "queue", "agent", "back_office", "player"):
        return str(party)
    return "queue" if holder is None else "agent"
