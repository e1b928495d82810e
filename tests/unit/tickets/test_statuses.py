"""Who may move a ticket where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.errors import StatusMoveRefused
from services.tickets.domain.statuses import (
    MOVES,
    Mover,
    check_move,
    may_move,
    mover_of,
    status_after_answer,
    status_after_words,
)
from shared.contracts.base import AuthorKind
from shared.contracts.tickets import TicketStatus

_WORKED = ("open", "pending", "waiting", "snoozed", "resolved", "closed")
_ALL = {
    Mover.SYSTEM: {
        ("new", "open"), ("new", "bot"), ("bot", "open"), ("pending", "open"), ("waiting", "open"),
        ("snoozed", "open"), ("resolved", "open"), ("resolved", "closed"), ("closed", "open"),
    },
    Mover.BOT: {("new", "bot"), ("bot", "open")},
    Mover.PLAYER: set(),
    Mover.STAFF: {
        *((before, after) for before in ("new", "bot", *_WORKED[:4]) for after in _WORKED if before != after),
        ("resolved", "open"), ("resolved", "closed"),
        ("closed", "open"),
    },
}  # fmt: skip


@pytest.mark.parametrize("mover", Mover)
def test_the_table_of_moves(mover: Mover) -> None:
    """Every pair of statuses is either a known move or refused, for every mover."""
    allowed = {
        (before.value, after.value)
        for before in TicketStatus
        for after in TicketStatus
        if before is not after and may_move(mover, before, after)
    }
    assert allowed == _ALL[mover]


@given(st.sampled_from(list(Mover)), st.lists(st.sampled_from(list(TicketStatus)), max_size=20))
def test_moves_never_leave_the_closed_set(mover: Mover, wishes: list[TicketStatus]) -> None:
    """Whatever is wished, a ticket stands where the table put it, and never becomes new again."""
    status = TicketStatus.NEW
    for wish in wishes:
        if wish is status or wish in MOVES[mover][status]:
            check_move(mover, status, wish)
            assert wish is status or wish is not TicketStatus.NEW
            status = wish
            continue
        with pytest.raises(StatusMoveRefused) as refused:
            check_move(mover, status, wish)
        assert refused.value.extra["allowed"] == sorted(s.value for s in MOVES[mover][status])
        assert status in TicketStatus


@pytest.mark.parametrize(
    ("before", "after_words", "after_answer"),
    [
        ("new", "new", "open"),
        ("bot", "bot", "open"),
        ("open", "open", "open"),
        ("waiting", "open", "waiting"),
        ("snoozed", "open", "snoozed"),
        ("pending", "open", "pending"),
        ("resolved", "open", "resolved"),
        ("closed", "open", "closed"),
    ],
)
def test_where_words_put_a_ticket(before: str, after_words: str, after_answer: str) -> None:
    """The player's words bring a ticket back to work, the first answer takes it into work."""
    assert status_after_words(TicketStatus(before)) == after_words
    assert status_after_answer(TicketStatus(before)) == after_answer


@given(st.sampled_from(list(TicketStatus)))
def test_automatic_moves_are_in_the_systems_row(before: TicketStatus) -> None:
    """What words do by themselves is allowed to the system, and what the bot's words do to the bot."""
    for rule in (status_after_words, status_after_answer):
        assert may_move(Mover.SYSTEM, before, rule(before))
    assert may_move(Mover.BOT, before, status_after_answer(before, AuthorKind.BOT))


def test_in_which_role_somebody_moves() -> None:
    """Rules are the system, the bot is itself; servers act with the rights of staff."""
    roles = {kind: mover_of(kind) for kind in AuthorKind}
    assert roles == {
        AuthorKind.PLAYER: Mover.PLAYER,
        AuthorKind.VISITOR: Mover.PLAYER,
        AuthorKind.STAFF: Mover.STAFF,
        AuthorKind.SERVER: Mover.STAFF,
        AuthorKind.BOT: Mover.BOT,
        AuthorKind.SYSTEM: Mover.SYSTEM,
    }
