"""Token buckets, bounded memory and the retry budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.limits import Bounded, Bucket, Limiter, Policy, RetryBudget, take, tightest

POLICY = Policy("requests", per_minute=600, burst=100)


def test_a_full_bucket_grants_its_burst_and_no_more() -> None:
    limiter = Limiter()
    granted = [limiter.take(POLICY, "a", 0.0).granted for _ in range(101)]
    assert granted == [True] * 100 + [False]
    assert limiter.take(POLICY, "b", 0.0).granted


def test_it_refills_at_the_steady_rate() -> None:
    limiter = Limiter()
    for _ in range(100):
        limiter.take(POLICY, "a", 0.0)
    assert not limiter.take(POLICY, "a", 0.05).granted
    assert limiter.take(POLICY, "a", 0.2).granted


def test_the_headers_have_the_form_of_the_draft() -> None:
    _, verdict = take(None, POLICY, 0.0)
    assert verdict.policy.header() == '"requests";q=600;w=60'
    assert verdict.header() == '"requests";r=99;t=1'


@given(
    st.integers(1, 6000),
    st.integers(1, 200),
    st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=300),
)
def test_never_more_than_burst_plus_flow(per_minute: int, burst: int, gaps: list[float]) -> None:
    """The law of the token bucket; a refused caller who waits as told is granted."""
    policy, bucket, now, granted = Policy("p", per_minute, burst), None, 0.0, 0
    for gap in gaps:
        now += gap
        bucket, verdict = take(bucket, policy, now)
        granted += verdict.granted
        assert 0 <= verdict.remaining <= burst
        assert -1e-9 <= bucket.level <= burst
        if not verdict.granted:
            assert take(bucket, policy, now + verdict.next_in + 1e-6)[1].granted
    assert granted <= burst + now * per_minute / 60 + 1e-6


def test_a_clock_that_steps_back_gives_nothing() -> None:
    bucket, _ = take(Bucket(0.0, 100.0), POLICY, 50.0)
    assert bucket.level == 0.0


def test_the_caller_hears_of_the_refusal_first() -> None:
    refused = take(Bucket(0.0, 0.0), POLICY, 0.0)[1]
    small = take(None, Policy("small", 60, 3), 0.0)[1]
    large = take(None, POLICY, 0.0)[1]
    assert tightest([large, small]) == small
    assert tightest([large, small, refused]) == refused
    assert tightest([]) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers())), st.integers(1, 5))
def test_memory_is_bounded_and_keeps_the_newest(items: list[tuple[int, int]], capacity: int) -> None:
    memory: Bounded[int, int] = Bounded(capacity)
    for key, value in items:
        memory.put(key, value)
        assert len(memory) <= capacity
        assert memory.get(key) == value


def test_memory_forgets_what_was_touched_longest_ago() -> None:
    memory: Bounded[str, int] = Bounded(2)
    memory.put("a", 1)
    memory.put("b", 2)
    memory.get("a")
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)
    memory.drop("a")
    memory.clear()
    assert len(memory) == 0


@pytest.mark.parametrize("calls", [0, 100, 1000])
def test_repeats_are_a_tenth_of_the_traffic(calls: int) -> None:
    budget, repeats = RetryBudget(share=0.1, reserve=10), 0
    for _ in range(calls):
        budget.note_call()
        repeats += budget.may_repeat()
    while budget.may_repeat():
        repeats += 1
    assert repeats <= 10 + calls / 10
    assert repeats >= calls / 10
