"""The order of one conversation on one socket, whatever happens to the hints."""

from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.feed import Feed


def live(after: int = 0) -> Feed:
    feed = Feed(after)
    assert feed.settle()
    return feed


def page(feed: Feed, last: int) -> list[int]:
    return [seq for seq in range(feed.next_seq, last + 1) if feed.take(seq)]


def test_the_next_message_passes_at_once() -> None:
    feed = live()
    assert [feed.offer(seq) for seq in (1, 2, 3)] == [True, True, True]


def test_an_old_message_is_dropped() -> None:
    feed = live(5)
    assert not feed.offer(3)
    assert not feed.catching_up


def test_a_hole_holds_everything_back_until_it_is_filled() -> None:
    feed = live()
    assert not feed.offer(3)
    assert feed.catching_up
    assert not feed.offer(4)
    assert page(feed, 2) == [1, 2]
    assert not feed.settle()
    assert page(feed, 4) == [3, 4]
    assert feed.settle()
    assert feed.offer(5)


def test_a_new_feed_lets_nothing_through_before_the_transcript_was_read() -> None:
    feed = Feed(2)
    assert not feed.offer(3)
    assert page(feed, 3) == [3]
    assert feed.settle()


def test_a_head_shows_a_hole_only_once() -> None:
    feed = live(2)
    assert not feed.hear_of(2)
    assert feed.hear_of(4)
    assert not feed.hear_of(5)
    assert feed.missing == 3


def test_after_skipping_it_goes_on_behind_the_head() -> None:
    feed = live()
    feed.offer(700)
    feed.skip()
    assert feed.settle()
    assert feed.offer(701)


def test_what_is_not_in_the_transcript_is_forgotten() -> None:
    feed = live(2)
    feed.hear_of(9)
    feed.trim()
    assert feed.settle()
    assert feed.offer(3)


STEPS = st.lists(st.tuples(st.sampled_from(["commit", "hint", "page", "ping"]), st.integers(1, 60)), max_size=200)


@given(after=st.integers(0, 10), steps=STEPS)
def test_whatever_arrives_however_often_each_message_is_sent_once_in_order(
    after: int, steps: list[tuple[str, int]]
) -> None:
    """Hints are lost, doubled and shuffled while messages are committed and pages are read: the output has no gap."""
    feed, committed = Feed(after), after
    sent: list[int] = []
    for step, n in steps:
        if step == "commit":
            committed += 1
        elif step == "hint" and committed and feed.offer(seq := (n % committed) + 1):
            sent.append(seq)
        elif step == "page" and feed.catching_up:
            sent += page(feed, min(committed, feed.next_seq + n % 5))
            feed.settle()
        elif step == "ping":
            feed.hear_of(committed)
    feed.hear_of(committed)
    sent += page(feed, committed)
    assert feed.settle()
    assert sent == list(range(after + 1, committed + 1))
