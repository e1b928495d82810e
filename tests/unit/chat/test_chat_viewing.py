"""Who looks at a ticket, as one process knows it."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.chat.domain.viewing import SILENT_SECONDS, TYPING_SECONDS, Sight, Viewer

ANN, BOB = Viewer("s-1", "Ann"), Viewer("s-2", "Bob")
ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_person_with_two_sockets_is_one_viewer_until_both_are_gone() -> None:
    sight = Sight()
    sight.comes(ONE, ANN)
    sight.comes(TWO, ANN)
    sight.goes(ONE)
    assert sight.everybody(0.0) == (ANN,)
    sight.goes(TWO)
    assert sight.everybody(0.0) == ()


def test_typing_ends_with_silence() -> None:
    sight = Sight()
    sight.comes(ONE, ANN)
    sight.types("s-1", 100.0)
    assert sight.everybody(100.0 + TYPING_SECONDS / 2)[0].typing
    assert sight.next_silence() == 100.0 + TYPING_SECONDS
    sight.forgets(100.0 + TYPING_SECONDS)
    assert not sight.everybody(100.0 + TYPING_SECONDS)[0].typing
    assert sight.next_silence() is None


def test_a_process_that_fell_silent_is_forgotten() -> None:
    """One that was killed takes no leave."""
    sight = Sight()
    sight.hears("other", [BOB], 100.0)
    sight.forgets(99.9 + SILENT_SECONDS)
    assert sight.everybody(0.0) == (BOB,)
    sight.forgets(100.0 + SILENT_SECONDS)
    assert sight.everybody(0.0) == ()


def test_who_types_anywhere_types() -> None:
    sight = Sight()
    sight.comes(ONE, ANN)
    sight.hears("other", [Viewer("s-1", "Ann", typing=True), BOB], 0.0)
    assert sight.everybody(0.0) == (Viewer("s-1", "Ann", typing=True), BOB)
    sight.hears("other", [], 0.0)
    assert sight.everybody(0.0) == (ANN,)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4))))
def test_whoever_has_a_socket_there_is_seen_and_nobody_else(moves: list[tuple[bool, int]]) -> None:
    sight, looking = Sight(), dict[int, int]()
    for comes, socket in moves:
        person = socket % 3
        if comes:
            sight.comes(UUID(int=socket), Viewer(f"s-{person}", None))
            looking[socket] = person
        else:
            sight.goes(UUID(int=socket))
            looking.pop(socket, None)
        assert {one.id for one in sight.everybody(0.0)} == {f"s-{one}" for one in looking.values()}
