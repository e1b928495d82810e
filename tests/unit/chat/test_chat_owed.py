"""Which acknowledgements a socket owes."""

from collections import Counter
from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.owed import Owed
from services.chat.domain.values import Message
from shared.contracts.base import SAMPLE_TIME, Author, AuthorKind

KIM: Final = Author(kind=AuthorKind.PLAYER, id="p-1")
HERE, THERE = UUID(int=1), UUID(int=2)


def message(ticket_id: UUID, client_msg_id: str | None, seq: int = 1) -> Message:
    return Message(ticket_id, seq, UUID(int=9), KIM, "Hello", client_msg_id, SAMPLE_TIME)


def test_a_repetition_is_owed_an_answer_of_its_own() -> None:
    owed = Owed()
    owed.expect(HERE, "c1")
    owed.keep(message(HERE, "c1"))
    owed.expect(HERE, "c1")
    assert owed.fall_due(message(HERE, "c1")) == 2
    assert owed.fall_due(message(HERE, "c1")) == 0


def test_a_refused_repetition_leaves_the_first_owed() -> None:
    owed = Owed()
    owed.expect(HERE, "c1")
    owed.keep(message(HERE, "c1"))
    owed.expect(HERE, "c1")
    owed.refuse(HERE, "c1")
    assert owed.skipped(HERE, before=2) == [message(HERE, "c1")]
    assert owed.fall_due(message(HERE, "c1")) == 1


def test_words_that_nobody_waits_for_are_not_kept() -> None:
    owed = Owed()
    owed.keep(message(HERE, "c1"))
    owed.refuse(HERE, "c1")
    assert owed.skipped(HERE, before=2) == []
    assert owed.fall_due(message(HERE, None)) == 0


def test_only_what_was_written_before_the_gap_ends_is_skipped() -> None:
    owed = Owed()
    for ticket_id, name, seq in [(HERE, "a", 1), (HERE, "b", 2), (THERE, "a", 1)]:
        owed.expect(ticket_id, name)
        owed.keep(message(ticket_id, name, seq))
    owed.expect(HERE, "in flight")
    assert owed.skipped(HERE, before=2) == [message(HERE, "a", 1)]


STEPS: Final = st.tuples(
    st.sampled_from(["expect", "refuse", "keep", "due"]), st.sampled_from([HERE, THERE]), st.sampled_from("ab")
)


@given(st.lists(STEPS, max_size=50))
def test_every_frame_is_answered_exactly_once(steps: list[tuple[str, UUID, str]]) -> None:
    """Whatever the order: as many acknowledgements fall due as were expected and not refused."""
    owed, waiting = Owed(), Counter[tuple[UUID, str]]()
    for what, ticket_id, name in steps:
        key = (ticket_id, name)
        if what == "expect":
            owed.expect(ticket_id, name)
            waiting[key] += 1
        elif what == "refuse":
            owed.refuse(ticket_id, name)
            waiting[key] = max(0, waiting[key] - 1)
        elif what == "keep":
            owed.keep(message(ticket_id, name))
        else:
            assert owed.fall_due(message(ticket_id, name)) == waiting.pop(key, 0)
    for ticket_id, name in list(waiting):
        assert owed.fall_due(message(ticket_id, name)) == waiting[ticket_id, name]
    assert owed.skipped(HERE, before=2) == owed.skipped(THERE, before=2) == []
