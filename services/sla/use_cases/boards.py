"""Looking at how promises are kept: the board, what was broken and why, what was measured."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.sla.domain.boards import EXPORT_DAYS, Board, BreachNotFound, PeriodInvalid, cause_of, day_began, lines_of
from services.sla.queries import boards as queries
from shared.clock import Clock
from shared.contracts.sla import BOARD_WANTED_SECONDS
from shared.db.engine import Database, Session
from shared.redaction import redact

_FRESH: Final = timedelta(seconds=1)
_MOST_BOARDS: Final = 256
BOARDS_JOB: Final = "boards"
_BOARDS: Final = "sla.boards"


@dataclass(slots=True)
class Boards:
    """The newest board of each brand and time zone in this process; however many ask, it is counted once a second.

    `wanted` are the brands whose board somebody watches, and until when.
    """

    wanted: dict[str, datetime] = field(default_factory=dict)
    known: dict[tuple[str, str], Board] = field(default_factory=dict)
    asking: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)

    async def board(self, database: Database, clock: Clock, *, brand: str, zone: str) -> Board:
        """Return the board of a brand, at most a second old."""
        today = day_began(clock.now(), zone)
        async with self.asking.setdefault((brand, zone), asyncio.Lock()):
            board = self.known.get((brand, zone))
            if board is None or board.today != today or not timedelta(0) <= clock.now() - board.at < _FRESH:
                board = await read_board(database, brand=brand, zone=zone, now=clock.now())
                self._forget(clock.now())
                self.known[brand, zone] = board
            return board

    def want(self, brand: str, *, now: datetime) -> None:
        """Note that somebody watches the board of a brand."""
        self.wanted[brand] = now + timedelta(seconds=BOARD_WANTED_SECONDS)

    def watched(self, now: datetime) -> Sequence[str]:
        """Return the brands whose board somebody watches."""
        self.wanted = {brand: until for brand, until in self.wanted.items() if until > now}
        return tuple(self.wanted)

    def _forget(self, now: datetime) -> None:
        if len(self.known) < _MOST_BOARDS:
            return
        for key in [key for key, board in self.known.items() if now - board.at >= _FRESH]:
            del self.known[key]
            if not self.asking[key].locked():
                del self.asking[key]


def boards_of(extras: dict[str, object]) -> Boards:
    """Return the boards of this process."""
    boards = extras.setdefault(_BOARDS, Boards())
    assert isinstance(boards, Boards)  # noqa: S101 - nothing else is kept under this name
    return boards


async def read_board(database: Database, *, brand: str, zone: str, now: datetime) -> Board:
    """Count the board of a brand."""
    today = day_began(now, zone)
    async with database.begin(brand) as session:
        tallies = await queries.board_of(session, brand, now=now, today=today)
    return Board(now, zone, today, lines_of(tallies))


def check_period(since: datetime, until: datetime, *, most_days: int | None = EXPORT_DAYS) -> None:
    """Refuse a period that is none, or longer than may be exported at once."""
    if until <= since:
        raise PeriodInvalid("`until` must come after `since`", field="#query/until")
    if most_days is not None and until - since > timedelta(days=most_days):
        detail = f"at most {most_days} days at once: name an `until` at most {most_days} days after `since`"
        raise PeriodInvalid(detail, field="#query/until")


async def breaches(
    session: Session, *, brand: str, filters: Mapping[str, object], after: tuple[datetime, UUID] | None, limit: int,
    now: datetime,
) -> Sequence[dict[str, Any]]:  # fmt: skip
    """Return broken promises with how late they were kept, who had the ticket, and whom it is put down to."""
    rows = await queries.breaches_of(session, brand, filters, after=after, limit=limit)
    return [_breach(row, now) for row in rows]


async def give_reason(
    session: Session, clock_id: UUID, *, brand: str, code: str, note: str | None, by: str, now: datetime
) -> None:
    """Note why a promise was broken; only a broken one has a reason."""
    if not await queries.has_breach(session, brand, clock_id):
        raise BreachNotFound
    said = None if note is None else redact(note)
    reason = {"reason_code": code, "note": said, "given_by": by, "given_at": now}
    await queries.give_reason(session, brand, clock_id, reason)


async def measured(
    session: Session, *, brand: str, filters: Mapping[str, object], after: tuple[datetime, UUID, str, int] | None,
    limit: int,
) -> Sequence[dict[str, Any]]:  # fmt: skip
    """Return measured intervals."""
    return await queries.list_measures(session, brand, filters, after=after, limit=limit)


def _breach(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    ended_at = row.pop("ended_at")
    late = (row["met_at"] or ended_at or now) - row["due_at"]
    cause = cause_of(row.pop("party"), row["holder_id"])
    return row | {"late_seconds": max(late.total_seconds(), 0.0), "cause": cause}
