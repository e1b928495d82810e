"""Who wants to hear of places, and when there is something to tell."""

from datetime import UTC, datetime, timedelta

from services.tickets.domain.audience import WANTED_FOR, Audience, Due

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=1)


def looked(audience: Audience, began: datetime, took: timedelta = timedelta(0)) -> None:
    """Let this process have told at `began`."""
    audience.looked("lucky", seen_at=began, again_at=began + SECOND, began=began, ended=began + took)


def test_nobody_asked_nothing_is_due() -> None:
    """And a move wakes nobody."""
    audience = Audience()
    assert not audience.move({"lucky"}, NOW)
    assert (audience.due(NOW), audience.pause(NOW, LONG)) == ([], LONG)


def test_who_asks_is_told_at_once_then_when_something_moves() -> None:
    """But no sooner than a second after the last time."""
    audience = Audience()
    audience.want("lucky", NOW)
    assert audience.due(NOW) == [Due("lucky", NOW)]
    looked(audience, NOW)
    assert audience.due(NOW + LONG / 2) == []
    moved = NOW + SECOND / 4
    assert audience.move({"lucky", "royal"}, moved)
    assert (audience.due(moved), audience.pause(moved, LONG)) == ([], 0.75 * SECOND)
    assert audience.due(NOW + SECOND) == [Due("lucky", moved)]


def test_what_moves_during_a_look_is_due_again() -> None:
    """A look sees what was there when it began."""
    audience = Audience()
    audience.want("lucky", NOW)
    moved = NOW + SECOND / 100
    audience.move({"lucky"}, moved)
    looked(audience, NOW)
    assert audience.due(NOW + SECOND) == [Due("lucky", moved)]


def test_what_another_process_has_told_is_not_told_again() -> None:
    """The other one began to look after it moved here."""
    audience = Audience()
    audience.want("lucky", NOW)
    told_at = NOW + SECOND / 10
    audience.looked("lucky", seen_at=told_at, again_at=told_at + SECOND, began=NOW + SECOND / 5, ended=NOW + SECOND / 5)
    assert audience.due(NOW + 5 * SECOND) == []


def test_a_long_look_is_followed_by_a_longer_rest() -> None:
    """At most a tenth of the time goes into looking."""
    audience = Audience()
    audience.want("lucky", NOW)
    looked(audience, NOW, took=SECOND)
    audience.move({"lucky"}, NOW + SECOND)
    assert audience.due(NOW + 10 * SECOND) == []
    assert audience.due(NOW + 11 * SECOND) == [Due("lucky", NOW + SECOND)]


def test_it_ends_when_nobody_asks_any_more() -> None:
    """Whoever still wants it asks again."""
    audience = Audience()
    audience.want("lucky", NOW)
    looked(audience, NOW)
    later = NOW + WANTED_FOR
    assert not audience.move({"lucky"}, later)
    audience.want("lucky", later)
    assert audience.due(later) == [Due("lucky", later)]
