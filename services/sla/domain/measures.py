"""Measures: every interval of a ticket as one row. Pure: the order of facts and duplicates change nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.sla.domain.calendars import Hours, business_time_between
from services.sla.domain.faces import Data, Effect, Fact, Party


class MeasureKind(StrEnum):
    """What lasted.

    `first_response`: the player's first words to the first words of a person. `reply`: his oldest unanswered words
    after that to a person's. `handling`: a person has the ticket. `resolution`: the opening to each solving.
    `reopen`: solved to reopened. The waits say whose move it was.
    """

    FIRST_RESPONSE = "first_response"
    REPLY = "reply"
    HANDLING = "handling"
    RESOLUTION = "resolution"
    WAIT_BOT = "wait_bot"
    WAIT_QUEUE = "wait_queue"
    WAIT_AGENT = "wait_agent"
    WAIT_PLAYER = "wait_player"
    WAIT_BACK_OFFICE = "wait_back_office"
    WAIT_SNOOZED = "wait_snoozed"
    REOPEN = "reopen"


OPERATOR: Final = (MeasureKind.WAIT_QUEUE, MeasureKind.WAIT_AGENT, MeasureKind.WAIT_BACK_OFFICE)
"""Whose sum is the operator's own time: waiting for the player, the bot and a put-off ticket are not."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One interval, number `ordinal` of its kind in the ticket.

    Reason, its class and language are what is known of the ticket now; team, agent, tier and licence are those at the
    end of the interval.
    """

    kind: MeasureKind
    ordinal: int
    started_at: datetime
    ended_at: datetime
    channel: str
    language: str | None
    reason: str | None
    reason_class: str | None
    team_id: str | None
    agent_id: str | None
    tier: str | None
    licence: str | None

    @property
    def lasted(self) -> timedelta:
        """Return how long it was by the clock."""
        return self.ended_at - self.started_at

    def business_seconds(self, hours: Hours | None) -> float | None:
        """Return how much of it lay in opening hours; null without any."""
        if hours is None:
            return None
        return business_time_between(hours, self.started_at, self.ended_at).total_seconds()


def measures_of(facts: Iterable[Fact]) -> tuple[Measure, ...]:
    """Return every interval that the facts of one ticket have completed, in the order of their ends."""
    ordered = sorted({fact.sequence: fact for fact in facts}.values(), key=lambda fact: fact.sequence)
    if not ordered:
        return ()
    fold = _Fold(ordered[0], ordered[-1].data)
    for fact in ordered:
        fold.follow(fact)
    return tuple(fold.rows)


class _Fold:
    """The facts of one ticket, one after the other; lives for one call of `measures_of`."""

    def __init__(self, first: Fact, newest: Data) -> None:
        self.rows: list[Measure] = []
        self._newest = newest
        self._counts: Counter[MeasureKind] = Counter()
        self._now = self._opened_at = self._since = first.at
        self._held_since = self._solved_at = first.at
        self._before: Data = {"party": Party.NONE.value, "done": False}
        self._asked_at: datetime | None = None
        self._greeted = False

    def follow(self, fact: Fact) -> None:
        """Take one more fact; time never runs backwards, whatever the facts say."""
        self._now = max(self._now, fact.at)
        self._words(fact)
        self._move(fact.data)
        self._hold(fact.data)
        self._solve(fact.data)
        self._before = fact.data

    def _words(self, fact: Fact) -> None:
        match fact.data.get("effect"):
            case Effect.ASKS:
                asked_at = _moment(fact.data["asked_at"])
                self._asked_at = min(filter(None, (self._asked_at, asked_at)), default=None)
            case Effect.ANSWERS:
                self._answer(fact)
            case Effect.ENDS:
                self._greeted = self._greeted or self._asked_at is not None
                self._asked_at = None
            case Effect.WAITS:
                self._asked_at = _moment(fact.data["asked_at"])

    def _answer(self, fact: Fact) -> None:
        if self._asked_at is not None:
            kind = MeasureKind.REPLY if self._greeted else MeasureKind.FIRST_RESPONSE
            agent = fact.data.get("by") or fact.data.get("assignee_id")
            self._put(kind, self._asked_at, max(fact.at, self._asked_at), fact.data, agent=agent)
        self._greeted = self._greeted or self._asked_at is not None
        self._asked_at = None

    def _move(self, data: Data) -> None:
        if _place(data) == _place(self._before):
            return
        party = str(self._before["party"])
        if party != Party.NONE and self._now > self._since:
            self._put(MeasureKind(f"wait_{party}"), self._since, self._now, self._before)
        self._since = self._now

    def _hold(self, data: Data) -> None:
        holder, before = _holder(data), _holder(self._before)
        if holder == before:
            return
        if before is not None:
            self._put(MeasureKind.HANDLING, self._held_since, self._now, self._before, agent=before)
        self._held_since = self._now

    def _solve(self, data: Data) -> None:
        if data["done"] and not self._before["done"]:
            self._put(MeasureKind.RESOLUTION, self._opened_at, self._now, data)
            self._solved_at = self._now
        elif self._before["done"] and not data["done"] and data["party"] != Party.NONE:
            self._put(MeasureKind.REOPEN, self._solved_at, self._now, data)

    def _put(
        self, kind: MeasureKind, started_at: datetime, ended_at: datetime, data: Data, *, agent: object = None
    ) -> None:
        self._counts[kind] += 1
        newest = self._newest
        self.rows.append(
            Measure(
                kind=kind,
                ordinal=self._counts[kind],
                started_at=started_at,
                ended_at=ended_at,
                channel=str(newest["channel"]),
                language=_text(newest.get("language")),
                reason=_text(newest.get("reason")),
                reason_class=_text(newest.get("reason_class")),
                team_id=_text(data.get("team_id")),
                agent_id=_text(agent or data.get("assignee_id")),
                tier=_text(data.get("tier")),
                licence=_text(data.get("licence")),
            )
        )


def _place(data: Data) -> tuple[object, ...]:
    return data["party"], data.get("assignee_id"), data.get("team_id")


def _holder(data: Data) -> object:
    return None if data["party"] == Party.NONE else data.get("assignee_id")


def _moment(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
