"""What one person may say, and what one socket may do and hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.limits import Allowances, Outgoing, TokenBucket


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    bucket = TokenBucket(rate=10, burst=20, now=0)
    assert [bucket.take(0) for _ in range(21)] == [True] * 20 + [False]
    assert bucket.take(0.1)
    assert not bucket.take(0.1)


@given(st.lists(st.floats(0, 1), max_size=200))
def test_no_more_than_rate_and_burst_ever_pass(pauses: list[float]) -> None:
    """The allowed number never exceeds burst + rate * time, whatever the timing."""
    bucket, now, passed = TokenBucket(10, 20, 0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now)
        assert passed <= 20 + 10 * now + 1e-6


def test_what_one_person_says_is_counted_together_and_others_are_not_held_up() -> None:
    words = Allowances(rate=10, burst=20)
    assert [words.take("kim", 0) for _ in range(20)] == [0] * 20
    assert words.take("kim", 0) == pytest.approx(0.1)
    assert words.take("lee", 0) == 0
    assert words.take("kim", 0.1) == 0


def test_whoever_may_say_as_much_as_a_newcomer_is_forgotten() -> None:
    words = Allowances(rate=10, burst=20)
    for n in range(100):
        words.take(n, n / 100)
    assert len(words) < 100
    words.take("kim", 3)
    assert len(words) == 1


def test_frames_come_out_in_order_and_a_greeting_first() -> None:
    queue = Outgoing(10, 100)
    assert queue.put("a")
    assert queue.put("b")
    queue.put_first("hello")
    assert [queue.take(), queue.take(), queue.take(), queue.take()] == ["hello", "a", "b", None]


def test_bytes_are_those_on_the_wire() -> None:
    queue = Outgoing(10, 4)
    assert queue.put("жж")
    assert queue.bytes == 4
    assert not queue.put("x")
    queue.clear()
    assert queue.put("xxxx")


@given(st.lists(st.one_of(st.none(), st.text(max_size=20))))
def test_the_limits_hold_and_the_count_is_exact(steps: list[str | None]) -> None:
    """None takes a frame, text puts one: neither limit is ever passed and nothing is miscounted."""
    queue = Outgoing(5, 40)
    model: list[str] = []
    for step in steps:
        if step is None:
            assert queue.take() == (model.pop(0) if model else None)
        else:
            fits = len(model) < 5 and sum(len(f.encode()) for f in model) + len(step.encode()) <= 40
            assert queue.put(step) == fits
            model += [step] if fits else []
        assert (len(queue), queue.bytes) == (len(model), sum(len(f.encode()) for f in model))
