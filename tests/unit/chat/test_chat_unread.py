"""Which unread answers go out by e-mail: each once at most, in order, never one that was read before."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.unread import MOST_CHARACTERS, MOST_REPLIES, Outlook, Reached, outlook
from services.chat.domain.values import Message
from shared.contracts.base import Author, AuthorKind

BEGIN: Final = datetime(2026, 11, 30, 12, tzinfo=UTC)
ANN: Final = Author(kind=AuthorKind.STAFF, id="s-1", name="Ann")
FIVE: Final = timedelta(minutes=5)
ADDRESS: Final = "kim@example.org"


def reply(seq: int, minute: float = 0, text: str = "It left today.") -> Message:
    """Return an answer that was given so many minutes after the beginning."""
    return Message(UUID(int=1), seq, UUID(int=seq), ANN, text, None, BEGIN + timedelta(minutes=minute))


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("reached", "minute", "expected"),
    [
        (Reached(address=ADDRESS), 4.9, Outlook(look_at=at(5))),
        (Reached(address=ADDRESS), 5, Outlook(batch=(reply(2), reply(3, 4)))),
        (Reached(address=ADDRESS, read_seq=2), 5, Outlook(look_at=at(9))),
        (Reached(address=ADDRESS, mailed_seq=2), 9, Outlook(batch=(reply(3, 4),))),
        (Reached(address=ADDRESS, read_seq=3), 60, Outlook()),
        (Reached(address=ADDRESS, mailed_seq=3), 60, Outlook()),
        (Reached(), 5, Outlook(undelivered=True)),
        (Reached(address=ADDRESS, writes_mails=True), 1, Outlook(batch=(reply(2), reply(3, 4)))),
    ],
)
def test_the_time_counts_from_the_oldest_unread_answer(reached: Reached, minute: float, expected: Outlook) -> None:
    assert outlook((reply(2), reply(3, 4)), reached, FIVE, at(minute)) == expected


def test_a_brand_that_tells_nothing_by_mail_tells_nothing() -> None:
    assert outlook((reply(1),), Reached(address=ADDRESS), None, at(600)) == Outlook()


def test_what_does_not_fit_into_one_mail_follows_at_once() -> None:
    long = [reply(seq, text="x" * (MOST_CHARACTERS // 2)) for seq in (1, 2, 3)]
    first = outlook(long, Reached(address=ADDRESS), FIVE, at(6))
    assert ([one.seq for one in first.batch], first.look_at) == ([1, 2], at(6))
    many = [reply(seq) for seq in range(1, MOST_REPLIES + 2)]
    assert len(outlook(many, Reached(address=ADDRESS), FIVE, at(6)).batch) == MOST_REPLIES
    huge = outlook([reply(1, text="x" * 60_000)], Reached(address=ADDRESS), FIVE, at(6))
    assert [one.seq for one in huge.batch] == [1], "one that is too long for any e-mail goes alone"


STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("reply"), st.integers(0, 20_000)),
        st.tuples(st.just("read"), st.integers(0, 60)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("mails"), st.integers(0, 1)),
        st.tuples(st.just("address"), st.integers(0, 1)),
    ),
    max_size=60,
)


@given(STEPS, st.lists(st.integers(0, 400), min_size=60, max_size=60))
def test_every_answer_is_mailed_once_or_was_read_whatever_happens(
    steps: list[tuple[str, int]], pauses: list[int]
) -> None:
    """Whoever looks, and however often: no answer is told twice, out of order, too soon, or after it was read."""
    replies: list[Message] = []
    mailed: list[int] = []
    read, knows, by_mail, seconds = 0, False, False, 0
    for (step, value), pause in zip(steps, pauses, strict=False):
        seconds += pause
        if step == "reply":
            replies.append(reply(len(replies) + 1, seconds / 60, "x" * value))
        elif step == "read":
            read = max(read, min(value, len(replies)))
        elif step == "mails":
            by_mail = bool(value)
        elif step == "address":
            knows = bool(value)
        else:
            reached = Reached(read, max(mailed, default=0), ADDRESS if knows else None, by_mail)
            seen = outlook(replies, reached, FIVE, at(seconds / 60))
            assert all(one.seq > read for one in seen.batch)
            if seen.batch:
                assert at(seconds / 60) - seen.batch[0].sent_at >= (timedelta(minutes=1) if by_mail else FIVE)
            mailed += [one.seq for one in seen.batch]
    assert mailed == sorted(set(mailed))
    while (rest := outlook(replies, Reached(read, max(mailed, default=0), ADDRESS), FIVE, at(10_000))).batch:
        mailed += [one.seq for one in rest.batch]
    assert mailed == sorted(set(mailed))
    assert set(mailed) >= {one.seq for one in replies if one.seq > read}, "in the end everything unread has gone out"
