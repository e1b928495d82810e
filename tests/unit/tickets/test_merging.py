"""Merging as rules: what went up in what, whose the words are, and how old the whole is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain import merging as rules
from services.tickets.domain.merging import Merge, Talk
from services.tickets.domain.tickets import Ticket, unopened
from shared.contracts.base import Channel, ContactRef
from shared.contracts.tickets import ReasonClass, TicketState
from shared.ids import new_id

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
IDS = [UUID(int=number + 1) for number in range(8)]
MAIL = ContactRef(channel=Channel.EMAIL, address="Kim@Example.org ")
SAME_MAIL = ContactRef(channel=Channel.EMAIL, address="kim@example.org")


def _state(minutes: int = 0, **changes: object) -> TicketState:
    at = NOW + timedelta(minutes=minutes)
    state = unopened(ticket_id=new_id(), subject="Payout", channel=Channel.WEB, created_at=at, player_id="p-1")
    return state.model_copy(update={"version": 2, "number": "LUCKY-1001", **changes})


def _merge(merged: UUID, into: UUID, at: datetime = NOW) -> Merge:
    return Merge(new_id(), merged, into, at, {}, {}, {}, 3)


def test_a_chain_ends_below_its_top() -> None:
    chain = [_merge(IDS[n], IDS[n + 1]) for n in range(7)]
    for n in range(8):
        assert rules.below(IDS[n], chain) == set(IDS[:n])


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=20))
def test_a_circle_ends_too_and_nothing_is_below_itself(pairs: list[tuple[UUID, UUID]]) -> None:
    merges = [_merge(*pair) for pair in pairs]
    for top in IDS:
        found = rules.below(top, merges)
        assert top not in found
        assert all(merge.merged_id in found | {top} for merge in merges if merge.into_id in found | {top})


@given(st.integers(-50, 50), st.lists(st.integers(-50, 50), max_size=6))
def test_the_whole_is_as_old_as_its_oldest(own: int, others: list[int]) -> None:
    found = rules.received_at(_state(own), [_state(minutes) for minutes in others])
    oldest = min([own, *others])
    assert (found or NOW + timedelta(minutes=own)) == NOW + timedelta(minutes=oldest)
    assert (found is None) is (oldest == own)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Ticket("b", _state()), Ticket("b", _state()), True),
        (Ticket("b", _state()), Ticket("b", _state(player_id="p-2")), False),
        (Ticket("b", _state()), Ticket("b", _state(player_id=None), contact=MAIL), False),
        (Ticket("b", _state(player_id=None), "v-1"), Ticket("b", _state(player_id=None), "v-1"), True),
        (Ticket("b", _state(player_id=None), "v-1"), Ticket("b", _state(player_id=None), "v-2"), False),
        (
            Ticket("b", _state(player_id=None), contact=MAIL),
            Ticket("b", _state(player_id=None), contact=SAME_MAIL),
            True,
        ),
        (Ticket("b", _state(player_id=None)), Ticket("b", _state(player_id=None)), False),
    ],
)
def test_who_is_the_same_person(one: Ticket, other: Ticket, *, same: bool) -> None:
    assert rules.same_person(one, other) is rules.same_person(other, one) is same


def test_a_reply_reaches_one_person_only() -> None:
    mine, his = Ticket("b", _state(), live=True), Ticket("b", _state(player_id="p-2"), contact=MAIL, live=True)
    survivor = Ticket("b", _state())
    to_me = rules.addressed(survivor, [survivor, mine, his], survivor)
    to_him = rules.addressed(survivor, [survivor, mine, his], his)
    assert (to_me.contact, to_me.live, to_me.also_for) == (None, False, (mine.state.id,))
    assert (to_him.contact, to_him.live, to_him.also_for) == (MAIL, False, (his.state.id,))


@pytest.mark.parametrize("force", [True, False])
def test_what_is_never_merged_away(*, force: bool) -> None:
    plain, safety = Ticket("b", _state()), Ticket("b", _state(reason_class=ReasonClass.SAFETY))
    complaint = Ticket("b", _state(complaint_id=new_id()))
    for merged in (safety, complaint):
        with pytest.raises(rules.MergeRefused):
            rules.check_pair(merged, plain, force=force)
        rules.check_pair(plain, merged, force=force)
    with pytest.raises(rules.TicketMerged):
        rules.check_pair(Ticket("b", _state(merged_into=new_id())), plain, force=force)


def test_a_merge_is_taken_back_within_a_day() -> None:
    rules.check_age(_merge(IDS[0], IDS[1]), NOW + timedelta(hours=24))
    with pytest.raises(rules.MergeTooOld):
        rules.check_age(_merge(IDS[0], IDS[1]), NOW + timedelta(hours=24, seconds=1))


def _said(minutes: int | None, answered: int = 0) -> Talk:
    return Talk(None if minutes is None else NOW + timedelta(minutes=minutes), answered)


@pytest.mark.parametrize(
    ("top", "twin", "status", "since"),
    [
        (_said(5), _said(2), "open", 2),
        (_said(1), _said(2), "open", 1),
        (_said(None), _said(None), "open", None),
        (_said(None), _said(2), "resolved", None),
        (_said(None, answered=3), _said(2), "open", 2),
        (_said(None, answered=4), _said(2), "open", None),
        (_said(9, answered=4), _said(2), "open", 9),
    ],
)
def test_words_that_a_merge_brought_wait_until_they_are_answered(
    top: Talk, twin: Talk, status: str, since: int | None
) -> None:
    merge = replace(_merge(IDS[0], IDS[1]), merged_before={"status": status})
    expected = None if since is None else NOW + timedelta(minutes=since)
    assert rules.waiting_with(IDS[1], {IDS[0]: twin, IDS[1]: top}, [merge]) == expected


@given(st.lists(st.integers(0, 50) | st.none(), min_size=2, max_size=8))
def test_the_top_of_a_chain_waits_since_its_oldest_words(minutes: list[int | None]) -> None:
    chain = [_merge(IDS[n], IDS[n + 1]) for n in range(len(minutes) - 1)]
    talks = {id_: _said(one) for id_, one in zip(IDS, minutes, strict=False)}
    oldest = min((one for one in minutes if one is not None), default=None)
    expected = None if oldest is None else NOW + timedelta(minutes=oldest)
    assert rules.waiting_with(IDS[len(minutes) - 1], talks, chain) == expected
