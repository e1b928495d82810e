"""What is left of the priority once a breach was none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.taking_back import Answer, priority_without, raised
from shared.contracts.base import SAMPLE_TIME
from shared.contracts.sla import ClockKind
from shared.contracts.tickets import Priority

FIRST, NEXT = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE


def breach(kind: ClockKind, priority: Priority = Priority.NORMAL) -> Answer:
    return Answer(kind, 3, priority, None, SAMPLE_TIME, None)


@pytest.mark.parametrize(
    ("now", "kind", "later", "left"),
    [
        (Priority.URGENT, FIRST, (), Priority.NORMAL),
        (Priority.HIGH, NEXT, (), Priority.NORMAL),
        (Priority.URGENT, FIRST, (NEXT,), Priority.HIGH),
        (Priority.URGENT, NEXT, (FIRST,), Priority.URGENT),
        (Priority.LOW, FIRST, (), Priority.LOW),
        (Priority.HIGH, FIRST, (), Priority.HIGH),
    ],
)
def test_only_what_breaches_made_is_taken_back(
    now: Priority, kind: ClockKind, later: tuple[ClockKind, ...], left: Priority
) -> None:
    assert priority_without(now, breach(kind), later) is left


@given(st.sampled_from(Priority), st.lists(st.sampled_from(ClockKind), min_size=1, max_size=5), st.data())
def test_whichever_breach_was_none_the_others_count(
    before: Priority, kinds: list[ClockKind], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(kinds) - 1))
    found = breach(kinds[place], raised(before, kinds[:place]))
    left = priority_without(raised(before, kinds), found, kinds[place + 1 :])
    assert left is raised(before, [*kinds[:place], *kinds[place + 1 :]])
