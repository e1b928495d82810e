"""Positions: everything that is really ahead."""

from datetime import UTC, datetime, timedelta

from services.tickets.domain.lines import standings
from services.tickets.domain.queueing import Place, Rank
from shared.contracts.base import Channel
from shared.ids import new_id

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def _place(waited: int, rank: Rank = Rank.STANDARD, language: str | None = None, team: str | None = None) -> Place:
    since = NOW - timedelta(minutes=waited)
    return Place(new_id(), Channel.FORM, language, rank, None, None, team, None, since)


def test_a_position_counts_every_rank_before_it() -> None:
    """And the regions of one language, and what anybody can take; not what others take."""
    grave, german, austrian = _place(1, Rank.X0, "de"), _place(9, language="de"), _place(8, language="de-AT")
    russian, any_language, night = _place(7, language="ru"), _place(6), _place(5, language="de", team="night")
    found = standings([night, any_language, russian, austrian, german, grave], NOW)
    assert [one.place for one in found] == [grave, german, austrian, russian, any_language, night]
    assert [one.position for one in found] == [1, 2, 3, 1, 5, 5]


def test_a_near_legal_deadline_is_shown_as_the_rank_it_has() -> None:
    """The stored rank is what the ticket has by itself."""
    place = Place(
        new_id(), Channel.FORM, None, Rank.STANDARD, None, None, None, None, NOW, legal_due_at=NOW + timedelta(hours=3)
    )
    assert standings([place], NOW)[0].place.rank is Rank.LEGAL
