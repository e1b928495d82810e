"""The checker is checked: every way to break a ledger must be noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.ledger import Ledger, Outcome, judge

Contents = dict[str, list[str]]


def _honest(tickets: int = 3, writes: int = 8) -> tuple[Ledger, Contents]:
    ledger = Ledger()
    contents: Contents = {f"t{t}": [] for t in range(tickets)}
    for number in range(writes):
        for ticket, marks in contents.items():
            entry = ledger.intend(f"{ticket}-{number}", writer=f"player-{ticket}", ticket=ticket)
            entry.outcome = Outcome.ACKED
            marks.append(entry.mark)
    return ledger, contents


def test_an_honest_sink_passes() -> None:
    """Everything acknowledged, once, in order."""
    verdict = judge(*_pair(_honest()))
    assert verdict.passed
    assert verdict.found == verdict.acknowledged == verdict.attempted == 24


def _pair(made: tuple[Ledger, Contents]) -> tuple[Ledger, str, Contents]:
    return made[0], "sink", made[1]


@given(st.integers(0, 2), st.integers(0, 7))
def test_a_dropped_entry_is_lost(ticket: int, position: int) -> None:
    """Whatever was acknowledged must be found."""
    ledger, contents = _honest()
    dropped = contents[f"t{ticket}"].pop(position)
    assert judge(ledger, "sink", contents).lost == (dropped,)


@given(st.integers(0, 2), st.integers(0, 7), st.integers(0, 8))
def test_a_doubled_entry_is_noticed(ticket: int, position: int, where: int) -> None:
    """Twice is wrong wherever the copy stands."""
    ledger, contents = _honest()
    mark = contents[f"t{ticket}"][position]
    contents[f"t{ticket}"].insert(where, mark)
    verdict = judge(ledger, "sink", contents)
    assert verdict.duplicated == (mark,)
    assert not verdict.passed


@given(st.integers(0, 2), st.integers(0, 6))
def test_a_swap_is_an_inversion(ticket: int, position: int) -> None:
    """Two neighbours of one writer in the wrong order."""
    ledger, contents = _honest()
    marks = contents[f"t{ticket}"]
    marks[position], marks[position + 1] = marks[position + 1], marks[position]
    assert (marks[position], marks[position + 1]) in judge(ledger, "sink", contents).inversions


def test_words_in_another_ticket_are_misplaced() -> None:
    """A word in a stranger's conversation is worse than a lost one."""
    ledger, contents = _honest()
    contents["t1"].append(contents["t0"].pop())
    assert not judge(ledger, "sink", contents).passed


def test_a_refused_write_must_not_appear() -> None:
    """What the client was refused may not happen behind its back."""
    ledger, contents = _honest()
    ledger.entries[0].outcome = Outcome.REJECTED
    assert judge(ledger, "sink", contents).unexpected == (ledger.entries[0].mark,)


def test_words_that_nobody_wrote_are_unexpected() -> None:
    """A sink may not invent."""
    ledger, contents = _honest()
    contents["t0"].append("ghost")
    assert judge(ledger, "sink", contents).unexpected == ("ghost",)


@pytest.mark.parametrize("kept", [True, False])
def test_an_unknown_outcome_may_go_either_way(*, kept: bool) -> None:
    """No answer came: found is recovered, not found is not lost."""
    ledger, contents = _honest()
    ledger.entries[0].outcome = Outcome.UNKNOWN
    if not kept:
        contents["t0"].remove(ledger.entries[0].mark)
    verdict = judge(ledger, "sink", contents)
    assert verdict.passed
    assert verdict.recovered == int(kept)


def test_two_writers_have_no_order_between_them() -> None:
    """Player and agent write at once; only each one's own order is promised."""
    ledger = Ledger()
    for mark, writer in (("a1", "a"), ("b1", "b"), ("a2", "a")):
        ledger.intend(mark, writer=writer, ticket="t").outcome = Outcome.ACKED
    assert judge(ledger, "sink", {"t": ["b1", "a1", "a2"]}).passed
