"""How fast a line moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.lines import MOST_WAIT, longest, standings
from services.tickets.domain.pace import LEAST_TURN, MOST_TURN, TURN, Pace, Taking, turn
from services.tickets.domain.people import Person
from services.tickets.domain.queueing import Place, Rank
from shared.contracts.base import Channel
from shared.contracts.gateway import StaffRole, StaffStatus
from shared.ids import new_id

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def takings(*ago: int, waited: int = 600) -> list[Taking]:
    """Return takings so many seconds ago, oldest first, of tickets that had waited."""
    return [Taking((None, None), NOW - (one + waited) * SECOND, NOW - one * SECOND) for one in ago]


def place(language: str | None = None, channel: Channel = Channel.FORM, waited: int = 60) -> Place:
    """Return a waiting ticket."""
    return Place(new_id(), channel, language, Rank.STANDARD, None, None, None, None, NOW - waited * SECOND)


def person(id_: str, *languages: str, connected: bool | None = None) -> Person:
    """Return somebody who is there."""
    return Person(
        id_, StaffRole.AGENT, StaffStatus.ONLINE, active=True, connected=connected, status_since=NOW,
        connected_since=None, languages=frozenset(languages),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("known", "hands", "since", "expected"),
    [
        ([], 0, 60, TURN),
        ([], 3, 20, TURN / 3),
        ([], 1, 600, 257.485 * SECOND),  # nobody has taken any for ten minutes
        (takings(90, 60, 30), 6, None, 25.135 * SECOND),  # two intervals are too few to go by alone
        (takings(120, 90, 60, 30, 0), 1, 60, 30 * SECOND),
        (takings(120, 90, 60, 30, 0), 9, 60, 30 * SECOND),  # what was seen counts more than who is there
        (takings(120, 90, 60, 30, 0, waited=2), 1, None, TURN),  # taken at once: there was no line
        (takings(270, 240, 210, 180), 1, 200, 84.857 * SECOND),  # nobody took any for a while
        (takings(270, 240, 210, 180), 1, 10, 30 * SECOND),  # because nobody waited
        (takings(4, 3, 2, 1, 0), 1, None, LEAST_TURN),
        (takings(0, 0, 0, 0), 1, None, LEAST_TURN),
        (takings(86400, 43200, 20000, 1, waited=86400), 1, None, MOST_TURN),
    ],
)
def test_a_turn(known: list[Taking], hands: int, since: int | None, expected: timedelta) -> None:
    """Learned, bounded, with a default."""
    waiting_since = None if since is None else NOW - since * SECOND
    assert turn(known, hands=hands, waiting_since=waiting_since, now=NOW) == pytest.approx(expected, abs=SECOND / 100)


def test_the_newest_intervals_count_most() -> None:
    """A line that slows down is told so."""
    slowed = turn(takings(100, 90, 80, 70, 60, 0), hands=1, waiting_since=None, now=NOW)
    sped_up = turn(takings(100, 40, 30, 20, 10, 0), hands=1, waiting_since=None, now=NOW)
    assert slowed > sped_up


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=50),
    st.integers(0, 500),
    st.none() | st.integers(0, 10**6),
)
def test_a_turn_is_always_within_its_bounds(pairs: list[tuple[int, int]], hands: int, since: int | None) -> None:
    """Whatever was seen, in whatever order it was written down."""
    known = sorted(
        (Taking((None, None), NOW - (ago + waited) * SECOND, NOW - ago * SECOND) for ago, waited in pairs),
        key=lambda one: one.taken_at,
    )
    found = turn(known, hands=hands, waiting_since=None if since is None else NOW - since * SECOND, now=NOW)
    assert LEAST_TURN <= found <= MOST_TURN


def test_hands_are_counted_for_each_ticket() -> None:
    """By its language and channel, not by those of whatever stands first."""
    german, russian = place("de-AT", waited=1), place("ru", waited=1)
    chat = place("de", Channel.WEB, waited=1)
    people = [person("a", "de", connected=False), person("b", "de"), person("c", "en")]
    pace = Pace([], people, [german, russian, chat], NOW)
    assert [pace.hands_for(one) for one in (german, russian, chat)] == [2, 0, 1]
    assert [pace.turn_of(one) for one in (german, russian, chat)] == [TURN / 2, None, TURN]


def test_a_line_learns_from_those_who_serve_it() -> None:
    """Takings of another language say nothing about this one."""
    german = [Taking(("de", None), NOW - 900 * SECOND, NOW - ago * SECOND) for ago in (40, 30, 20, 10, 0)]
    places = [place("de", waited=1), place("ru", waited=1)]
    pace = Pace(german, [], places, NOW)
    assert [pace.turn_of(one) for one in places] == [10 * SECOND, TURN]


def test_nobody_knows_how_long_a_ticket_waits_that_nobody_is_there_for() -> None:
    """However fast the line was while somebody was; without any profile the desk takes tickets by itself."""
    gone = replace(person("a", "de"), status=StaffStatus.AWAY)
    german = [Taking(("de", None), NOW - 900 * SECOND, NOW - ago * SECOND) for ago in (40, 30, 20, 10, 0)]
    waiting = place("de", waited=1)
    assert Pace(german, [gone], [waiting], NOW).turn_of(waiting) is None
    assert Pace([], [], [waiting], NOW).turn_of(waiting) == TURN
    assert [one.eta_seconds for one in standings([waiting], NOW, lambda _: None)] == [None]


def test_a_line_is_as_long_as_the_last_of_it_somebody_is_there_for() -> None:
    """Of a queue that nobody is there for at all, nothing is known."""
    served, unserved = place("de", waited=2), place("ru", waited=1)
    found = standings([served, unserved], NOW, lambda one: TURN if one is served else None)
    assert [longest(found), longest(found[1:])] == [60, None]


def test_no_estimate_is_longer_than_a_day() -> None:
    """A thousand tickets at half an hour each: nobody should be told that."""
    found = standings([place() for _ in range(100)], NOW, lambda _: MOST_TURN)
    assert found[-1].eta_seconds == MOST_WAIT.total_seconds()
