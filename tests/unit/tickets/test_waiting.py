"""Since when a player waits."""

from datetime import UTC, datetime, timedelta

import pytest

from services.tickets.domain.search import corrected, number_of, words_of
from services.tickets.domain.waiting import waiting_after
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import (
    MessageAdded,
    MessageKind,
    TicketReleased,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
)

NINE = datetime(2026, 1, 6, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "author", "automatic", "before", "after"),
    [
        ("message", "player", False, None, TEN),
        ("message", "player", False, NINE, NINE),
        ("message", "visitor", False, TEN + timedelta(hours=1), TEN),
        ("message", "player", True, None, None),
        ("reply", "staff", False, NINE, None),
        ("reply", "server", False, NINE, NINE),
        ("reply", "bot", False, NINE, NINE),
        ("reply", "staff", True, NINE, NINE),
        ("note", "staff", False, NINE, NINE),
    ],
)
def test_words(kind: str, author: str, *, automatic: bool, before: datetime | None, after: datetime | None) -> None:
    sample = MessageAdded.sample()
    said = sample.model_copy(
        update={
            "kind": MessageKind(kind),
            "author": sample.author.model_copy(update={"kind": AuthorKind(author)}),
            "automatic": automatic,
            "occurred_at": TEN,
        }
    )
    assert waiting_after(before, said) == after


@pytest.mark.parametrize("status", list(TicketStatus))
def test_moves(status: TicketStatus) -> None:
    moved = TicketStatusChanged.sample().model_copy(update={"after": status})
    finished = status in {TicketStatus.RESOLVED, TicketStatus.CLOSED}
    assert waiting_after(NINE, moved) == (None if finished else NINE)


@pytest.mark.parametrize("fact", [TicketUnmerged, TicketReleased])
@pytest.mark.parametrize("since", [None, TEN])
def test_undos(fact: type[TicketUnmerged | TicketReleased], since: datetime | None) -> None:
    assert waiting_after(NINE, fact.sample().model_copy(update={"waiting_since": since})) == since


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("1042", "LUCKYSTAR-1042"),
        (" luckystar-10 ", "LUCKYSTAR-10"),
        ("royal-1042", None),
        ("payout", None),
        ("1 2", None),
    ],
)
def test_numbers(asked: str, number: str | None) -> None:
    assert number_of(asked, "lucky-star") == number


def test_corrections() -> None:
    assert words_of('withdrawl "exactly"') == []
    assert words_of("Withdrawl -x") == []
    assert words_of("Withdrawl id 12") == ["withdrawl"]
    assert corrected("Withdrawl pending", {"withdrawl": ["withdrawal", "withdraw"]}) == (
        "withdrawal pending or withdraw pending"
    )
    assert corrected("pending", {"withdrawl": ["withdrawal"]}) is None
