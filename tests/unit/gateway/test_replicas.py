"""Which replica is asked next, and which only if nobody else is left."""

from services.gateway.domain.replicas import Replicas


def test_each_has_its_turn() -> None:
    replicas = Replicas(["a", "b", "c"])
    assert [replicas.order(0)[0] for _ in range(6)] == ["b", "c", "a", "b", "c", "a"]
    assert sorted(replicas.order(0)) == ["a", "b", "c"]


def test_one_that_refused_rests_for_a_moment() -> None:
    replicas = Replicas(["a", "b"])
    replicas.refused("a", 0)
    assert {replicas.order(0.9)[0] for _ in range(4)} == {"b"}
    assert {replicas.order(1.1)[0] for _ in range(4)} == {"a", "b"}


def test_one_that_answers_nothing_is_asked_last() -> None:
    """From two seconds of silence on, and for ten more after the last question was given up."""
    replicas = Replicas(["a", "b"])
    number = replicas.asked("a", 0)
    assert {replicas.order(1.9)[0] for _ in range(4)} == {"a", "b"}
    assert {replicas.order(2)[0] for _ in range(4)} == {"b"}
    another = replicas.asked("a", 1)
    assert replicas.given_up("a", number, 9)
    assert not replicas.given_up("a", another, 9), "that is known"
    assert {replicas.order(18.9)[0] for _ in range(4)} == {"b"}
    assert {replicas.order(19)[0] for _ in range(4)} == {"a", "b"}


def test_a_long_question_makes_nobody_silent_who_answers_others() -> None:
    replicas = Replicas(["a", "b"])
    export = replicas.asked("a", 0)
    replicas.answered("a", replicas.asked("a", 3), 3.1)
    assert {replicas.order(60)[0] for _ in range(4)} == {"a", "b"}
    assert not replicas.given_up("a", export, 60)
    assert {replicas.order(60)[0] for _ in range(4)} == {"a", "b"}


def test_one_that_answers_at_last_is_back_at_once() -> None:
    replicas = Replicas(["a", "b"])
    number = replicas.asked("a", 0)
    assert {replicas.order(5)[0] for _ in range(4)} == {"b"}
    replicas.answered("a", number, 5)
    assert {replicas.order(5)[0] for _ in range(4)} == {"a", "b"}


def test_if_all_are_silent_all_are_asked() -> None:
    replicas = Replicas(["a", "b"])
    for url in "ab":
        replicas.asked(url, 0)
    assert {replicas.order(5)[0] for _ in range(4)} == {"a", "b"}
