"""Who may send next."""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.notifications.domain.fairness import ROWS_PER_ROUND, Allocation, Candidate, allocate
from services.notifications.domain.health import effective_cap

candidates = st.lists(
    st.builds(
        Candidate,
        endpoint_id=st.integers(min_value=1, max_value=2**64).map(lambda n: UUID(int=n)),
        due=st.integers(min_value=0, max_value=5),
        in_flight=st.integers(min_value=0, max_value=8),
        cap=st.integers(min_value=1, max_value=8),
        failures=st.integers(min_value=0, max_value=20),
    ),
    max_size=40,
    unique_by=lambda c: c.endpoint_id,
)


def _candidate(number: int, *, due: int = 5, in_flight: int = 0, cap: int = 8, failures: int = 0) -> Candidate:
    return Candidate(UUID(int=number), due, in_flight, cap, failures)


def _deal(found: Sequence[Candidate], *, free: int = 100, capacity: int = 100, after: int | None = None) -> Allocation:
    return allocate(found, free=free, capacity=capacity, after=UUID(int=after) if after else None)


@given(found=candidates, free=st.integers(min_value=0, max_value=100), after=st.integers(min_value=1, max_value=2**64))
def test_limits_hold_whatever_is_due(found: list[Candidate], free: int, after: int) -> None:
    """Never more than free, than due, than five a round, than the cap; failing ones share 30 %."""
    grants = _deal(found, free=free, after=after).grants
    assert sum(grants.values()) <= free
    for one in found:
        granted = grants.get(one.endpoint_id, 0)
        assert granted <= min(one.due, ROWS_PER_ROUND)
        assert granted == 0 or granted + one.in_flight <= effective_cap(one.cap, one.failures)
    failing = [one for one in found if one.failures >= 3]
    granted = sum(grants.get(one.endpoint_id, 0) for one in failing)
    assert granted == 0 or granted + sum(one.in_flight for one in failing) <= 30


@given(found=candidates, free=st.integers(min_value=0, max_value=100))
def test_no_slot_is_left_while_a_healthy_endpoint_could_use_it(found: list[Candidate], free: int) -> None:
    """Fair does not mean idle."""
    grants = _deal(found, free=free).grants
    wanted = sum(one.wants for one in found if not one.is_failing)
    assert sum(grants.values()) >= min(free, wanted)


def test_a_backlog_takes_no_more_than_its_turn() -> None:
    """With few slots everyone gets one before anyone gets two."""
    found = [_candidate(n) for n in range(1, 11)]
    assert set(_deal(found, free=10).grants.values()) == {1}
    assert set(_deal(found, free=20).grants.values()) == {2}


def test_the_next_round_goes_on_where_this_one_stopped() -> None:
    """Nobody is always first."""
    found = [_candidate(n) for n in range(1, 6)]
    first = _deal(found, free=2)
    assert set(first.grants) == {UUID(int=1), UUID(int=2)}
    second = allocate(found, free=2, capacity=100, after=first.after)
    assert set(second.grants) == {UUID(int=3), UUID(int=4)}
    third = allocate(found, free=2, capacity=100, after=second.after)
    assert set(third.grants) == {UUID(int=5), UUID(int=1)}


def test_dead_endpoints_share_thirty_slots() -> None:
    """A hundred dead endpoints leave seventy slots to the living."""
    dead = [_candidate(n, failures=5, cap=2) for n in range(1, 101)]
    living = [_candidate(n, cap=8) for n in range(201, 301)]
    grants = _deal(dead + living).grants
    assert sum(grants.get(one.endpoint_id, 0) for one in dead) == 30
    assert sum(grants.get(one.endpoint_id, 0) for one in living) == 70


def test_an_open_breaker_lets_one_probe_through() -> None:
    """Half open: one, and only if none is under way."""
    assert _deal([_candidate(1, failures=10)]).grants == {UUID(int=1): 1}
    assert _deal([_candidate(1, failures=10, in_flight=1)]).grants == {}


def test_a_round_that_was_cut_at_five_may_follow_at_once() -> None:
    """The sender does not sleep while slots and rows are left."""
    assert _deal([_candidate(1)]).is_cut
    assert not _deal([_candidate(1, due=4)]).is_cut
    assert not _deal([_candidate(1, cap=5)]).is_cut
    assert not _deal([_candidate(1)], free=5).is_cut
