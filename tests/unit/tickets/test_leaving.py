"""Whose words go with a ticket that leaves another person's, and what they make of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import leaving as rules
from services.tickets.domain.merging import Merge
from services.tickets.domain.tickets import Ticket, Words, unopened
from shared.contracts.base import Author, AuthorKind, Channel
from shared.contracts.tickets import MessageKind, TicketStatus
from shared.ids import new_id

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _ticket(number: int, player: str | None) -> Ticket:
    id_ = UUID(int=number)
    state = unopened(ticket_id=id_, subject="Payout", channel=Channel.WEB, created_at=NOON, player_id=player)
    return Ticket("b", state)


A, A2, B, NOBODY = _ticket(1, "a"), _ticket(2, "a"), _ticket(3, "b"), _ticket(4, None)


def _words(what: str, minutes: int) -> Words:
    """Return a message (`m`), a person's reply (`r`), the bot's (`b`), a rule's (`s`), or a robot's message (`x`)."""
    kinds = {"r": AuthorKind.STAFF, "b": AuthorKind.BOT, "s": AuthorKind.SYSTEM}
    kind = MessageKind.REPLY if what in kinds else MessageKind.MESSAGE
    author = Author(kind=kinds.get(what, AuthorKind.PLAYER), id="x")
    return Words(new_id(), kind, author, "words", NOON + timedelta(minutes=minutes), automatic=what == "x")


def _all(told: str) -> list[Words]:
    return [_words(what, minutes) for minutes, what in enumerate(told)]


@pytest.mark.parametrize(
    ("told", "before", "since"),
    [
        ("", None, None),
        ("m", None, 0),
        ("mm", None, 0),
        ("mr", None, None),
        ("mrm", None, 2),
        ("mb", None, 0),
        ("ms", None, 0),
        ("x", None, None),
        ("m", -9, -9),
        ("r", -9, None),
        ("b", -9, -9),
        ("rm", -9, 1),
    ],
)
def test_since_when_he_waits(told: str, before: int | None, since: int | None) -> None:
    start, expected = (None if one is None else NOON + timedelta(minutes=one) for one in (before, since))
    assert rules.wait_after(start, _all(told)) == expected


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        ("new", "m", "new"),
        ("new", "mr", "open"),
        ("pending", "m", "open"),
        ("pending", "r", "pending"),
        ("resolved", "m", "open"),
        ("resolved", "r", "resolved"),
        ("snoozed", "x", "snoozed"),
        ("pending", "s", "pending"),
        ("bot", "m", "open"),
        ("bot", "x", "bot"),
        ("bot", "mr", "open"),
    ],
)
def test_where_his_ticket_stands(before: str, told: str, after: str) -> None:
    assert rules.status_after(TicketStatus(before), _all(told)) is TicketStatus(after)


@given(st.text("mrbsx", max_size=8), st.sampled_from(list(TicketStatus)))
def test_a_ticket_whose_words_wait_is_awake(told: str, before: TicketStatus) -> None:
    if rules.wait_after(None, _all(told)) is not None:
        assert rules.status_after(before, _all(told)) in {TicketStatus.NEW, TicketStatus.OPEN}


def test_another_persons_words_go_and_the_answers_to_any_of_his_tickets() -> None:
    assert rules.going([A], [B, A, A2], B) == ({A.state.id}, {A.state.id, A2.state.id})
    assert rules.going([A], [A2, A, B], A2) == (set(), set())
    assert rules.going([NOBODY], [B, NOBODY], B) == (set(), set())
    assert rules.going([A, B], [A2, A, B], A2) == ({B.state.id}, {B.state.id})


def _merge(merged: Ticket, into: Ticket) -> Merge:
    return Merge(new_id(), merged.state.id, into.state.id, NOON, {}, {}, {}, 3)


def test_words_are_kept_for_the_record_only_once_their_person_has_left() -> None:
    tickets = {one.state.id: one for one in (A, A2, B, NOBODY)}
    said = [(B.state.id, one) for one in (A, NOBODY)] + [(A2.state.id, A), (A2.state.id, B)]
    b_only = {(B.state.id, A.state.id)}
    both = b_only | {(A2.state.id, B.state.id)}
    assert rules.only_kept(tickets, said, []) == both
    assert rules.only_kept(tickets, said, [_merge(B, A2)]) == b_only
    assert rules.only_kept(tickets, said, [_merge(A, A2), _merge(A2, B)]) == {(A2.state.id, B.state.id)}
