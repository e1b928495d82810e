"""Bookmarks in timelines: what a cursor carries, and how far late entries bring it."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.bookmarks import bookmark_at, bookmark_of, caught_up
from services.tickets.domain.timeline import Entry, EntryKind
from shared.contracts.base import Author, AuthorKind

ONE, TWO, THREE = (UUID(f"01a22ea1-184c-7c11-bd61-00000000000{n}") for n in (1, 2, 3))
ENTRY = Entry(
    id=UUID("01a22ea1-184c-7c11-bd61-63908566e45d"),
    kind=EntryKind.NOTE,
    occurred_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
    author=Author(kind=AuthorKind.STAFF, id="s-1"),
    text="Hello",
    automatic=False,
    change=None,
    public=False,
    version=4,
    ticket_id=TWO,
)


@given(st.datetimes(timezones=st.just(UTC)), st.dictionaries(st.uuids(version=4), st.integers(1, 10**9), max_size=5))
def test_a_cursor_carries_all_of_it(at: datetime, heads: dict[UUID, int]) -> None:
    bookmark = bookmark_at(replace(ENTRY, occurred_at=at), heads)
    assert bookmark_of(bookmark.key()) == bookmark
    assert {ticket_id: bookmark.head_of(ticket_id) for ticket_id in heads} == heads


def test_a_ticket_that_joined_later_was_not_read_at_all() -> None:
    assert bookmark_at(ENTRY, {ONE: 7}).head_of(TWO) == 0


def test_the_place_stays_while_late_entries_are_read() -> None:
    """They are told in the order of (ticket, version): before the last one's ticket all, behind it none."""
    before = bookmark_at(ENTRY, {ONE: 1, THREE: 3})
    after = caught_up(before, ENTRY, {ONE: 9, TWO: 8, THREE: 7})
    assert (after.occurred_at, after.entry_id) == (before.occurred_at, before.entry_id)
    assert [after.head_of(one) for one in (ONE, TWO, THREE)] == [9, 4, 3]


def test_a_cursor_stays_short_however_many_were_merged() -> None:
    """The survivor comes first and is known for certain; whatever else there is was read."""
    heads = {UUID(int=number): number + 1 for number in range(1_000)}
    bookmark = bookmark_at(ENTRY, heads)
    assert len(",".join(bookmark.key())) < 2_500
    assert bookmark.head_of(UUID(int=0)) == 1
    assert bookmark.head_of(UUID(int=999)) >= 1_000
